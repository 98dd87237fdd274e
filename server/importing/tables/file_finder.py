"""Search for the files that a table names: by the exact path, or by the longest end of the path."""

import contextlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders import folder_names
from lodespace.items import decoding
from lodespace.items.errors import ItemError
from lodespace.items.paths import inside, shown, suffix_of, walk

_MOST_FILES = 1_000_000
"""Largest number of files below the root that are searched."""
_DRIVE = re.compile(r"^(file://)?([A-Za-z]:)?")
_WEB = re.compile(r"(https?|s3|gs)://", re.IGNORECASE)
_MOST_FOLDERS = 16
"""Largest number of folders of a path that are compared."""
_EXACT = 1 << 20
_Tail = tuple[str, ...]


class FileFinder:
    """Finds the pictures that a table names, below the folder `root`.

    Paths may come from another computer: absolute, with backslashes and drive letters, without a
    suffix, or relative to another folder. Such a path is matched with the file that shares the
    longest end with it. If two paths of the table fit the same file, the file belongs to the path
    that shares the longer end with the file. A path that is equal to the path of the file has
    precedence.
    """

    def __init__(
        self, root: Path, table: str = "", paths: Callable[[], Iterable[str]] = tuple
    ) -> None:
        """Prepare the search.

        Args:
            root: Folder of the pictures.
            table: Name of the table. If train/ and test/ have files of the same name, the rows of
                train.csv name the files in train/.
            paths: Function that lists the paths in the table.
        """
        self.root, self.paths = root, paths
        self.split = folder_names.kind_of_split(table)
        """Split in the name of the table.

        If several files fit equally well, a file of this split is preferred.
        """
        self.exact = 0
        """Number of paths that are the exact path of a file."""
        self.by_end = 0
        """Number of paths that were matched by their end."""
        self.missing = 0
        """Number of paths without a file."""
        self.example = ""
        """The first path that was matched by its end, and the file that was found for it."""
        self.by_name_alone = 0
        """Number of paths that were matched by the file name although the folder differs."""
        self.example_alone = ""
        """The first path that was matched by the file name alone, and the file found for it."""
        self._by_name: dict[str, list[bytes]] | None = None
        self._by_tail: dict[str, dict[_Tail, list[bytes]]] = {}
        """Files with the same name: by this name, then by the end of their paths."""
        self._chosen: dict[tuple[_Tail, str], bytes | str] = {}
        """The chosen file, or the text of the error if no file can be chosen.

        Keys: the end of a path, and the file name in its original case.
        """
        self._named: dict[bytes, _Named] | None = None
        """For each file, the paths of the table that name the file.

        None until a path is found whose folder differs from the folder of its file.
        """

    def __call__(self, path: str) -> bytes:
        """Return the path of the file that `path` names, relative to `root`.

        Return `path` unchanged if there is no such file. Count the path for `findings`. Raises
        ItemError if several files fit, or if no file can have the path.
        """
        found, how = self.located(path)
        if how == "by end":
            self._check_named(path, found)
        self.exact += how == "exact"
        self.missing += how == "missing"
        self.by_end += how == "by end"
        if how == "by end" and not self.example:
            self.example = f"{path}: {shown(found)}"
        elsewhere = b"/" in found and _differs(path, found) and not _shared_folders(path, found)
        if how == "by end" and elsewhere:
            self.by_name_alone += 1
            self.example_alone = self.example_alone or f"{path}: {shown(found)}"
        return found

    def _check_named(self, path: str, file: bytes) -> None:
        """Raise ItemError if another path of the table fits `file` at least as well as `path` does.

        The check is needed only if a folder of `path` differs from the folder of `file`.
        """
        if not _differs(path, file):
            return
        if self._named is None:
            self._named = {}
            for other in self.paths():
                with contextlib.suppress(ItemError):
                    found, how = self.located(other)
                    if how != "missing":
                        self._named.setdefault(found, _Named()).add(other, found, how == "exact")
        named = self._named.get(file)
        if named is not None and (
            named.most > _shared_folders(path, file) or named.names - {_name_of(path)}
        ):
            raise ItemError(
                f"there is no file at this path; {shown(file)} has the same file name, but is not "
                "used, because it may belong to another row"
            )

    def finds(self, path: str) -> bool:
        """Whether the path names a file."""
        try:
            return self.located(path)[1] != "missing"
        except ItemError:
            return False

    def finds_folder(self, path: str) -> bool:
        """Whether there is a file for the path, in a folder with the name that the path states."""
        try:
            found, how = self.located(path)
        except ItemError:
            return False
        return how == "exact" or (how == "by end" and _shared_folders(path, found) > 0)

    def located(self, path: str) -> tuple[bytes, Literal["exact", "by end", "missing"]]:
        """Return the path of the file, and how the file was found.

        The path is the one that `__call__` returns. `findings` does not count this search.
        """
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
        if self.by_name_alone:
            number = counted(self.by_name_alone, "path")
            text = f"{number} matched by the file name, but the folder differs"
            text += f" ({self.example_alone})"
            found.append(Finding("ids", text, doubtful=True, option="--root FOLDER"))
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
        parts = _parts(path)
        if not parts or "\0" in path:
            return None
        if self._by_name is None:
            self._by_name = self._listed()
        wanted = [part.lower() for part in parts]
        candidates = self._by_name.get(wanted[-1], ())
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        tails = self._by_tail.get(wanted[-1])
        if tails is None:
            tails = self._by_tail[wanted[-1]] = _by_tail(candidates)
        folders = tuple(reversed(wanted[:-1]))[:_MOST_FOLDERS]
        count = next(n for n in range(len(folders), -1, -1) if folders[:n] in tails)
        key = (wanted[-1], *folders[:count]), parts[-1]
        chosen = self._chosen.get(key)
        if chosen is None:
            chosen = self._chosen[key] = self._best(tails[folders[:count]], parts[-1])
        if isinstance(chosen, str):
            raise ItemError(chosen)
        return chosen

    def _best(self, best: list[bytes], name: str) -> bytes | str:
        """Choose one of the files `best`, which all match the end of a path equally well.

        Returns the file, or, as str, an error message if no file fits better than the others.
        """
        if len(best) > 1:
            best = [c for c in best if shown(c).endswith(name)] or best
        if len(best) > 1:
            folders = [shown(c).split("/")[:-1] for c in best]
            splits = [{folder_names.kind_of_split(name) for name in names} for names in folders]
            best = [c for c, s in zip(best, splits, strict=True) if self.split in s] or best
        if len(best) > 1:
            names = ", ".join(map(shown, best[:2]))
            return f"the path fits {len(best)} files ({names}); give a longer path, or --root"
        return best[0]

    def _listed(self) -> dict[str, list[bytes]]:
        """Return the pictures below the root by file name in lower case.

        Each picture is listed twice: under its name with and without the suffix.
        """
        found: defaultdict[str, list[bytes]] = defaultdict(list)
        for number, path in enumerate(walk(self.root)):
            if number >= _MOST_FILES:
                break
            if isinstance(path, bytes) and suffix_of(path) in decoding.SUFFIXES:
                name = shown(path).rpartition("/")[2].lower()
                found[name].append(path)
                found[name.rpartition(".")[0]].append(path)
        return found


