"""State of all items at one moment, for contact sheets, cues, quality and suggestions."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED


class ItemState(NamedTuple):
    """Labels, predictions and positions of N items.

    The arrays are never modified, so another thread may read them.
    """

    labels: npt.NDArray[np.int16]
    """Class of each item (N,); UNLABELED for an item without a label."""
    verified: npt.NDArray[np.bool_]
    """Whether the annotator looked at the item when the item was labelled (N,)."""
    accepted: npt.NDArray[np.bool_]
    """Whether the label of the item is an accepted prediction (N,). Such a label has no more
    information than the prediction."""
    given: npt.NDArray[np.bool_]
    """Whether the label of the item came with the data, or by an import of labels (N,)."""
    prediction: npt.NDArray[np.int16]
    """Predicted class (N,); UNLABELED where nothing is predicted."""
    confidence: npt.NDArray[np.float32]
    """Probability of the predicted class (N,), 0 to 1."""
    margin: npt.NDArray[np.float32]
    """Difference between the probabilities of the two most probable classes (N,)."""
    doubt: npt.NDArray[np.float32]
    """Probability that the label of the item is wrong (N,).

    For an item without a label, this is the probability that the prediction is wrong.
    """
    locked: npt.NDArray[np.bool_]
    """Whether the class of the item's label or prediction (`standing`) is locked (N,)."""
    positions: npt.NDArray[np.int32]
    """Positions (N, D), in steps of the quantisation grid. A step is equally long on all axes."""
    classes: npt.NDArray[np.int16]
    """Ids of the listed classes (C,): all classes that are not merged or deleted, ascending."""

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
        """Class of each item (N,): the label, or the predicted class of an item without a label."""
        return np.where(self.labelled, self.labels, self.prediction)

    @property
    def lacking(self) -> npt.NDArray[np.int16]:
        """Ids of the listed classes without any label, ascending."""
        return lacking_labels(self.classes, self.labels)

    @property
    def scorable(self) -> bool:
        """Whether shares of right items can be estimated: at least two classes are listed, and each
        of them has a label.

        A class without labels is never predicted. Its items are predicted as another class, and an
        estimate would count these predictions as right.
        """
        return len(self.classes) > 1 and len(self.lacking) == 0


def lacking_labels(
    classes: npt.NDArray[np.int16], labels: npt.NDArray[np.int16]
) -> npt.NDArray[np.int16]:
    """Return the `classes` (C,) that do not occur in `labels` (N,)."""
    count = np.bincount(labels[labels != UNLABELED], minlength=int(classes.max(initial=-1)) + 1)
    return classes[count[classes] == 0]
