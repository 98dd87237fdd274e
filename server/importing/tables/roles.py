"""Choice of the role of each column of a table: picture, vector, label, split or id.

The first rows decide the roles. This module reads no file. A finding reports each uncertain
decision, with the option that sets another column.
"""

import re
import shlex
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables import column_names, number_columns
from lodespace.importing.tables.cells import (
    is_picture,
    is_sound,
    is_vector,
    joined,
    number_of,
    text_of,
)
from lodespace.importing.tables.column_names import plain
from lodespace.importing.tables.columns import Columns
from lodespace.importing.tables.label_columns import LabelColumns, choose_labels
from lodespace.importing.tables.split_column import split_column
from lodespace.importing.tables.table_rows import short
from lodespace.importing.tables.text_column import choose_text, sentences_in
from lodespace.importing.tables.text_format import counts_rows
from lodespace.items import decoding

_LEAST_NUMBERS = 8
"""A text without brackets is read as a vector only if it has at least this number of numbers."""
_CERTAIN_NUMBERS = 16
"""In a table with pictures, a list of fewer numbers is not read as a vector, because it may be a
box.
"""
_TRIED_FILES = 8
_TRIED_COLUMNS = 50
"""Largest number of columns whose cells are tested as names of files."""
_FILE_SHARE = 0.75
"""A column is read as paths if at least this share of its cells names a file."""


@dataclass
class Roles:
    """The role of each column."""

    id: str | None = None
    split: str | None = None
    path: str | None = None
    """Column with paths, also if a picture or vector is in another column."""
    image: str | None = None
    """Column with pictures, as paths or bytes."""
    folder: str | None = None
    """Column with the folder of each picture. The column `image` then has only the file name."""
    vector: str | None = None
    """Column with a vector per cell."""
    text: str | None = None
    """Column with a text per cell, which becomes a vector."""
    numbers: tuple[str, ...] = ()
    """Columns with a number per cell, which form the vector together."""
    decimal_commas: frozenset[str] = frozenset()
    """Columns of `numbers` in which a comma is the decimal mark."""
    thumbnail: str | None = None
    """Column with pictures that are shown for vectors."""
    labels: LabelColumns = field(default_factory=LabelColumns)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_vector(self) -> bool:
        return self.vector is not None or self.text is not None or bool(self.numbers)

    @property
    def used(self) -> frozenset[str | None]:
        """The columns that have a role, and so are not kept as further columns of the items."""
        return frozenset(
            {self.id, self.split, self.image, self.vector, self.thumbnail, *self.numbers}
            | set(self.labels.dropped)
        )


def choose_roles(columns: Columns, options: ImportOptions) -> Roles:
    """Choose the role of each column. Raises DatasetError if no column can become the items."""
    roles = Roles()
    roles.split = split_column(columns)
    roles.path = next(iter(columns.usual(column_names.PATHS)), None)
    if options.text is None:
        _choose_pictures_or_numbers(roles, columns, options)
    if options.text is not None or not (roles.image or roles.is_vector):
        roles.text, found = choose_text(columns, options)
        roles.findings += found
    roles.decimal_commas, found = number_columns.decimal_commas(columns, roles.numbers)
    roles.findings += found
    if roles.is_vector and (roles.text is None or options.thumbnails is not None):
        _choose_thumbnail(roles, columns, options)
    roles.id = _id(columns, options, roles)
    roles.folder = _folder(columns, roles)
    taken = {
        roles.folder,
        roles.image,
        roles.vector,
        roles.text,
        roles.thumbnail,
        roles.split,
        roles.id,
        *roles.numbers,
    }
    if roles.image is not None and any(map(is_sound, columns.cells(roles.image))):
        raise DatasetError(
            f"{columns.name}: the column {short(roles.image)} holds sounds, which are not read "
            "from tables; write them as files to a folder, and import the folder"
        )
    roles.labels = choose_labels(columns, options.label, taken | {roles.path})
    roles.findings += roles.labels.findings
    if roles.image is None and not roles.is_vector:
        raise DatasetError(
            f"{columns.name}: no column holds pictures, paths or vectors. Name one with --image, "
            "--vector or --text. The columns are "
            f"{', '.join(map(short, columns.rows.columns[:20]))}"
        )
    return roles