class _Named:
    """The paths of a table that name one file."""

    def __init__(self) -> None:
        self.most = -1
        """Largest number of folders that a path shares with the file."""
        self.names: set[_Tail] = set()
        """The distinct paths that share `most` folders with the file, at most three."""

    def add(self, path: str, file: bytes, exact: bool) -> None:
        """Count a path that names `file`."""
        shared = _EXACT if exact else _shared_folders(path, file)
        if shared > self.most:
            self.most, self.names = shared, set()
        if shared == self.most and len(self.names) < 3:
            self.names.add(_name_of(path))


def _parts(path: str) -> list[str]:
    """Return the folders and the file name in a path as Windows, macOS or Linux writes it."""
    plain = _DRIVE.sub("", path).replace("\\", "/")
    return [part for part in plain.split("/") if part not in ("", ".")]


def _name_of(path: str) -> _Tail:
    """Return the folders and the file name of `path` in lower case, for comparison."""
    return tuple(part.lower() for part in _parts(path))


def _folders(path: str, file: bytes) -> tuple[_Tail, _Tail]:
    """Return the folders of `path` and the folders of `file`, each with the last folder first."""
    return _name_of(path)[-2::-1], tuple(reversed(shown(file).lower().split("/")[:-1]))


def _shared_folders(path: str, file: bytes) -> int:
    """Return how many folders directly above the file name are the same in `path` and `file`."""
    pairs = list(zip(*_folders(path, file), strict=False))
    return next((n for n, (a, b) in enumerate(pairs) if a != b), len(pairs))


def _differs(path: str, file: bytes) -> bool:
    """Whether `path` has folders that do not fit the folders of `file`."""
    wanted, given = _folders(path, file)
    return bool(wanted) and (not given or wanted[: len(given)] != given[: len(wanted)])


def _by_tail(candidates: Sequence[bytes]) -> dict[_Tail, list[bytes]]:
    """Return a dictionary from the last folders of a path to the files in such folders.

    Each file is listed under its last 0, 1, 2, ... folders. The names of the folders are in lower
    case, and the last folder comes first.
    """
    found: defaultdict[_Tail, list[bytes]] = defaultdict(list)
    for path in candidates:
        folders = tuple(reversed(shown(path).lower().split("/")[:-1]))[:_MOST_FOLDERS]
        for count in range(len(folders) + 1):
            found[folders[:count]].append(path)
    return found
