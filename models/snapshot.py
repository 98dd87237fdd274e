"""The result of one unit of training."""

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.models.item_predictions import ItemPredictions

Phase = Literal["layout", "features", "pretraining", "interactive", "resting"]
"""Phase of a training.

"layout", "features" and "pretraining" are phases of the first training. In "interactive", the loop
works on a change of labels or settings. In "resting", no work is left.
"""


class Snapshot(NamedTuple):
    """The state after one unit of work, with N items in D latent dimensions.

    The arrays are copies.
    """

    frame: int
    """Number of the frame. It increases by one whenever `latent_mean` changes."""
    step: int
    """Number of units of work (training steps of about 20 ms) that are done."""
    epoch: float
    """Number of epochs for which the encoder has trained, which can be fractional."""
    phase: Phase
    """Phase of the training."""
    progress: float
    """Completed share (0..1) of the first training."""
    losses: dict[str, float]
    """Newest unweighted value of each term that has been measured, and the weighted sum "total"."""
    metrics: dict[str, float]
    """Measured values other than losses, such as "label_accuracy" and "drift"."""
    latent_mean: npt.NDArray[np.float32]
    """Latent means as shown, aligned with the previous frame, float32 (N, D)."""
    predictions: ItemPredictions[npt.NDArray[Any]]
    """Predictions per item."""
    kl_per_dimension: npt.NDArray[np.float32]
    """KL divergence per latent dimension, float32 (D,), in nats."""
    collapsed: tuple[int, ...]
    """Latent dimensions that have collapsed (vae/collapse.py)."""
    resting: bool
    """Whether training has nothing to do until labels, settings or pins change."""
    rewinding: int = 0
    """Number of remaining frames in which the points move back after an undo; 0 at other times."""

    @property
    def prediction(self) -> npt.NDArray[np.int16]:
        """Predicted class per item, int16 (N,); UNLABELED for an item without a prediction."""
        return self.predictions.prediction

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """Probability of the predicted class per item, float32 (N,)."""
        return self.predictions.confidence
