"""Large tensors that several checkpoints of a folder have in common, stored once.

Each file in `shared/` contains one tensor. The name of the file is the SHA-256 of the tensor as a
safetensors file. The file is packed if that makes it smaller (packing.py). The JSON file of a
checkpoint lists the shared tensors of the checkpoint: name and hash of each.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load

from lodespace.files import atomic_write
from lodespace.models.checkpoints.packing import length_by_header, packed, start_of, unpacked
from lodespace.models.checkpoints.tensor_file import Array, TensorFile

SHARED_BYTES = 1 << 17
"""A tensor of at least this size, in bytes, is stored in a file of its own."""
FOLDER = "shared"
"""Name of the folder of the shared tensors, beside the checkpoints."""
_NAME = "tensor"
_PLAIN, _PACKED = ".safetensors", ".packed"
_LONGEST_HEADER = 1 << 16
_SUFFIXES = (_PLAIN, _PACKED)


class SharedTensors:
    """The shared tensors in the folder of some checkpoints."""

    def __init__(self, checkpoints: Path) -> None:
        self.folder = checkpoints / FOLDER

    def path(self, digest: str) -> Path:
        """Return the path of the tensor with the hash `digest`."""
        stored = self.folder / f"{digest}{_PACKED}"
        return stored if stored.exists() else stored.with_suffix(_PLAIN)

    def add(self, tensors: Mapping[str, Array]) -> dict[str, str]:
        """Store `tensors`, unless they are stored already. Return the hash of each tensor.

        A stored file that is too short is damaged, and is written again. Raises OSError.
        """
        hashes = {}
        for name, tensor in tensors.items():
            content = TensorFile({_NAME: tensor})
            digest = hashes[name] = content.digest()
            if not _has_stated_length(self.path(digest)):
                self.folder.mkdir(exist_ok=True)
                smaller = packed(content, tensor.itemsize)
                suffix = _PLAIN if smaller is None else _PACKED
                atomic_write(self.folder / f"{digest}{suffix}", (smaller or content).write)
        return hashes

    def read(self, hashes: Mapping[str, str]) -> dict[str, Array]:
        """Return the tensors with these hashes. Raises ValueError if one is missing or damaged."""
        return {name: self._read(name, digest) for name, digest in hashes.items()}

    def _read(self, name: str, digest: str) -> Array:
        # Any other text could be the path of a file in another folder.
        if re.fullmatch("[0-9a-f]{64}", digest) is None:
            raise ValueError(f"tensor {name} has no valid checksum")
        try:
            payload = _content(self.path(digest))
        except OSError as error:
            raise ValueError(f"tensor {name} cannot be read: {error}") from error
        if hashlib.sha256(payload).hexdigest() != digest:
            raise ValueError(f"tensor {name} is damaged: its checksum does not match")
        try:
            return load(payload)[_NAME]
        except (SafetensorError, KeyError, ValueError) as error:
            raise ValueError(f"tensor {name} is damaged: {error}") from error

    def damaged(self) -> list[Path]:
        """Return the files whose content does not match their name."""
        files = [path for path in sorted(self.folder.glob("*")) if path.suffix in _SUFFIXES]
        return [path for path in files if path.is_file() and _is_damaged(path)]

    def bytes(self, hashes: Iterable[str]) -> int:
        """Return the size of the files with these hashes. A missing file counts as 0 bytes."""
        return sum(path.stat().st_size for path in map(self.path, hashes) if path.exists())

    def keep_only(self, hashes: set[str]) -> None:
        """Delete all shared tensors except those with these hashes."""
        for path in self.folder.glob("*"):
            if path.stem not in hashes or path.suffix not in _SUFFIXES:
                path.unlink(missing_ok=True)


def _content(path: Path) -> bytes:
    """Return the tensor in the file `path` as a safetensors file; b"" if the file is damaged."""
    payload = path.read_bytes()
    if path.suffix == _PLAIN:
        return payload
    try:
        return unpacked(payload)
    except ValueError:
        return b""


def _is_damaged(path: Path) -> bool:
    return hashlib.sha256(_content(path)).hexdigest() != path.stem


def _has_stated_length(path: Path) -> bool:
    """Return whether the file exists and has the length that its header states."""
    try:
        with path.open("rb") as file:
            beginning = file.read(8)
            beginning += file.read(min(start_of(beginning), _LONGEST_HEADER) - 8)
        return path.stat().st_size == length_by_header(beginning)
    except (OSError, ValueError):
        return False
