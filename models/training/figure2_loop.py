"""The loop of the preset `figure2`: the schedule of the paper's experiments (section 4, figure 2).

The variational autoencoder is trained without labels first. Then the whole network is trained on
equation 1 with all labels, for a number of epochs after each change of labels. Unlike in the preset
`paper`, batches are not balanced by class, no layers are trained separately, and no labels are held
out.
"""

from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.classification.decisions import no_predictions
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.item_predictions import UNLABELED, ItemPredictions
from lodespace.models.training.paper_loop import PaperLoop


class Figure2Loop(PaperLoop):
    """Trains on equation 1 without labels, then with all labels."""

    def __init__(self, dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> None:
        super().__init__(dataset, config, n_classes, seed)
        self._labelled_from_start = False
        """Whether there were labels before the epochs without labels ended. If so, `progress` also
        counts the epochs with labels.
        """

    def plan_epochs(self, epochs: int) -> None:
        """Train for `epochs` further epochs with the current labels."""
        self._full_steps_due += self._steps(epochs)

    @property
    def _pretraining_epochs(self) -> int:
        """Number of epochs without labels, from the configuration. A bake has the same number."""
        return self.config.pretraining_epochs

    @property
    def progress(self) -> float:
        epochs = self._pretraining_epochs
        if self._labelled_from_start:
            epochs += self._retraining_epochs
        return min(1.0, self.vae_training.epoch / epochs)

    @property
    def _retraining_epochs(self) -> int:
        return self.config.labelled_epochs

    @property
    @torch.no_grad()
    def predictions(self) -> ItemPredictions[torch.Tensor]:
        # The head is added after the training without labels.
        if self._pretraining:
            return no_predictions(len(self._mean), self.device)
        return super().predictions

    def _full_turn(self) -> bool:
        before_labels, due = self._pretraining, self._full_steps_due
        moved = super()._full_turn()
        if before_labels:
            self._full_steps_due = due
        return moved

    def _train_full(self) -> dict[str, float]:
        given = self.state.labels.given
        if self._pretraining:
            given = torch.full_like(given, UNLABELED)
        labelled = bool((given != UNLABELED).any())
        # Without labels, the batch for the classification term must be empty. It is empty only if
        # it is drawn from the labelled items (`balanced`). With another batch, Adam would count
        # steps of the head with a gradient of 0, and the first steps with labels would be three
        # times as long.
        terms = self.vae_training.step(
            given, balanced=not labelled, learning_rate=self._learning_rate
        )
        if not labelled:
            del terms["classification"]
        return terms

    def _labels_changed(self) -> None:
        any_labels = self.state.labels.any
        if self._pretraining:
            self._labelled_from_start = any_labels
        if not any_labels:
            self.state.losses.pop("classification", None)
        planned = any_labels or not self._pretraining
        self._full_steps_due = self._steps(self._retraining_epochs) if planned else 0

    @property
    def _head_due(self) -> bool:
        """Whether the head has to be fitted on its own. Always False, because the paper never fits
        the head on its own."""
        return False

    def _measure(self) -> None:
        """Do nothing, because no labels are held out, so there is no accuracy to measure."""

    def _own_counters(self) -> dict[str, Any]:
        return {**super()._own_counters(), "labelled_from_start": self._labelled_from_start}

    def _load_own(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        super()._load_own(tensors, counters)
        self._labelled_from_start = counters["labelled_from_start"]
