"""State of all items at one moment, for contact sheets, cues, quality and suggestions."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED


class ItemState(NamedTuple):
    """Labels, predictions and positions of N items. The arrays do not change any more: another
    thread may read them."""

    labels: npt.NDArray[np.int16]
    """Class of each item (N,); UNLABELED without a label."""
    verified: npt.NDArray[np.bool_]
    """Whether the label comes from a gesture that looked at the item (N,)."""
    prediction: npt.NDArray[np.int16]
    """Predicted class (N,); UNLABELED where nothing is predicted."""
    confidence: npt.NDArray[np.float32]
    """Probability of the predicted class (N,), 0 to 1."""
    margin: npt.NDArray[np.float32]
    """Probability of the predicted class minus that of the next class (N,)."""
    doubt: npt.NDArray[np.float32]
    """Probability that the label, or else the prediction, is wrong (N,)."""
    locked: npt.NDArray[np.bool_]
    """Whether the item counts as a locked class (N,)."""
    positions: npt.NDArray[np.int32]
    """Positions (N, D) in steps of the grid, which are the same along all axes."""

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """Whether the item has a label (N,)."""
        return self.labels != UNLABELED

    @property
    def predicted(self) -> npt.NDArray[np.bool_]:
        """Whether a class is predicted for the item (N,)."""
        return self.prediction != UNLABELED

    @property
    def standing(self) -> npt.NDArray[np.int16]:
        """Class that the item counts as (N,): its label, or else its prediction."""
        return np.where(self.labelled, self.labels, self.prediction)
