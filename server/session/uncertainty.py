"""Margin and doubt per item (as in ItemState), kept consistent with the current labels.

The trainer computes both values, but they lag behind the labels by one frame. A bake does not store
them. Missing or outdated values are replaced by lower bounds.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.models.item_predictions import ItemPredictions
from lodespace.protocol import UNLABELED
from lodespace.session.events import Items

Floats = npt.NDArray[np.float32]
Classes = npt.NDArray[np.int16]


def margin_lower_bound(confidence: Floats) -> Floats:
    """Return the smallest margin (N,) that predictions of `confidence` (N,) can have.

    The margin is smallest when all remaining probability belongs to the second most probable class.
    """
    return np.maximum(2 * confidence - 1, 0).astype(np.float32)


def doubt_lower_bound(labels: Classes, prediction: Classes, confidence: Floats) -> Floats:
    """Return the smallest possible doubt (N,) for `labels`, `prediction` and `confidence` (N,).

    If the item has no label, or its label is the predicted class, the doubt is 1 - confidence. If
    the label is another class, the doubt is at least the larger of confidence and 1 - confidence,
    because the probability of the label is at most the smaller of these two. If nothing is
    predicted, the doubt is 1.
    """
    same = (labels == UNLABELED) | (labels == prediction)
    doubt = np.where(same, 1 - confidence, np.maximum(confidence, 1 - confidence))
    return np.where(prediction == UNLABELED, 1, doubt).astype(np.float32)


def _equal(a: Floats | None, b: Floats | None) -> bool:
    return a is b if a is None or b is None else np.array_equal(a, b)


class UncertaintyTracker:
    """`margin` and `doubt` of N items, as in ItemState. `version` counts the changes of both."""

    def __init__(self, n: int) -> None:
        self.margin: Floats = np.zeros(n, np.float32)
        self.doubt: Floats = np.ones(n, np.float32)
        self.version = 0
        self._received: tuple[Floats | None, Floats | None] | None = None
        self._last_doubt: Floats | None = None
        self._stale = np.zeros(n, np.bool_)

    def grow(self, n: int) -> None:
        """Continue with `n` items. The added items, which are the last ones, have the doubt 1."""
        more = n - len(self.margin)
        self.margin = np.pad(self.margin, (0, more))
        self.doubt = np.pad(self.doubt, (0, more), constant_values=1)
        self._stale = np.pad(self._stale, (0, more))
        self._received = self._last_doubt = None
        self.version += 1

    def is_repeat(self, margin: Floats | None, doubt: Floats | None) -> bool:
        """Return whether margin and doubt equal those of the previous frame."""
        return self._received is not None and all(map(_equal, (margin, doubt), self._received))

    def update(self, predictions: ItemPredictions[npt.NDArray[Any]], labels: Classes) -> None:
        """Store margin and doubt of a frame of the trainer.

        If the doubt of a relabelled item is still exactly the value from before the new label, the
        trainer has not used the new label yet. Such a value is stale, and the lower bound is used
        instead.

        Args:
            predictions: Predictions of the items. Where margin or doubt is None, the lower bound
                is used.
            labels: Current labels (N,).
        """
        prediction, confidence, margin, doubt = predictions
        self._received = margin, doubt
        bound = doubt_lower_bound(labels, prediction, confidence)
        given = None if doubt is None else np.nan_to_num(doubt, nan=1.0).clip(0, 1)
        if given is None:
            self._stale[:] = False
            new_doubt = bound
        else:
            if self._last_doubt is None:
                self._stale[:] = False
            else:
                self._stale &= given == self._last_doubt
            nothing = (prediction == UNLABELED) & (labels == UNLABELED)
            new_doubt = np.where(self._stale | nothing, bound, given)
        self._last_doubt = given
        wide = (
            margin_lower_bound(confidence) if margin is None else np.nan_to_num(margin).clip(0, 1)
        )
        new_margin = np.where(prediction == UNLABELED, 0, wide).astype(np.float32)
        if not (np.array_equal(new_doubt, self.doubt) and np.array_equal(new_margin, self.margin)):
            self.doubt, self.margin = new_doubt, new_margin
            self.version += 1

    def on_relabel(
        self, items: Items, *, labels: Classes, prediction: Classes, confidence: Floats
    ) -> None:
        """Set the doubt of relabelled items to its lower bound.

        Args:
            items: The relabelled items (K,).
            labels: New labels of these items (K,).
            prediction: Predicted classes of these items (K,).
            confidence: Probabilities of the predicted classes (K,).
        """
        if len(items) == 0:
            return
        self.doubt = self.doubt.copy()  # another thread may be reading the previous array
        self.doubt[items] = doubt_lower_bound(labels, prediction, confidence)
        self._stale[items] = True
        self.version += 1