def _choose_pictures_or_numbers(roles: Roles, columns: Columns, options: ImportOptions) -> None:
    _choose_vector(roles, columns, options)
    if options.image is not None:
        roles.image = columns.asked(options.image)
    elif roles.vector is None and not roles.numbers:
        roles.image = _image(columns, roles)
        roles.findings += _doubt_of_numbers(columns, roles.image)
    if roles.image is not None and roles.vector is not None and options.vector is None:
        roles.vector = None  # with --image, the items are pictures
    if roles.image is None and not roles.is_vector:
        roles.numbers, found = number_columns.choose_numbers(
            columns, options, {roles.split, roles.path}
        )
        roles.findings += found
        text = sentences_in(columns) if roles.numbers else None
        if text is not None:
            doubt = f"the texts of the column {short(text)} are not the items"
            option = f"--text {shlex.quote(text)}"
            roles.findings.append(Finding("columns", doubt, doubtful=True, option=option))


def _choose_vector(roles: Roles, columns: Columns, options: ImportOptions) -> None:
    asked = options.vector
    if asked is not None:
        if asked in columns.rows.columns or plain(asked) in columns.by_plain:
            column = columns.asked(asked)
            cells = columns.cells(column)
            if cells and all(number_of(cell) is not None for cell in cells):
                roles.numbers = (column,)
            else:
                roles.vector = column
        else:
            roles.numbers, found = number_columns.columns_of_pattern(columns, options, asked)
            roles.findings += found
            if set(roles.numbers) == set(options.vector_columns):
                roles.numbers = options.vector_columns
        return
    if options.image is not None:
        return
    if options.vector_columns:
        there = any(name in columns.rows.columns for name in options.vector_columns)
        if there or _image(columns, roles) is None:
            roles.numbers = number_columns.project_columns(columns, options.vector_columns)
            return
    for column in columns.usual(column_names.VECTORS):
        if any(map(is_vector, columns.cells(column))):
            roles.vector = column
            return
    for column in columns.rows.columns:
        cells = columns.cells(column)
        if not cells or len(cells) < len(columns.first) or not all(map(is_vector, cells)):
            continue
        fewest = min(map(_length, cells))
        bare = any(isinstance(cell, str) and cell.strip()[0] not in "[(nat" for cell in cells)
        least = _LEAST_NUMBERS if bare else 2
        if fewest >= (least if _image(columns, roles) is None else _CERTAIN_NUMBERS):
            roles.vector = column
            return


def _length(cell: Any) -> int:
    return len(cell) if isinstance(cell, list) else len(re.findall(r"[^\s,;|]+", cell))


def _image(columns: Columns, roles: Roles) -> str | None:
    """Return the column with pictures or with names of pictures; None if there is no such
    column.
    """
    named = [
        column
        for column in columns.usual((*column_names.IMAGES, *column_names.PATHS))
        if all(isinstance(cell, str | bytes | dict | int) for cell in columns.cells(column))
    ]
    certain = [column for column in named if _is_picture_column(columns, column)]
    if certain:
        return certain[0]
    other = next(
        (column for column in columns.rows.columns if _is_picture_column(columns, column)), None
    )
    if other is not None:
        return other
    counting: str | None = None
    for column in [*named, *columns.rows.columns[:_TRIED_COLUMNS]]:
        if column not in (roles.split, roles.vector) and _names_files(columns, column):
            if column in named or not counts_rows(columns.cells(column)):
                return column
            counting = counting or column
    return counting or (named[0] if named else None)


