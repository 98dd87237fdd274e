"""Source for a folder of pictures. The subfolders are classes."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from lodespace.importing.source import RawItem
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError, Picture
from lodespace.items.paths import open_inside, shown, walk

UNLABELLED_FOLDERS = frozenset({"_unlabelled", "_unlabeled"})
_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})


def suffix_of(path: bytes) -> str:
    """The suffix of a file name, with the dot, in lower case. Invalid bytes are escaped."""
    return shown(os.path.splitext(path)[1]).lower()


class FolderFiles:
    """Paths of the files in a folder. The names of subfolders are labels and splits."""

    def __init__(self, root: Path, suffixes: frozenset[str]) -> None:
        self.paths: list[bytes] = []
        """Files with one of the `suffixes`, relative to `root`."""
        self.bad: list[BadItem] = []
        """Files that are left out, with the reasons."""
        others: Counter[str] = Counter()
        for found in walk(root):
            if isinstance(found, BadItem):
                self.bad.append(found)
            elif suffix_of(found) in suffixes:
                self.paths.append(found)
            else:
                others[suffix_of(found) or "no suffix"] += 1
        for suffix, count in sorted(others.items()):
            files = "file" if count == 1 else "files"
            self.bad.append(
                BadItem(f"{count:,} {files} ({suffix})", "not the imported kind of file")
            )
        tops = {shown(path).split("/")[0].lower() for path in self.paths if b"/" in path}
        self.split = bool(tops) and tops <= _SPLITS and all(b"/" in path for path in self.paths)
        """Whether the top folders are splits (train, test, ...) that contain the class folders."""

    def label_and_split(self, path: bytes) -> tuple[str | None, str | None]:
        """(label, split) of a file, from the names of its folders."""
        folders = shown(path).split("/")[:-1]
        split = folders.pop(0) if self.split else None
        label = folders[0] if folders and folders[0] not in UNLABELLED_FOLDERS else None
        return label, split


class PictureFolder:
    """Source for a folder of pictures. The label of a picture is the name of the subfolder.

    Files outside of subfolders and files in _unlabelled/ have no label. Files in a folder inside a
    class folder belong to this class.
    """

    kind: Literal["image"] = "image"
    labels_given = True

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = root.resolve().name or "pictures"
        self.files = FolderFiles(root, decoding.SUFFIXES)

    @property
    def count(self) -> int:
        return len(self.files.paths)

    @property
    def details(self) -> dict[str, Any]:
        return {}

    def class_names(self) -> Sequence[str]:
        return ()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        paths = self.files.paths
        step = max(1, len(paths) // limit)
        sizes: list[tuple[int, int]] = []
        for path in paths[::step]:
            try:
                with open_inside(self.root, path) as file:
                    size = decoding.size_of(file)
            except ItemError:
                continue
            if size is not None:
                sizes.append(size)
        return sizes

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        yield from self.files.bad
        for path in self.files.paths:
            label, split = self.files.label_and_split(path)
            yield RawItem(
                shown(path), picture=self._reader(path), label=label, split=split, path=path
            )

    def _reader(self, path: bytes) -> "FileReader":
        return FileReader(self.root, path)


class FileReader:
    """Reads one picture file when called."""

    def __init__(self, root: Path, path: bytes) -> None:
        self.root, self.path = root, path

    def __call__(self, frame: tuple[int, int] | None = None) -> Picture:
        with open_inside(self.root, self.path) as file:
            return decoding.decode(file, frame)
