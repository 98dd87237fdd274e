"""Tables beside the pictures of a folder, with labels and columns: metadata.csv, train.csv."""

import dataclasses
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_files import suffix_of
from lodespace.importing.folders.folder_names import some
from lodespace.importing.folders.picture_folder import PictureFolder
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.tables.table import Table
from lodespace.importing.tables.table_rows import SUFFIXES
from lodespace.items import decoding
from lodespace.items.errors import BadItem
from lodespace.items.paths import shown, walk

_TEXTS = frozenset({".txt", ".json"})
_SUFFIXES = SUFFIXES - _TEXTS
"""Suffixes of the tables. Texts and JSON beside pictures are mostly about something else."""
_ABOUT = ("readme", "license", "licence", "requirements", "copying", "citation")
"""Text files whose names begin with one of these words have no labels."""
_MOST_TABLES = 8
"""Largest number of tables that are read."""
_MOST_BYTES = 256 << 20
"""Largest size of a table, in bytes."""
_SAME_CLASSES = 0.5
"""Smallest share of a table's classes that are also names of folders, if both name the classes."""


class _Beside:
    """A table whose rows name pictures of the folder."""

    def __init__(
        self, path: bytes, table: Table, prefix: bytes, pictures: Collection[bytes]
    ) -> None:
        self.path = path
        """Path of the table, relative to the folder."""
        self.table = table
        column = table.roles.labels.column
        unsure = any(f.doubtful for f in table.roles.findings if f.topic == "labels")
        self.guessed = column if unsure and table.options.label is None else None
        """Column that may have the labels, but is too uncertain to be used; None without one."""
        self.rows: dict[bytes, RawItem] = {}
        """The first row of each picture that the table names."""
        self._further = 0
        """Number of rows whose picture an earlier row names."""
        self._unlike: set[bytes] = set()
        """Pictures whose rows have different labels."""
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
                if self.guessed is not None and item.label is not None:
                    item.columns = {**item.columns, self.guessed: item.label}
                    item.label = item.other_labels = None
                first = self.rows.setdefault(picture, item)
                if first is not item:
                    self._add(picture, first, item)
        self.classes = {row.label for row in self.rows.values() if row.label is not None}
        """Names of the classes in the table."""

    def _add(self, picture: bytes, first: RawItem, item: RawItem) -> None:
        """Count `item`, a further row of a picture, and add its label to those of `first`."""
        self._further += 1
        if item.label is None or item.label == first.label:
            return
        if first.label is None:
            first.label, first.other_labels = item.label, item.other_labels
            return
        self._unlike.add(picture)
        others = first.other_labels.split("|") if first.other_labels else []
        first.other_labels = "|".join(dict.fromkeys([*others, item.label]))

    def _counts(self) -> Iterator[Finding]:
        """Rows that are not used."""
        if self._further:
            text = f"{counted(self._further, 'row')} with the picture of an earlier row"
            if self._unlike:
                pictures = counted(len(self._unlike), "picture")
                text += f"; {pictures} with different labels, of which the first is the class"
            yield Finding("labels", text, doubtful=True)
        if self._bad:
            bad = self._bad[0]
            text = f"{counted(len(self._bad), 'row')} not used, such as {bad.name}: {bad.reason}"
            yield Finding("columns", text, doubtful=True)

    def findings(self) -> Iterator[Finding]:
        """How the table was understood."""
        table = self.table
        name = shown(self.path)
        found = [*table.rows.findings, *table.roles.findings, *table.finder.findings()]
        if self.guessed is not None:
            found = [finding for finding in found if finding.topic != "labels"]
            text = f"the column {self.guessed} may have labels, and is not used"
            found.append(Finding("labels", text, doubtful=True, option=f"--label {self.guessed}"))
        else:
            found += table.read_label.findings()
        for finding in [*found, *self._counts()]:
            if finding.topic in ("labels", "columns") or finding.doubtful:
                yield dataclasses.replace(finding, text=f"{name}: {finding.text}")


