"""Execution of the commands that change a session.

Each command is checked, written to disk, applied to the session and passed to the observers.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from lodespace import protocol
from lodespace.service.absent import AnyEventLog, AnyTrainer, refuse_training
from lodespace.service.log_watch import LogWatch
from lodespace.service.notices import Notices
from lodespace.service.observers import Observer
from lodespace.session.commands.registry import Command, plan
from lodespace.session.commands.undo_by_topic import check_author
from lodespace.session.event_log import EventLogError
from lodespace.session.events import Event
from lodespace.session.selections import NO_SELECTIONS, Selections
from lodespace.session.session import AnnotationSession


class Commands:
    """Carries out the commands of all clients, one at a time."""

    def __init__(
        self,
        session: AnnotationSession,
        event_log: AnyEventLog,
        log_watch: LogWatch,
        trainer: AnyTrainer,
        notices: Notices,
        observers: Sequence[Observer],
        replaced_text: Callable[[Event], str] = lambda event: "",
    ) -> None:
        """`replaced_text` returns a sentence on the labels of others that an event replaces."""
        self._session = session
        self._event_log = event_log
        self._log_watch = log_watch
        self._trainer = trainer
        self._notices = notices
        self._observers = observers
        self._replaced_text = replaced_text
        self._one_at_a_time = asyncio.Lock()

    async def carry_out(
        self,
        command: Command,
        client: str,
        selections: Selections = NO_SELECTIONS,
        *,
        owner: bool = False,
    ) -> protocol.Ack:
        """Carry out a command of the client with id `client`. Return the answer.

        The command is also carried out if the client disconnects in the meantime.

        Args:
            command: The command.
            client: Id of the client.
            selections: Selections that the client has uploaded.
            owner: Whether the client has the role `owner`, which may undo the gestures of others.

        Raises:
            LodespaceError: The command cannot be carried out; then nothing has changed.
        """
        if isinstance(command, protocol.Undo) and not owner:
            check_author(self._session.undo_log, command, client)
        return await asyncio.shield(
            asyncio.ensure_future(self._carry_out(command, client, selections))
        )

    async def _carry_out(
        self, command: Command, client: str, selections: Selections
    ) -> protocol.Ack:
        async with self._one_at_a_time:
            known = self._session.answered(command.command_id)
            if known is not None:
                return known
            event = plan(self._session, command, client, selections)
            if event is None:
                return self._unchanged(command)
            try:
                event = await self._event_log.append(event)
            except EventLogError as error:
                raise await self._log_watch.explain(error) from error
            replaced = self._replaced_text(event)
            begun = self._session.begin(event)
            # The next command waits, but pages and frames of the trainer do not.
            found = await asyncio.to_thread(begun.weigh) if begun.is_slow else begun.weigh()
            applied = self._session.finish(begun, found)
        self._log_watch.saved()
        self._notices.clear("undo")
        for observer in self._observers:
            observer.on_applied(event, applied)
        if not replaced:
            return applied.ack
        message = " ".join(filter(None, [replaced, applied.ack.message]))
        return msgspec.structs.replace(applied.ack, message=message)

    async def set_training(self, command: protocol.SetTraining, client: str) -> protocol.Ack:
        """Run or pause training, or change its settings.

        Raises RequestError when there is no trainer, or the settings do not fit together.
        """
        if self._trainer.training.state == "absent":
            refuse_training()
        ack = self._unchanged(command)
        if command.settings is not None:
            ack = await self.carry_out(command, client)
        if command.run is not None:
            if command.run:
                self._trainer.run()
            else:
                self._trainer.pause()
        return ack

    def _unchanged(self, command: Command) -> protocol.Ack:
        """Return the answer to a command that changes nothing."""
        return protocol.Ack(command_id=command.command_id, sequence=self._session.sequence, count=0)
