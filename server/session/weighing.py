"""Labels by the label model, for the setting `labels_by: model`.

The votes of people and rules are weighed, and the most probable class is the label of an item.
Verified labels stay, and items without votes keep their newest label.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED
from lodespace.rules.label_model import fit
from lodespace.rules.votes import Source, Votes

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

    def clear(self, *, on: bool) -> None:
        """Continue with the newest labels. `on`: whether votes can be weighed later."""
        self.on = on
        self.label = np.full_like(self.label, UNLABELED)
        self.certainty = np.full_like(self.certainty, CERTAIN)

    def fit(self, votes: Votes, sources: Sequence[Source], n_classes: int) -> None:
        """Weigh the votes of `sources`. Arrays that were read before do not change."""
        self.on = True
        model = fit(votes, sources, len(self.label), max(1, n_classes))
        classes, sure = model.labels()
        self.label = classes.astype(np.int16)
        found = np.rint(sure * CERTAIN).clip(1, CERTAIN).astype(np.uint8)
        self.certainty = np.where(classes == UNLABELED, CERTAIN, found).astype(np.uint8)

    def wins(
        self, verified: npt.NDArray[np.bool_], items: "npt.NDArray[np.integer] | slice"
    ) -> npt.NDArray[np.bool_]:
        """Return for each of `items` (K,) whether the label model gives its label.

        `verified` (K,) states whether a person looked at the item.
        """
        return (self.label[items] != UNLABELED) & ~verified
