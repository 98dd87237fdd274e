"""Findings on files that may have the labels of the pictures beside them, but are not used."""

import bisect
import dataclasses
import itertools
import os
import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.annotations.annotation_file import read_annotations
from lodespace.importing.annotations.path_match import match_paths
from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_names import some
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.cells import text_of
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.table_rows import short
from lodespace.items.errors import BadItem
from lodespace.items.paths import shown, suffix_of

_UNREAD = frozenset({".xml", ".mat", ".h5", ".hdf5"})
"""Formats that may hold labels, and are not read."""
_TEXTS = frozenset({".txt", ".json"}) | _UNREAD
_ABOUT = ("readme", "license", "licence", "requirements", "copying", "citation")
"""Text files whose names begin with one of these words have no labels."""
_LOOKED_AT = 50
"""Number of rows, and of columns, in which the names of pictures are sought."""
_MOST_OPENED = 20
"""Largest number of texts and JSON files that are opened."""
_MOST_BYTES = 64 << 20
"""Largest size of a file that is read to find out whether it names the pictures."""
_ROW_PER_PICTURE = "; if there are labels, give a table with one row per picture"


class UnusedBeside:
    """Files that may have the labels of the pictures in a folder."""

    def __init__(self, root: Path, pictures: Collection[bytes], options: ImportOptions) -> None:
        self.root, self.pictures, self.options = root, pictures, options
        self.paths = [shown(path) for path in pictures]
        names = {shown(path).rpartition("/")[2].lower() for path in pictures}
        self.stems = sorted(name.rpartition(".")[0] for name in names)
        """Names of the pictures without suffix, in lower case."""
        self.names = names.union(self.stems)

    def of_table(self, path: bytes) -> Finding:
        """Return the finding on a table that labels no picture."""
        name = shown(path)
        if self._reason(path) is None:
            option = f"--labels-from FOLDER/{name}"
            return Finding("labels", f"{name} may have labels", doubtful=True, option=option)
        instead = self._to_import(path)
        if instead is not None:
            return instead
        of_sheet = self._of_sheet(path)
        if of_sheet is not None:
            return of_sheet
        cells = self._cells(path)
        text = f"no row of {name} names a picture"
        begun = [column for column in cells if any(map(self._begins, cells[column]))]
        if begun:
            text += f", but names of pictures begin with cells of its column {short(begun[0])}"
        text += _ROW_PER_PICTURE
        return Finding("labels", text, doubtful=True, option="--labels-from FILE")

    def _of_sheet(self, path: bytes) -> Finding | None:
        """Return a finding if a sheet of the workbook other than the first names pictures.

        Return None otherwise, and for other files.
        """
        if suffix_of(path) != ".xlsx":
            return None
        try:
            rows = open_rows(self.root / os.fsdecode(path), unpacked=self.options.unpacked)
        except DatasetError:
            return None
        for sheet in rows.other_sheets if self.options.sheet is None else ():
            options = dataclasses.replace(self.options, sheet=sheet)
            other = UnusedBeside(self.root, self.pictures, options)
            if other.names_pictures(path):
                text = f"the first sheet of {shown(path)} names no picture, but the sheet "
                text += f"{short(sheet)} does"
                return Finding(
                    "labels", text, doubtful=True, option=f"--sheet {shlex.quote(sheet)}"
                )
        return None

    def names_pictures(self, path: bytes) -> bool:
        """Whether a cell of a table is the name of a picture."""
        return any(
            re.split(r"[/\\]", cell)[-1] in self.names
            for cells in self._cells(path).values()
            for cell in cells
        )

    def of_texts(self, paths: Sequence[bytes]) -> Iterator[Finding]:
        """Return the findings on texts, JSON and XML files."""
        texts = [path for path in paths if _may_have_labels(path)]
        own = [path for path in texts if self._is_of_picture(path)]
        if own:
            text = f"{counted(len(own), 'file')} named like a picture, such as {shown(own[0])}:"
            text += f" not read{_ROW_PER_PICTURE}"
            yield Finding("labels", text, doubtful=True, option="--labels-from FILE")
        usable: list[str] = []
        unread: dict[str, list[str]] = {}
        rest = sorted(set(texts) - set(own))
        for number, path in enumerate(rest):
            reason = self._reason(path) if number < _MOST_OPENED else None
            if reason is None:
                usable.append(shown(path))
            elif (instead := self._to_import(path)) is not None:
                yield instead
            else:
                unread.setdefault(reason, []).append(shown(path))
        if usable:
            option = f"--labels-from FOLDER/{usable[0]}"
            yield Finding("labels", f"{some(usable)} may have labels", doubtful=True, option=option)
        for reason, names in unread.items():
            text = f"{some(names)}: {reason}{_ROW_PER_PICTURE}"
            yield Finding("labels", text, doubtful=True, option="--labels-from FILE")

    def _reason(self, path: bytes) -> str | None:
        """Return why --labels-from cannot read labels from `path`; None if it may be able to."""
        if suffix_of(path) in _UNREAD:
            return "this format is not read"
        file = self.root / os.fsdecode(path)
        if file.stat().st_size > _MOST_BYTES:
            return None
        try:
            read = read_annotations(file, shown(path), self.options, identified=True)
        except DatasetError as error:
            return "COCO's format is not read" if "COCO" in str(error) else "it cannot be read"
        if read is None:
            return "it cannot be read"
        names = [name for one in read.annotations for name in one.names]
        return None if match_paths(names, self.paths) else "it does not name the pictures"

    def _to_import(self, path: bytes) -> Finding | None:
        """The finding on a table with a column that names pictures; None for another file."""
        if suffix_of(path) in _UNREAD:
            return None
        for column, cells in self._cells(path).items():
            if any(re.split(r"[/\\]", cell)[-1] in self.names for cell in cells):
                text = f"the column {short(column)} of {shown(path)} names pictures; if the table"
                text += " has labels, import it instead"
                quoted = short(column) if column.isidentifier() else f"'{short(column)}'"
                option = f"--image {quoted} --root FOLDER"
                return Finding("labels", text, doubtful=True, option=option)
        return None

    def _cells(self, path: bytes) -> dict[str, list[str]]:
        """Return the first cells of a table by column, in lower case; {} if it is unreadable."""
        options = self.options
        file = self.root / os.fsdecode(path)
        try:
            table = open_rows(file, options.encoding, options.unpacked, options.sheet)
            first = itertools.islice(table, _LOOKED_AT)
            rows = [found[1] for found in first if not isinstance(found, BadItem)]
        except DatasetError:
            return {}
        return {
            column: [text.lower() for row in rows if (text := text_of(row.get(column)))]
            for column in table.columns[:_LOOKED_AT]
        }

    def _begins(self, cell: str) -> bool:
        """Whether the name of a picture has `cell` as its first part."""
        place = bisect.bisect_left(self.stems, cell)
        after = self.stems[place : place + 1]
        return any(stem.startswith(cell) and stem[len(cell) :][:1] in "_- ." for stem in after)

    def _is_of_picture(self, path: bytes) -> bool:
        """Whether the file is named after a picture, as x.json and x.jpg.json are named after
        x.jpg.
        """
        return shown(path).rpartition("/")[2].rpartition(".")[0].lower() in self.names


def _may_have_labels(path: bytes) -> bool:
    name = shown(path).rpartition("/")[2].lower()
    return suffix_of(path) in _TEXTS and not name.startswith((*_ABOUT, "."))
