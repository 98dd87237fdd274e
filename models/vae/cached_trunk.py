"""Retraining at 20 frames a second: the encoder's convolutional trunk is computed once, only what follows it is trained.

A step costs 3 to 6 ms instead of 40, and encoding 5,000 items anew 18 ms instead of 214. Without the decoder nothing holds
unlabelled items in place, so they resist (stiffness); the whole network catches up afterwards.
"""

from collections.abc import Mapping

import torch

from lodespace.models.batches import class_balanced
from lodespace.models.checkpoints.tensors import (
    Tensors,
    adam,
    adam_tensors,
    load_adam,
    set_learning_rate,
)
from lodespace.models.config import TrainingConfig
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.vae.losses import classification_loss
from lodespace.models.vae.training import ENCODE_CHUNK, LABELLED_BATCH, VAETraining

FREE_BATCH = 128
STIFFNESS_WEIGHT = 100.0
"""Weight of the squared displacement of unlabelled items, in spreads, at stiffness 1."""
HEAD_RATE = 10.0
"""The head learns this much faster than the layers under it: it starts from nothing."""
WARM_UP_STEPS = 10


class CachedTrunk:
    """Trunk activations (N, trunk_features), filled chunk by chunk, and the optimiser of the layers above them."""

    def __init__(self, training: VAETraining) -> None:
        self.training = training
        n = len(training.dataset)
        width = training.vae.encoder.trunk_features
        self.features = torch.empty(n, width, device=training.dataset.device)
        self.filled = 0
        self.owed = 0
        self.reference: torch.Tensor | None = None
        self.steps_done = 0
        self.start_optimiser()

    def start_optimiser(self) -> None:
        """Adam for the layers after the trunk and the head; after this, steps warm up again."""
        encoder = self.training.vae.encoder
        upper = [*encoder.hidden.parameters(), *encoder.mean.parameters()]
        self.optimiser = adam(upper, 1e-3)
        self.head_optimiser = adam(list(self.training.vae.head.parameters()), 1e-2)
        self.steps_done = 0

    def invalidate(self) -> None:
        """The trunk has been trained: its activations are stale."""
        self.filled = self.owed = 0
        self.reference = None

    @property
    def ready(self) -> bool:
        self._pay()
        return self.filled == len(self.features)

    def _pay(self) -> None:
        """What had been filled when this state was saved: the activations follow from the weights, so they are not saved themselves."""
        while self.filled < self.owed:
            self._fill_chunk()
        self.owed = 0

    def fill(self) -> None:
        """One chunk of items."""
        self._pay()
        self._fill_chunk()

    @torch.no_grad()
    def _fill_chunk(self) -> None:
        rows = slice(self.filled, min(self.filled + ENCODE_CHUNK, len(self.features)))
        self.features[rows] = self.training.vae.encoder.trunk(self.training.dataset.batch(rows))
        self.filled = rows.stop

    def hold(self, latent_mean: torch.Tensor) -> None:
        """Unlabelled items resist leaving `latent_mean` (N, D)."""
        self.reference = latent_mean.clone()

    def step(
        self, labels: torch.Tensor, config: TrainingConfig, generator: torch.Generator
    ) -> dict[str, float]:
        """One step on a class-balanced labelled batch, with unlabelled items held. labels int64 (N,) on the CPU."""
        encoder, head = self.training.vae.encoder, self.training.vae.head
        device = self.features.device
        labelled = class_balanced(labels, LABELLED_BATCH, generator)
        free = torch.randint(len(labels), (FREE_BATCH,), generator=generator)
        free = free[labels[free] == UNLABELED]
        mean, _ = encoder.from_trunk(self.features[torch.cat([labelled, free]).to(device)])
        classification = classification_loss(
            head(mean[: len(labelled)]), labels[labelled].to(device)
        )
        anchor = mean.new_zeros(())
        if self.reference is not None and len(free):
            spread = self.reference.std(dim=0).mean().clamp_min(1e-6)
            moved = (mean[len(labelled) :] - self.reference[free.to(device)]) / spread
            anchor = moved.square().sum(dim=1).mean()
        total = (
            config.weights.beta_classifier * classification
            + STIFFNESS_WEIGHT * config.stiffness * anchor
        )
        warm_up = min(1.0, (self.steps_done + 1) / WARM_UP_STEPS)
        set_learning_rate(self.optimiser, config.interactive_learning_rate * warm_up)
        set_learning_rate(
            self.head_optimiser, HEAD_RATE * config.interactive_learning_rate * warm_up
        )
        self.optimiser.zero_grad(set_to_none=True)
        self.head_optimiser.zero_grad(set_to_none=True)
        total.backward()
        self.optimiser.step()
        self.head_optimiser.step()
        self.steps_done += 1
        return {"classification": float(classification.detach()), "anchor": float(anchor.detach())}

    @torch.no_grad()
    def encode(self, items: slice | torch.Tensor) -> torch.Tensor:
        """Latent means (B, D) of some items, through the cached activations."""
        return self.training.vae.encoder.from_trunk(self.features[items])[0]

    def tensors(self) -> Tensors:
        tensors = {
            **adam_tensors("upper_adam", self.optimiser),
            **adam_tensors("head_adam", self.head_optimiser),
        }
        return tensors if self.reference is None else {**tensors, "held": self.reference}

    def counters(self) -> dict[str, int]:
        return {"trunk_steps": self.steps_done, "trunk_filled": max(self.filled, self.owed)}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, int]) -> None:
        load_adam("upper_adam", self.optimiser, tensors)
        load_adam("head_adam", self.head_optimiser, tensors)
        self.steps_done = counters["trunk_steps"]
        self.filled, self.owed = 0, counters.get("trunk_filled", 0)
        self.reference = (
            tensors["held"].clone().to(self.features.device) if "held" in tensors else None
        )
