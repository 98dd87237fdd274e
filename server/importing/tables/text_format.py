"""The format of a text table, from its first lines: delimiter, header, comments, empty columns."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lodespace.importing.tables.column_names import IDS, IMAGES, PATHS, plain
from lodespace.importing.tables.table_rows import Row

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""First line of a file, in which Excel states the delimiter, such as "sep=;"."""
_FILE_NAME = re.compile(r".*\.(png|jpe?g|webp|tiff?|gif|bmp|wav|flac|mp3|ogg)", re.IGNORECASE)
_LEAST_EQUAL = 0.5
"""A delimiter must give at least this share of the first rows the same number of fields."""


@dataclass(frozen=True)
class TextFormat:
    """How the lines of a text table become rows."""

    delimiter: str
    skipped: int
    """Number of lines before the header: comments, empty lines, Excel's line "sep=;"."""
    names: tuple[str, ...]
    """Name of each field of a row; "" for a field without a name and without content."""
    has_header: bool
    """Whether the first row has the names. If not, the names are column 1, column 2, ..."""
    spaced: bool
    """Whether spaces follow the delimiters."""
    doubt: str = ""
    """Why a person should check the names. Empty: the names are certain."""
    optional_last: bool = False
    """Whether rows may have one field less, because the header does not name the last field."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns. A column is a field that has a name."""
        return [name for name in self.names if name]

    def row(self, fields: Sequence[str]) -> Row:
        """Return the cells of a row by column. `fields` must have one field for each of `names`."""
        return {name: field for name, field in zip(self.names, fields, strict=True) if name}


def format_of(
    lines: Sequence[str], *, is_tsv: bool, knows: Callable[[str], bool]
) -> TextFormat | None:
    """Return the format of a table with these first lines. None if all lines are empty.

    Args:
        lines: The first lines.
        is_tsv: Whether the suffix of the file announces tabs.
        knows: Whether a name is a usual name of a column.
    """
    stated: str | None = None
    skipped = 0
    for line in lines:
        separator = _SEPARATOR_LINE.fullmatch(line) if stated is None else None
        if separator is not None:
            stated = separator[1]
        elif line.strip() and not line.startswith("#"):
            break
        skipped += 1
    if skipped == len(lines):
        return None
    delimiter = stated or _delimiter_of(lines[skipped:], is_tsv=is_tsv)
    if skipped and lines[skipped - 1].startswith("#"):
        commented = next(_rows(lines[skipped - 1 : skipped], delimiter))
        row = next(_rows(lines[skipped : skipped + 1], delimiter), [])
        if len(commented) == len(row) > 1 and not any(map(knows, row)):
            return _with_names(lines, delimiter, skipped - 1, commented)
    header = next(_rows(lines[skipped:], delimiter), [])
    return _with_names(lines, delimiter, skipped, header)


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the rows that are not empty, up to the first damaged row."""
    try:
        text = io.StringIO("".join(lines), newline="")
        # numpy.savetxt and others fill up numbers with spaces, also at the beginning of a line.
        for row in csv.reader(text, delimiter=delimiter, skipinitialspace=delimiter == " "):
            if any(field.strip() for field in row):
                yield row
    except csv.Error:
        return


def _delimiter_of(lines: Sequence[str], *, is_tsv: bool) -> str:
    """Return the delimiter that gives the most rows the same number of fields as the first row."""
    found = {mark: _agreement(lines, mark) for mark in ("\t,;|" if is_tsv else _DELIMITERS)}
    best = max(found, key=lambda mark: found[mark])
    if found[best] >= (_LEAST_EQUAL, 0):
        return best
    if _agreement(lines, " ") >= (0.9, 2):
        return " "
    return "\t" if is_tsv else max(_DELIMITERS, key=lines[0].count)


def _agreement(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    """Return the share of rows with the most frequent number of fields, and this number.

    Returns (0, 0) if the rows or the header have fewer than 2 fields, or if rows and header differ
    by more than 1 field.
    """
    counts = [len(row) for row in _rows(lines, delimiter)]
    usual = Counter(counts[1:] or counts).most_common(1)[0][0] if counts else 0
    if usual < 2 or counts[0] < 2 or abs(counts[0] - usual) > 1:
        return 0, 0
    equal = sum(count == usual for count in counts[1:] or counts) / len(counts[1:] or counts)
    # Some programs write too few names, or too many delimiters, so the numbers of names and fields
    # may differ. A delimiter with equal numbers is preferred.
    return equal - (0.1 if counts[0] != usual else 0), usual


def _with_names(
    lines: Sequence[str], delimiter: str, skipped: int, header: Sequence[str]
) -> TextFormat:
    found = [header, *itertools.islice(_rows(lines[skipped:], delimiter), 1, None)]
    titles = title_rows(found)
    skipped, header = _line_of(lines, skipped, titles, delimiter), found[titles]
    header = [name.strip().removeprefix("\ufeff") for name in header]
    if skipped < len(lines) and lines[skipped].startswith("#"):
        header[0] = header[0].lstrip("# ")
    rows = found[titles + 1 :]
    spaced = delimiter == " " or f"{delimiter} " in lines[skipped]
    if is_data(header, rows):
        width = Counter([len(header), *map(len, rows)]).most_common(1)[0][0]
        names = tuple(f"column {i + 1}" for i in range(width))
        return TextFormat(delimiter, skipped, names, False, spaced)
    usual = Counter(map(len, rows)).most_common(1)[0][0] if rows else len(header)
    longer = [row for row in rows if len(row) == usual]
    if usual != len(header) + 1 or not any(row[-1] for row in longer):
        doubt = doubt_of_numbers(header)
        return TextFormat(delimiter, skipped, named(header, rows), True, spaced, doubt)
    doubt = "most rows have one field more than the first line has names"
    if _have_row_names(header, longer):
        # R writes a quoted name in each row, but no column name above these names.
        quoted = all(line.startswith('"') for line in lines[skipped:] if line.strip())
        doubt = "" if quoted else f"{doubt}; the first field is read without a name"
        return TextFormat(delimiter, skipped, named(["", *header], rows), True, spaced, doubt)
    doubt += "; the last field is read without a name. A text with the separator needs quotes"
    names = (*named(header, rows), f"column {usual}")
    return TextFormat(delimiter, skipped, names, True, spaced, doubt, optional_last=True)


def _have_row_names(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first field of each row is a row name, for which the header has no column, as in
    R.

    The rows have one field more than the header. The first fields are row names if they are all
    distinct, and if the header fits the other fields. The header does not fit if only the first
    fields are file names. The header does not fit either if it begins with a name such as `id`, but
    the second fields are not distinct.
    """
    first = [row[0].strip() for row in rows]
    second = [row[1].strip() for row in rows]
    if len(set(first)) < len(first):
        return False
    if any(map(_FILE_NAME.fullmatch, first)) and not any(map(_FILE_NAME.fullmatch, second)):
        return False
    identifies = plain(header[0]) in (*IDS, *PATHS, *IMAGES)
    return not (identifies and len(set(second)) < len(second))


