"""Predictions of the items as clients see them, and when each prediction changed last."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.models.item_predictions import ItemPredictions
from lodespace.protocol import UNLABELED
from lodespace.session.events import ClassIds, Items
from lodespace.session.uncertainty import UncertaintyTracker


class ItemScores:
    """Prediction, confidence and uncertainty of N items.

    `prediction`, int16 (N,), is UNLABELED for an item without a prediction. `confidence`, uint8
    (N,), is the probability of the predicted class, and 255 stands for the probability 1. `version`
    counts the frames that changed `prediction` or `confidence`.
    """

    def __init__(self, n: int) -> None:
        self.prediction: ClassIds = np.full(n, UNLABELED, np.int16)
        self.confidence = np.zeros(n, np.uint8)
        self.version = 0
        self.uncertainty = UncertaintyTracker(n)
        self._changed_at = np.zeros(n, np.int64)

    def grow(self, n: int) -> None:
        """Continue with `n` items. The added items, which are the last ones, have no prediction."""
        more = n - len(self.prediction)
        self.prediction = np.pad(self.prediction, (0, more), constant_values=UNLABELED)
        self.confidence = np.pad(self.confidence, (0, more))
        self._changed_at = np.pad(self._changed_at, (0, more))
        self.version += 1
        self.uncertainty.grow(n)

    @property
    def probability(self) -> npt.NDArray[np.float32]:
        """Probability of the predicted class (N,), 0 to 1."""
        return (self.confidence / 255).astype(np.float32)

    def publish(self, predictions: ItemPredictions[npt.NDArray[Any]], labels: ClassIds) -> None:
        """Store the predictions (N,) of a frame. `labels` (N,) are the current labels."""
        prediction = predictions.prediction
        confidence = np.rint(np.nan_to_num(predictions.confidence) * 255).clip(0, 255)
        confidence = np.where(prediction == UNLABELED, 0, confidence).astype(np.uint8)
        changed = (prediction != self.prediction) | (confidence != self.confidence)
        if changed.any():
            self.version += 1
            self._changed_at[changed] = self.version
            self.prediction = prediction.copy()
            self.confidence = confidence
        elif self.uncertainty.is_repeat(predictions.margin, predictions.doubt):
            return
        shown = predictions._replace(prediction=self.prediction, confidence=self.probability)
        self.uncertainty.update(shown, labels)

    def since(self, version: int) -> Items:
        """Return the items (K,), ascending, with a new prediction or confidence since `version`."""
        return np.flatnonzero(self._changed_at > version).astype(np.uint32)

    def on_relabel(self, items: Items, labels: ClassIds) -> None:
        """Update the doubt of `items` (K,), whose new labels are `labels` (K,)."""
        self.uncertainty.on_relabel(
            items,
            labels=labels,
            prediction=self.prediction[items],
            confidence=(self.confidence[items] / 255).astype(np.float32),
        )
