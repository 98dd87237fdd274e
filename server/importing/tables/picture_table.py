"""A table whose rows name pictures of a folder, with their labels and columns."""

import dataclasses
import itertools
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding, counted
from lodespace.importing.label_text import number_key, spellings
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.tables import column_names
from lodespace.importing.tables.cells import text_of
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.table import Table
from lodespace.items.errors import BadItem

_EQUAL = 0.9
"""A column repeats the names of folders if at least this share of its cells equals the name of the
folder.
"""
_LOOKED_AT = 1000
"""Number of rows in which a column with classes and further text is sought."""
_WORDS = re.compile(r"[\s,;|]+")
_MOST_TABLES = 8
"""Largest number of tables that are opened.

A further table is opened only if it has the same columns as a table that names pictures.
"""
_MOST_ALIKE = 1000
"""After this number of tables with names of pictures, no further tables are opened."""
_MOST_BYTES = 256 << 20
"""Largest size of a table, in bytes."""


class PictureTable:
    """A table whose rows name pictures of the folder."""

    def __init__(
        self,
        path: bytes,
        table: Table,
        prefix: bytes,
        pictures: Collection[bytes],
        options: ImportOptions,
    ) -> None:
        self.path = path
        """Path of the table, relative to the folder."""
        self.table = table
        self.is_asked = table.options.label == options.label
        """Whether the table has the column of --label. True without this option."""
        column = table.roles.labels.column
        unsure = any(f.doubtful for f in table.roles.findings if f.topic == "labels")
        self.guessed = column if unsure and table.options.label is None else None
        """Column that may have the labels, but is too uncertain to be used.

        None if there is no such column.
        """
        kept = self.guessed if self.is_asked else column
        self.rows: dict[bytes, RawItem] = {}
        """The first row of each picture that the table names."""
        self._further = 0
        """Number of rows whose picture is also in an earlier row."""
        self._unlike: set[bytes] = set()
        """Pictures whose rows have different labels."""
        self._unsplit: set[bytes] = set()
        """Pictures whose rows have different splits."""
        self._bad: list[BadItem] = []
        """Rows that cannot be used."""
        for item in table:
            if isinstance(item, BadItem):
                self._bad.append(item)
                continue
            if item.path is None:
                continue
            item.picture = item.vector = None
            picture = os.path.normpath(b"/".join(part for part in (prefix, item.path) if part))
            if picture in pictures:
                if kept is not None and item.label is not None:
                    cell = "|".join(filter(None, (item.label, item.other_labels)))
                    item.columns = {**item.columns, kept: cell}
                if kept is not None or not self.is_asked:
                    item.label = item.other_labels = None
                first = self.rows.setdefault(picture, item)
                if first is not item:
                    self._add(picture, first, item)
        for picture in self._unsplit:
            self.rows[picture].split = None
        self.classes = {row.label for row in self.rows.values() if row.label is not None}
        """Names of the classes in the table."""
        self.labelled = sum(row.label is not None for row in self.rows.values())
        """Number of pictures with a label."""

    def _add(self, picture: bytes, first: RawItem, item: RawItem) -> None:
        """Count `item`, a further row of `picture`, and add its label to `first`, the first row."""
        self._further += 1
        if item.split != first.split:
            self._unsplit.add(picture)
        if item.label is None or item.label == first.label:
            return
        if first.label is None:
            first.label, first.other_labels = item.label, item.other_labels
            return
        self._unlike.add(picture)
        others = first.other_labels.split("|") if first.other_labels else []
        first.other_labels = "|".join(dict.fromkeys([*others, item.label]))

    def _counts(self) -> Iterator[Finding]:
        """Yield findings on rows that are not used."""
        if self._further:
            text = f"{counted(self._further, 'row')} with the picture of an earlier row"
            if self._unlike:
                pictures = counted(len(self._unlike), "picture")
                text += f"; {pictures} with different labels, of which the first is the class"
            yield Finding("labels" if self._unlike else "columns", text, doubtful=True)
        if self._unsplit:
            text = f"rows have different splits for {counted(len(self._unsplit), 'picture')}"
            text += f" in the column {self.table.roles.split}, which is not used"
            yield Finding("splits", text, doubtful=True)
        if self._bad:
            bad = self._bad[0]
            text = f"{counted(len(self._bad), 'row')} not used, such as {bad.name}: {bad.reason}"
            yield Finding("columns", text, doubtful=True)

    def group_column(self, folders: Mapping[bytes, str]) -> str | None:
        """Return the column of patients, sites or other groups whose values are the folder names.

        Return None if there is no such column.

        Args:
            folders: Class of each picture, as the folders of the pictures name it.
        """
        named = [(folders[path], row) for path, row in self.rows.items() if path in folders]
        for column in self.table.rows.columns if named else ():
            if column_names.numbers_groups(column):
                equal = sum(text_of(row.columns.get(column)) == name for name, row in named)
                if equal >= _EQUAL * len(named):
                    return column
        return None

    def mixed_column(self, classes: AbstractSet[str]) -> tuple[str, str] | None:
        """Find a column whose cells contain the name of one of `classes` and also other text.

        Returns the column and one of its cells as an example, or None if there is no such column.
        """
        rows = [row.columns for row in itertools.islice(self.rows.values(), _LOOKED_AT)]
        for column in rows[0] if rows else ():
            cells = [text for row in rows if isinstance(text := row.get(column), str)]
            mixed = [text for text in cells if text not in classes]
            mixed = [text for text in mixed if not classes.isdisjoint(_WORDS.split(text))]
            if 2 * len(mixed) > len(rows):
                return column, mixed[0]
        return None

    def findings(self) -> Iterator[Finding]:
        """Yield findings about how the table was read.

        The texts do not contain the name of the table. The caller adds it.
        """
        table = self.table
        found = [*table.rows.findings, *table.roles.findings, *table.finder.findings()]
        if not self.is_asked:
            found = [finding for finding in found if finding.topic != "labels"]
        elif self.guessed is not None:
            found = [finding for finding in found if finding.topic != "labels"]
            text = f"the column {self.guessed} may have labels, and is not used"
            found.append(Finding("labels", text, doubtful=True, option=f"--label {self.guessed}"))
        else:
            found += [*table.read_label.findings(), *table.empty_labels()]
        for finding in [*found, *self._counts()]:
            if finding.topic in ("labels", "columns") or finding.doubtful:
                yield finding


