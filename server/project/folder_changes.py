"""Comparison of a project with the folder from which its items were imported."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

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
    """Files that are not in the project. A file that an import left out counts only if it has
    changed since then."""
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
    more = ", ..." if len(paths) > _MOST_NAMED else ""
    names = ", ".join(map(shown, paths[:_MOST_NAMED])) + more
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
    new = new_files(items, data, folder)
    if new is None:
        return None
    assert items.root is not None
    assert items.table is not None
    paths: list[bytes | None] = items.table.column(PATH)
    now = stamps_of(items.root, paths)
    there = now[:, 0] != ABSENT
    changed = np.zeros(len(now), np.bool_)
    if items.stamps is not None:
        known = items.stamps[:, 0] != ABSENT
        changed = known & there & (now != items.stamps).any(axis=1)
    return FolderChanges(new, _chosen(paths, changed), _chosen(paths, ~there))


def new_files(items: ItemSet, data: Path, folder: Path) -> list[bytes] | None:
    """Return the files that `FolderChanges.new` describes. The files of the items are not read.

    The arguments, and None as a result, are as in `compare_with_folder`.
    """
    root = items.root
    if root is None or items.table is None or not items.table.has_paths or not folder.is_dir():
        return None
    if root.resolve() != folder.resolve():
        return None
    suffixes = _suffixes(items)
    known = set(items.table.column(PATH))
    left_out = names_left_out(data, root)
    return [
        path
        for path in walk(folder)
        if not isinstance(path, BadItem)
        and path not in known
        and suffix_of(path) in suffixes
        and shown(path) not in left_out
    ]


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


def _chosen(paths: "list[bytes | None]", chosen: npt.NDArray[np.bool_]) -> list[bytes]:
    """Return those `paths` (N,) that `chosen` (N,) marks, each once."""
    return sorted({path for k in np.flatnonzero(chosen) if (path := paths[k]) is not None})
