"""The items of a source that a project does not have yet."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.arrays.torch_dataset import TorchItems
from lodespace.importing.finding import Finding
from lodespace.importing.known_items import KnownItems
from lodespace.importing.sounds.sound_folder import SoundFolder
from lodespace.importing.source import RawItem, Source
from lodespace.items.errors import BadItem, ItemError, Picture
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import shown

MOST_BYTES = 64 << 20
"""Largest size of a file that is stored in the project, because it is in another folder than the
files of the project."""


class AddedItems:
    """The items of `source` that are not in `items`. Implements Source.

    Items are compared by id. The id of a file in the folder of the project's files is the path
    below this folder. The id of a file elsewhere begins with the name of the folder of `source`.
    The content of a file elsewhere is stored in the project; of a video, only the pictures of its
    frames are stored. Items without ids get the next numbers.
    """

    def __init__(
        self,
        source: Source,
        items: ItemSet,
        *,
        only: frozenset[str] | None = None,
        left_out: frozenset[str] = frozenset(),
    ) -> None:
        """Compare `source` with the items of the project.

        Args:
            source: The data.
            items: The items of the project.
            only: Ids of items in `source` that may be added, or paths of their files. None: all.
            left_out: Names of the files that an earlier import has left out. They are not reported
                again.

        Raises:
            DatasetError: Sounds are not in the folder of the project's recordings.
        """
        self._source = source
        self.known = KnownItems(items)
        self._only = only
        self._left_out = left_out
        self.name = source.name
        self.kind: Literal["image", "vector", "sound"] = source.kind
        self.count = None
        self.labels_given = source.labels_given
        self.unit = getattr(source, "unit", "items")
        self.schema = getattr(source, "schema", None)
        self._own_root = None if source.root is None else source.root.resolve()
        self._before = b""
        """Path of the source's folder below the folder of the project's files."""
        self._prefix = ""
        root = items.root or items.stated_root
        self.root: Path | None = None
        if self._own_root is None:
            return
        inside = root is not None and self._own_root.is_relative_to(root.resolve())
        if root is not None and inside:
            self.root = root.resolve()
            relative = os.fsencode(self._own_root.relative_to(self.root))
            self._before = b"" if relative == b"." else relative + b"/"
            self._prefix = shown(self._before)
        elif items.kind == "sound":
            raise DatasetError(
                f"{self._own_root} is not in the folder of the project's recordings ({root}); move "
                "the recordings there, and add them from there"
            )
        else:
            self._prefix = f"{shown(os.fsencode(self._own_root.name))}/"

    @property
    def details(self) -> dict[str, Any]:
        return self._source.details

    def class_names(self) -> Sequence[str]:
        return self._source.class_names()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        return self._source.picture_sizes(limit)

    def findings(self) -> Sequence[Finding]:
        return self._source.findings()

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        recordings = _SteadyRecordings(self._source)
        for item in self._source:
            if not self._wanted(item):
                continue
            if isinstance(item, BadItem):
                if self.root is not None:
                    item = BadItem(f"{self._prefix}{item.name}", item.reason)
                if item.name not in self._left_out or self._only is not None:
                    yield item
                continue
            elsewhere = item.path is not None and self.root is None
            if not item.numbered:
                item.item_id = f"{self._prefix}{item.item_id}"
                if not elsewhere and self.known.has(item.item_id):
                    continue
            recordings.next(item.path)
            try:
                self._place(item)
            except OSError as error:
                yield BadItem(item.item_id, f"cannot be read: {error.strerror}")
                continue
            if item.numbered:
                # Arrays come from a program, which adds what it has. Other data may be added again.
                arrays = isinstance(self._source, ArrayItems | TorchItems)
                if not self.known.number(item, compare=not arrays):
                    continue
            elif elsewhere and not self.known.name(item):
                continue
            yield item
        recordings.next(None)

    def _wanted(self, item: RawItem | BadItem) -> bool:
        """Return whether the item may be added.

        If a part of a file cannot be read, its name is FILE@SECONDS, so FILE is compared, too.
        """
        if self._only is None:
            return True
        if isinstance(item, BadItem):
            return item.name in self._only or item.name.rpartition("@")[0] in self._only
        return item.item_id in self._only or (
            item.path is not None and shown(item.path) in self._only
        )

    def _place(self, item: RawItem) -> None:
        """Give the item its path below the folder of the project's files, or its content.

        Raises OSError if the file cannot be read.
        """
        if item.path is None or self._own_root is None:
            return
        path = self._own_root / os.fsdecode(item.path)
        if item.picture is not None:
            item.picture = SteadyPicture(path, item.picture)
        if self.root is not None:
            item.path = self._before + item.path
            return
        item.path = None
        if item.start is not None:
            return  # the item is one of many frames of a video
        if item.picture is not None and path.stat().st_size <= MOST_BYTES:
            item.original = path.read_bytes()
            item.held_bytes += len(item.original)


class SteadyPicture:
    """Reads a picture, and refuses a file that another program changes at the same time."""

    def __init__(self, path: Path, read: Callable[[tuple[int, int] | None], Picture]) -> None:
        """Prepare to read the picture in the file `path` by `read`. Raises OSError."""
        self._path, self._read = path, read
        self._before = _stamp(path)

    def __call__(self, frame: tuple[int, int] | None = None) -> Picture:
        """Return the picture. Raises ItemError."""
        picture = self._read(frame)
        try:
            unchanged = _stamp(self._path) == self._before
        except OSError:
            unchanged = False
        if not unchanged:
            raise ItemError("the file changed while it was read; add it when it is complete")
        return picture


class _SteadyRecordings:
    """Checks that no recording changes while its windows are read."""

    def __init__(self, source: Source) -> None:
        """Store the size and time of each recording, if `source` consists of sounds."""
        self._root = Path() if source.root is None else source.root
        self._before: dict[bytes, tuple[int, int, int]] = {}
        self._path: bytes | None = None
        if isinstance(source, SoundFolder):
            for path in source.files.paths:
                with contextlib.suppress(OSError):
                    self._before[path] = _stamp(self._root / os.fsdecode(path))

    def next(self, path: bytes | None) -> None:
        """Check the previous recording, if the next window is in another recording.

        `path` is the file of the next window; None after the last window. Raises DatasetError if
        the previous recording has changed while it was read, because only a part of it would be
        added.
        """
        before, ended = self._path, path != self._path
        self._path = path
        if not ended or before not in self._before:
            return
        try:
            unchanged = _stamp(self._root / os.fsdecode(before)) == self._before[before]
        except OSError:
            unchanged = False
        if not unchanged:
            raise DatasetError(
                f"{shown(before)} changed while it was read; add it when it is complete"
            )


def _stamp(path: Path) -> tuple[int, int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns, about.st_ino
