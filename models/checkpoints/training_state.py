"""A moment of training: all that it goes on from, so that it can be gone back to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.tensors import Tensors


class Moment(NamedTuple):
    """`tensors`: copies on the CPU, among them latent_mean (N, D), prediction (N,), confidence (N,); `meta` is plain JSON."""

    tensors: Tensors
    meta: dict[str, Any]

    @classmethod
    def copy_of(cls, tensors: Mapping[str, torch.Tensor], meta: dict[str, Any]) -> "Moment":
        """Tensors that change with training are copied."""
        return cls(
            {
                name: tensor.detach().to("cpu", copy=True).contiguous()
                for name, tensor in tensors.items()
            },
            meta,
        )

    @property
    def tag(self) -> int:
        """What its trainer was told to call this state."""
        return int(self.meta.get("tag", 0))

    @property
    def bytes(self) -> int:
        return sum(tensor.nbytes for tensor in self.tensors.values())

    def write(
        self, folder: Path, *, number: int | None = None, keep: int = checkpoint.KEEP
    ) -> Path:
        """As a checkpoint. Raises OSError, and ValueError when a number is not finite."""
        arrays = {name: tensor.numpy() for name, tensor in self.tensors.items()}
        return checkpoint.write(
            folder, arrays, self.meta, number=number, keep=keep, verify=number is None
        )

    @classmethod
    def of_checkpoint(cls, found: checkpoint.Checkpoint) -> "Moment":
        return cls(
            {name: torch.from_numpy(array.copy()) for name, array in found.tensors.items()},
            found.meta,
        )
