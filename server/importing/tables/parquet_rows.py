"""Rows of Parquet files. A small file can unpack to a large table, so sizes are limited."""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_names import some
from lodespace.importing.tables.column_names import SPLITS, plain, split_of_file
from lodespace.importing.tables.table_rows import Row, Rows
from lodespace.items.errors import BadItem
from lodespace.items.table import python_values
from lodespace.items.table_builder import MAX_COLUMNS
from lodespace.items.unpacking import check_unpacked, most_unpacked, too_large

_ROWS_AT_ONCE = 500
_BYTES_AT_ONCE = 32 << 20
_ROWS_LOOKED_AT = 8


class ParquetRows(Rows):
    """Rows of Parquet files.

    The columns are those of the file with the most columns. Files with other columns are not read.
    Raises DatasetError.
    """

    def __init__(self, paths: Sequence[Path], unpacked: float | None = None) -> None:
        self.unpacked = unpacked
        counts: list[int] = []
        schemas: list[pa.Schema] = []
        for path in paths:
            try:
                with pa.memory_map(os.fsencode(path)) as file:
                    metadata = pq.read_metadata(file)
                schemas.append(metadata.schema.to_arrow_schema())
            except (pa.ArrowException, OSError) as error:
                raise DatasetError(f"{path} is not a complete Parquet file: {error}") from error
            counts.append(metadata.num_rows)
            check_unpacked(
                str(path),
                sum(metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups)),
                path.stat().st_size,
                unpacked,
            )
        widths = [len(found.names) for found in schemas]
        schema = schemas[widths.index(max(widths))]
        alike = [_are_alike(found.names, schema.names) for found in schemas]
        # The file with the most columns is read first, because a file of test items may lack
        # labels.
        order = sorted(range(len(schemas)), key=lambda i: -widths[i])
        self.paths = [paths[i] for i in order if alike[i]]
        self._names = {paths[i]: schemas[i].names for i in order}
        count = sum(counts[i] for i in order if alike[i])
        others = [path.name for path, is_alike in zip(paths, alike, strict=True) if not is_alike]
        if len(schema.names) > MAX_COLUMNS:
            raise DatasetError(
                f"{self.paths[0]} has {len(schema.names):,} columns; at most {MAX_COLUMNS:,} are "
                "imported"
            )
        self.splits = self._splits(schema.names)
        """Split of each file in `paths`.

        Empty unless all files or their folders are named after splits.
        """
        self.texts = _texts_of(schema)
        """Columns of texts or bytes, which are read as dictionary arrays to save memory."""
        whole = schema.names
        if self.splits:
            schema = schema.append(pa.field(SPLITS[0], pa.string()))
        super().__init__(schema.names, schema, count)
        if self.splits:
            self.splits_from = f"the names of {some([path.name for path in self.paths])}"
        if others:
            text = f"not read, because the columns differ: {some(others)}; give one of these"
            text += " tables as DATA, or with --labels-from"
            self.findings.append(Finding("columns", text, doubtful=True))
        for path in self.paths:
            missing = [name for name in whole if name not in self._names[path]]
            if missing:
                text = f"{path.name} has no column {', '.join(missing[:5])}"
                self.findings.append(Finding("columns", text))

    def _splits(self, columns: Sequence[str]) -> list[str]:
        """Return the split of each file, from its name (train-00000-of-00002.parquet) or its
        folder.

        Empty if a file has no split, or if the table has a column with splits.
        """
        if len(self.paths) < 2 or any(plain(name) in SPLITS for name in columns):
            return []
        found = [split_of_file(path.name) or split_of_file(path.parent.name) for path in self.paths]
        splits = [split for split in found if split is not None]
        return splits if len(splits) == len(found) else []

    def _texts_in(self, path: Path) -> list[str]:
        """Return the columns of texts or bytes that the file at `path` has."""
        return [name for name in self.texts if name in self._names[path]]

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        for index, path in enumerate(self.paths):
            extra = {SPLITS[0]: self.splits[index]} if self.splits else {}
            number, left = 0, most_unpacked(path.stat().st_size, self.unpacked)
            try:
                with (
                    pa.memory_map(os.fsencode(path)) as mapped,
                    pq.ParquetFile(mapped, read_dictionary=self._texts_in(path)) as file,
                ):
                    for batch in file.iter_batches(_rows_at_once(file)):
                        for part in parts_of(batch):
                            # The unpacked size counts, because a file stores repeated values only
                            # once.
                            left -= unpacked_bytes(part)
                            if left < 0:
                                raise DatasetError(
                                    f"{path}: after row {number:,}, the file "
                                    f"{too_large(self.unpacked)}"
                                )
                            columns = [python_values(column) for column in part.columns]
                            for values in zip(*columns, strict=True):
                                number += 1
                                row = dict(zip(part.schema.names, values, strict=True)) | extra
                                yield f"{path.name} row {number}", row
            except (pa.ArrowException, OSError) as error:
                yield BadItem(f"{path.name} after row {number}", f"cannot be read: {error}")


