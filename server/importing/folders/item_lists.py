"""Text files that list the splits or classes of items: train.txt, or x.cls beside x.png."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_names import is_filler, is_split, some, words
from lodespace.items.errors import ItemError
from lodespace.items.paths import open_inside, shown, stem_of, suffix_of

_SUFFIXES = frozenset({".txt", ".lst"})
_OF_LISTS = frozenset({"list", "lists", "names", "ids", "paths", "filelist"})
"""Words that the name of a list may have beside the word for a split, as in testing_list.txt."""
_MOST_OPENED = 40
"""Largest number of text files that are opened."""
_MOST_BYTES = 16 << 20
_MOST_CLASS_BYTES = 200
"""Largest size of a .cls file, which holds one class."""
_MOST_ALIKE = 100
"""Largest number of items with the same name that are compared with a line of a list."""
_SHARE = 0.9
"""A file is a list of items if at least this share of its lines begins with the name of an item."""
_TABLE = "; a table with the columns file_name and split, such as metadata.csv, gives splits"

_Rows = list[tuple[bytes, str]]
"""The item of each line in a list, and the second cell of the line ("" if there is none)."""


class ItemLists:
    """Splits and labels of items from text files beside them."""

    def __init__(
        self, root: Path, others: Sequence[bytes], items: Sequence[bytes], *, classes: bool
    ) -> None:
        """Look for lists among the files `others`.

        Args:
            root: Folder of all files.
            others: Files that are not items, relative to `root`.
            items: The items, relative to `root`.
            classes: Whether .cls files may give the labels.
        """
        self.root, self.items = root, items
        self.used: set[bytes] = set()
        """Files that are read."""
        self.splits: dict[bytes, str] = {}
        """Split per item."""
        self.labels: dict[bytes, str] = {}
        """Label per item, for items without a label from a folder."""
        self.sidecars: dict[bytes, str] = {}
        """Label per item from a .cls file. These labels replace those of folders."""
        self.findings: list[Finding] = []
        if classes:
            self._read_sidecars(others)
        texts = sorted(path for path in others if suffix_of(path) in _SUFFIXES)[:_MOST_OPENED]
        self._lines = {path: lines for path in texts if (lines := self._lines_of(path))}
        self._by_name: defaultdict[str, list[bytes]] = defaultdict(list)
        """The items by two keys: the file name, and the folder with the file name.

        Each key is listed with and without the suffix.
        """
        for path in items if self._lines else ():
            for name in {shown(path), shown(stem_of(path))}:
                for key in {_end(name, 1), _end(name, 2)}:
                    self._by_name[key].append(path)
        self._rows = {path: rows for path in self._lines if (rows := self._rows_of(path))}
        self._read_splits()

    def read_labels(self, label_of: Callable[[bytes], str | None]) -> None:
        """Read labels from the lists, for the items whose folder gives no label.

        Only labels that are also names of class folders are read. `label_of` returns the label that
        the folder of an item gives; None if the folder gives no label.
        """
        if not any(cell for rows in self._rows.values() for _, cell in rows):
            return
        by_folder = {path: label_of(path) for path in self.items}
        known = frozenset(by_folder.values()) - {None}
        for list_path, rows in self._rows.items():
            new = {path: cell for path, cell in rows if by_folder[path] is None and cell}
            fits = sum(cell in known for _, cell in rows)
            if new and fits >= _SHARE * len(rows):
                fitting = {path: cell for path, cell in new.items() if cell in known}
                self.labels |= fitting
                self.used.add(list_path)
                text = f"{len(fitting):,} from {shown(list_path)}, which names classes of folders"
                self.findings.append(Finding("labels", text))

    def _read_sidecars(self, others: Iterable[bytes]) -> None:
        """Read the class of each item from a .cls file: x.cls beside x.png, as in WebDataset."""
        by_stem = {stem_of(path): path for path in others if suffix_of(path) == ".cls"}
        if not by_stem:
            return
        found = {path: file for path in self.items if (file := by_stem.get(stem_of(path)))}
        if len(found) < _SHARE * len(self.items):
            return
        for path, file in found.items():
            text = self._text_of(file, _MOST_CLASS_BYTES)
            if text is None or len(text.splitlines()) != 1:
                self.sidecars = {}
                return
            self.sidecars[path] = text.strip()
        self.used |= set(found.values())
        text = f"from {counted(len(found), '.cls file')}, named like the items"
        self.findings.append(Finding("labels", text, option="--labels-at parent"))

    def _text_of(self, path: bytes, most: int) -> str | None:
        """Return the text of a file; None if it is too large, or is not text."""
        try:
            with open_inside(self.root, path, most) as file:
                return file.read().decode("utf-8-sig")
        except (ItemError, OSError, UnicodeDecodeError):
            return None

    def _lines_of(self, path: bytes) -> list[str]:
        text = self._text_of(path, _MOST_BYTES) or ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines if len(lines) > 1 else []

    def _rows_of(self, path: bytes) -> _Rows:
        """Return the rows of a list of items; [] for another file."""
        rows: _Rows = []
        lines = self._lines[path]
        for line in lines:
            item = self._item(line, path)
            cells = [line] if item is not None else re.split(r"\t|[,;]?\s+|[,;]", line)
            item = item or self._item(cells[0], path)
            if item is not None:
                rows.append((item, cells[1].strip() if len(cells) > 1 else ""))
        return rows if len(rows) >= _SHARE * len(lines) else []

    def _item(self, name: str, beside: bytes) -> bytes | None:
        """Return the item whose path ends with `name`, with or without suffix.

        If several items match, only the items below the folder of the list `beside` count. Return
        None unless exactly one item is left.
        """
        name = name.replace("\\", "/").removeprefix("./")
        found = self._by_name.get(_end(name, 2), ())
        found = [
            path
            for path in found[:_MOST_ALIKE]
            if f"/{shown(path)}".endswith(f"/{name}")
            or f"/{shown(stem_of(path))}".endswith(f"/{name}")
        ]
        if len(found) > 1:
            folder = _folder(beside)
            found = [path for path in found if path.startswith(folder)]
        return found[0] if len(found) == 1 else None

    def _read_splits(self) -> None:
        by_split: defaultdict[str, list[bytes]] = defaultdict(list)
        for path in self._rows:
            split = _split_of(path)
            if split is not None:
                by_split[split].append(path)
        if {"train", "val"} <= by_split.keys():
            self.used |= set(by_split.pop("trainval", ()))
        numbered = self._numbered_splits()
        if not by_split and numbered is not None:
            self.splits = numbered[1]
            self.used.add(numbered[0])
            text = f"from {shown(numbered[0])}: 1 is train, 0 is test"
            self.findings.append(Finding("splits", text))
            return
        lists = [path for paths in by_split.values() for path in paths]
        if not lists:
            return
        names = [shown(path) for path in lists]
        splits = {item: split for split, paths in by_split.items() for item in self._of(paths)}
        if len(lists) > len(by_split) or len(splits) < sum(len(self._of([p])) for p in lists):
            text = f"{some(names)} list several splits of the same files, and are not read{_TABLE}"
            self.findings.append(Finding("splits", text, doubtful=True))
            return
        self.splits = splits
        self.used |= set(lists)
        self.findings.append(Finding("splits", f"from the lists {some(names)}"))

    def _of(self, lists: Iterable[bytes]) -> set[bytes]:
        return {item for path in lists for item, _ in self._rows[path]}

    def _numbered_splits(self) -> tuple[bytes, dict[bytes, str]] | None:
        """Return the path of a file such as train_test_split.txt, and the split of each item.

        Return None if there is no such file. Each line has the number of an item, and 1 (train) or
        0 (test). Another text file in the same folder lists the item of each number.
        """
        for path, lines in self._lines.items():
            found = words(shown(stem_of(path)).rpartition("/")[2])
            cells = dict(line.split(None, 1) for line in lines if " " in line)
            if not {"train", "test"} <= set(found) or set(cells.values()) != {"0", "1"}:
                continue
            for other, named in self._lines.items():
                if _folder(other) != _folder(path) or other == path:
                    continue
                pairs = [line.split(None, 1) for line in named if " " in line]
                items = {n: item for n, name in pairs if (item := self._item(name, other))}
                if items.keys() == cells.keys():
                    self.used.add(other)
                    return path, {
                        item: "train" if cells[n] == "1" else "test" for n, item in items.items()
                    }
        return None


def _split_of(path: bytes) -> str | None:
    """Return the split in the name of a list, such as `train`; None for any other name."""
    found = [w for w in words(shown(stem_of(path)).rpartition("/")[2]) if not w.isdigit()]
    splits = [word for word in found if is_split(word)]
    splits = ["trainval"] if splits == ["train", "val"] else splits
    rest = [word for word in found if not is_split(word)]
    known = all(word in _OF_LISTS or is_filler(word) for word in rest)
    return splits[0] if len(splits) == 1 and known else None


def _end(name: str, parts: int) -> str:
    """Return the last parts of a path: "b/c.png" are the last two of "a/b/c.png"."""
    return "/".join(name.split("/")[-parts:])


def _folder(path: bytes) -> bytes:
    """Return the folder of a file with the slash at its end; empty for a file without a folder."""
    return path[: path.rfind(b"/") + 1]
