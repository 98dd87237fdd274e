"""Rows of Feather files (Arrow files). Batches may be compressed, so their unpacked size is
limited.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc

from lodespace.errors import DatasetError
from lodespace.importing.tables.csv_rows import check_columns
from lodespace.importing.tables.parquet_rows import parts_of
from lodespace.importing.tables.table_rows import Row, Rows
from lodespace.items.errors import BadItem
from lodespace.items.table import python_values
from lodespace.items.unpacking import check_unpacked

_MAGIC = b"ARROW1\0\0"
_OLD_MAGIC = b"FEA1"
_DICTIONARY, _BATCH = 2, 3
"""Types of a message in Arrow's format: a dictionary, and a batch of rows."""
_DAMAGED = (pa.ArrowException, OSError, ValueError, struct.error)


class FeatherRows(Rows):
    """Rows of a Feather file. Raises DatasetError."""

    def __init__(self, path: Path, unpacked: float | None = None) -> None:
        self.path = path
        try:
            with pa.memory_map(os.fsencode(path)) as file:
                begin = file.read(8)
                if begin.startswith(_OLD_MAGIC):
                    raise DatasetError(
                        f"{path} has the format of Feather before 2020; write it with pyarrow again"
                    )
                if begin != _MAGIC:
                    raise DatasetError(f"{path} is not a Feather file")
                size = _whole_size(file)
                check_unpacked(str(path), size, path.stat().st_size, unpacked)
                reader = ipc.open_file(file)
                count = sum(reader.get_batch(i).num_rows for i in range(reader.num_record_batches))
                schema = reader.schema
        except _DAMAGED as error:
            raise DatasetError(f"{path} is not a complete Feather file: {error}") from error
        check_columns(path, len(schema.names))
        super().__init__(schema.names, schema, count)

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        number = 0
        try:
            with pa.memory_map(os.fsencode(self.path)) as file:
                reader = ipc.open_file(file)
                for index in range(reader.num_record_batches):
                    batch = reader.get_batch(index)
                    # An offset in a damaged batch could point to other memory of this process.
                    batch.validate(full=True)
                    for part in parts_of(batch):
                        columns = [python_values(column) for column in part.columns]
                        for values in zip(*columns, strict=True):
                            number += 1
                            yield f"row {number}", dict(zip(self.columns, values, strict=True))
        except _DAMAGED as error:
            yield BadItem(f"{self.path.name} after row {number}", f"cannot be read: {error}")


def _whole_size(file: pa.NativeFile) -> int:
    """The unpacked size of all batches, in bytes, as stated before each compressed buffer."""
    total = 0
    file.seek(len(_MAGIC))
    for message in ipc.MessageReader.open_stream(file):
        for offset, length in _buffers_of(bytes(memoryview(message.metadata))):
            stated = -1
            if length >= 8:
                stated = struct.unpack_from("<q", memoryview(message.body), offset)[0]
            total += max(length, stated)
    return total


def _buffers_of(metadata: bytes) -> list[tuple[int, int]]:
    """Return (offset, length) of each buffer of a compressed batch; empty for any other message.

    `metadata` is the metadata of the message, a FlatBuffer:
    https://arrow.apache.org/docs/format/Columnar.html. Raises struct.error if `metadata` is
    damaged.
    """
    message = struct.unpack_from("<I", metadata, 0)[0]
    kind = _field(metadata, message, 1)
    header = _table(metadata, message, 2)
    if kind is None or header is None or metadata[kind] not in (_DICTIONARY, _BATCH):
        return []
    batch = header if metadata[kind] == _BATCH else _table(metadata, header, 1)
    if batch is None or _field(metadata, batch, 3) is None:
        return []
    buffers = _table(metadata, batch, 2)
    if buffers is None:
        return []
    count = struct.unpack_from("<I", metadata, buffers)[0]
    if buffers + 4 + 16 * count > len(metadata):
        raise struct.error("the list of buffers is longer than the metadata")
    return [struct.unpack_from("<qq", metadata, buffers + 4 + 16 * i) for i in range(count)]


def _field(metadata: bytes, table: int, number: int) -> int | None:
    """Return the position of field `number` of the table at position `table` of `metadata`.

    Return None if the table does not have the field.
    """
    fields = table - struct.unpack_from("<i", metadata, table)[0]
    if 4 + 2 * number >= struct.unpack_from("<H", metadata, fields)[0]:
        return None
    offset = struct.unpack_from("<H", metadata, fields + 4 + 2 * number)[0]
    return table + offset if offset else None


def _table(metadata: bytes, table: int, number: int) -> int | None:
    """Return the position of the table or list to which field `number` of a table points.

    The arguments, and None as a result, are as in `_field`.
    """
    field = _field(metadata, table, number)
    return None if field is None else field + struct.unpack_from("<I", metadata, field)[0]
