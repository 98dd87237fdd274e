"""Training on the paper's equation 1 at 20 frames per second, with cached trunk activations.

After a change of labels, all layers except the trunk (the first layers of the encoder) are trained
on equation 1. Later, VAETraining trains the whole network. Encoding 5,000 items from the cache
takes 18 ms instead of 214 ms, so the points move while the network trains.
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
from lodespace.models.vae.axis_loss import mean_axis_loss
from lodespace.models.vae.training import ENCODE_CHUNK, LABELLED_BATCH, VAETraining

BATCH = 64
"""Number of random items per batch, from which the reconstruction and KL terms are computed."""
HEAD_RATE = 10.0
"""Learning rate of the head, as a multiple of the learning rate of the layers below the head.

The head learns faster because it starts without training.
"""
WARM_UP_STEPS = 10
"""Number of steps at the start over which the learning rate increases linearly."""


class CachedTrunk:
    """Cached activations of the trunk, and the optimiser of the layers above it."""

    def __init__(self, training: VAETraining) -> None:
        """Start with an empty cache for the networks of `training`."""
        self.training = training
        n = len(training.dataset)
        width = training.vae.encoder.trunk_features
        self.features = torch.empty(n, width, device=training.dataset.device)
        """Activations of the trunk, (N, trunk_features). The first `filled` rows are valid."""
        self.filled = 0
        """Number of items whose activations are in the cache."""
        self.owed = 0
        """Number of items whose activations must be computed again after a state was loaded.

        The cache contained these activations when the state was saved. The value is 0 if no state
        was loaded, and after the activations are computed again.
        """
        self.steps_done = 0
        """Number of steps since `start_optimiser`."""
        self.start_optimiser()

    def start_optimiser(self) -> None:
        """Create new optimisers for the layers after the trunk and for the head, with a warm-up."""
        encoder, decoder = self.training.vae.encoder, self.training.vae.decoder
        layers = (encoder.hidden, encoder.mean, encoder.log_variance, decoder)
        upper = [parameter for layer in layers for parameter in layer.parameters()]
        self.optimiser = adam(upper, 1e-3)
        self.head_optimiser = adam(list(self.training.vae.head.parameters()), 1e-2)
        self.steps_done = 0

    def invalidate(self) -> None:
        """Discard all activations, because the trunk has been trained."""
        self.filled = self.owed = 0

    @property
    def ready(self) -> bool:
        """Whether the activations of all items are in the cache."""
        self._restore_activations()
        return self.filled == len(self.features)

    def _restore_activations(self) -> None:
        """Compute the activations that were in the cache when the loaded state was saved.

        A saved state has no activations, because they can be computed from the weights.
        """
        while self.filled < self.owed:
            self._fill_chunk()
        self.owed = 0

    def fill(self) -> None:
        """Compute the activations of one chunk of items."""
        self._restore_activations()
        self._fill_chunk()

    @torch.no_grad()
    def _fill_chunk(self) -> None:
        rows = slice(self.filled, min(self.filled + ENCODE_CHUNK, len(self.features)))
        self.features[rows] = self.training.vae.encoder.trunk(self.training.dataset.batch(rows))
        self.filled = rows.stop

    def step(self, labels: torch.Tensor, generator: torch.Generator) -> dict[str, float]:
        """Train one step on equation 1, with a class-balanced batch for the classification term.

        Args:
            labels: class of each item, int64 (N,), on the CPU.
            generator: generator on the CPU, which draws the batches.

        Returns:
            Name of a term -> unweighted value; and "total", the weighted sum.
        """
        training, device = self.training, self.features.device
        labelled = class_balanced(labels, LABELLED_BATCH, generator)
        items = torch.randint(len(labels), (BATCH,), generator=generator)
        chosen = torch.cat([items, labelled]).to(device)
        both = self.features[chosen]
        encoded = training.vae.encoder.from_trunk(both)
        objective = training.objective
        _, terms = objective.equation_1(
            training.vae,
            encoded,
            training.dataset.batch(items.to(device)),
            slice(BATCH, None),
            labels[labelled].to(device),
            training.device_generator,
        )
        if training.axes is not None:
            terms["axis"] = mean_axis_loss(encoded[0], training.axes.of(chosen))
        total = objective.weighted_sum(terms)
        rate = training.config.interactive_learning_rate
        warm_up = min(1.0, (self.steps_done + 1) / WARM_UP_STEPS)
        set_learning_rate(self.optimiser, rate * warm_up)
        set_learning_rate(self.head_optimiser, HEAD_RATE * rate * warm_up)
        self.optimiser.zero_grad(set_to_none=True)
        self.head_optimiser.zero_grad(set_to_none=True)
        total.backward()
        self.optimiser.step()
        self.head_optimiser.step()
        self.steps_done += 1
        return {
            **{name: float(term.detach()) for name, term in terms.items()},
            "total": float(total.detach()),
        }

    @torch.no_grad()
    def encode(self, items: slice | torch.Tensor) -> torch.Tensor:
        """Return the latent means (B, D) of `items`, computed from the cached activations."""
        return self.training.vae.encoder.from_trunk(self.features[items])[0]

    def tensors(self) -> Tensors:
        """Return the tensors that `load` needs to continue training."""
        return {
            **adam_tensors("upper_adam", self.optimiser),
            **adam_tensors("head_adam", self.head_optimiser),
        }

    def counters(self) -> dict[str, int]:
        """Return the numbers that `load` needs to continue training."""
        return {"trunk_steps": self.steps_done, "trunk_filled": max(self.filled, self.owed)}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, int]) -> None:
        """Restore what the methods `tensors` and `counters` returned."""
        load_adam("upper_adam", self.optimiser, tensors)
        load_adam("head_adam", self.head_optimiser, tensors)
        self.steps_done = counters["trunk_steps"]
        self.filled, self.owed = 0, counters.get("trunk_filled", 0)
