"""Positions, labels and columns of Parquet files, in blocks. No row becomes a Python object.

The files may have more rows than fit into memory: of each row group, only the columns that are
needed are read.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lodespace.errors import DatasetError
from lodespace.importing.class_ids import natural
from lodespace.items.table import ID
from lodespace.items.unpacking import check_unpacked
from lodespace.protocol import MAX_CLASSES, UNLABELED
from lodespace.tiles.item_table import has_text
from lodespace.tiles.points import PointBlock

SUFFIXES = (".parquet", ".pq")
_ROWS_AT_ONCE = 1 << 16
_NO_LABEL = ("", "nan", "NaN", "None", "NA")


class Encoder(Protocol):
    """A model that places vectors in a map."""

    features: int
    """Number of features of a vector."""
    class_names: tuple[str, ...]
    """Names of the classes that the model predicts."""

    def __call__(self, vectors: npt.NDArray[np.float32]) -> PointBlock:
        """Return positions and predictions of vectors (K, F)."""
        ...


class ParquetPoints:
    """The rows of one or more Parquet files with positions."""

    def __init__(
        self,
        paths: Sequence[Path],
        position: Sequence[str],
        *,
        label: str | None = None,
        item_id: str | None = None,
        unpacked: float | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        """Open the files.

        Args:
            paths: The files, in the order of their rows. All have the same columns.
            position: Names of two or three columns of numbers, or of one column with lists of two
                or three numbers. If `encoder` is given: names of the columns with the vectors.
            label: Name of the column with the labels; None for points without labels.
            item_id: Name of the column with the ids; None: the id is the number of the row.
            unpacked: Largest size of an unpacked file in GB; None for the default.
            encoder: Model that computes positions from vectors. None: the columns `position` have
                the positions.

        Raises:
            DatasetError: A file cannot be read, or lacks a column.
        """
        self.paths, self.position, self.label, self.item_id = paths, position, label, item_id
        self.encoder = encoder
        self.count = 0
        """Number of rows of all files."""
        needed = [*position, *([] if label is None else [label])]
        needed += [] if item_id is None else [item_id]
        for path in paths:
            metadata = _metadata(path)
            sizes = [metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups)]
            check_unpacked(str(path), sum(sizes), path.stat().st_size, unpacked)
            found: pa.Schema = metadata.schema.to_arrow_schema()
            missing = [name for name in needed if name not in found.names]
            if missing:
                known = ", ".join(found.names[:20])
                raise DatasetError(f"{path} has no column {', '.join(missing)}; it has {known}")
            self.count += metadata.num_rows
        known = () if encoder is None else encoder.class_names
        found = () if label is None else self._class_names(label)
        self.class_names = (*known, *(name for name in found if name not in known))
        """Names of the classes: those that the encoder predicts, then others in natural order."""
        self.schema = self._kept(_metadata(paths[0]).schema.to_arrow_schema())
        """Columns that are kept for each item: all without positions, lists and bytes."""

    def blocks(self) -> Iterator[PointBlock]:
        """Yield positions and labels, block by block, in the order of the rows."""
        numbers = pa.array(list(self.class_names), pa.string())
        columns = [*self.position, *([] if self.label is None else [self.label])]
        for batch in self._batches(columns):
            labels = None
            if self.label is not None:
                texts = _texts(batch.column(self.label))
                found = pc.call_function("index_in", [texts], pc.SetLookupOptions(numbers))
                labels = np.asarray(pc.fill_null(found, UNLABELED), np.int16)
            at = self._positions(batch)
            if self.encoder is None:
                yield PointBlock(at, labels)
            else:
                yield replace(self.encoder(at.astype(np.float32)), labels=labels)

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Yield the kept columns, block by block, in the order of the rows."""
        names = [self.item_id if name == ID else name for name in self.schema.names]
        for batch in self._batches([name for name in names if name is not None]):
            columns = [
                batch.column(name).cast(field.type)
                for name, field in zip(names, self.schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _positions(self, batch: pa.RecordBatch) -> npt.NDArray[np.float64]:
        if len(self.position) == 1:
            column = batch.column(self.position[0])
            lengths = (2, 3) if self.encoder is None else (self.encoder.features,)
            return _lists(column, self.position[0], lengths)
        columns = [_numbers(batch.column(name), name) for name in self.position]
        return np.stack(columns, axis=1)

    def _kept(self, schema: pa.Schema) -> pa.Schema:
        fields: list[pa.Field] = []
        for field in schema:
            if field.name in self.position or not has_text(field.type):
                continue
            if field.name == self.item_id:
                fields.insert(0, pa.field(ID, pa.string()))
            else:
                fields.append(field)
        return pa.schema(fields)

    def _class_names(self, label: str) -> tuple[str, ...]:
        names: set[str | None] = set()
        for batch in self._batches([label]):
            names |= set(_texts(batch.column(label)).unique().to_pylist())
            if len(names) > MAX_CLASSES + len(_NO_LABEL) + 1:
                raise DatasetError(
                    f"the column {label} has more than {MAX_CLASSES:,} different labels; choose "
                    "another column with --label"
                )
        kept = [name for name in names if name is not None and name not in _NO_LABEL]
        return tuple(sorted(kept, key=natural))

    def _batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        for path in self.paths:
            try:
                with pq.ParquetFile(os.fspath(path)) as file:
                    yield from file.iter_batches(_ROWS_AT_ONCE, columns=columns)
            except (pa.ArrowException, OSError) as error:
                raise DatasetError(f"{path} cannot be read: {error}") from error


def parquet_files(path: Path) -> list[Path]:
    """Return the Parquet file at `path`, or all Parquet files of the folder `path`, sorted by name.

    The list is empty if there is no such file.
    """
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    return [path] if path.suffix.lower() in SUFFIXES and path.is_file() else []


def _metadata(path: Path) -> Any:
    try:
        return pq.read_metadata(os.fspath(path))
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path} is not a complete Parquet file: {error}") from error


def _texts(column: Any) -> Any:
    """Return a column of labels as texts without spaces around them."""
    try:
        return pc.call_function("utf8_trim_whitespace", [column.cast(pa.string())])
    except pa.ArrowException as error:
        raise DatasetError(f"the column of labels has no texts or numbers: {error}") from error


def _numbers(column: Any, name: str) -> npt.NDArray[np.float64]:
    """Return a column of numbers (K,); NaN for a missing number."""
    try:
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowException as error:
        raise DatasetError(f"the column {name} has no numbers: {error}") from error


def _lists(column: Any, name: str, wanted: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return a column of lists of numbers as (K, D), where D is one of the lengths `wanted`."""
    try:
        lengths = np.asarray(pc.fill_null(pc.call_function("list_value_length", [column]), 0))
        flat = _numbers(pc.call_function("list_flatten", [column]), name)
    except pa.ArrowException:
        lengths, flat = np.zeros(1, np.int64), np.empty(0)
    if len(lengths) == 0:
        return np.empty((0, 3))
    if lengths[0] not in wanted or (lengths != lengths[0]).any():
        raise DatasetError(
            f"the column {name} does not have a list of {' or '.join(map(str, wanted))} numbers in "
            "each row"
        )
    return flat.reshape(len(lengths), -1)
