"""Training of encoder, decoder and head in the presets with particles."""

from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.layout.particle_map import ParticleMap
from lodespace.models.training.loop_state import LoopState
from lodespace.models.training.tasks.task import Task
from lodespace.models.vae.training import VAETraining

REWEIGHTED_EPOCHS = 3
"""Number of epochs to train after a change of the head or of the loss weights."""


class EncoderTask(Task):
    """Trains encoder, decoder and head. The encoder learns to map each item to the item's particle,
    which is the latent mean that the forces move (layout/particles.py)."""

    short = True

    def __init__(
        self, state: LoopState, vae_training: VAETraining, particle_map: ParticleMap
    ) -> None:
        self._state = state
        self._vae_training = vae_training
        self._map = particle_map
        self._reweighted_steps = 0

    @property
    def first_epochs(self) -> int:
        """Number of epochs of the first training."""
        state = self._state
        if state.epoch_target is not None:
            return state.epoch_target
        return self._vae_training.epochs_for(state.config.encoder_epochs)

    @property
    def first_training(self) -> bool:
        """Whether epochs of the first training are left."""
        return self._vae_training.epoch < self.first_epochs

    @property
    def reweighted(self) -> bool:
        """Whether some of the steps that `train_reweighted` planned are not done yet."""
        return self._reweighted_steps > 0

    def train_reweighted(self) -> None:
        """Plan REWEIGHTED_EPOCHS epochs, after a change of the head or of the loss weights."""
        self._reweighted_steps = REWEIGHTED_EPOCHS * self._vae_training.epochs.batches_per_epoch

    @property
    def _follows_motion(self) -> bool:
        """Whether the encoder trains in this step of the loop because the particles move.

        True in every second step during a motion. False in a bake, which has a fixed number of
        epochs.
        """
        return (
            self._state.epoch_target is None
            and self._map.motion.due > 0
            and self._state.step % 2 == 1
        )

    def due(self) -> bool:
        return self.first_training or self.reweighted or self._follows_motion

    def unit(self) -> bool:
        config = self._state.config
        rate = config.learning_rate if self.first_training else config.interactive_learning_rate
        terms = self._vae_training.step(
            self._state.labels.trained, targets=self._map.latent_mean, learning_rate=rate
        )
        self._state.losses.update(terms)
        # The training changes the encoder's spread, and with it the contraction of the shown map.
        moved = self.reweighted
        done = self._vae_training.batches_per_step
        self._reweighted_steps = max(0, self._reweighted_steps - done)
        return moved

    def counters(self) -> dict[str, Any]:
        return {"encoder_steps_due": self._reweighted_steps}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self._reweighted_steps = counters.get("encoder_steps_due", 0)
