"""Lossless packing of safetensors files: bytes of the same significance are compressed together.

The last bits of random floats cannot be compressed, but their sign and exponent bytes can, and so
can sorted integers and arrays with few different values. A packed file is itself a safetensors
file. It has one tensor per plane: all bytes of the same significance, one from each value. Planes
that do not become smaller are stored as they are.
"""

import zlib

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load

from lodespace.json_input import json_value
from lodespace.models.checkpoints.tensor_file import TensorFile

_LEVEL = 1
"""zlib's fastest level. Higher levels gain nothing on floats."""
_STRATEGIES = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY)
"""Ways of zlib to compress, of which the one is used that makes the sample smaller. Codes of class
probabilities hardly repeat, so without a search for repetitions they take 10 to 17 % less space,
and half the time."""
_SAMPLE = 1 << 16
"""Number of bytes of a plane that are compressed as a sample. The whole plane is compressed only if
the sample becomes smaller."""
_WORTHWHILE = 0.9
"""A plane is stored compressed if compression reduces it to at most this share of its size."""
_SMALLER = 0.98
"""A file is stored packed if its packed planes have less than this share of its size."""
_START, _PLANE, _PACKED_PLANE = "start", "plane", "packed"

Bytes = npt.NDArray[np.uint8]


def packed(file: TensorFile, size: int) -> TensorFile | None:
    """Return a packed form of a safetensors file; None if it is not smaller.

    Args:
        file: the file. It has one tensor.
        size: number of bytes per value of the tensor.
    """
    start, content = (np.frombuffer(part, np.uint8) for part in file.parts())
    parts, stored = {_START: start}, 0
    for number, plane in enumerate(content.reshape(-1, size).T):
        name, part = _part(np.ascontiguousarray(plane))
        parts[f"{name}{number}"] = part
        stored += len(part)
    return TensorFile(parts) if stored < _SMALLER * len(content) else None


def _part(plane: Bytes) -> tuple[str, Bytes]:
    """Return the stored form of a plane: the prefix of its name, and its bytes, packed or not."""
    middle = max(0, len(plane) - _SAMPLE) // 2
    sample = plane[middle : middle + _SAMPLE]
    strategy = min(_STRATEGIES, key=lambda each: len(_compressed(sample, each)))
    compressed = _compressed(sample, strategy)
    if len(compressed) > _WORTHWHILE * len(sample):
        return _PLANE, plane
    if len(sample) < len(plane):
        compressed = _compressed(plane, strategy)
    return _PACKED_PLANE, np.frombuffer(compressed, np.uint8)


def _compressed(plane: Bytes, strategy: int) -> bytes:
    compression = zlib.compressobj(_LEVEL, strategy=strategy)
    return compression.compress(plane.data) + compression.flush()


def unpacked(payload: bytes) -> bytes:
    """Return the file from which `packed` made `payload`. Raises ValueError if it is damaged."""
    try:
        parts = load(payload)
        start = parts.pop(_START)
        result = start
        for number in range(len(parts)):
            plane = parts.get(f"{_PLANE}{number}")
            if plane is None:
                plane = np.frombuffer(
                    zlib.decompress(parts[f"{_PACKED_PLANE}{number}"].data), np.uint8
                )
            if number == 0:
                result = np.empty(len(start) + len(parts) * len(plane), np.uint8)
                result[: len(start)] = start
            result[len(start) + number :: len(parts)] = plane
        return result.tobytes()
    except (SafetensorError, KeyError, ValueError, zlib.error) as error:
        raise ValueError(f"damaged: {error}") from error


def start_of(payload: bytes) -> int:
    """Return the position of the first tensor in a safetensors file.

    Before it are the length of the header (8 bytes), and the header.
    """
    return 8 + int.from_bytes(payload[:8], "little")


def length_by_header(beginning: bytes) -> int:
    """Return the length of a safetensors file according to its header; -1 without a valid header.

    `beginning` is the file or its first part, with the whole header.
    """
    start = start_of(beginning)
    try:
        entries = json_value(beginning[8:start])
        return start + max(each["data_offsets"][1] for each in entries.values())
    except (ValueError, KeyError, TypeError, AttributeError):
        return -1
