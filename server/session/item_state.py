"""State of all items at one moment, for contact sheets, cues, quality and suggestions."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED


class ItemState(NamedTuple):
    """Labels, predictions and positions of N items.

    The arrays are not modified afterwards, so that another thread may read them.
    """

    labels: npt.NDArray[np.int16]
    """Class of each item (N,); UNLABELED without a label."""
    verified: npt.NDArray[np.bool_]
    """Whether the annotator looked at the item when it got its label (N,)."""
    prediction: npt.NDArray[np.int16]
    """Predicted class (N,); UNLABELED where nothing is predicted."""
    confidence: npt.NDArray[np.float32]
    """Probability of the predicted class (N,), 0 to 1."""
    margin: npt.NDArray[np.float32]
    """Probability of the predicted class minus that of the second most probable class (N,)."""
    doubt: npt.NDArray[np.float32]
    """Probability that `standing`, the label or else the prediction, is wrong (N,)."""
    locked: npt.NDArray[np.bool_]
    """Whether the class in `standing` is locked (N,)."""
    positions: npt.NDArray[np.int32]
    """Grid positions (N, D). A step of the grid has the same length along all axes."""

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
        """Class of the item (N,): its label, or its prediction if it has no label."""
        return np.where(self.labelled, self.labels, self.prediction)
