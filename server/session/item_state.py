"""What is known of every item at one moment, for those who ask what to look at next: sheets, cues, quality, suggestions."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED


class Judgement(NamedTuple):
    """Of N items: labels and prediction int16 (N,), UNLABELED for none; confidence float32 (N,) of the prediction, 0..1.

    verified bool (N,): somebody has looked at the item, and it has a label. margin float32 (N,): how much likelier the prediction is than
    the next class. doubt float32 (N,): the probability that what stands, the label or else the prediction, is wrong. locked bool (N,): what
    stands is of a locked class. positions int32 (N, D): the shown latent space, in steps of the grid, which are the same along all axes.
    Nobody changes these arrays any more: another thread may read them.
    """

    labels: npt.NDArray[np.int16]
    verified: npt.NDArray[np.bool_]
    prediction: npt.NDArray[np.int16]
    confidence: npt.NDArray[np.float32]
    margin: npt.NDArray[np.float32]
    doubt: npt.NDArray[np.float32]
    locked: npt.NDArray[np.bool_]
    positions: npt.NDArray[np.int32]

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        return self.labels != UNLABELED

    @property
    def predicted(self) -> npt.NDArray[np.bool_]:
        return self.prediction != UNLABELED

    @property
    def standing(self) -> npt.NDArray[np.int16]:
        """What each item counts as, (N,): its label, else what is predicted."""
        return np.where(self.labelled, self.labels, self.prediction)
