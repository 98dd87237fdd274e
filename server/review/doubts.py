"""Doubts about labels, and about the predictions of items without a label."""

import numpy as np
import numpy.typing as npt

from lodespace.session.item_state import ItemState


def doubts(state: ItemState) -> npt.NDArray[np.float32]:
    """Return the probability that the label of each item is wrong (N,); 0 for verified items.

    For an unlabelled item, the prediction counts instead of the label.
    """
    return np.where(state.verified, 0, state.doubt)
