"""The complete state of a training in memory, for undo and for checkpoints."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy.typing as npt
import torch

from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.config import TrainingConfig

UNCHANGED = (
    "edge_head",
    "edge_tail",
    "edge_weight",
    "representatives",
    "leaders",
    "leader_shares",
    "representative_edge_head",
    "representative_edge_tail",
    "representative_edge_weight",
)
"""Names of tensors whose values training never changes. Training can only replace such a
tensor as a whole.
"""


class TrainingState(NamedTuple):
    """State of a training: tensors, and a description.

    A trainer that loads the state continues as the saved training would have continued.
    """

    tensors: Tensors
    """Tensors by name, on the CPU; latent_mean (N, D), prediction (N,), confidence (N,), ..."""
    meta: dict[str, Any]
    """The description as plain JSON (StateDescription)."""

    @classmethod
    def of(
        cls,
        tensors: Mapping[str, torch.Tensor],
        description: "StateDescription",
        *,
        copied: bool = True,
    ) -> "TrainingState":
        """Return a state with copies of `tensors`, because training changes the originals.

        Training does not change the tensors UNCHANGED, so all states with the same graph share
        them. If `copied` is False, the state is valid only until training continues.
        """
        own = {
            name: tensor.detach().to("cpu", copy=copied and name not in UNCHANGED).contiguous()
            for name, tensor in tensors.items()
        }
        return cls(own, description.to_json())

    @property
    def state_id(self) -> int:
        """`Trainer.state_id` when this state was saved; 0 if no id was set."""
        return int(self.meta.get("tag", 0))

    def description(self, n_items: int) -> "StateDescription":
        """Return the description, checked for a training on `n_items` items.

        Raises:
            ValueError: when the state belongs to other data or does not fit this version.
        """
        return StateDescription.from_json(self.meta, n_items)

    def write(self, folder: Path, *, keep: int = checkpoint.KEEP) -> Path:
        """Write a checkpoint, and keep the newest `keep` checkpoints in `folder`.

        Raises OSError, and ValueError for NaN or infinity.
        """
        return checkpoint.write(folder, self._arrays, self.meta, keep=keep)

    def write_snapshot(self, folder: Path, *, number: int, keep: int, most_bytes: int) -> Path:
        """Write a snapshot for undo. The snapshots in `folder` store equal large tensors only once.

        The arguments and the errors are those of `checkpoint.write`.
        """
        return checkpoint.write(
            folder,
            self._arrays,
            self.meta,
            number=number,
            keep=keep,
            verify=False,
            share=True,
            most_bytes=most_bytes,
        )

    @property
    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {name: tensor.numpy() for name, tensor in self.tensors.items()}

    @classmethod
    def from_checkpoint(cls, found: checkpoint.Checkpoint) -> "TrainingState":
        """Return the state that a checkpoint contains."""
        tensors = {name: torch.from_numpy(array.copy()) for name, array in found.tensors.items()}
        return cls(tensors, found.meta)


@dataclass(frozen=True)
class StateDescription:
    """All values of a training state except the tensors."""

    config: TrainingConfig
    """Configuration of the training."""
    n_classes: int
    """Number of classes of head and classifier."""
    seed: int
    """Seed of the training."""
    state_id: int
    """Id of this state (`Trainer.state_id`), chosen by the server. In JSON its name is "tag"."""
    frame: int
    """Number of the last frame that was shown."""
    shown: bool
    """Whether a frame had been shown before the state was saved.

    If not, the tensor latent_mean contains the positions that the first frame will show.
    """
    moving: bool
    """Whether the shown points were in motion when the state was saved."""
    step: int
    """Number of units of work (training steps of about 20 ms) that are done."""
    epoch: float
    """Number of epochs for which the encoder has been trained."""
    items: int
    """Number of items of the data set."""
    counters: Mapping[str, Any]
    """Counters of the training loop and of its tasks, by name."""

    def to_json(self) -> dict[str, Any]:
        """Return a copy as plain JSON."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "tag": self.state_id,
            "config": self.config.to_json(),
            "counters": copy.deepcopy(dict(self.counters)),
        }

    @classmethod
    def from_json(cls, meta: Mapping[str, Any], n_items: int) -> "StateDescription":
        """Read a description for a training on `n_items` items.

        Raises:
            ValueError: when the state belongs to other data or does not fit this version.
        """
        if meta.get("items") != n_items:
            raise ValueError(
                f"the checkpoint has {meta.get('items')} items, but the data set has {n_items}"
            )
        try:
            config = TrainingConfig.from_json(meta["config"])
            # States that were stored by early versions lack some of these fields.
            meta = {"tag": 0, "shown": True, "epoch": 0.0, **meta}
            plain = {name: meta[name] for name in _PLAIN}
            return cls(config=config, state_id=meta["tag"], counters=meta["counters"], **plain)
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"the checkpoint does not fit this version of Lodespace: {error}"
            ) from error


_PLAIN = ("n_classes", "seed", "frame", "shown", "moving", "step", "epoch", "items")
"""Fields that are stored in JSON without conversion."""
