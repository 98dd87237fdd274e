"""Source for a table of pictures (paths or bytes) or of vectors.

The values in all other columns are stored with the items.
"""

import contextlib
import io
import itertools
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.folders.picture_folder import FileReader
from lodespace.importing.folders.picture_survey import PictureSurvey
from lodespace.importing.frame import SIZES_LOOKED_AT
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.table_rows import SNIFFED_ROWS, Row, short
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError
from lodespace.items.paths import open_inside
from lodespace.json_input import json_value

# Usual names of columns, in lower case. The first name that is in a table is used.
_IDS = ("id", "item_id", "uid", "uuid", "key")
_PATHS = (
    "path",
    "file",
    "file_name",
    "filename",
    "file_path",
    "filepath",
    "image_path",
    "img_path",
)
_IMAGES = ("image", "img", "picture", "image_bytes", "bytes", "jpg", "png")
LABEL_NAMES = ("label", "class", "category", "label_name", "class_name", "target", "y")
_VECTORS = ("vector", "embedding", "embeddings", "vectors", "features")
_SPLITS = ("split", "subset", "fold")


class Table:
    """Items from the rows of a table: pictures or vectors, depending on its columns."""

    labels_given = True
    unit = "rows"

    def __init__(self, path: Path, options: ImportOptions) -> None:
        self.path, self.options = path, options
        self.name = path.stem
        self.rows = open_rows(path, options.encoding, options.unpacked)
        self.root = options.root or (path if path.is_dir() else path.parent)
        first = [
            _sketched(found[1])
            for found in itertools.islice(self.rows, SNIFFED_ROWS)
            if not isinstance(found, BadItem)
        ]
        if not first:
            raise DatasetError(
                f"{path} has no rows, or none of the first {SNIFFED_ROWS} rows can be read"
            )
        self.id_column = self._column(options.id, _IDS)
        self.label_column = self._column(options.label, LABEL_NAMES)
        self.split_column = self._column(None, _SPLITS)
        self.path_column = self._column(None, _PATHS)
        self.vector_column = self._vector_column(options.vector, first)
        self.image_column = self._image_column(options.image, first)
        self.thumbnail_column = self._column(options.thumbnails, ())
        self.kind: Literal["image", "vector"] = "vector" if self.vector_column else "image"
        if self.vector_column is None and self.image_column is None:
            raise DatasetError(
                f"{path}: no column holds pictures, paths or vectors. Name one with --image or "
                f"--vector. The columns are {', '.join(map(short, self.rows.columns[:20]))}"
            )
        self.label_names = _hugging_face_names(self.rows.schema, self.label_column)

    @property
    def count(self) -> int | None:
        return self.rows.count

    @property
    def details(self) -> dict[str, Any]:
        return self.survey.reading.details()

    @property
    def schema(self) -> pa.Schema | None:
        """Types of the columns. None if the file does not state types."""
        return self.rows.schema

    def class_names(self) -> Sequence[str]:
        return self.label_names

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return self.survey.sizes

    @cached_property
    def survey(self) -> PictureSurvey:
        """The survey of the pictures of the first rows."""
        survey = PictureSurvey(self.options, SIZES_LOOKED_AT)
        column = self.image_column or self.thumbnail_column
        if column is None:
            return survey
        for found in itertools.islice(self.rows, SIZES_LOOKED_AT):
            if not isinstance(found, BadItem):
                with contextlib.suppress(ItemError, KeyError), self._file(found[1][column]) as file:
                    survey.add(file)
        return survey

    def _column(self, asked: str | None, usual: Sequence[str]) -> str | None:
        """The column `asked`. If `asked` is None: the first of the `usual` names in the table.

        The case of the `usual` names is ignored. Raises DatasetError if the table has no column
        `asked`.
        """
        if asked is not None:
            if asked not in self.rows.columns:
                there = ", ".join(map(short, self.rows.columns[:20]))
                raise DatasetError(f"{self.path} has no column '{asked}'; the columns are {there}")
            return asked
        by_lower = {name.lower(): name for name in reversed(self.rows.columns)}
        return next((by_lower[name] for name in usual if name in by_lower), None)

    def _vector_column(self, asked: str | None, first: list[Row]) -> str | None:
        column = self._column(asked, _VECTORS)
        if column is not None or asked is not None:
            return column
        return next(
            (name for name in self.rows.columns if all(_is_vector(row.get(name)) for row in first)),
            None,
        )

    def _image_column(self, asked: str | None, first: list[Row]) -> str | None:
        if asked is not None:
            return self._column(asked, ())
        if self.vector_column is not None:
            return None
        for name in (self._column(None, _IMAGES), self.path_column):
            if name is not None and all(
                isinstance(row.get(name), str | bytes | dict | None) for row in first
            ):
                return name
        return next(
            (
                name
                for name in self.rows.columns
                if all(_is_picture_cell(row.get(name)) for row in first)
            ),
            None,
        )

    def findings(self) -> Sequence[Finding]:
        return self.survey.findings()

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        special = {
            self.id_column,
            self.label_column,
            self.split_column,
            self.vector_column,
            self.image_column,
            self.thumbnail_column,
        }
        for number, found in enumerate(self.rows):
            if isinstance(found, BadItem):
                yield found
                continue
            name, row = found
            columns = {key: value for key, value in row.items() if key not in special}
            try:
                yield self._item(number, row, columns)
            except ItemError as error:
                yield BadItem(name, str(error))
            # One row cannot end the import. A cell may be any JSON, such as a number of 5,000
            # digits, and conversions raise several types of errors.
            except Exception as error:
                yield BadItem(name, f"cannot be read: {str(error) or type(error).__name__}")

    def _item(self, number: int, row: Row, columns: Row) -> RawItem:
        picture = row.get(self.image_column or self.thumbnail_column or "")
        path, original = _parts(picture)
        item = RawItem(
            self._id_of(number, row, path),
            label=self._label_of(row),
            split=_text(row.get(self.split_column or "")),
            columns=columns,
        )
        if self.vector_column is not None:
            values = row.get(self.vector_column)
            item.vector = lambda: _vector(values)
        if self.image_column is not None or self.thumbnail_column is not None:
            if path is None and original is None:
                raise ItemError(
                    "the row has no picture in column "
                    f"'{self.image_column or self.thumbnail_column}'"
                )
            if original is not None:
                item.original, item.held_bytes = original, len(original)
                reading = self.survey.reading
                item.picture = lambda frame: decoding.decode(io.BytesIO(original), frame, reading)
            elif path is not None:
                item.path = _path_bytes(path)
                item.picture = FileReader(self.root, item.path, self.survey.reading)
        return item

    def _id_of(self, number: int, row: Row, path: str | None) -> str:
        """The id of a row: from the id column, or else the path, or else the number of the row."""
        if self.id_column is not None:
            given = _text(row.get(self.id_column))
            if given is None:
                raise ItemError(f"the row has no id in column '{self.id_column}'")
            return given
        by_path = path or (_text(row.get(self.path_column)) if self.path_column else None)
        return by_path or str(number)

    def _label_of(self, row: Row) -> str | None:
        if self.label_column is None:
            return None
        value = row.get(self.label_column)
        if self.label_names and isinstance(value, int) and not isinstance(value, bool):
            return self.label_names[value] if 0 <= value < len(self.label_names) else None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return _text(value)

    def _file(self, cell: Any) -> Any:
        path, original = _parts(cell)
        if original is not None:
            return io.BytesIO(original)
        if path is None:
            raise ItemError("the row has no picture")
        return open_inside(self.root, _path_bytes(path))


