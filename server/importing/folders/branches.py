"""Folders with files, and the part of their paths whose meaning is known."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lodespace.importing.folders import folder_names


@dataclass
class Branch:
    """A folder that holds files, and the part of its path whose meaning is already decided."""

    folder: str
    parts: tuple[str, ...]
    """Names of the folders in the path, from the top.

    A name such as "unlabelled", and all names below it, are left out.
    """
    files: int
    at: int = 0
    """The meaning of the first `at` names of `parts` is known."""
    label: str | None = None
    split: str | None = None

    @property
    def name(self) -> str:
        """Name of the first folder of the path whose meaning is not known yet."""
        return self.parts[self.at]

    @property
    def is_open(self) -> bool:
        return self.at < len(self.parts)

    @property
    def below(self) -> str | None:
        """Name of the folder inside the folder `name`. None if there is no such folder."""
        return self.parts[self.at + 1] if self.at + 1 < len(self.parts) else None


def branch_of(folder: str, files: int) -> Branch:
    """Return the branch for `folder`, a path relative to the data set, with `files` files."""
    parts = tuple(folder.split("/")) if folder else ()
    end = next((i for i, p in enumerate(parts) if folder_names.is_unlabelled(p)), len(parts))
    return Branch(folder, parts[:end], files)


def without_fillers(here: Sequence[Branch]) -> list[Branch]:
    """Return the branches, except those of splits without classes.

    For example, the split test has no classes if its only folder is test/images.
    """
    names: defaultdict[str | None, set[str]] = defaultdict(set)
    for branch in here:
        names[branch.split].add(branch.name)
    empty = {
        split
        for split, found in names.items()
        if split is not None and all(map(folder_names.is_filler, found))
    }
    return [branch for branch in here if branch.split not in empty]


def example_of(branches: Sequence[Branch]) -> str:
    """Return the path of the branch with the most levels, for a message."""
    return max(branches, key=lambda branch: len(branch.parts)).folder


def option_of(here: Sequence[Branch], level: int = 0) -> str:
    """Return the option that takes class names from folders: those `level` levels below `here`."""
    depths = {branch.at + level for branch in here}
    whole = all(b.folder.split("/")[: len(b.parts)] == list(b.parts) for b in here)
    if len(depths) > 1 or not whole:
        return "--labels-at parent" if level else "--labels-at top"
    depth = depths.pop() + 1
    return "--labels-at top" if depth == 1 else f"--labels-at {depth}"


def level_below(here: Sequence[Branch], deep: Branch) -> tuple[int, str]:
    """Return the first level below `here` whose folders have several names, and its option.

    The level is an index into the folders of the branch `deep`. A level does not count if all its
    names are fillers, such as images. If no level counts, return the first level below `here`, with
    the option --labels-at parent.
    """
    for level in range(1, len(deep.parts) - deep.at):
        names = {name for b in here for name in b.parts[b.at + level :][:1]}
        if len(names) > 1 and not all(map(folder_names.is_filler, names)):
            return deep.at + level, option_of(here, level)
    return deep.at + 1, "--labels-at parent"
