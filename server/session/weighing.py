"""Labels by the label model, for the setting `labels_by: model`.

The votes of people and rules are weighed, and the most probable class is the label of an item.
Verified labels stay, and items without votes keep their newest label.
"""

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED
from lodespace.rules.results import LabelModel

CERTAIN = 255
"""Certainty of a label whose probability is 1, or is not estimated."""


class Weighing:
    """Labels of N items by the label model; none while the setting is "newest"."""

    def __init__(self, n: int) -> None:
        self.on = False
        """Whether labels follow from the label model."""
        self.label = np.full(n, UNLABELED, np.int16)
        """Most probable class (N,); UNLABELED for an item without votes."""
        self.certainty = np.full(n, CERTAIN, np.uint8)
        """Probability of this class (N,), 255 for 1."""

    def grow(self, n: int) -> None:
        """Continue with `n` items."""
        more = n - len(self.label)
        self.label = np.pad(self.label, (0, more), constant_values=UNLABELED)
        self.certainty = np.pad(self.certainty, (0, more), constant_values=CERTAIN)

    def take(self, model: LabelModel | None, *, on: bool) -> None:
        """Continue with the labels of `model`; with the newest labels if it is None.

        Arrays that were read before do not change.

        Args:
            model: Label model of the first items.
            on: Whether votes are weighed, by the settings.
        """
        self.on = on
        n = len(self.label)
        self.label = np.full(n, UNLABELED, np.int16)
        self.certainty = np.full(n, CERTAIN, np.uint8)
        if model is not None:
            classes, sure = model.labels()
            found = np.rint(sure * CERTAIN).clip(1, CERTAIN).astype(np.uint8)
            self.label[: len(classes)] = classes
            self.certainty[: len(classes)] = np.where(classes == UNLABELED, CERTAIN, found)

    def wins(
        self, verified: npt.NDArray[np.bool_], items: "npt.NDArray[np.integer] | slice"
    ) -> npt.NDArray[np.bool_]:
        """Return for each of `items` (K,) whether the label model gives its label.

        `verified` (K,) states whether a person looked at the item.
        """
        return (self.label[items] != UNLABELED) & ~verified
