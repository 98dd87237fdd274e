"""Margins and doubts as far as they are known, for the labels of now: the trainer's are of a moment ago, and a bake holds none."""

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED

Floats = npt.NDArray[np.float32]
Classes = npt.NDArray[np.int16]


def least_margin(confidence: Floats) -> Floats:
    """The least margin (N,) that a prediction of `confidence` (N,) can have: the rest may all be the next class's."""
    return np.maximum(2 * confidence - 1, 0).astype(np.float32)


def least_doubt(labels: Classes, prediction: Classes, confidence: Floats) -> Floats:
    """The least doubt (N,) that goes with labels and predictions (N,) of `confidence` (N,), from which the other classes' are not known.

    What stands is predicted, too: 1 - confidence. Another class is predicted: the label has at most what that one leaves, and is no
    likelier than it. 1 for an item that has neither label nor prediction, and for a label where nothing is predicted.
    """
    same = (labels == UNLABELED) | (labels == prediction)
    doubt = np.where(same, 1 - confidence, np.maximum(confidence, 1 - confidence))
    return np.where(prediction == UNLABELED, 1, doubt).astype(np.float32)


def _equal(a: Floats | None, b: Floats | None) -> bool:
    return a is b if a is None or b is None else np.array_equal(a, b)


class Doubts:
    """margin, doubt float32 (N,), as in Judgement. `version` counts their changes."""

    def __init__(self, n: int) -> None:
        self.margin: Floats = np.zeros(n, np.float32)
        self.doubt: Floats = np.ones(n, np.float32)
        self.version = 0
        self._told: Floats | None = None
        self._heard: tuple[Floats | None, Floats | None] | None = None
        self._stale = np.zeros(n, np.bool_)

    def heard(self, margin: Floats | None, doubt: Floats | None) -> bool:
        """Whether the trainer has said just this before: most of its frames move points alone."""
        return self._heard is not None and all(map(_equal, (margin, doubt), self._heard))

    def take(
        self,
        margin: Floats | None,
        doubt: Floats | None,
        *,
        labels: Classes,
        prediction: Classes,
        confidence: Floats,
    ) -> None:
        """What the trainer says (N,), or None where only predictions and their confidence (N,) are known.

        A doubt that is to the bit what it was before the item got another label is about the label of then.
        """
        self._heard = margin, doubt
        likely = least_doubt(labels, prediction, confidence)
        told = None if doubt is None else np.nan_to_num(doubt, nan=1.0).clip(0, 1)
        if told is None:
            self._stale[:] = False
            now = likely
        else:
            self._stale &= np.zeros_like(self._stale) if self._told is None else told == self._told
            nothing = (prediction == UNLABELED) & (labels == UNLABELED)
            now = np.where(self._stale | nothing, likely, told)
        wide = least_margin(confidence) if margin is None else np.nan_to_num(margin).clip(0, 1)
        wide = np.where(prediction == UNLABELED, 0, wide).astype(np.float32)
        self._told = told
        if not (np.array_equal(now, self.doubt) and np.array_equal(wide, self.margin)):
            self.doubt, self.margin = now, wide
            self.version += 1

    def relabelled(
        self,
        items: npt.NDArray[np.uint32],
        *,
        labels: Classes,
        prediction: Classes,
        confidence: Floats,
    ) -> None:
        """`items` (K,) have other labels now: `labels` (K,); prediction and confidence (K,) are theirs, too."""
        if len(items) == 0:
            return
        self.doubt = self.doubt.copy()  # others may be reading the one of before
        self.doubt[items] = least_doubt(labels, prediction, confidence)
        self._stale[items] = True
        self.version += 1
