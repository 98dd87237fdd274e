"""Source for a table of pictures (paths or bytes) or of vectors.

The values in all other columns are stored with the items.
"""

import contextlib
import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_names import some
from lodespace.importing.folders.picture_folder import FileReader
from lodespace.importing.folders.picture_survey import PictureSurvey
from lodespace.importing.frame import SIZES_LOOKED_AT
from lodespace.importing.label_text import LabelReader
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.tables import column_names
from lodespace.importing.tables.cells import (
    joined,
    picture_parts,
    sketched,
    text_of,
    usual_length,
    vector_of_cells,
    vector_of_length,
)
from lodespace.importing.tables.class_names import hugging_face_names
from lodespace.importing.tables.column_names import plain
from lodespace.importing.tables.columns import Columns
from lodespace.importing.tables.file_finder import FileFinder
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.pixel_rows import PixelRow, pixel_finding, side_of
from lodespace.importing.tables.roles import choose_roles
from lodespace.importing.tables.split_rows import tables_beside
from lodespace.importing.tables.table_rows import SNIFFED_ROWS, Row, short, table_name
from lodespace.importing.tables.text_column import text_in
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError, Picture
from lodespace.items.paths import open_inside


class Table:
    """Items from the rows of a table: pictures or vectors, depending on its columns."""

    labels_given = True
    unit = "rows"

    def __init__(self, path: Path, options: ImportOptions) -> None:
        self.path, self.options = path, options
        self.name = path.name if path.is_dir() else table_name(path)
        self.rows = open_rows(path, options.encoding, options.unpacked, options.sheet)
        self.root = options.root or (path if path.is_dir() else path.parent)
        self.finder = FileFinder(self.root, self.name, self._paths)
        first = [
            sketched(found[1])
            for found in itertools.islice(self.rows, SNIFFED_ROWS)
            if not isinstance(found, BadItem)
        ]
        if not first:
            raise DatasetError(
                f"{path} has no rows, or none of the first {SNIFFED_ROWS} rows can be read"
            )
        find = self.finder
        columns = Columns(str(path), self.rows, first, find.finds, find.finds_folder)
        self.roles = choose_roles(columns, options)
        self.kind: Literal["image", "vector"] = "vector" if self.roles.is_vector else "image"
        self.own_thumbnails = options.thumbnails is not None
        """Whether an option asks for thumbnails. Then items without a thumbnail are left out."""
        self.label_names = hugging_face_names(self.rows.schema, self.roles.labels.column)
        self.length = usual_length(first, self.roles.vector)
        """Number of numbers in most of the first vectors. None: there is no column of vectors."""
        self.side = self._pixel_side(first, options)
        """Side of pictures whose pixels are the numbers of a row. None: rows are not pixels."""
        if self.side is not None:
            self.kind = "image"
        self.text_column = self.roles.text
        self.read_label = LabelReader(options.missing, self.roles.labels.separators)
        self._ids: set[str] = set()
        self._repeated: Counter[str] = Counter()
        """Repetitions by kind. "id": paths whose ids get the row number. "split": ids that an
        earlier split also has. "file": left-out rows that name the file of an earlier row.
        """

    def _pixel_side(self, first: Sequence[Row], options: ImportOptions) -> int | None:
        if self.kind == "image" or options.vector is not None or self.roles.thumbnail is not None:
            return None
        if self.roles.vector is not None and plain(self.roles.vector) in column_names.VECTORS:
            return None
        vectors: list[npt.NDArray[np.float32]] = []
        for row in first:
            with contextlib.suppress(ItemError):
                vectors.append(self._vector_reader(row)())
        return side_of(vectors)

    def as_vectors(self) -> None:
        """Read rows of numbers as vectors, even if the numbers may be the pixels of pictures."""
        if self.side is not None:
            self.side, self.kind = None, "vector"

    @property
    def count(self) -> int | None:
        return self.rows.count

    @property
    def details(self) -> dict[str, Any]:
        stored = self.survey.reading.details()
        if self.text_column is not None:
            stored["text"] = self.text_column
        if self.rows.has_names and self.roles.numbers:
            stored["vector_columns"] = list(self.roles.numbers)
        return stored

    @property
    def schema(self) -> pa.Schema | None:
        """Types of the columns. None if the file does not state types."""
        schema, column = self.rows.schema, self.text_column
        if schema is None or column is None:
            return schema
        return schema.set(schema.get_field_index(column), pa.field(column, pa.string()))

    def class_names(self) -> Sequence[str]:
        return self.label_names

    def _paths(self) -> Iterator[str]:
        """Return the paths of the pictures in all rows."""
        for found in self.rows:
            if isinstance(found, BadItem):
                continue
            with contextlib.suppress(ItemError):
                path, original = self._picture_of(found[1])
                if path is not None and original is None:
                    yield path

    def _picture_of(self, row: Row) -> tuple[str | None, bytes | None]:
        """Return the path and the bytes of the picture in a row."""
        column = self._picture_column
        path, original = picture_parts(None if column is None else row.get(column))
        if path is not None and self.roles.folder is not None:
            path = joined(row.get(self.roles.folder), path)
        return path, original

    @property
    def _picture_column(self) -> str | None:
        return self.roles.image or self.roles.thumbnail

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return self.survey.sizes

    @cached_property
    def survey(self) -> PictureSurvey:
        """The survey of the pictures of the first rows."""
        survey = PictureSurvey(self.options, SIZES_LOOKED_AT)
        if self.side is not None:
            survey.sizes.append((self.side, self.side))
        if self._picture_column is None:
            return survey
        for found in itertools.islice(self.rows, SIZES_LOOKED_AT):
            if isinstance(found, BadItem):
                continue
            with contextlib.suppress(ItemError):
                path, original = self._picture_of(found[1])
                if original is not None:
                    survey.add(io.BytesIO(original))
                elif path is not None:
                    with open_inside(self.root, self.finder.located(path)[0]) as file:
                        survey.add(file)
        return survey

    def findings(self) -> Sequence[Finding]:
        """How the columns were understood, and what was counted while reading the rows."""
        found = [*self.rows.findings, *self.roles.findings, *self.finder.findings()]
        if self.side is not None:
            option = next((f.option for f in found if f.option.startswith("--vector")), "")
            option = option or f"--vector {self.roles.vector}"
            found = [finding for finding in found if finding.option != option]
            found.append(pixel_finding(self.side, option))
        found += self.survey.findings()
        if self.roles.labels.column is not None or self.roles.labels.one_hot:
            found += self.read_label.findings()
        found += self.empty_labels()
        if self.roles.id is None:
            by_path = self._picture_column is not None or self.roles.path is not None
            found.append(Finding("ids", "the paths" if by_path else "the numbers of the rows"))
        if self._repeated["id"]:
            number = counted(self._repeated["id"], "repeated path")
            found.append(Finding("ids", f"{number} with the number of the row added"))
        if self._repeated["split"]:
            number = counted(self._repeated["split"], "id")
            text = f"{number} of an earlier table, with the split added, as in test/1"
            found.append(Finding("ids", text))
        if self._repeated["file"]:
            number = counted(self._repeated["file"], "row")
            text = f"{number} with the file of an earlier row; the earlier row is used"
            found.append(Finding("labels", text, doubtful=True))
        if self.roles.split is None and self.path.is_file():
            beside = [other for other in tables_beside(self.path) if other != self.path]
            if beside:
                text = f"{some([other.name for other in beside])} beside it is not read; give the"
                text += " folder to read all splits"
                found.append(Finding("splits", text))
        if self.roles.split is not None:
            source = self.rows.splits_from or f"the column {self.roles.split}"
            found.append(Finding("splits", f"from {source}"))
        return found

    def empty_labels(self) -> list[Finding]:
        """Return a finding if the column with the labels has no label, after all rows."""
        column = self.roles.labels.column
        if column is None or self.read_label.read:
            return []
        text = f"the column {short(column)} is empty"
        if self.read_label.left_out():
            text = f"all values of the column {short(column)} mean that a label is missing"
        return [Finding("labels", text, doubtful=True, option=self.roles.labels.instead)]

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        self._ids, self._repeated = set(), Counter()
        used = self.roles.used
        for number, found in enumerate(self.rows):
            if isinstance(found, BadItem):
                yield found
                continue
            name, row = found
            columns = {key: value for key, value in row.items() if key not in used}
            try:
                yield self._item(number, row, columns)
            except ItemError as error:
                yield BadItem(name, str(error))
            # A cell may be any JSON, such as a number of 5,000 digits, and conversions raise
            # several types of errors. An error of one row must not end the import.
            except Exception as error:
                yield BadItem(name, f"cannot be read: {str(error) or type(error).__name__}")

    def _item(self, number: int, row: Row, columns: Row) -> RawItem:
        column = self._picture_column
        path, original = self._picture_of(row)
        labels = self._labels_of(row)
        item = RawItem(
            self._id_of(number, row, path, original),
            label=labels[0] if labels else None,
            split=None if self.roles.split is None else text_of(row.get(self.roles.split)),
            columns=columns,
            numbered=self._has_no_id(row, path),
        )
        item.other_labels = "|".join(labels[1:]) or None
        if self.text_column is not None:
            item.text = columns[self.text_column] = text_in(row.get(self.text_column))
            if not item.text.strip():
                raise ItemError("the row has no text")
        elif self.kind == "vector":
            item.vector = self._vector_reader(row)
        if original is not None:
            item.original = original
            item.held_bytes = len(original)
            reading = self.survey.reading
            item.picture = lambda frame: decoding.decode(io.BytesIO(original), frame, reading)
        elif path is not None:
            item.path = self.finder(path)
            item.picture = FileReader(self.root, item.path, self.survey.reading)
        elif self.side is not None:
            item.picture = PixelRow(self._vector_reader(row), self.side)
        elif self.kind == "image":
            raise ItemError("the row has no picture")
        if column is not None and self.kind == "vector" and not self.own_thumbnails:
            item.picture = partial(_shown, item.picture)
        return item

    def _vector_reader(self, row: Row) -> Callable[[], npt.NDArray[np.float32]]:
        if self.roles.vector is None:
            roles = self.roles
            return lambda: vector_of_cells(row, roles.numbers, roles.decimal_commas)
        return partial(vector_of_length, row.get(self.roles.vector), self.length)

    def _id_of(self, number: int, row: Row, path: str | None, original: bytes | None) -> str:
        """Return the id of a row: from the id column, or else the path, or else the row number.

        If the row also has the bytes of a picture, the path may be only a name that other rows
        repeat. A repeated path gets the number of the row.
        """
        if self.roles.id is not None:
            given = text_of(row.get(self.roles.id))
            if given is None:
                raise ItemError(f"the row has no id in column '{self.roles.id}'")
            if self.rows.splits_from and self.roles.split is not None:
                # The tables of several splits may number their rows from the same start.
                if given in self._ids:
                    self._repeated["split"] += 1
                    given = f"{text_of(row.get(self.roles.split))}/{given}"
                self._ids.add(given)
            return given
        by_path = self._path_of(row, path)
        if by_path is None:
            return str(number)
        if by_path in self._ids:
            if path is not None and original is None and self.kind == "image":
                self._repeated["file"] += 1
                return by_path  # the same file again; the import leaves it out
            self._repeated["id"] += 1
            by_path = f"{by_path}#{number}"
        while by_path in self._ids:
            by_path += "+"
        self._ids.add(by_path)
        return by_path

    def _path_of(self, row: Row, path: str | None) -> str | None:
        return path or (text_of(row.get(self.roles.path)) if self.roles.path else None)

    def _has_no_id(self, row: Row, path: str | None) -> bool:
        return self.roles.id is None and self._path_of(row, path) is None

    def _labels_of(self, row: Row) -> list[str]:
        value = self.roles.labels.value(row)
        if self.label_names:
            parts = value if isinstance(value, list) else [value]
            names = [self._named(part) for part in parts]
            value = names if len(names) != 1 else names[0]
        return self.read_label(value)

    def _named(self, value: Any) -> Any:
        """Return the class name for a class number of Hugging Face; None if the number has no name.

        Return other values unchanged.
        """
        if not isinstance(value, int) or isinstance(value, bool):
            return value
        return self.label_names[value] if 0 <= value < len(self.label_names) else None


def _shown(
    picture: Callable[[tuple[int, int] | None], Picture] | None, frame: tuple[int, int] | None
) -> Picture:
    """Return the picture that is shown for a vector; a grey picture if it cannot be read."""
    try:
        if picture is not None:
            return picture(frame)
    except ItemError:
        pass
    return np.full((8, 8), 128, np.uint8)
