"""Rows of a data set with one table per split, such as train.csv and test.csv."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from lodespace.importing.finding import Finding
from lodespace.importing.folders import folder_names
from lodespace.importing.tables.column_names import SPLITS, plain
from lodespace.importing.tables.table_rows import Row, Rows, may_have_labels, table_name
from lodespace.items.errors import BadItem

_ALIKE = 0.5
"""Each table must have at least this share of the columns of all tables."""

_UNSURE = frozenset({".txt", ".json"})


class Part(NamedTuple):
    """One table of a data set."""

    split: str
    """Name of the split."""
    path: Path
    rows: Rows


def split_tables(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the split of each table that is named after a split, if there are at least two splits.

    The tables are in one folder and have the same suffixes. Empty if there are no such tables, or
    if there are several groups of such tables.
    """
    groups: dict[tuple[Path, tuple[str, ...]], list[Path]] = {}
    for path in paths:
        if may_have_labels(path.name):
            groups.setdefault((path.parent, tuple(path.suffixes)), []).append(path)
    found: list[dict[Path, str]] = []
    for group in groups.values():
        splits = folder_names.split_names([table_name(path) for path in group])
        parts = {
            path: _split_word(table_name(path)) for path in group if table_name(path) in splits
        }
        if len(set(map(folder_names.kind_of_split, parts.values()))) > 1:
            found.append(parts)
    # Text and JSON files usually hold something other than items.
    tables = [parts for parts in found if not _UNSURE & set(next(iter(parts)).suffixes)] or found
    return tables[0] if len(tables) == 1 else {}


def tables_beside(table: Path) -> dict[Path, str]:
    """Return all tables of the data set in the folder of `table`, each with its split.

    Empty if `table` is not one of several splits.
    """
    files = sorted(path for path in table.parent.iterdir() if path.suffixes == table.suffixes)
    found = split_tables(files)
    return found if table in found else {}


def _split_word(name: str) -> str:
    """Return the word for a split in `name`, such as train for birds_train.

    Return the whole name if it has no such word.
    """
    return next((word for word in folder_names.words(name) if folder_names.is_split(word)), name)


class SplitRows(Rows):
    """Rows of several tables. The column `split` has the split that the name of the table states.

    The tables with the most columns are read first, because a table of test items may lack labels.
    """

    def __init__(self, parts: Sequence[Part], others: Sequence[Path] = ()) -> None:
        """Join the tables `parts`, for which `are_alike` is true. `others` are not read."""
        self.parts = sorted(
            parts,
            key=lambda part: (
                -len(part.rows.columns),
                folder_names.kind_of_split(part.split) != "tr",
            ),
        )
        first = self.parts[0].rows
        columns = dict.fromkeys(name for part in self.parts for name in part.rows.columns)
        self._column = ""
        if not any(plain(name) in SPLITS for name in columns):
            self._column = SPLITS[0]
            columns[SPLITS[0]] = None
            self.splits_from = f"the names of {', '.join(p.path.name for p in self.parts)}"
        counts = [part.rows.count for part in self.parts]
        known = [count for count in counts if count is not None]
        super().__init__(list(columns), count=sum(known) if len(known) == len(counts) else None)
        self.has_names = first.has_names
        self.comma_separates = any(part.rows.comma_separates for part in self.parts)
        for part in self.parts:
            self.findings += [
                replace(finding, text=f"{part.path.name}: {finding.text}")
                for finding in part.rows.findings
            ]
            missing = [name for name in first.columns if name not in part.rows.columns]
            if missing:
                text = f"{part.path.name} has no column {', '.join(missing[:5])}"
                self.findings.append(Finding("columns", text))
        if others:
            text = f"not read: {folder_names.some([path.name for path in others])}; give one of "
            text += "these tables as DATA, or with --labels-from"
            self.findings.append(Finding("columns", text, doubtful=True))

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        for part in self.parts:
            extra: Row = {self._column: part.split} if self._column else {}
            for found in part.rows:
                if isinstance(found, BadItem):
                    yield replace(found, name=f"{part.path.name} {found.name}")
                else:
                    yield f"{part.path.name} {found[0]}", found[1] | extra


def are_alike(parts: Sequence[Part]) -> bool:
    """Whether one table has the columns of all tables, and each other table has at least half of
    these columns."""
    tables = [set(part.rows.columns) for part in parts]
    whole = set().union(*tables)
    if len({part.rows.has_names for part in parts}) > 1 or whole not in tables:
        return False
    return all(len(table) >= _ALIKE * len(whole) for table in tables)
