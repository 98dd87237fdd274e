"""Comparison of a project with the folder from which its items were imported."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lodespace.importing.left_out_list import names_left_out
from lodespace.importing.sounds import sound_folder
from lodespace.items import decoding
from lodespace.items.errors import BadItem
from lodespace.items.file_stamps import ABSENT, stamps_of
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import printable, shown, suffix_of, walk
from lodespace.items.table import PATH
from lodespace.shapes import shape

_MOST_NAMED = 3


@dataclass(frozen=True)
class FolderChanges:
    """Differences between a folder and the items of a project. Paths are relative to the folder."""

    new: list[bytes]
    """Files that are not in the project, and were not left out by an import, or have changed since
    then."""
    changed: list[bytes]
    """Files of items whose size or time differs from that at the import."""
    missing: list[bytes]
    """Files of items that are no longer there."""

    def summary(self, folder: str) -> str:
        """Return the differences as text for a terminal; "" if there are none."""
        lines: list[str] = []
        if self.new:
            lines.append(f"{_files(self.new)} in {folder} {_are(self.new)} not in the project")
        if self.changed:
            lines.append(
                f"{_files(self.changed)} {_have(self.changed)} changed since the import. The items "
                "keep their stored pictures; import the folder into a new project to read them "
                "again"
            )
        if self.missing:
            lines.append(
                f"{_files(self.missing)} {_are(self.missing)} missing. The items keep their labels "
                "and their stored pictures"
            )
        return "".join(f"lodespace: {printable(line)}\n" for line in lines)


def _files(paths: list[bytes]) -> str:
    names = ", ".join(map(shown, paths[:_MOST_NAMED])) + (", ..." if len(paths) > 3 else "")
    return f"{len(paths):,} {'file' if len(paths) == 1 else 'files'} ({names})"


def _are(paths: list[bytes]) -> str:
    return "is" if len(paths) == 1 else "are"


def _have(paths: list[bytes]) -> str:
    return "has" if len(paths) == 1 else "have"


def compare_with_folder(items: ItemSet, data: Path, folder: Path) -> FolderChanges | None:
    """Compare `items` with the files in `folder`.

    Args:
        items: The items of a project.
        data: The data set folder of the project.
        folder: The folder that was imported.

    Returns:
        The differences. None if the items are not files of `folder`, or may not read it.
    """
    root = items.root
    if root is None or items.table is None or not items.table.has_paths or not folder.is_dir():
        return None
    if root.resolve() != folder.resolve():
        return None
    suffixes = _suffixes(items)
    paths: list[bytes | None] = items.table.column(PATH)
    known = {path for path in paths if path is not None}
    left_out = names_left_out(data, root)
    there: set[bytes] = set()
    new: list[bytes] = []
    for path in walk(folder):
        if isinstance(path, BadItem):
            continue
        there.add(path)
        if path not in known and suffix_of(path) in suffixes and shown(path) not in left_out:
            new.append(path)
    # A path may lead through a link, which `walk` does not list.
    missing = sorted(path for path in known - there if not (root / os.fsdecode(path)).exists())
    return FolderChanges(new, _changed(items, root, paths), missing)


def of_videos(items: ItemSet) -> bool:
    """Return whether the items are frames of videos."""
    return items.kind == "image" and "every" in items.details


def _suffixes(items: ItemSet) -> frozenset[str]:
    """Return the suffixes of files that are of the same kind as the files of `items`."""
    if items.kind == "sound":
        return sound_folder.SUFFIXES
    if items.details.get("shapes") is True:
        return shape.SUFFIXES
    return frozenset() if of_videos(items) else frozenset(decoding.SUFFIXES)


def _changed(items: ItemSet, root: Path, paths: "list[bytes | None]") -> list[bytes]:
    """Return the paths of the files that have changed since they were read."""
    if items.stamps is None:
        return []
    now = stamps_of(root, paths)
    known = (items.stamps[:, 0] != ABSENT) & (now[:, 0] != ABSENT)
    different = known & (now != items.stamps).any(axis=1)
    return sorted({path for k in np.flatnonzero(different) if (path := paths[k]) is not None})
