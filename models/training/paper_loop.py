"""The interactive loop of the preset `paper`: equation 1, the encoder's output shown, nothing else.

Pretraining without labels, in epochs. After a gesture the layers above the convolutional trunk move at once (cached_trunk.py),
then the whole network trains on equation 1 for some epochs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.decisions import no_predictions, predictions_from
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import UNLABELED, Dataset
from lodespace.models.item_predictions import ItemPredictions
from lodespace.models.snapshot import Phase
from lodespace.models.training.force_readout import Forces, vae_forces
from lodespace.models.training.loop import Loop
from lodespace.models.vae.cached_trunk import CachedTrunk
from lodespace.models.vae.collapse import collapsed_dimensions
from lodespace.models.vae.training import ENCODE_CHUNK, VAETraining

CACHED_STEPS = 200
"""Steps on the cached trunk after a gesture: some seconds of visible motion."""
FULL_EPOCHS = 8
"""Epochs of the whole network after that. With 1,000 digits labelled the head is then right for .90 of all; after 120 steps
and 3 epochs, for .70."""
ENCODED_PER_TURN = 16_384
"""Items encoded anew in one turn on the cached trunk: about 20 ms. Of more, those looked at and the labelled go first."""
LOSS_SMOOTHING = 0.9
"""Single batches are noise to a person: losses are shown as moving averages."""
STEPS_PER_CHUNK = 3
"""Training steps of the whole network between two encoded chunks."""


class PaperLoop(Loop):
    def __init__(self, dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> None:
        super().__init__(dataset, config, n_classes, seed)
        self.vae_training = VAETraining(
            dataset, config, n_classes, self.generator, self.device_generator
        )
        self.trunk = CachedTrunk(self.vae_training)
        self.mean = self.vae_training.encode_all()
        self.next_mean = self.mean.clone()
        self.encoded = 0
        self.cached_steps_due = 0
        self.full_steps_due = 0
        self.stale = False

    @property
    def latent_mean(self) -> torch.Tensor:
        return self.mean

    @property
    def epoch(self) -> float:
        return self.vae_training.epoch

    @property
    def kl_per_dimension(self) -> npt.NDArray[np.float32]:
        return self.vae_training.kl

    @property
    def _pretraining_epochs(self) -> int:
        if self.epoch_target is not None:
            return self.epoch_target
        return self.vae_training.epochs_for(self.config.pretraining_epochs)

    @property
    def phase(self) -> Phase:
        if self.cached_steps_due:
            return "interactive"
        if self.epoch < self._pretraining_epochs:
            return "pretraining"
        return "resting" if self.resting else "interactive"

    @property
    def progress(self) -> float:
        return min(1.0, self.epoch / max(1, self._pretraining_epochs))

    @property
    def resting(self) -> bool:
        busy = self.cached_steps_due or self.full_steps_due or self.stale
        return self.epoch >= self._pretraining_epochs and not busy

    def labels_changed(self) -> None:
        """Without labels there is no gesture to show; the whole network then settles on equation 1 without its last term."""
        if bool((self.labels != UNLABELED).any()):
            self.cached_steps_due = CACHED_STEPS
            self.trunk.hold(self.mean)
        else:
            self.cached_steps_due = 0
            self.losses.pop("classification", None)
            self.losses.pop("anchor", None)
        self.full_steps_due = FULL_EPOCHS * self.vae_training.epochs.batches_per_epoch

    def set_class_count(self, n_classes: int) -> None:
        if n_classes != self.n_classes:
            self.n_classes = n_classes
            self.vae_training.set_class_count(n_classes)
            self.trunk.start_optimiser()

    def configure(self, config: TrainingConfig) -> None:
        old, self.config = self.config, config
        self.vae_training.configure(config)
        if config.latent_dim != old.latent_dim or config.hidden_layers != old.hidden_layers:
            self.trunk = CachedTrunk(self.vae_training)
        if config.latent_dim != old.latent_dim:
            self.mean = self.vae_training.encode_all()
            self.next_mean = self.mean.clone()
            self.encoded = 0
        if config.weights != old.weights:
            self.full_steps_due = FULL_EPOCHS * self.vae_training.epochs.batches_per_epoch
        if config.weights.beta_kl < old.weights.beta_kl and collapsed_dimensions(
            self.vae_training.kl
        ):
            self.vae_training.revive()
            self.trunk.start_optimiser()
            self.full_steps_due = (
                self._pretraining_epochs * self.vae_training.epochs.batches_per_epoch
            )

    def take_over(self, other: Loop) -> None:
        self.vae_training.take_over(other.vae_training)
        self.mean = self.vae_training.encode_all()
        self.next_mean = self.mean.clone()

    @property
    def decodable_mean(self) -> torch.Tensor:
        return self.mean

    def forces(self, items: torch.Tensor | None, *, reconstruction: bool) -> Forces:
        chosen = torch.arange(len(self.dataset)) if items is None else items
        mean = self.mean[chosen.to(self.device)]
        return vae_forces(
            self.vae_training, mean, chosen, self.labels, reconstruction=reconstruction
        )

    def reshape(self, config: TrainingConfig, n_classes: int) -> None:
        self.config, self.n_classes = config, n_classes
        if self.vae_training.reshape(config, n_classes):
            self.trunk = CachedTrunk(self.vae_training)

    def set_anchors(self, items: torch.Tensor, targets: torch.Tensor) -> None:
        """Equation 1 has no anchors: in this preset a pin has no force."""
        del items, targets

    def turn(self) -> bool:
        self.step += 1
        if self.cached_steps_due:
            return self._cached_turn()
        if self.epoch < self._pretraining_epochs or self.full_steps_due:
            return self._full_turn()
        return self._encode_chunk() if self.stale else False

    def _cached_turn(self) -> bool:
        if not self.trunk.ready:
            self.trunk.fill()
            return False
        self._follow_losses(self.trunk.step(self.trained_labels, self.config, self.generator))
        self.cached_steps_due -= 1
        self._encode_cached()
        if self.cached_steps_due == 0:
            self._measure()
        return True

    def _encode_cached(self) -> None:
        """Encode all items anew, or as many as one turn bears, in a window that moves on from turn to turn."""
        n = len(self.mean)
        self.encoded = 0  # what a pass of whole-network encoding had gathered is out of date
        if n <= ENCODED_PER_TURN:
            self.mean = self.trunk.encode(slice(0, n))
            return
        first = torch.cat([self.priority, torch.nonzero(self.labels != UNLABELED).squeeze(1)])[
            : ENCODED_PER_TURN // 2
        ]
        turn = CACHED_STEPS - self.cached_steps_due
        window = (torch.arange(ENCODED_PER_TURN // 2) + turn * (ENCODED_PER_TURN // 2)) % n
        items = torch.cat([first, window]).to(self.device)
        mean = self.mean.clone()
        mean[items] = self.trunk.encode(items)
        self.mean = mean

    def _follow_losses(self, terms: Mapping[str, float]) -> None:
        for name, now in terms.items():
            before = self.losses.get(name, now)
            self.losses[name] = LOSS_SMOOTHING * before + (1 - LOSS_SMOOTHING) * now

    def _full_turn(self) -> bool:
        terms = self.vae_training.step(self.trained_labels, learning_rate=self._learning_rate)
        if not bool((self.labels != UNLABELED).any()):
            del terms["classification"]
        self._follow_losses(terms)
        self.full_steps_due = max(0, self.full_steps_due - 1)
        self.stale = True
        self.trunk.invalidate()
        return self._encode_chunk() if self.step % STEPS_PER_CHUNK == 0 else False

    @property
    def _learning_rate(self) -> float:
        first = self.epoch < self._pretraining_epochs or self.vae_training.warming_up
        return self.config.learning_rate if first else self.config.interactive_learning_rate

    def _encode_chunk(self) -> bool:
        """Encode the next chunk; a whole pass becomes what is shown."""
        n = len(self.mean)
        rows = slice(self.encoded, min(self.encoded + ENCODE_CHUNK, n))
        self.next_mean[rows] = self.vae_training.encode(rows)
        self.encoded = rows.stop
        if self.encoded < n:
            return False
        self.encoded = 0
        self.mean = self.next_mean.clone()
        self.stale = self.epoch < self._pretraining_epochs or self.full_steps_due > 0
        self._measure()
        return True

    def _measure(self) -> None:
        self.measure_accuracy(self.predictions.prediction)

    @property
    @torch.no_grad()
    def predictions(self) -> ItemPredictions[torch.Tensor]:
        if not bool((self.labels != UNLABELED).any()):
            return no_predictions(len(self.mean), self.device)
        return predictions_from(
            F.softmax(self.vae_training.vae.head(self.mean), dim=1), self.labels
        )

    def tensors(self) -> Tensors:
        tensors = {**self.base_tensors(), **self.vae_training.tensors(), **self.trunk.tensors()}
        return {**tensors, "mean": self.mean, "next_mean": self.next_mean}

    def counters(self) -> dict[str, Any]:
        return {
            **self.base_counters(),
            **self.vae_training.counters(),
            "cached_steps_due": self.cached_steps_due,
            "full_steps_due": self.full_steps_due,
            "encoded": self.encoded,
            "stale": self.stale,
            **self.trunk.counters(),
        }

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self.load_base(tensors, counters)
        self.vae_training.load(tensors, counters)
        self.trunk.load(tensors, counters)
        self.mean = tensors["mean"].clone().to(self.device)
        self.next_mean = tensors["next_mean"].clone().to(self.device)
        for name in ("cached_steps_due", "full_steps_due", "encoded", "stale"):
            setattr(self, name, counters[name])
