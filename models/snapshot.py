"""What training yields: one snapshot a unit of work."""

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.models.item_predictions import ItemPredictions

Phase = Literal["layout", "features", "pretraining", "interactive", "resting"]


class Snapshot(NamedTuple):
    """The state after one unit of work, N items in D latent dimensions. The arrays are the receiver's to keep.

    `frame` grows by one whenever `latent_mean` changed. `progress` (0..1) is that of the first training.
    `losses`: each term apart, unweighted, and "total", weighted; only terms that were measured so far.
    `latent_mean` float32 (N, D): as shown, aligned to the frame before. `predictions`: of each item.
    `kl_per_dimension` float32 (D,), nats.
    `collapsed`: dimensions below the threshold of collapse.py. `metrics`: figures that are no loss, such as "label_accuracy" and "drift".
    `resting`: there is nothing left to learn until something changes.
    `rewinding`: frames of a motion played backward that are still to come.
    """

    frame: int
    step: int
    epoch: float
    phase: Phase
    progress: float
    losses: dict[str, float]
    metrics: dict[str, float]
    latent_mean: npt.NDArray[np.float32]
    predictions: ItemPredictions[npt.NDArray[Any]]
    kl_per_dimension: npt.NDArray[np.float32]
    collapsed: tuple[int, ...]
    resting: bool
    rewinding: int = 0

    @property
    def prediction(self) -> npt.NDArray[np.int16]:
        """Predicted class per item, int16 (N,); UNLABELED where nothing is predicted."""
        return self.predictions.prediction

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """Probability of the predicted class per item, float32 (N,)."""
        return self.predictions.confidence
