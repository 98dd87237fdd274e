"""Tables beside the pictures of a folder, with labels and columns: metadata.csv, train.csv."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_names import some
from lodespace.importing.folders.picture_folder import PictureFolder
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.tables.picture_table import PictureTable, merged, open_tables
from lodespace.importing.tables.split_rows import split_tables
from lodespace.importing.tables.table_rows import SUFFIXES, may_have_labels
from lodespace.importing.tables.unused_beside import UnusedBeside
from lodespace.items import decoding
from lodespace.items.errors import BadItem
from lodespace.items.paths import shown, suffix_of, walk

_SUFFIXES = SUFFIXES - {".txt", ".json"}
"""Suffixes of the tables. Text and JSON files beside pictures usually hold something other than
labels.
"""
_SAME_CLASSES = 0.5
"""A table has the same classes as the folders if at least this share of its classes are folder
names."""


class PicturesWithTables(PictureFolder):
    """A folder of pictures whose labels and columns are also in tables of the folder.

    If both the folders and a table name classes, the classes of the folders are used. A picture
    without a label from its folder gets its label from the table, if the table has the same
    classes as the folders. With `--labels-at none` or `--label`, only the table gives labels. With
    `--label` and another value of `--labels-at`, the label in the table replaces the label from the
    folder.
    """

    def __init__(self, root: Path, options: ImportOptions) -> None:
        """Find the tables. Raises DatasetError if no table has the column of `--label`."""
        found = [path for path in walk(root) if isinstance(path, bytes)]
        pictures = frozenset(path for path in found if suffix_of(path) in decoding.SUFFIXES)
        tables = [p for p in found if suffix_of(p) in _SUFFIXES and may_have_labels(shown(p))]
        # The tables that name pictures, the other opened tables, and the number of unopened tables.
        self.beside, self._unmatched, self._skipped = open_tables(root, tables, pictures, options)
        if options.label is not None and not any(table.is_asked for table in self.beside):
            raise DatasetError(
                f"{root}: no table that names the pictures has the column '{options.label}', "
                "which --label asks for"
            )
        super().__init__(root, options, used=frozenset(table.path for table in self.beside))
        self._split_tables = _splits_of_tables(self.beside)
        """Names of the tables that are splits."""
        self._by_folder = {
            path: label
            for path in self.files.paths
            if (label := self.files.label_and_split(path)[0]) is not None
        }
        """The class that the folders name, by picture."""
        self._without = frozenset(self.files.paths) - self._by_folder.keys()
        """The pictures without a class from the folders."""
        self._folders_name = frozenset(self._by_folder.values())
        self._only_table = options.label is not None and options.labels_at is None
        """Whether the folders give no label, because --label asks for a column of the tables."""
        self._prefer_table = options.label is not None or not self._folders_name
        self._rows, self._disagree = merged(
            self.beside, () if self._prefer_table else self._folders_name
        )
        given = {row.label for row in self._rows.values() if row.label is not None}
        same = len(given & self._folders_name) >= _SAME_CLASSES * max(1, len(given))
        self._fill = self._prefer_table or same
        known = pictures | self.files.lists.used
        self._others = [path for path in found if path not in known]
        """Files that are not pictures, and not read as lists of pictures."""
        self._labelled = 0
        """Number of pictures with a label from a table."""
        self._unfilled = 0
        """Number of pictures without a label from a folder, although an unused table has a label
        for them.
        """
        self._differ = 0
        """Number of pictures whose label from the folder differs from the label in a table."""

    def findings(self) -> Sequence[Finding]:
        by_finding: dict[Finding, list[str]] = {}
        for table in self.beside:
            for finding in table.findings():
                if finding.topic != "labels" or table.classes or self._may_label(table):
                    by_finding.setdefault(finding, []).append(shown(table.path))
        found = [
            dataclasses.replace(finding, text=f"{some(names)}: {finding.text}")
            for finding, names in by_finding.items()
        ]
        if not self._prefer_table:
            found += [finding for table in self.beside for finding in self._doubts(table)]
        folder = list(self.files.findings())
        if self._only_table or (self._labelled and not self._folders_name):
            folder = [finding for finding in folder if finding.topic != "labels"]
        names = some([shown(table.path) for table in self.beside if table.classes])
        filling = some(
            [
                shown(table.path)
                for table in self.beside
                if table.classes and (self._prefer_table or self._unlabelled(table))
            ]
        )
        if self._labelled:
            found.insert(0, Finding("labels", f"{self._labelled:,} from {filling}, by the path"))
        if self._disagree and self._labelled:
            number = counted(self._disagree, "picture")
            text = f"{names} have different labels for {number}; the table with the most labels"
            text += " counts"
            found.append(Finding("labels", text, doubtful=True, option="--label COLUMN"))
        if self._differ:
            text = f"{counted(self._differ, 'picture')} with other labels in {names}, which"
            found.append(
                Finding("labels", f"{text} are not used", doubtful=True, option="--labels-at none")
            )
        if self._unfilled:
            text = f"{counted(self._unfilled, 'picture')} without a label from a folder. Labels in"
            text += f" {filling} are not used: most of these classes are not folder names"
            found.append(Finding("labels", text, doubtful=True, option="--labels-at none"))
        if self._split_tables:
            text = f"from the names of the tables {some(self._split_tables)}"
            found.append(Finding("splits", text))
        if self._skipped:
            number = len(self.beside) + len(self._unmatched)
            text = f"only {number} of {number + self._skipped:,} tables are read"
            found.append(Finding("columns", text, doubtful=True, option="--labels-from FILE"))
        if not self._labelled and not self._folders_name:
            found += self._unused()
        return [*found, *folder, *self.survey.findings()]

    def _may_label(self, table: PictureTable) -> bool:
        """Whether the table may have labels that the folders do not give.

        True if the folders name no classes or only groups, or if the table names pictures that have
        no label from a folder.
        """
        if self._prefer_table or table.group_column(self._by_folder) is not None:
            return True
        return self._unlabelled(table) > 0 and table.mixed_column(self._folders_name) is None

    def _unlabelled(self, table: PictureTable) -> int:
        """Return the number of pictures that the table names and the folders do not label."""
        return len(self._without & table.rows.keys())

    def _doubts(self, table: PictureTable) -> Iterator[Finding]:
        """Yield findings if a table without classes suggests that folders may not be classes."""
        if table.classes:
            return
        name = shown(table.path)
        group = table.group_column(self._by_folder)
        if group is not None:
            text = (
                f"the folders that are used as classes repeat the column {group} of {name}, which"
            )
            text += " may have groups, not classes"
            yield Finding("labels", text, doubtful=True, option="--labels-at none")
        unlabelled = self._unlabelled(table)
        mixed = table.mixed_column(self._folders_name) if unlabelled else None
        if mixed is not None:
            text = f"{name} names {counted(unlabelled, 'picture')} without a label; its column"
            text += f" {mixed[0]} has classes with other text, such as {mixed[1].strip()[:80]}, and"
            text += " is not used. To use the labels, write a table of paths and labels"
            yield Finding("labels", text, doubtful=True, option="--labels-from FILE")

    def _unused(self) -> Iterator[Finding]:
        """Findings on files beside the pictures that may have labels, but are not used."""
        unused = UnusedBeside(self.root, self.files.paths, self.options)
        if self._unmatched:
            yield unused.of_table(self._unmatched[0])
        if self.options.labels_at != "none":
            yield from unused.of_texts(self._others)

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        self._labelled = self._differ = self._unfilled = 0
        for item in super().__iter__():
            if self._only_table and isinstance(item, RawItem):
                item.label = None
            row = None if isinstance(item, BadItem) else self._rows.get(item.path or b"")
            if row is not None and isinstance(item, RawItem):
                item.columns = row.columns
                item.split = item.split or row.split
                if row.label is not None and (
                    self._prefer_table or (item.label is None and self._fill)
                ):
                    item.label, item.other_labels = row.label, row.other_labels
                    self._labelled += 1
                elif row.label is not None:
                    self._unfilled += item.label is None
                    self._differ += item.label not in (None, row.label)
            yield item


def _splits_of_tables(tables: Sequence[PictureTable]) -> list[str]:
    """Set the split of the rows in each table that is named after a split.

    A table that already has a column of splits does not count. If all remaining tables are of the
    same split, nothing is set. Returns the names of the tables whose rows got a split.
    """
    known = {Path(shown(table.path)): table for table in tables if table.table.roles.split is None}
    found = split_tables(list(known))
    for path, split in found.items():
        for row in known[path].rows.values():
            row.split = split
    return [str(path) for path in found]