def _parts(cell: Any) -> tuple[str | None, bytes | None]:
    """Return the path and the bytes of a picture in a cell. A part that is missing is None.

    A cell is a path, bytes, or, in a Hugging Face data set, a dictionary with path and bytes.
    """
    if isinstance(cell, dict):
        path, data = cell.get("path"), cell.get("bytes")
        return (
            path if isinstance(path, str) and path else None,
            data if isinstance(data, bytes) and data else None,
        )
    if isinstance(cell, bytes):
        return None, cell or None
    return (cell or None) if isinstance(cell, str) else None, None


def _path_bytes(path: str) -> bytes:
    try:
        return os.fsencode(path)
    except UnicodeEncodeError as error:
        raise ItemError("the path is not valid text") from error


def _sketched(row: Row) -> Row:
    """The row with only the first bytes of each picture, enough to recognise picture columns."""
    return {
        name: {key: _begun(value) for key, value in cell.items()}
        if isinstance(cell, dict)
        else _begun(cell)
        for name, cell in row.items()
    }


def _begun(cell: Any) -> Any:
    return cell[:16] if isinstance(cell, bytes) else cell


def _is_picture_cell(cell: Any) -> bool:
    return isinstance(cell, bytes) or (isinstance(cell, dict) and "bytes" in cell)


def _is_vector(cell: Any) -> bool:
    if isinstance(cell, str):
        return cell.startswith("[") and cell.rstrip().endswith("]")
    return (
        isinstance(cell, list)
        and len(cell) > 1
        and all(isinstance(value, int | float) for value in cell)
    )


def _vector(cell: Any) -> npt.NDArray[np.float32]:
    """The vector (F,) in a cell: a list of numbers, or JSON text of a list. Raises ItemError."""
    try:
        values = json_value(cell) if isinstance(cell, str) else cell
        vector = np.asarray(values, np.float32)
    except (ValueError, TypeError, OverflowError) as error:
        raise ItemError(f"the vector is not a list of numbers: {error}") from error
    if vector.ndim != 1 or vector.size == 0:
        raise ItemError("the vector is not a list of numbers")
    return vector


def _text(value: Any) -> str | None:
    """The text of a cell, or None for an empty cell."""
    if value is None or value == "" or (isinstance(value, float) and np.isnan(value)):
        return None
    return value if isinstance(value, str) else str(value)


def _hugging_face_names(schema: pa.Schema | None, column: str | None) -> tuple[str, ...]:
    """Class names for the numbers in the label column `column`.

    Hugging Face stores these names in the metadata of the schema.
    """
    if (
        schema is None
        or column is None
        or not schema.metadata
        or b"huggingface" not in schema.metadata
    ):
        return ()
    try:
        names = json_value(schema.metadata[b"huggingface"])["info"]["features"][column]["names"]
        return tuple(str(name) for name in names)
    except (ValueError, KeyError, TypeError):
        return ()