class PicturesWithTables(PictureFolder):
    """A folder of pictures whose labels and columns are also in tables of the folder.

    If folders and a table name classes, those of the folders are used, unless `--label` or
    `--labels-at none` is given. A picture without a label from its folder gets that of the table,
    if the table has the same classes.
    """

    def __init__(self, root: Path, options: ImportOptions) -> None:
        """Find the tables. Raises DatasetError if no table has the column of `--label`."""
        found = [path for path in walk(root) if isinstance(path, bytes)]
        pictures = frozenset(path for path in found if suffix_of(path) in decoding.SUFFIXES)
        tables = [path for path in found if _may_be_labels(path)]
        opened = [_open(root, path, pictures, options) for path in tables[:_MOST_TABLES]]
        self.beside = [table for table in opened if table is not None]
        self._unmatched = [
            shown(path) for path, table in zip(tables, opened, strict=False) if table is None
        ]
        """Tables that name no picture of the folder."""
        if options.label is not None and not self.beside:
            raise DatasetError(
                f"{root}: no table beside the pictures names them and has the column "
                f"'{options.label}' of --label"
            )
        super().__init__(root, options, used=frozenset(table.path for table in self.beside))
        self._rows, self._disagree = _merged(self.beside)
        self._folders_name = frozenset(
            label for path in self.files.paths if (label := self.files.label_and_split(path)[0])
        )
        given = frozenset().union(*(table.classes for table in self.beside))
        same = len(given & self._folders_name) >= _SAME_CLASSES * max(1, len(given))
        self._prefer_table = options.label is not None or not self._folders_name
        self._fill = self._prefer_table or same
        self._texts = [
            shown(path)
            for path in found
            if options.labels_at != "none" and _may_be_text_of_labels(path)
        ]
        """Texts and JSON files that may have labels."""
        self._labelled = 0
        """Number of pictures with a label from a table."""
        self._differ = 0
        """Number of pictures whose label from the folder differs from the label in a table."""

    def findings(self) -> Sequence[Finding]:
        found = [
            finding
            for table in self.beside
            for finding in table.findings()
            if table.classes or not self._folders_name or finding.topic != "labels"
        ]
        folder = list(self.files.findings())
        if self._labelled and not self._folders_name:
            folder = [finding for finding in folder if finding.topic != "labels"]
        names = ", ".join(shown(table.path) for table in self.beside if table.classes)
        if self._labelled:
            found.insert(0, Finding("labels", f"{self._labelled:,} from {names}, by the path"))
        if self._disagree and self._labelled:
            number = counted(self._disagree, "picture")
            text = f"{names} have different labels for {number}; the first table counts"
            found.append(Finding("labels", text, doubtful=True, option="--label COLUMN"))
        if self._differ:
            text = f"{names} has other labels for {self._differ:,} pictures; the folders count"
            found.append(Finding("labels", text, doubtful=True, option="--labels-at none"))
        if not self._labelled and not self._folders_name:
            found += self._unused()
        return [*found, *folder, *self.survey.findings()]

    def _unused(self) -> Iterator[Finding]:
        """Findings on files beside the pictures that may have labels, but are not used."""
        if self._unmatched:
            text = f"no row of {self._unmatched[0]} names a picture; if it has labels, import"
            text += " this table instead"
            option = "--image COLUMN --root FOLDER"
            yield Finding("labels", text, doubtful=True, option=option)
        if self._texts:
            text = f"{some(self._texts)} may have labels"
            option = f"--labels-from FOLDER/{self._texts[0]}"
            yield Finding("labels", text, doubtful=True, option=option)

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        self._labelled = self._differ = 0
        for item in super().__iter__():
            row = None if isinstance(item, BadItem) else self._rows.get(item.path or b"")
            if row is not None and isinstance(item, RawItem):
                item.columns = row.columns
                item.split = item.split or row.split
                if row.label is not None and (
                    self._prefer_table or (item.label is None and self._fill)
                ):
                    item.label, item.other_labels = row.label, row.other_labels
                    self._labelled += 1
                elif row.label is not None and item.label is not None:
                    self._differ += row.label != item.label
            yield item


def _merged(tables: Sequence[_Beside]) -> tuple[dict[bytes, RawItem], int]:
    """One row per picture, and the number of pictures for which tables have different labels.

    A row has the columns of all tables, the first label that a table states, and the first split.
    """
    merged: dict[bytes, RawItem] = {}
    differ: set[bytes] = set()
    for table in tables:
        for path, row in table.rows.items():
            first = merged.setdefault(path, row)
            if first is not row:
                first.columns = {**row.columns, **first.columns}
                first.split = first.split or row.split
                if first.label is None:
                    first.label, first.other_labels = row.label, row.other_labels
                elif row.label is not None and row.label != first.label:
                    differ.add(path)
    return merged, len(differ)


def _may_be_labels(path: bytes) -> bool:
    """Whether the file is a table that may have labels.

    A table such as sample_submission.csv has no labels: it shows how to hand in predictions.
    """
    name = shown(path).rpartition("/")[2].lower()
    return suffix_of(path) in _SUFFIXES and "submission" not in name


def _may_be_text_of_labels(path: bytes) -> bool:
    """Whether the file is a text or JSON that may have labels of the pictures."""
    name = shown(path).rpartition("/")[2].lower()
    return suffix_of(path) in _TEXTS and not name.startswith((*_ABOUT, "."))


def _open(
    root: Path, path: bytes, pictures: Collection[bytes], options: ImportOptions
) -> _Beside | None:
    """Open a table, if its rows name pictures below the folder of the table, or below `root`."""
    file = root / os.fsdecode(path)
    if file.stat().st_size > _MOST_BYTES:
        return None
    parent = path.rpartition(b"/")[0]
    for prefix in dict.fromkeys((parent, b"")):
        own = dataclasses.replace(
            options, root=root / os.fsdecode(prefix), id=None, image=None, vector=None,
            thumbnails=None,
        )  # fmt: skip
        try:
            table = Table(file, own)
            if table.kind == "image":
                found = _Beside(path, table, prefix, pictures)
                if found.rows:
                    return found
        except DatasetError:
            continue  # a table about something else
    return None
