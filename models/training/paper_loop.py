"""The loop of the preset `paper`: trains on equation 1 and shows the encoder's means.

Pretraining needs no labels. After a change of labels, the loop first trains all layers except the
convolutional trunk of the encoder, so that the points move at once (cached_trunk.py). Then the loop
trains the whole network for some epochs, and finally the head alone until its loss no longer
decreases. Each of these steps minimises equation 1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.decisions import no_predictions, predictions_from
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.item_predictions import UNLABELED, ItemPredictions
from lodespace.models.snapshot import Phase
from lodespace.models.training.accuracy import measure_accuracy
from lodespace.models.training.axis_choice import chosen_axes
from lodespace.models.training.force_readout import Forces, vae_forces
from lodespace.models.training.loop import Loop
from lodespace.models.training.tasks.head import HeadTargets, HeadTask, label_targets
from lodespace.models.vae.axis_loss import AxisTargets
from lodespace.models.vae.cached_trunk import CachedTrunk
from lodespace.models.vae.collapse import collapsed_dimensions
from lodespace.models.vae.training import ENCODE_CHUNK

CACHED_STEPS = 120
"""Number of training steps on cached activations after a change of labels.

All layers except the trunk are trained in these steps, and the points move for some seconds.
"""
FULL_EPOCHS = 8
"""Number of epochs for which the whole network trains after the CACHED_STEPS.

With 1,000 labelled digits, the accuracy of the head on all digits is 0.90 after CACHED_STEPS and
FULL_EPOCHS. With 3 instead of 8 epochs, the accuracy is 0.70.
"""
ENCODED_PER_TURN = 16_384
"""Maximum number of items that one call of `turn` encodes from cached activations, in about 20 ms.

