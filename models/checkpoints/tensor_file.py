"""Writing of safetensors files without a copy of the tensors in memory.

The functions of the package safetensors first make a copy of all tensors, and then the file in
memory. For a million items, a checkpoint of 400 MB would take 800 MB of memory.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

import numpy as np
import numpy.typing as npt

_DTYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}
_ALIGNMENT = 8

Array = npt.NDArray[Any]


class TensorFile:
    """The content of a safetensors file with some tensors."""

    def __init__(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        """Prepare a file of `tensors`, arrays by name. Raises ValueError for other kinds of values.

        The arrays must not change until the file is written.
        """
        # np.ascontiguousarray would give a single number the shape (1,).
        own = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
        # Large values are first, so that each value is aligned in the file.
        names = sorted(own, key=lambda name: (-own[name].itemsize, name))
        self._arrays = [own[name] for name in names]
        entries, end = dict[str, Any](), 0
        for name, array in zip(names, self._arrays, strict=True):
            if array.dtype.name not in _DTYPES:
                raise ValueError(f"tensor {name} has values of the kind {array.dtype}")
            begin, end = end, end + array.nbytes
            entries[name] = {
                "dtype": _DTYPES[array.dtype.name],
                "shape": list(array.shape),
                "data_offsets": [begin, end],
            }
        header = json.dumps(entries, separators=(",", ":")).encode()
        header += b" " * (-len(header) % _ALIGNMENT)
        self._header = len(header).to_bytes(8, "little") + header
        self.length = len(self._header) + end
        """Length of the file, in bytes."""

    def parts(self) -> Iterator[bytes | memoryview]:
        """Yield the content of the file: the header, then one part per tensor."""
        yield self._header
        for array in self._arrays:
            yield array.reshape(-1).view(np.uint8).data

    def digest(self, further: bytes = b"") -> str:
        """Return the SHA-256 of the file, followed by `further` bytes."""
        digest = hashlib.sha256()
        for part in self.parts():
            digest.update(part)
        digest.update(further)
        return digest.hexdigest()

    def write(self, file: IO[bytes]) -> None:
        """Write the content to `file`. Raises OSError."""
        for part in self.parts():
            file.write(part)