def doubt_of_numbers(header: Sequence[str]) -> str:
    """Return a request to check the header; "" if the header is not doubtful.

    The header is doubtful if most names are numbers, because they may be data. Names 0, 1, 2, ...
    and years are not doubtful.
    """
    numbers = [cell for cell in header if _is_number(cell)]
    if len(numbers) < 2 or 2 * len(numbers) <= len(header) or _is_index(numbers):
        return ""
    if any(not cell for cell in header) or all(1000 <= float(cell) < 3000 for cell in numbers):
        return ""
    names = ", ".join(header[:4])
    return f"the first line, {names}, is read as names; put a line with names first if it is data"


def _line_of(lines: Sequence[str], start: int, number: int, delimiter: str) -> int:
    """Return the index of row `number` in `lines`.

    Row 0 is the first non-empty line from `start` on.
    """
    for index in range(start, len(lines)):
        if next(_rows(lines[index : index + 1], delimiter), None) is not None:
            if number == 0:
                return index
            number -= 1
    return start


def title_rows(rows: Sequence[Sequence[object]]) -> int:
    """Return the number of title rows at the beginning of a table.

    A title row has at most one filled cell. Return 0 unless most rows of the table have more filled
    cells.
    """
    filled = [sum(bool(str(cell or "").strip()) for cell in row) for row in rows]
    if not filled or 2 * sum(count > 1 for count in filled) <= len(filled):
        return 0
    return next(number for number, count in enumerate(filled) if count > 1)


def named(header: Sequence[str], rows: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """Return the names of the fields.

    A field without a name gets the name "" if it is empty, or if it is the first field and counts
    the rows. Otherwise, its name is column 1, column 2, ...
    """
    names: list[str] = []
    for number, name in enumerate(header):
        cells = [str(row[number]).strip() for row in rows if number < len(row)]
        if not name and any(cells) and not (number == 0 and _is_index(cells)):
            name = f"column {number + 1}"
        names.append(name)
    return tuple(names)


def counts_rows(cells: Sequence[object]) -> bool:
    """Whether the cells are the numbers of the rows, such as 1, 2, 3. At least three are needed."""
    return len(cells) > 2 and _is_index([str(cell).strip() for cell in cells])


def _is_index(cells: Sequence[str]) -> bool:
    """Whether the cells count the rows, like the first column that pandas and R write."""
    if not all(cell.isdecimal() and len(cell) < 10 for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    return all(after == before + 1 for before, after in itertools.pairwise(numbers))


def is_data(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has data, not names of columns.

    The first row has data in three cases. First, a cell of the row is a file name. Second, a cell
    is a number, and a text of the row occurs again in the same field of another row. Third, most
    cells are numbers, and these cannot be names such as 1, 2, 3, ... or years.
    """
    if any(_FILE_NAME.fullmatch(cell) for cell in header):
        return True
    numbers = [cell for cell in header if _is_number(cell)]
    if numbers and any(
        cell.strip()
        and not _is_number(cell)
        and any(cell == row[i] for row in rows if i < len(row))
        for i, cell in enumerate(header)
    ):
        return True
    if len(numbers) < 2 or 2 * len(numbers) <= len(header):
        return False
    if not rows:  # the only row is an annotation such as 0.2,1.9,owl
        return any(not cell.isdecimal() for cell in numbers)
    if _is_index(numbers) or any(not cell for cell in header):
        return False
    # The names of columns may be numbers, such as years. Names do not repeat, have no fraction, and
    # increase.
    if len(set(numbers)) < len(numbers) or any(not cell.isdecimal() for cell in numbers):
        return True
    return any(int(after) < int(before) for before, after in itertools.pairwise(numbers))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
