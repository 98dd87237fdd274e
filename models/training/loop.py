"""What the two interactive loops share: labels, and the interface by which Trainer drives them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.batches import evenly
from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import UNLABELED, Dataset
from lodespace.models.item_predictions import ItemPredictions
from lodespace.models.snapshot import Phase
from lodespace.models.training.force_readout import Forces
from lodespace.models.vae.training import VAETraining

_HELD_OUT_SHARE = 0.1
_HELD_OUT_FROM = 50
"""Labels from which on a tenth is held out of the classifier's batches, to measure it."""
_MOST_ENCODED = 500
"""Held-out items that the paper's head is asked about: some 20 ms."""


class Loop(ABC):
    """Interleaved training in units of work. Subclasses: ParticleLoop (`default`), PaperLoop (`paper`).

    `latent_mean` (N, D) is what there is to show; `vae_training` has the networks.
    `losses`, `metrics`, `phase`, `progress`, `step`, `epoch` as in Snapshot.
    """

    vae_training: VAETraining

    def __init__(self, dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> None:
        self.dataset = dataset
        self.config = config
        self.n_classes = n_classes
        self.device = dataset.device
        self.generator = torch.Generator().manual_seed(seed)
        self.device_generator = torch.Generator(self.device).manual_seed(seed + 1)
        n = len(dataset)
        self.labels = torch.full((n,), UNLABELED, dtype=torch.int64)
        self.label_weights = torch.ones(n)
        self.verified = torch.zeros(n, dtype=torch.bool)
        self.priority = torch.empty(0, dtype=torch.int64)
        self.losses: dict[str, float] = {}
        self.metrics: dict[str, float] = {}
        self.step = 0
        self.epoch_target: int | None = None
        # A fixed, scattered tenth: whether an item may be held out never depends on when it was labelled.
        self._scattered = (
            torch.arange(n, dtype=torch.float64) * 0.6180339887498949
        ) % 1 < _HELD_OUT_SHARE

    @property
    @abstractmethod
    def latent_mean(self) -> torch.Tensor: ...

    @property
    @abstractmethod
    def epoch(self) -> float: ...

    @property
    @abstractmethod
    def kl_per_dimension(self) -> npt.NDArray[np.float32]: ...

    @property
    @abstractmethod
    def resting(self) -> bool: ...

    @property
    @abstractmethod
    def phase(self) -> Phase: ...

    @property
    @abstractmethod
    def progress(self) -> float: ...

    @abstractmethod
    def turn(self) -> bool:
        """One unit of work. Returns whether the latent means changed."""

    @property
    @abstractmethod
    def predictions(self) -> ItemPredictions[torch.Tensor]: ...

    @abstractmethod
    def labels_changed(self) -> None: ...

    @abstractmethod
    def set_class_count(self, n_classes: int) -> None: ...

    @abstractmethod
    def configure(self, config: TrainingConfig) -> None: ...

    @abstractmethod
    def take_over(self, other: "Loop") -> None:
        """Begin where `other`, a loop of another kind on the same data, is: its networks and what it shows."""

    @abstractmethod
    def reshape(self, config: TrainingConfig, n_classes: int) -> None:
        """Make room for a state of `config`, of the same preset's kind, and `n_classes`, which `load` then brings."""

    @abstractmethod
    def set_anchors(self, items: torch.Tensor, targets: torch.Tensor) -> None: ...

    @abstractmethod
    def forces(self, items: torch.Tensor | None, *, reconstruction: bool) -> Forces:
        """Forces by term (force_readout.py) at the latent means of `items` int64 (K,), or of all (None). Each (K or N, D)."""

    @property
    @abstractmethod
    def decodable_mean(self) -> torch.Tensor:
        """The latent means (N, D) that the decoder knows: `latent_mean` without its contraction."""

    @property
    def contraction(self) -> torch.Tensor:
        """What the latent means are multiplied with, along each dimension (D,), to be shown."""
        return torch.ones(self.config.latent_dim, device=self.device)

    @abstractmethod
    def tensors(self) -> Tensors:
        """All that training goes on from, to the bit. They are the loop's own and change with it; nothing in it changes by asking."""

    @abstractmethod
    def counters(self) -> dict[str, Any]: ...

    @abstractmethod
    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None: ...

    def set_labels(
        self,
        labels: torch.Tensor,
        weights: torch.Tensor | None = None,
        verified: torch.Tensor | None = None,
    ) -> None:
        """The full label state; what follows from it starts with the next unit of work."""
        if weights is None:
            weights = torch.ones(len(labels))
        if verified is None:
            verified = torch.zeros(len(labels), dtype=torch.bool)
        given = (labels, weights, verified & (labels != UNLABELED))
        if all(map(torch.equal, given, (self.labels, self.label_weights, self.verified))):
            return
        self.labels, self.label_weights, self.verified = given
        self.labels_changed()

    @property
    def trained_labels(self) -> torch.Tensor:
        """Labels less the held-out ones (N,)."""
        held_out = self.held_out
        return self.labels if held_out is None else torch.where(held_out, UNLABELED, self.labels)

    @property
    def held_out(self) -> torch.Tensor | None:
        """Labelled items that are measured on, not trained on: bool (N,); None while there are too few labels."""
        labelled = self.labels != UNLABELED
        if int(labelled.sum()) < _HELD_OUT_FROM:
            return None
        return labelled & self._scattered

    @torch.no_grad()
    def measure_accuracy(self, prediction: torch.Tensor) -> None:
        """Set metrics["label_accuracy"] from predictions (N,) of items that were not trained on, "held_out", how many these are, and
        "head_accuracy": the same of the paper's head, which sees the latent mean alone: the encoder's, of at most _MOST_ENCODED of them. A
        particle goes where its own label draws it, held out or not: of that, any head could tell.
        """
        held_out = self.held_out
        for name in ("label_accuracy", "head_accuracy", "held_out"):
            self.metrics.pop(name, None)
        if held_out is not None and bool(held_out.any()):
            self.metrics["held_out"] = float(held_out.sum())
            right = prediction.cpu().to(torch.int64)[held_out] == self.labels[held_out]
            self.metrics["label_accuracy"] = float(right.float().mean())
            items = evenly(torch.nonzero(held_out).squeeze(1), _MOST_ENCODED)
            head = (
                self.vae_training.vae.head(self.vae_training.encode(items.to(self.device)))
                .argmax(dim=1)
                .cpu()
            )
            self.metrics["head_accuracy"] = float((head == self.labels[items]).float().mean())

    def base_tensors(self) -> Tensors:
        return {
            "labels": self.labels.to(torch.int16),
            "label_weights": self.label_weights,
            "verified": self.verified,
            "generator": self.generator.get_state(),
            "device_generator": self.device_generator.get_state(),
        }

    def load_base(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self.labels = tensors["labels"].to(torch.int64)
        self.label_weights = tensors["label_weights"].clone()
        if "verified" in tensors:  # a checkpoint of before labels could be verified has none
            self.verified = tensors["verified"].clone()
        else:
            self.verified = torch.zeros(len(self.labels), dtype=torch.bool)
        self.generator.set_state(tensors["generator"].clone())
        if self.device.type == "cpu" or "device_generator" in tensors:
            self.device_generator.set_state(tensors["device_generator"].clone())
        self.losses = dict(counters["losses"])
        self.metrics = dict(counters["metrics"])
        self.step = int(counters["step"])

    def base_counters(self) -> dict[str, Any]:
        return {"losses": self.losses, "metrics": self.metrics, "step": self.step}
