"""Writer of a .npy file to which items are appended one by one."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_COPIED_AT_ONCE = 4096
"""Number of grey pictures that are converted to colour at a time."""


class ArrayWriter:
    """Appends items of one dtype and shape.

    The first colour picture converts all earlier grey pictures to RGB.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("w+b")
        self.count = 0
        self.shape: tuple[int, ...] = ()
        self.dtype: np.dtype[Any] | None = None

    def append(self, item: npt.NDArray[Any]) -> None:
        """Append an item. Raises ValueError if an earlier item has another shape or dtype."""
        if self.dtype is None:
            self.shape, self.dtype = item.shape, item.dtype
            self._write_header()
        if item.ndim == 3 and len(self.shape) == 2:
            self._become_colour()
        elif item.ndim == 2 and len(self.shape) == 3:
            item = np.repeat(item[..., None], 3, axis=2)
        if item.shape != self.shape or item.dtype != self.dtype:
            raise ValueError(
                f"an item is {item.dtype} {item.shape}, but the earlier items are "
                f"{self.dtype} {self.shape}"
            )
        self.file.write(np.ascontiguousarray(item).tobytes())
        self.count += 1

    def _write_header(self) -> None:
        assert self.dtype is not None
        self.file.seek(0)
        # numpy pads the header, so the header keeps its size when the first axis grows.
        header = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False}
        np.lib.format.write_array_header_1_0(
            self.file, {**header, "shape": (self.count, *self.shape)}
        )
        self.header_bytes = self.file.tell()

    def _become_colour(self) -> None:
        """Rewrite all grey items (H, W) as (H, W, 3)."""
        grey_shape, grey_bytes = self.shape, self.header_bytes
        self.file.flush()
        coloured = ArrayWriter(self.path.with_name(f"{self.path.name}.colour"))
        with self.path.open("rb") as grey:
            grey.seek(grey_bytes)
            left, item_bytes = self.count, grey_shape[0] * grey_shape[1]
            while left:
                count = min(left, _COPIED_AT_ONCE)
                block = np.frombuffer(grey.read(count * item_bytes), np.uint8).reshape(
                    count, *grey_shape
                )
                for item in np.repeat(block[..., None], 3, axis=3):
                    coloured.append(item)
                left -= count
        if coloured.dtype is None:
            coloured.shape, coloured.dtype = (*grey_shape, 3), np.dtype(np.uint8)
            coloured._write_header()
        self.file.close()
        coloured.path.replace(self.path)
        self.file, self.shape, self.header_bytes = (
            coloured.file,
            coloured.shape,
            coloured.header_bytes,
        )

    def close(self) -> None:
        """Write the number of items into the header and close the file."""
        if self.dtype is not None:
            before = self.header_bytes
            self._write_header()
            assert self.header_bytes == before, "the header has become longer"
        self.file.close()
