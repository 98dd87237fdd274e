"""Large tensors that several checkpoints of a folder have in common, stored once.

Each file in `shared/` contains one tensor. The name of the file is the SHA-256 of its content. The
JSON file of a checkpoint lists the shared tensors of the checkpoint: name and hash of each.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from lodespace.files import atomic_write

SHARED_BYTES = 1 << 20
"""A tensor of at least this size, in bytes, is stored in a file of its own."""
FOLDER = "shared"
"""Name of the folder of the shared tensors, beside the checkpoints."""
_NAME = "tensor"

Array = npt.NDArray[Any]


class SharedTensors:
    """The shared tensors in the folder of some checkpoints."""

    def __init__(self, checkpoints: Path) -> None:
        self.folder = checkpoints / FOLDER

    def path(self, digest: str) -> Path:
        """Return the path of the tensor with the hash `digest`."""
        return self.folder / f"{digest}.safetensors"

    def add(self, tensors: Mapping[str, Array]) -> dict[str, str]:
        """Store `tensors`, unless they are stored already. Return the hash of each tensor.

        A stored file of another size is damaged, and is written again. Raises OSError.
        """
        hashes = {}
        for name, tensor in tensors.items():
            payload = save({_NAME: np.ascontiguousarray(tensor)})
            digest = hashes[name] = hashlib.sha256(payload).hexdigest()
            path = self.path(digest)
            if not path.exists() or path.stat().st_size != len(payload):
                self.folder.mkdir(exist_ok=True)
                atomic_write(path, payload)
        return hashes

    def read(self, hashes: Mapping[str, str]) -> dict[str, Array]:
        """Return the tensors with these hashes. Raises ValueError if one is missing or damaged."""
        return {name: self._read(name, digest) for name, digest in hashes.items()}

    def _read(self, name: str, digest: str) -> Array:
        # Any other text could be the path of a file in another folder.
        if re.fullmatch("[0-9a-f]{64}", digest) is None:
            raise ValueError(f"tensor {name} has no valid checksum")
        try:
            payload = self.path(digest).read_bytes()
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
        return [
            path
            for path in sorted(self.folder.glob("*.safetensors"))
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != path.stem
        ]

    def bytes(self, hashes: Iterable[str]) -> int:
        """Return the size of the files with these hashes. A missing file counts as 0 bytes."""
        return sum(path.stat().st_size for path in map(self.path, hashes) if path.exists())

    def keep_only(self, hashes: set[str]) -> None:
        """Delete all shared tensors except those with these hashes."""
        for path in self.folder.glob("*"):
            if path.stem not in hashes or path.suffix != ".safetensors":
                path.unlink(missing_ok=True)
