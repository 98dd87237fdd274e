"""A .npy array in a file or archive, read from front to back.

The file may come from other people, so sizes are checked before memory is allocated.
"""

import io
import lzma
import math
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError

_BLOCK_BYTES = 16 << 20
_MOST_ITEM_BYTES = 256 << 20
"""Largest size of one item in bytes.

A picture of 40 megapixels with three channels of 16 bits has about this size.
"""
_MOST_WHOLE_BYTES = 1 << 30
"""Largest size in bytes of labels or ids, which are read into memory as a whole."""
_MOST_HEADER_BYTES = 1 << 16
"""Largest header of a .npy file in bytes. A file can claim that its header has up to 4 GB."""
DAMAGED = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""Errors that zipfile raises for damaged archives.

NotImplementedError means an unknown compression, and RuntimeError an encrypted archive.
"""


class ArrayFile:
    """An array in a file, read from front to back in blocks of items.

    `shape` and `dtype` come from the header, which is checked against the size of the file.
    """

    def __init__(self, stream: IO[bytes], name: str, size: int) -> None:
        """Read the header of the array in `stream`.

        `size` is the number of bytes of the whole .npy file.
        """
        try:
            header, begin = _read_header(stream)
            fortran, dtype = header[1:]
            shape = list(header[0])
        except (
            ValueError,
            KeyError,
            EOFError,
            SyntaxError,
            RecursionError,
            MemoryError,
            TypeError,
        ) as error:
            raise DatasetError(f"{name} is not a plain numpy array: {error}") from error
        if dtype.hasobject:
            raise DatasetError(
                f"{name} is an array of Python objects, which could run code; save numbers or texts"
            )
        if len(shape) == 0 or min(shape) < 0 or begin + math.prod(shape) * dtype.itemsize != size:
            raise DatasetError(
                f"{name}: the header announces {dtype} {tuple(shape)}, but "
                f"{max(0, size - begin):,} bytes follow"
            )
        self.by_column = fortran and len(shape) > 1
        """Whether the array is stored in Fortran's order, and is therefore read as a whole."""
        if self.by_column and size > _MOST_WHOLE_BYTES:
            raise DatasetError(
                f"{name} is stored column by column (Fortran order) and has {size / 1e9:,.1f} GB; "
                f"at most {_MOST_WHOLE_BYTES / 1e9:,.1f} GB are read in this order. Save "
                "`numpy.ascontiguousarray(array)` instead"
            )
        if math.prod(shape[1:]) * dtype.itemsize > _MOST_ITEM_BYTES:
            raise DatasetError(
                f"{name} has the shape {tuple(shape)}, so one item has "
                f"{math.prod(shape[1:]) * dtype.itemsize >> 20:,} MB; at most "
                f"{_MOST_ITEM_BYTES >> 20} MB are read. The first axis must be the items"
            )
        self.stream, self.name, self.shape, self.dtype = stream, name, tuple(shape), dtype

    def blocks(self) -> Iterator[npt.NDArray[Any]]:
        """Yield the items in blocks of about 16 MiB. Raises DatasetError for a truncated file."""
        item = max(1, math.prod(self.shape[1:]) * self.dtype.itemsize)
        per_block = max(1, _BLOCK_BYTES // item)
        if self.by_column:
            whole = np.frombuffer(self._read(self.shape[0] * item, 0), self.dtype)
            whole = whole.reshape(self.shape, order="F")
            for start in range(0, self.shape[0], per_block):
                yield np.ascontiguousarray(whole[start : start + per_block])
            return
        for start in range(0, self.shape[0], per_block):
            count = min(per_block, self.shape[0] - start)
            raw = self._read(count * item, start)
            yield np.frombuffer(raw, self.dtype).reshape(count, *self.shape[1:])

    def _read(self, size: int, start: int) -> bytes:
        """Read the next `size` bytes.

        `start`: index of the item at which the bytes begin, for messages.

        Raises DatasetError.
        """
        try:
            raw = self.stream.read(size)
        except DAMAGED as error:
            raise DatasetError(f"{self.name} is damaged after item {start}: {error}") from error
        if len(raw) != size:
            item = max(1, math.prod(self.shape[1:]) * self.dtype.itemsize)
            raise DatasetError(
                f"{self.name} is truncated and has only {start + len(raw) // item} whole items"
            )
        return raw

    def whole(self) -> npt.NDArray[Any]:
        """Return the whole array. Raises DatasetError for a truncated or very large file."""
        size = math.prod(self.shape) * self.dtype.itemsize
        if size > _MOST_WHOLE_BYTES:
            raise DatasetError(
                f"{self.name} has {size / 1e9:,.1f} GB of labels or ids; at most "
                f"{_MOST_WHOLE_BYTES / 1e9:,.1f} GB are read"
            )
        parts = list(self.blocks())
        return np.concatenate(parts) if parts else np.empty(self.shape, self.dtype)


def _read_header(
    stream: IO[bytes],
) -> tuple[tuple[tuple[int, ...], bool, "np.dtype[Any]"], int]:
    """Return the header of a .npy file and the size of the header in bytes.

    The header is (shape, whether the order is Fortran's, dtype). The size is checked first, because
    numpy would read a header of 4 GB before it refuses the size.
    """
    version = np.lib.format.read_magic(stream)
    read, size_bytes = {
        (1, 0): (np.lib.format.read_array_header_1_0, 2),
        (2, 0): (np.lib.format.read_array_header_2_0, 4),
    }[version]
    size = stream.read(size_bytes)
    length = int.from_bytes(size, "little")
    if length > _MOST_HEADER_BYTES:
        raise ValueError(f"the header has {length:,} bytes, which is too large")
    return read(io.BytesIO(size + stream.read(length))), 8 + size_bytes + length
