"""Watch of a folder: files that appear in it are added to the project while it is served."""

import asyncio
import contextlib
import logging
import os
import time
from pathlib import Path

from lodespace import protocol
from lodespace.errors import LodespaceError, NoNewItemError
from lodespace.importing.folders.added_files import AddedFiles
from lodespace.items.paths import shown
from lodespace.project.folder_changes import new_files
from lodespace.project.project import Project, data_folder
from lodespace.service.growth import Growth
from lodespace.service.notices import Notices

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Shortest time between two listings of the folder, in seconds."""
SHARE = 0.05
"""Largest share of the time that listings take. A listing of 50,000 files takes about 0.1 s."""
STILL_SECONDS = 1.0
"""A file is added when it has not changed for this time, in seconds. Then no program is expected to
be writing it."""
MOST_AT_ONCE = 1000
"""Largest number of files that are added together, so that the first ones are shown soon."""
AGAIN_SECONDS = 30.0
"""Seconds until the next addition after an error that is not about the files."""

_REPLACE = "Replace the file, and it is tried again."
_Stamp = tuple[int, int]


class FolderWatch:
    """Adds the files that appear in the folder of the project's files.

    The folder is listed again and again, which works on every file system, also on network drives.
    A file that could not be read is tried again when it changes.
    """

    def __init__(self, project: Project, growth: Growth, notices: Notices, folder: Path) -> None:
        self._project = project
        self._growth = growth
        self._notices = notices
        self._folder = folder
        self._seen: dict[bytes, tuple[_Stamp, float]] = {}
        """Size and time of each new file, and the moment since which they have not changed."""
        self._refused: dict[bytes, _Stamp] = {}
        """Size and time of the files that could not be read."""
        self._again_at = 0.0
        """Time of the next addition, in seconds of `time.monotonic`."""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start watching."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        while True:
            began = time.monotonic()
            try:
                ready = await asyncio.to_thread(self._ready)
                looked = time.monotonic() - began
                if ready:
                    await self._add(ready)
            except Exception:
                log.exception("the folder %s could not be watched", self._folder)
                looked = LOOK_SECONDS
            await asyncio.sleep(max(LOOK_SECONDS, looked / SHARE))

    def _ready(self) -> list[bytes]:
        """Return the new files that have not changed for STILL_SECONDS."""
        project = self._project
        data = data_folder(project.manifest.data, project.folder)
        new = new_files(project.items, data, self._folder) or ()
        now, seen = time.monotonic(), dict[bytes, tuple[_Stamp, float]]()
        for path in new:
            stamp = self._stamp(path)
            if stamp is None or stamp == self._refused.get(path):
                continue
            before = self._seen.get(path)
            since = before[1] if before is not None and before[0] == stamp else now
            seen[path] = stamp, since
        self._seen = seen
        still = [path for path, (_, since) in seen.items() if now - since >= STILL_SECONDS]
        return still[:MOST_AT_ONCE] if now >= self._again_at else []

    def _stamp(self, path: bytes) -> _Stamp | None:
        try:
            about = (self._folder / os.fsdecode(path)).stat()
        except OSError:
            return None
        return about.st_size, about.st_mtime_ns

    async def _add(self, paths: list[bytes]) -> None:
        stamps = {path: self._seen[path][0] for path in paths}
        items = self._project.items
        try:
            if items.kind == "image" and items.details.get("shapes") is not True:
                added = await self._growth.add(AddedFiles(self._folder, paths, items))
            else:
                only = frozenset(map(shown, paths))
                added = await self._growth.add(str(self._folder), only=only)
        except NoNewItemError as error:
            self._refused |= stamps
            self._notices.show(not_added(str(error), _REPLACE))
            return
        except LodespaceError as error:
            # The reason may be a full disk, so the same files are added later.
            self._again_at = time.monotonic() + AGAIN_SECONDS
            again = f"The server tries again in {AGAIN_SECONDS:.0f} seconds."
            self._notices.show(not_added(str(error), again))
            return
        bad = {entry.name for entry in added.report.bad}
        refused = {path: stamp for path, stamp in stamps.items() if shown(path) in bad}
        self._refused |= refused
        problems = list(added.notes)
        if refused:
            first = added.report.bad[0]
            several = f"{len(refused):,} new files could not be read, such as {first.name}"
            problem = several if len(refused) > 1 else f"{first.name} could not be read"
            problems += [f"{problem}: {first.reason}", _REPLACE]
        if problems:
            self._notices.show(not_added(*problems))
        else:
            self._notices.clear("data")


def not_added(*sentences: str) -> protocol.Notice:
    """Return a notice about files that were not added, or items that did not get their labels."""
    message = " ".join(f"{text[:1].upper()}{text[1:].rstrip('.')}." for text in sentences)
    return protocol.Notice(topic="data", code="not_added", message=message[:1000])
