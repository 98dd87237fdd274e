"""Files for the paths in a table: as the path is, or by the longest end of the path that fits."""

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders import folder_names
from lodespace.importing.folders.folder_files import suffix_of
from lodespace.items import decoding
from lodespace.items.errors import ItemError
from lodespace.items.paths import inside, shown, walk

_MOST_FILES = 1_000_000
"""Largest number of files below the root that are searched."""
_DRIVE = re.compile(r"^(file://)?([A-Za-z]:)?")
_WEB = re.compile(r"(https?|s3|gs)://", re.IGNORECASE)


class FileFinder:
    """Finds the pictures that a table names, below the folder `root`.

    Paths may come from another computer: absolute, with backslashes and drive letters, without a
    suffix, or relative to another folder. Such a path is matched with the file that shares the
    longest end with it.
    """

    def __init__(self, root: Path, table: str = "") -> None:
        """Prepare the search.

        Args:
            root: Folder of the pictures.
            table: Name of the table. Of equal files in train/ and test/, the rows of train.csv name
                those in train/.
        """
        self.root = root
        self.split = folder_names.kind_of_split(table)
        """Split in the name of the table, for comparison."""
        self.exact = 0
        """Number of paths that name a file as they are."""
        self.by_end = 0
        """Number of paths that were matched by their end."""
        self.missing = 0
        """Number of paths without a file."""
        self.example = ""
        """The first path that was matched by its end, and the file."""
        self._by_name: dict[str, list[bytes]] | None = None

    def __call__(self, path: str) -> bytes:
        """The path of the file, relative to `root`, or the unchanged path if there is no file.

        The path is counted. Raises ItemError if several files fit, or if no file can have the path.
        """
        found, how = self.located(path)
        self.exact += how == "exact"
        self.missing += how == "missing"
        self.by_end += how == "by end"
        if how == "by end" and not self.example:
            self.example = f"{path}: {shown(found)}"
        return found

    def finds(self, path: str) -> bool:
        """Whether the path names a file."""
        try:
            return self.located(path)[1] != "missing"
        except ItemError:
            return False

    def located(self, path: str) -> tuple[bytes, Literal["exact", "by end", "missing"]]:
        """The path of the file as for a call, and how it was found. The path is not counted."""
        if _WEB.match(path):
            raise ItemError("the path is a web address; download the files first")
        try:
            given = os.fsencode(path)
        except UnicodeEncodeError as error:
            raise ItemError("the path is not valid text") from error
        if self._exists(given):
            return given, "exact"
        found = self._by_longest_end(path)
        return (given, "missing") if found is None else (found, "by end")

    def findings(self) -> list[Finding]:
        """How the paths were matched with files."""
        found: list[Finding] = []
        if self.by_end:
            text = f"{counted(self.by_end, 'path')} matched by the end ({self.example})"
            found.append(Finding("ids", text, option="--root FOLDER"))
        if self.missing:
            text = f"{counted(self.missing, 'path')} without a file"
            found.append(Finding("ids", text, doubtful=True, option="--root FOLDER"))
        return found

    def _exists(self, path: bytes) -> bool:
        try:
            return Path(os.fsdecode(inside(self.root, path))).is_file()
        except (ItemError, ValueError, OSError):
            return False

    def _by_longest_end(self, path: str) -> bytes | None:
        plain = _DRIVE.sub("", path).replace("\\", "/")
        parts = [part for part in plain.split("/") if part not in ("", ".")]
        if not parts or "\0" in path:
            return None
        if self._by_name is None:
            self._by_name = self._listed()
        wanted = [part.lower() for part in parts]
        candidates = self._by_name.get(wanted[-1], ())
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        shared = [_shared(wanted, shown(c).lower().split("/")) for c in candidates]
        best = [c for c, n in zip(candidates, shared, strict=True) if n == max(shared)]
        if len(best) > 1:
            best = [c for c in best if shown(c).endswith(parts[-1])] or best
        if len(best) > 1:
            folders = [shown(c).split("/")[:-1] for c in best]
            splits = [{folder_names.kind_of_split(name) for name in names} for names in folders]
            best = [c for c, s in zip(best, splits, strict=True) if self.split in s] or best
        if len(best) > 1:
            names = ", ".join(map(shown, best[:2]))
            raise ItemError(
                f"the path fits {len(best)} files ({names}); give a longer path, or --root"
            )
        return best[0]

    def _listed(self) -> dict[str, list[bytes]]:
        """The pictures below the root by name, with and without suffix, in lower case."""
        found: defaultdict[str, list[bytes]] = defaultdict(list)
        for number, path in enumerate(walk(self.root)):
            if number >= _MOST_FILES:
                break
            if isinstance(path, bytes) and suffix_of(path) in decoding.SUFFIXES:
                name = shown(path).rpartition("/")[2].lower()
                found[name].append(path)
                found[name.rpartition(".")[0]].append(path)
        return found


def _shared(wanted: Sequence[str], parts: Sequence[str]) -> int:
    """Number of folders at the end of two paths that are equal."""
    pairs = zip(reversed(wanted[:-1]), reversed(parts[:-1]), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(wanted), len(parts)) - 1)
