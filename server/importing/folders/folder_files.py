"""The files of a folder. The names of the subfolders are labels and splits."""

import os
from collections import Counter
from pathlib import Path

from lodespace.importing.folders.unread_formats import kind_and_remedy
from lodespace.items.errors import BadItem
from lodespace.items.paths import shown, walk

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
                others[suffix_of(found)] += 1
        self.bad += [_passed_over(suffix, count) for suffix, count in sorted(others.items())]
        tops = {shown(path).split("/")[0].lower() for path in self.paths if b"/" in path}
        self.split = bool(tops) and tops <= _SPLITS and all(b"/" in path for path in self.paths)
        """Whether the top folders are splits (train, test, ...) that contain the class folders."""

    def label_and_split(self, path: bytes) -> tuple[str | None, str | None]:
        """(label, split) of a file, from the names of its folders."""
        folders = shown(path).split("/")[:-1]
        split = folders.pop(0) if self.split else None
        label = folders[0] if folders and folders[0] not in UNLABELLED_FOLDERS else None
        return label, split


def _passed_over(suffix: str, count: int) -> BadItem:
    """Return the line of the report on `count` files of another kind than the imported kind."""
    files = "file" if count == 1 else "files"
    kind, remedy = kind_and_remedy(suffix)
    name = f"{count:,} {files} ({suffix or 'no suffix'})"
    return BadItem(name, "not the imported kind of file", count, kind, remedy)