def _are_alike(names: Collection[str], whole: Collection[str]) -> bool:
    """Whether a file with the columns `names` may belong to the data set with columns `whole`."""
    return set(names) <= set(whole) and 2 * len(names) >= len(whole)


def _texts_of(schema: pa.Schema | None) -> list[str]:
    """Return the names of the columns of texts or bytes.

    These columns are read with their dictionaries. Then 500 rows that repeat one value of 100 MB
    take 100 MB of memory, not 50 GB.
    """
    return [
        field.name
        for field in schema or ()
        if pa.types.is_string(field.type)
        or pa.types.is_binary(field.type)
        or pa.types.is_large_string(field.type)
        or pa.types.is_large_binary(field.type)
    ]


def _rows_at_once(file: pq.ParquetFile) -> int:
    """Return the number of rows that occupy about 32 MB.

    A row may be one number, or a photo of 30 MB.
    """
    metadata = file.metadata
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    each = sum(group.total_byte_size for group in groups) // max(1, metadata.num_rows)
    # A file stores repeated values once. The first rows show the size of a row in memory.
    first = next(file.iter_batches(_ROWS_LOOKED_AT), None)
    if first is not None and first.num_rows:
        each = max(each, unpacked_bytes(first) // first.num_rows)
    # Texts inside of lists and structures are read without a dictionary. In the worst case, one
    # value makes up the whole column in the file, and every row repeats this value.
    nested = [
        k
        for k in range(metadata.num_columns)
        if "." in metadata.schema.column(k).path
        and metadata.schema.column(k).physical_type == "BYTE_ARRAY"
    ]
    each = max(
        [each, *(group.column(k).total_uncompressed_size for group in groups for k in nested)]
    )
    return max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE // max(1, each)))


def unpacked_bytes(batch: pa.RecordBatch) -> int:
    """Size of the rows in memory when every row has its own copy of each value, in bytes."""
    return sum(
        int(_lengths(column).sum()) if pa.types.is_dictionary(column.type) else column.nbytes
        for column in batch.columns
    )


def _lengths(column: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    """Return the length in bytes of the text in each row, (N,), for a column with a dictionary."""
    lengths = pc.fill_null(pc.call_function("binary_length", [column.dictionary]), 0)
    each = np.append(np.asarray(lengths, np.int64), 0)
    # A row without a value has no index. Such a row selects the appended 0.
    return each[np.asarray(pc.fill_null(column.indices, len(each) - 1), np.int64)]


def parts_of(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield the batch in parts of about 32 MB and at most 500 rows, each with one row or more."""
    if unpacked_bytes(batch) <= _BYTES_AT_ONCE and batch.num_rows <= _ROWS_AT_ONCE:
        yield batch
        return
    texts = [column for column in batch.columns if pa.types.is_dictionary(column.type)]
    other = sum(c.nbytes for c in batch.columns if not pa.types.is_dictionary(c.type))
    each = np.full(batch.num_rows, other // max(1, batch.num_rows), np.int64)
    for column in texts:
        each += _lengths(column)
    each = np.maximum(each, _BYTES_AT_ONCE // _ROWS_AT_ONCE)
    numbers = np.cumsum(each) // _BYTES_AT_ONCE
    begins = np.flatnonzero(np.diff(numbers, prepend=-1))
    for begin, end in zip(begins, [*begins[1:], batch.num_rows], strict=True):
        yield batch.slice(begin, end - begin)