def merged(
    tables: Sequence[PictureTable], folders: Collection[str]
) -> tuple[dict[bytes, RawItem], int]:
    """Return one row per picture, and the number of pictures with different labels in the tables.

    A row has the columns of all tables, a split and a label. If tables differ, the table that
    labels the most pictures has precedence. Labels that are whole numbers are compared by value: 01
    equals 1. Such labels get the spelling of the folders or of the first table.

    Args:
        tables: The tables.
        folders: Class names that are names of folders.
    """
    spelled = spellings([folders, *(table.classes for table in tables)])
    for table in tables:
        for row in table.rows.values():
            if row.label is not None:
                row.label = spelled.get(number_key(row.label), row.label)
    tables = sorted(tables, key=lambda table: -table.labelled)
    rows: dict[bytes, RawItem] = {}
    differ: set[bytes] = set()
    for table in tables:
        for path, row in table.rows.items():
            first = rows.setdefault(path, row)
            if first is not row:
                first.columns = {**row.columns, **first.columns}
                first.split = first.split or row.split
                if first.label is None:
                    first.label, first.other_labels = row.label, row.other_labels
                elif row.label not in (None, first.label, *(first.other_labels or "").split("|")):
                    differ.add(path)
    return rows, len(differ)


def open_tables(
    root: Path, paths: Sequence[bytes], pictures: Collection[bytes], options: ImportOptions
) -> tuple[list[PictureTable], list[bytes], int]:
    """Open the tables that name pictures.

    If there are many tables, only the first ones are opened. A further table is opened if it has
    the same columns as a table that names pictures, because a data set may have a table of the same
    form in each of 40 folders.

    Returns:
        The tables that name pictures, the paths of opened tables without names of pictures, and the
        number of tables that were not opened.
    """
    found: list[PictureTable] = []
    others: list[bytes] = []
    forms: set[tuple[str, ...]] = set()
    opened = skipped = 0
    for path in paths:
        known = len(found) < _MOST_ALIKE and _columns(root, path, options, forms) in forms
        if not known and opened >= _MOST_TABLES:
            skipped += 1
            continue
        opened += not known
        table = open_table(root, path, pictures, options)
        if table is None:
            others.append(path)
        else:
            found.append(table)
            forms.add(tuple(table.table.rows.columns))
    return found, others, skipped


def _columns(
    root: Path, path: bytes, options: ImportOptions, forms: Collection[tuple[str, ...]]
) -> tuple[str, ...]:
    """Return the names of the columns of a table.

    Returns () if the table cannot be read. Also returns () if `forms`, the columns of other tables
    with which the caller compares the result, is empty.
    """
    file = root / os.fsdecode(path)
    if not forms or file.stat().st_size > _MOST_BYTES:
        return ()
    try:
        return tuple(open_rows(file, options.encoding, options.unpacked, options.sheet).columns)
    except DatasetError:
        return ()


def open_table(
    root: Path, path: bytes, pictures: Collection[bytes], options: ImportOptions
) -> PictureTable | None:
    """Open a table; return None if its rows name no pictures.

    The pictures are below the folder of the table, or below `root`. A table without the column of
    --label only adds columns to the items.
    """
    file = root / os.fsdecode(path)
    if file.stat().st_size > _MOST_BYTES:
        return None
    parent = path.rpartition(b"/")[0]
    prefixes = dict.fromkeys((parent, b""))
    for label, prefix in itertools.product(dict.fromkeys((options.label, None)), prefixes):
        own = dataclasses.replace(
            options, root=root / os.fsdecode(prefix), id=None, image=None, vector=None, text=None,
            thumbnails=None, label=label,
        )  # fmt: skip
        try:
            table = Table(file, own)
            if table.kind == "image":
                found = PictureTable(path, table, prefix, pictures, options)
                if found.rows:
                    return found
        except DatasetError:
            continue  # the table is not about these pictures
    return None
