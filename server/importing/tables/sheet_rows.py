"""Rows of Excel workbooks (.xlsx), read by openpyxl.

A workbook is a zip archive of XML. The sizes that the archive states are checked first, and zipfile
reads no more bytes than the archive states.
"""

import datetime
import itertools
import shlex
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.tables.csv_rows import check_columns
from lodespace.importing.tables.table_rows import SNIFFED_ROWS, Row, Rows, short
from lodespace.importing.tables.text_format import doubt_of_numbers, is_data, named, title_rows
from lodespace.items.errors import BadItem
from lodespace.items.table_builder import whole_text
from lodespace.items.unpacking import check_unpacked

_MOST_SHEETS = 20
"""Only this number of sheets is searched for the first sheet that has rows."""


class SheetRows(Rows):
    """Rows of a sheet of an Excel workbook.

    The name of the sheet is `sheet`. None: the first sheet that has rows.

    Raises DatasetError.
    """

    def __init__(self, path: Path, sheet: str | None = None, unpacked: float | None = None) -> None:
        self.path = path
        self._check(unpacked)
        self.sheet, others = self._choose(sheet)
        self.other_sheets = others
        first = list(itertools.islice(self._cells(), SNIFFED_ROWS + 1))
        if not first:
            raise DatasetError(
                f"{path}: the sheet '{self.sheet}' has no rows; choose another with --sheet"
            )
        first = first[title_rows([cells for _, cells in first]) :]
        number, header = first[0]
        texts = [_text(cell) for cell in header]
        rows = [[_text(cell) for cell in cells] for _, cells in first[1:]]
        self.has_names = not is_data(texts, rows)
        width = max(len(texts), *(len(row) for row in rows)) if rows else len(texts)
        texts += [""] * (width - len(texts))
        self.names = (
            [whole_text(name) for name in named(texts, rows)]
            if self.has_names
            else [f"column {i + 1}" for i in range(width)]
        )
        self.header_row = number if self.has_names else 0
        """Number of the row with the names of the columns; 0 if no row has them."""
        columns = [name for name in self.names if name]
        twice = next((name for name, count in Counter(columns).items() if count > 1), None)
        if twice is not None:
            raise DatasetError(f"{path}: two columns are named '{short(twice)}'; rename one")
        check_columns(path, len(columns))
        super().__init__(columns)
        if others:
            text = f"the rows of sheet {self.sheet}; other sheets: {', '.join(others[:5])}"
            option = f"--sheet {shlex.quote(others[0])}"
            self.findings.append(Finding("columns", text, doubtful=True, option=option))
        if not self.has_names:
            text = "the first row is read as data; put a row with the names of the columns first"
            self.findings.append(Finding("columns", text, doubtful=True))
        elif doubt := doubt_of_numbers(texts):
            self.findings.append(Finding("columns", doubt, doubtful=True))

    def _check(self, unpacked: float | None) -> None:
        try:
            with zipfile.ZipFile(self.path) as archive:
                size = sum(info.file_size for info in archive.infolist())
        except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
            raise DatasetError(f"{self.path} is not an Excel workbook: {error}") from error
        check_unpacked(str(self.path), size, self.path.stat().st_size, unpacked)

    def _open(self) -> Any:
        import openpyxl  # not at the top: the import takes 0.2 s

        try:
            return openpyxl.load_workbook(
                self.path, read_only=True, data_only=True, keep_links=False
            )
        # openpyxl raises many types for damaged files: KeyError, ValueError, ParseError, ...
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise DatasetError(f"{self.path} is not an Excel workbook: {reason}") from error

    def _choose(self, asked: str | None) -> tuple[str, Sequence[str]]:
        """Return the name of the sheet to read, and the names of the other sheets with rows."""
        book = self._open()
        try:
            names = [sheet.title for sheet in book.worksheets]
        finally:
            book.close()
        if asked is not None:
            if asked not in names:
                raise DatasetError(f"{self.path} has no sheet '{asked}'; it has {', '.join(names)}")
            return asked, ()
        looked_at = names[:_MOST_SHEETS]
        full = [name for name in looked_at if next(self._cells(name), None) is not None]
        if not full:
            raise DatasetError(f"{self.path} has no rows")
        return full[0], full[1:]

    def _cells(self, sheet: str | None = None) -> Iterator[tuple[int, list[Any]]]:
        """Yield (row number from 1, cells) of each row that is not empty."""
        book = self._open()
        try:
            page = book[sheet or self.sheet]
            page.reset_dimensions()  # a file may state a false size
            for number, cells in enumerate(page.iter_rows(values_only=True), 1):
                row = list(cells)
                while row and row[-1] is None:
                    row.pop()
                if row:
                    yield number, row
        except DatasetError:
            raise
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise DatasetError(f"{self.path}: sheet cannot be read: {reason}") from error
        finally:
            book.close()

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        for number, cells in self._cells():
            if number <= self.header_row:
                continue
            if len(cells) > len(self.names):
                reason = f"has {len(cells)} cells, but the header has {len(self.names)} columns"
                yield BadItem(f"row {number}", reason)
                continue
            padded = [*cells, *[None] * (len(self.names) - len(cells))]
            yield (
                f"row {number}",
                {name: _cell(cell) for name, cell in zip(self.names, padded, strict=True) if name},
            )


def _cell(cell: Any) -> Any:
    """Return the value of a cell. Dates become text."""
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return str(cell)
    return cell


def _text(cell: Any) -> str:
    return "" if cell is None else str(_cell(cell)).strip()
