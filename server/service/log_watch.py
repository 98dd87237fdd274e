"""Regular checks of the label log of a running service, and a rescue of a lost log."""

import asyncio
import contextlib
import logging
import shlex
from pathlib import Path

from lodespace import protocol
from lodespace.errors import LodespaceError
from lodespace.project.project import Project
from lodespace.project.rescue import write_rescue
from lodespace.service.absent import AnyEventLog, NoEventLog
from lodespace.service.notices import Notices
from lodespace.session.event_log import EventLog
from lodespace.session.log_errors import EventLogError, LogLostError

WATCH_SECONDS = 5.0
"""Seconds between two checks whether the log's file is still at its path. The checks also find a
lost log while nobody labels."""
TOPIC = "disk"
"""Topic of the notices about the log."""

_log = logging.getLogger(__name__)


class LogWatch:
    """Shows a notice while labels cannot be saved, and copies a lost log's events to a new folder.

    A log is lost when its file was deleted, moved, replaced, or changed by another program. The
    server then refuses commands until the file is back or the server is restarted.
    """

    def __init__(self, project: Project, event_log: AnyEventLog, notices: Notices) -> None:
        self._project = project
        self._event_log = event_log
        self._notices = notices
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._lost = False
        self._rescued: tuple[int, Path] | None = None
        """Number of events in the newest rescue copy, and its folder; None if there is no copy."""

    async def start(self) -> None:
        """Start to check the log every WATCH_SECONDS."""
        if not isinstance(self._event_log, NoEventLog):
            self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End the regular checks, then check once more.

        If the log is lost, its events are copied to a new folder.
        """
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._lost = False  # the check below tries again to write a copy
            await self.look()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self.look()
            except Exception:  # a failure must not end the task
                _log.exception("checking the label log failed")

    async def look(self) -> None:
        """Check whether the log's file is at its path, and show or clear the notice."""
        try:
            await self._event_log.check()
        except LogLostError as error:
            if not self._lost:
                await self.explain(error)
        except EventLogError:
            return  # the next command finds the cause, and shows it
        else:
            if self._lost:
                self.saved()

    def saved(self) -> None:
        """Clear the notice.

        Called when an event was written, or when the lost file is at its path again.
        """
        self._lost = False
        self._notices.clear(TOPIC)

    async def explain(self, error: EventLogError) -> EventLogError:
        """Show a notice of `error`, and return the error that the client gets.

        If the log is lost, its events are first written to a new folder. The notice and the error
        name this folder.
        """
        message = str(error)
        self._lost = isinstance(error, LogLostError)
        if self._lost:
            message = f"{message}. New labels are refused. {await self._rescue()}"
        self._notices.show(protocol.Notice(topic=TOPIC, code=error.code, message=message))
        return EventLogError(message)

    async def _rescue(self) -> str:
        """Write all events to a new folder, unless a complete copy exists.

        Returns text for the user: where the events are, and what to do next.
        """
        event_log = self._event_log
        if not isinstance(event_log, EventLog):
            return ""
        async with self._one_at_a_time:
            if not self._is_rescued(event_log.count):
                try:
                    place = await asyncio.to_thread(
                        write_rescue, self._project, event_log.write_copy
                    )
                except LodespaceError as error:
                    _log.error("The labels cannot be written to another place. %s", error)
                    return (
                        "The labels are only in the memory of the server, because no other place "
                        f"can be written ({error}). Do not stop the server. Free some space and "
                        "label again, or export the labels."
                    )
                self._rescued = event_log.count, place
                _log.warning(
                    "%s is lost. All %d gestures are in %s",
                    event_log.path,
                    event_log.count,
                    place,
                )
        assert self._rescued is not None
        count, place = self._rescued
        return (
            f"All {count:,} earlier gestures are in {place}. Stop the server, and continue there "
            f"with: lodespace serve {shlex.quote(str(place))}"
        )

    def _is_rescued(self, count: int) -> bool:
        """Return whether a rescue copy with `count` events still exists."""
        return self._rescued is not None and self._rescued[0] == count and self._rescued[1].is_dir()
