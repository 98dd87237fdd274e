"""Previews of rules, computed beside the other messages of a client."""

import asyncio
import logging
from weakref import WeakKeyDictionary

from lodespace import protocol
from lodespace.errors import LodespaceError
from lodespace.service.client import Client
from lodespace.service.rules import Rules, Selected, selected_by

log = logging.getLogger(__name__)

Asked = tuple[protocol.PreviewRule, Selected]
"""A question, and the items that the client had selected when it asked."""


class RulePreviews:
    """Answers previews of rules.

    The first preview of a project computes the features of all items, which takes 18 s for 60,000
    pictures. The other messages of the client do not wait for it.

    While a client drags the reach of a rule, it asks faster than the server answers. Per client,
    one preview of the selection and one of a changed rule are computed at a time, and one of each
    waits. A newer preview takes the place of the one that waits.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._waiting: WeakKeyDictionary[Client, dict[bool, Asked | None]] = WeakKeyDictionary()
        """The question that waits, per client and whether it is about a changed rule. A key is
        present while a preview is computed."""
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, client: Client, asked: protocol.PreviewRule) -> None:
        """Answer a question in a task of its own. Raises LodespaceError.

        The selection is read at once, because the client may replace it before the answer.
        """
        question = asked, selected_by(client.selections, asked)
        waiting = self._waiting.setdefault(client, {})
        changed = bool(asked.rule)
        if changed in waiting:
            dropped = waiting[changed]
            if dropped is not None:
                text = "A newer preview has replaced this one."
                _refuse(client, dropped[0], "too_many_questions", text)
            waiting[changed] = question
            return
        waiting[changed] = None
        task = asyncio.create_task(self._answer(client, question, waiting))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(
        self, client: Client, question: Asked, waiting: dict[bool, Asked | None]
    ) -> None:
        changed = bool(question[0].rule)
        following: Asked | None = question
        try:
            while following is not None:
                await self._answer_one(client, *following)
                following, waiting[changed] = waiting[changed], None
        finally:
            del waiting[changed]

    async def _answer_one(
        self, client: Client, asked: protocol.PreviewRule, selected: Selected
    ) -> None:
        try:
            client.send(await self._rules.preview(client, asked, selected))
        except LodespaceError as error:
            _refuse(client, asked, error.code, str(error))
        except Exception:
            log.exception("a preview of client %s failed", client.client_id)
            text = "Internal error. Details are in the server log."
            _refuse(client, asked, "internal_error", text)


def _refuse(client: Client, asked: protocol.PreviewRule, code: str, message: str) -> None:
    client.send(protocol.Refused(command_id=asked.command_id, code=code, message=message))
