"""IDX files, the format of MNIST."""

import gzip
import math
import struct
import tempfile
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.items.unpacking import check_unpacked


def read_idx(path: Path, unpacked: float | None = None) -> npt.NDArray[np.uint8]:
    """Return the uint8 array of an IDX file, which may be compressed with gzip.

    The array is mapped from a temporary file, so the array occupies no memory of the process.

    Args:
        path: The file.
        unpacked: Largest size to which the file may unpack, in GB. None: see unpacking.py.

    Raises:
        DatasetError: The file is not a complete IDX file of bytes, or is too large.
    """
    try:
        size = path.stat().st_size
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            stream = cast(IO[bytes], file)
            head = stream.read(4)
            if len(head) < 4 or head[:3] != b"\0\0\x08":
                raise DatasetError(
                    f"{path} is not an IDX file of unsigned bytes (it should begin with 00 00 08)"
                )
            rank = head[3]
            sizes = stream.read(4 * rank)
            if rank == 0 or len(sizes) < 4 * rank:
                raise DatasetError(f"{path}: the IDX header is incomplete")
            shape = struct.unpack(f">{rank}I", sizes)
            follow = size - 4 - 4 * rank
            if path.suffix == ".gz":
                check_unpacked(str(path), math.prod(shape), size, unpacked)
            elif math.prod(shape) != follow:
                raise DatasetError(
                    f"{path}: the header announces the shape {shape}, but "
                    f"{'more' if follow > math.prod(shape) else f'{follow:,}'} bytes follow"
                )
            return _body(path, stream, shape)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error


def _body(path: Path, stream: IO[bytes], shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    wanted = math.prod(shape)
    with tempfile.TemporaryFile() as file:
        # Stop after one byte too many, because the content may be far larger than the header
        # states.
        left = wanted + 1
        while left and (block := stream.read(min(left, 1 << 20))):
            file.write(block)
            left -= len(block)
        if left != 1:
            follow = "more" if left == 0 else f"{wanted + 1 - left:,}"
            raise DatasetError(
                f"{path}: the header announces the shape {shape}, but {follow} bytes follow"
            )
        file.flush()
        if wanted == 0:
            return np.empty(shape, np.uint8)
        return np.memmap(file, np.uint8, "r", shape=shape)
