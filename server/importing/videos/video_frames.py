"""Source for videos. The items are frames at equal distances in time."""

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_files import FolderFiles
from lodespace.importing.frame import SIZES_LOOKED_AT
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items import media
from lodespace.items.errors import BadItem, ItemError, Picture
from lodespace.items.formats import VIDEO
from lodespace.items.media import VideoFrame
from lodespace.items.paths import open_inside, shown

DEFAULT_EVERY = 1.0
"""Seconds from one frame to the next."""


class VideoFrames:
    """Frames of the videos in a folder, or of one video. Subfolders are labels and splits."""

    kind: Literal["image"] = "image"
    unit = "items"
    labels_given = True

    def __init__(self, path: Path, options: ImportOptions) -> None:
        """Open a video file or a folder of videos. Raises DatasetError."""
        if not VIDEO.installed():
            raise DatasetError(f"{path}: to read videos, run {VIDEO.command()}")
        whole = path.is_dir()
        self.root = path if whole else path.parent
        self.name = path.resolve().name if whole else path.stem
        self.every = DEFAULT_EVERY if options.every is None else options.every
        if not 0.01 <= self.every <= 86_400:
            raise DatasetError("--every: give 0.01 to 86,400 seconds, such as 1s")
        self.files = FolderFiles(path, VIDEO.suffixes, options.labels_at) if whole else None
        self.paths = [os.fsencode(path.name)] if self.files is None else self.files.paths

    @cached_property
    def _headers(self) -> list[tuple[int, int, float]]:
        """(height, width, seconds) of some of the videos."""
        found: list[tuple[int, int, float]] = []
        for path in self.paths[:: max(1, len(self.paths) // SIZES_LOOKED_AT)]:
            try:
                with open_inside(self.root, path, limit=None) as file:
                    found.append(media.header_of(file))
            except ItemError:
                continue
        return found

    @property
    def count(self) -> int | None:
        if not self._headers:
            return None
        frames = sum(1 + int(seconds / self.every) for _, _, seconds in self._headers)
        return round(frames / len(self._headers) * len(self.paths))

    @property
    def details(self) -> dict[str, Any]:
        return {"every": self.every}

    def class_names(self) -> Sequence[str]:
        return ()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return [(height, width) for height, width, _ in self._headers]

    def findings(self) -> Sequence[Finding]:
        text = f"frames of {counted(len(self.paths), 'video')}, one every {self.every:g} s"
        folders = () if self.files is None else self.files.findings()
        return [*folders, Finding("items", text, option="--every 0.5s")]

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        if self.files is not None:
            yield from self.files.bad
        for path in self.paths:
            try:
                yield from self._frames(path)
            except ItemError as error:
                yield BadItem(shown(path), str(error))

    def _frames(self, path: bytes) -> Iterator[RawItem]:
        label, split = None, None
        if self.files is not None:
            label, split = self.files.label_and_split(path)
        with open_inside(self.root, path, limit=None) as file:
            for frame in media.frames(file, self.every):
                yield RawItem(
                    f"{shown(path)}@{frame.time:.3f}",
                    picture=_Reader(frame),
                    label=label,
                    split=split,
                    path=path,
                    start=frame.time,
                    held_bytes=frame.held_bytes,
                )


class _Reader:
    """Converts one frame to a picture when called."""

    def __init__(self, frame: VideoFrame) -> None:
        self.frame = frame

    def __call__(self, frame: tuple[int, int] | None = None) -> Picture:
        del frame
        return self.frame.picture()