def _doubt_of_numbers(columns: Columns, column: str | None) -> list[Finding]:
    """Return a finding if the column with the pictures may only count the rows: 1, 2, 3, ..."""
    if column is None or plain(column) in (*column_names.IMAGES, *column_names.PATHS):
        return []
    if not counts_rows(columns.cells(column)) or not _names_files(columns, column):
        return []
    text = f"the numbers in the column {short(column)} are read as the names of the pictures, but"
    text += " they may only count the rows"
    return [Finding("ids", text, doubtful=True, option="--image COLUMN")]


def _is_picture_column(columns: Columns, column: str) -> bool:
    cells = columns.cells(column)
    if not cells:
        return False
    if all(map(is_picture, cells)):
        return True
    # A table may have 65,000 columns, so most columns are decided by their first cells.
    if not any(map(_has_suffix, cells[:_TRIED_FILES])):
        return False
    return sum(map(_has_suffix, cells)) >= _FILE_SHARE * len(cells)


def _has_suffix(cell: Any) -> bool:
    """Whether the cell is a text with the suffix of a picture."""
    if not isinstance(cell, str):
        return False
    _, dot, suffix = cell.rpartition(".")
    return dot + suffix.strip().lower() in decoding.SUFFIXES


def _names_files(columns: Columns, column: str) -> bool:
    """Whether most of the first cells name a file when a suffix is added to them."""
    cells = list(dict.fromkeys(c for c in columns.cells(column) if isinstance(c, str | int)))
    tried = cells[:_TRIED_FILES]
    found = sum(columns.finds(str(cell).strip()) for cell in tried)
    return found > 0 and found >= _FILE_SHARE * len(tried)


def _folder(columns: Columns, roles: Roles) -> str | None:
    """Return the column with the folder of each picture, if the pictures are given by file name
    only.
    """
    image = roles.image
    names = columns.cells(image) if image is not None else []
    if image is None or not all(isinstance(n, str) and not set(n) & {"/", "\\"} for n in names):
        return None
    for column in columns.usual(column_names.FOLDERS):
        cells = [(row.get(column), row.get(image)) for row in columns.first]
        pairs = [(a, b) for a, b in cells if isinstance(a, str) and a.strip() and b]
        tried = list(dict.fromkeys(joined(a, b) for a, b in pairs))[:_TRIED_FILES]
        found = sum(map(columns.finds_folder, tried))
        if column != image and found > 0 and found >= _FILE_SHARE * len(tried):
            text = f"paths from the columns {short(column)} and {short(image)}"
            roles.findings.append(Finding("columns", text))
            return column
    return None


def _choose_thumbnail(roles: Roles, columns: Columns, options: ImportOptions) -> None:
    if options.thumbnails is not None:
        roles.thumbnail = columns.asked(options.thumbnails)
        return
    column = roles.image if roles.image is not None else _image(columns, roles)
    roles.image = None
    if column is None:
        return
    cells = columns.cells(column)
    if all(map(is_picture, cells)) or _names_files(columns, column):
        roles.thumbnail = column
        text = f"the pictures of column {short(column)} are shown for the vectors"
        option = f"--image {column} to train on the pictures"
        roles.findings.append(Finding("columns", text, option=option))


def _id(columns: Columns, options: ImportOptions, roles: Roles) -> str | None:
    if options.id is not None:
        return columns.asked(options.id)
    for column in columns.usual(column_names.IDS):
        cells = [text for cell in columns.cells(column) if (text := text_of(cell)) is not None]
        if column in (roles.image, roles.thumbnail, roles.vector):
            continue
        if len(cells) > 3 and len(set(cells)) * 2 < len(cells):
            most, count = Counter(cells).most_common(1)[0]
            text = f"column {short(column)} repeats a value ({count} x {most}), and is not the id"
            roles.findings.append(Finding("ids", text, doubtful=True, option=f"--id {column}"))
            continue
        roles.findings.append(Finding("ids", f"from the column {short(column)}"))
        return column
    return None