In a larger data set, the items that a person looks at or has labelled come first. They fill up to
half of this number.
"""
AXIS_PRECISION = 100.0
"""Stiffness of a known value on a named axis, in latent units: the precision of a Gaussian with
deviation 0.1."""
LOSS_SMOOTHING = 0.9
"""Weight of the previous value in the moving average of a loss. One batch alone is too noisy."""
STEPS_PER_CHUNK = 3
"""Number of training steps of the whole network after which the next chunk of items is encoded."""


class PaperLoop(Loop):
    """Trains the VAE with the classification head, and shows the encoder's means."""

    def __init__(self, dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> None:
        super().__init__(dataset, config, n_classes, seed)
        self._trunk = CachedTrunk(self.vae_training)
        self._mean = self.vae_training.encode_all()
        self._next_mean = self._mean.clone()
        self._encoded = 0
        self._cached_steps_due = 0
        self._full_steps_due = 0
        self._stale = False
        self._head = HeadTask(
            self.state, self.vae_training, self._head_targets, lambda: self.predictions.prediction
        )

    def _head_targets(self) -> HeadTargets:
        return label_targets(self.state.labels.trained, self.state.n_classes, self.device)

    def turn(self) -> bool:
        self.state.step += 1
        if self._cached_steps_due:
            return self._cached_turn()
        if self._pretraining or self._full_steps_due:
            return self._full_turn()
        if self._stale:
            return self._encode_chunk()
        return self._head_due and self._head.unit()

    # Output -----------------------------------------------------------------------------------

    @property
    def latent_mean(self) -> torch.Tensor:
        return self._mean

    @property
    def decodable_mean(self) -> torch.Tensor:
        return self._mean

    @property
    def _pretraining_epochs(self) -> int:
        if self.state.epoch_target is not None:
            return self.state.epoch_target
        return self.vae_training.epochs_for(self.config.pretraining_epochs)

    @property
    def _pretraining(self) -> bool:
        return self.vae_training.epoch < self._pretraining_epochs

    @property
    def phase(self) -> Phase:
        if self._cached_steps_due:
            return "interactive"
        if self._pretraining:
            return "pretraining"
        return "resting" if self.resting else "interactive"

    @property
    def progress(self) -> float:
        return min(1.0, self.vae_training.epoch / max(1, self._pretraining_epochs))

    @property
    def resting(self) -> bool:
        busy = self._cached_steps_due or self._full_steps_due or self._stale
        return not self._pretraining and not busy and not self._head_due

    @property
    def _head_due(self) -> bool:
        """Whether the head has to be fitted alone, without the other layers."""
        return self._head.due()

    @property
    @torch.no_grad()
    def predictions(self) -> ItemPredictions[torch.Tensor]:
        if not self.state.labels.any:
            return no_predictions(len(self._mean), self.device)
        probabilities = F.softmax(self.vae_training.vae.head(self._mean), dim=1)
        return predictions_from(probabilities, self.state.labels.classes)

    def forces(self, items: torch.Tensor | None, *, reconstruction: bool) -> Forces:
        chosen = torch.arange(len(self.dataset)) if items is None else items
        mean = self._mean[chosen.to(self.device)]
        labels = self.state.labels.classes
        return vae_forces(self.vae_training, mean, chosen, labels, reconstruction=reconstruction)

    # Commands ---------------------------------------------------------------------------------

    def set_anchors(self, items: torch.Tensor, targets: torch.Tensor) -> None:
        """Do nothing: equation 1 has no anchors, so a pin has no force in this preset."""
        del items, targets

    def put_back(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> bool:
        del tensors, counters
        return False

    def items_added(self, first: int) -> None:
        mean = self.vae_training.encode_rows(slice(first, len(self._mean)))
        self._mean[first:] = self._next_mean[first:] = mean

    def _labels_changed(self) -> None:
        """Plan training steps on cached activations, then epochs of the whole network.

        If no item has a label, plan only epochs of the whole network. These epochs train on
        equation 1 without the classification term.
        """
        if self.state.labels.any:
            self._cached_steps_due = CACHED_STEPS
        else:
            self._cached_steps_due = 0
            self.state.losses.pop("classification", None)
        self._head.request()
        self._full_steps_due = self._steps(self._retraining_epochs)

    def _labels_repeated(self) -> None:
        """Do nothing when a person only accepts predictions.

        Doubts need no update, because `predictions` computes them from the current labels.
        """

    @property
    def _retraining_epochs(self) -> int:
        """Number of epochs of the whole network after a change of labels or weights."""
        return FULL_EPOCHS

    def _axes_changed(self) -> None:
        """Train the encoder on the known values that are not hidden from training.

        The encoder predicts the values of the other items, as in Paige and others (2017).
        """
        axes = self.state.axes
        given = axes.trained.to(self.device)
        known = AXIS_PRECISION * (~given.isnan()).float()
        values, position = given.nan_to_num(0.0), self._mean - self._mean.mean(dim=0)
        old = self.vae_training.axes
        self.vae_training.axes = chosen_axes(axes, position, values, known, old)
        self.state.losses.pop("axis", None)
        self._labels_changed()

    @property
    def axes(self) -> AxisTargets | None:
        return self.vae_training.axes

    @property
    def axis_left_out(self) -> Sequence[tuple[int, float]]:
        return ()

    def _steps(self, epochs: int) -> int:
        return epochs * self.vae_training.epochs.batches_per_epoch

    def _class_count_changed(self) -> None:
        self._trunk.start_optimiser()
        self._head.request()

    def _configuration_changed(self, old: TrainingConfig) -> None:
        new = self.config
        if new.latent_dim != old.latent_dim or new.hidden_layers != old.hidden_layers:
            self._trunk = CachedTrunk(self.vae_training)
        if new.latent_dim != old.latent_dim:
            self._encode_again()
            self._encoded = 0
            if self.state.axes.dimensions:
                self._axes_changed()
        if new.weights != old.weights:
            self._full_steps_due = self._steps(self._retraining_epochs)
        weaker = new.weights.beta_kl < old.weights.beta_kl
        if weaker and collapsed_dimensions(self.vae_training.kl):
            self.vae_training.revive()
            self._trunk.start_optimiser()
            self._full_steps_due = self._steps(self._pretraining_epochs)

    def _map_taken_over(self, other: Loop) -> None:
        del other
        self._encode_again()

    def _encode_again(self) -> None:
        self._mean = self.vae_training.encode_all()
        self._next_mean = self._mean.clone()

    # Work -------------------------------------------------------------------------------------

    def _cached_turn(self) -> bool:
        if not self._trunk.ready:
            self._trunk.fill()
            return False
        state = self.state
        self._smooth_losses(self._trunk.step(state.labels.trained, state.generator))
        self._cached_steps_due -= 1
        self._encode_cached()
        if self._cached_steps_due == 0:
            self._measure()
        return True

    def _encode_cached(self) -> None:
        """Encode all items from cached activations.

        In a large data set, one call encodes only ENCODED_PER_TURN items. Half of these items are
        in view or labelled. The other half is a window of items, which moves through the data set
        from call to call.
        """
        n = len(self._mean)
        self._encoded = 0  # Discards the chunks that `_encode_chunk` has encoded so far.
        if n <= ENCODED_PER_TURN:
            self._mean = self._trunk.encode(slice(0, n))
            return
        labelled = torch.nonzero(self.state.labels.classes != UNLABELED).squeeze(1)
        first = torch.cat([self.state.priority, labelled])[: ENCODED_PER_TURN // 2]
        turn = CACHED_STEPS - self._cached_steps_due
        window = (torch.arange(ENCODED_PER_TURN // 2) + turn * (ENCODED_PER_TURN // 2)) % n
        items = torch.cat([first, window]).to(self.device)
        mean = self._mean.clone()
        mean[items] = self._trunk.encode(items)
        self._mean = mean

    def _smooth_losses(self, terms: Mapping[str, float]) -> None:
        losses = self.state.losses
        for name, now in terms.items():
            before = losses.get(name, now)
            losses[name] = LOSS_SMOOTHING * before + (1 - LOSS_SMOOTHING) * now

    def _full_turn(self) -> bool:
        self._smooth_losses(self._train_full())
        done = self.vae_training.batches_per_step
        self._full_steps_due = max(0, self._full_steps_due - done)
        self._stale = True
        self._trunk.invalidate()
        return self._encode_chunk() if self.step % STEPS_PER_CHUNK == 0 else False

    def _train_full(self) -> dict[str, float]:
        """Train the whole network on one batch. Return the values of the terms by name."""
        labels = self.state.labels
        terms = self.vae_training.step(labels.trained, learning_rate=self._learning_rate)
        if not labels.any:
            del terms["classification"]
        return terms

    @property
    def _learning_rate(self) -> float:
        first = self._pretraining or self.vae_training.warming_up
        return self.config.learning_rate if first else self.config.interactive_learning_rate

    def _encode_chunk(self) -> bool:
        """Encode the next chunk of items. After the last chunk, show the means.

        Return whether this was the last chunk.
        """
        n = len(self._mean)
        count = ENCODE_CHUNK * self.vae_training.batches_per_step
        rows = slice(self._encoded, min(self._encoded + count, n))
        self._next_mean[rows] = self.vae_training.encode_rows(rows)
        self._encoded = rows.stop
        if self._encoded < n:
            return False
        self._encoded = 0
        self._mean = self._next_mean.clone()
        self._stale = self._pretraining or self._full_steps_due > 0
        self._measure()
        return True

    def _measure(self) -> None:
        measure_accuracy(self.state, self.vae_training, self.predictions.prediction)

    # Checkpoints ------------------------------------------------------------------------------

    def _reshaped(self, *, new_layers: bool) -> None:
        if new_layers:
            self._trunk = CachedTrunk(self.vae_training)

    def _own_tensors(self) -> Tensors:
        own = {"mean": self._mean, "next_mean": self._next_mean}
        if self.vae_training.axes is not None:
            own |= self.vae_training.axes.tensors()
        return {**self._trunk.tensors(), **self._head.tensors(), **own}

    def _own_counters(self) -> dict[str, Any]:
        return {
            "cached_steps_due": self._cached_steps_due,
            "full_steps_due": self._full_steps_due,
            "encoded": self._encoded,
            "stale": self._stale,
            **self._trunk.counters(),
            **self._head.counters(),
        }

    def _load_own(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self._trunk.load(tensors, counters)
        self._mean = tensors["mean"].clone().to(self.device)
        self._next_mean = tensors["next_mean"].clone().to(self.device)
        self._cached_steps_due = counters["cached_steps_due"]
        self._full_steps_due = counters["full_steps_due"]
        self._encoded = counters["encoded"]
        self._stale = counters["stale"]
        self._head.load(tensors, counters)
        self.vae_training.axes = AxisTargets.load(tensors, self.device)
