"""The result of one unit of training."""

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.models.item_predictions import ItemPredictions

Phase = Literal["layout", "features", "pretraining", "interactive", "resting"]
"""Phase of a training.

"layout", "features" and "pretraining" belong to the first training. "interactive" is the work after
a change of labels or settings. In "resting", no work is left.
"""


class Snapshot(NamedTuple):
    """The state after one unit of work, with N items in D latent dimensions.

    The arrays are copies.
    """

    frame: int
    """Number of the frame; it grows by one whenever `latent_mean` changes."""
    step: int
    """Units of work done."""
    epoch: float
    """Epochs of the encoder."""
    phase: Phase
    """Phase of the training."""
    progress: float
    """Share (0..1) of the first training that is done."""
    losses: dict[str, float]
    """Newest value of each term that has been measured, unweighted, and "total", weighted."""
    metrics: dict[str, float]
    """Figures that are not losses, such as "label_accuracy" and "drift"."""
    latent_mean: npt.NDArray[np.float32]
    """float32 (N, D), as shown: aligned with the previous frame."""
    predictions: ItemPredictions[npt.NDArray[Any]]
    """Predictions per item."""
    kl_per_dimension: npt.NDArray[np.float32]
    """KL divergence per latent dimension, float32 (D,), in nats."""
    collapsed: tuple[int, ...]
    """Latent dimensions that have collapsed (vae/collapse.py)."""
    resting: bool
    """Whether no work is left until something changes."""
    rewinding: int = 0
    """Number of frames left of a motion that an undo plays backward."""

    @property
    def prediction(self) -> npt.NDArray[np.int16]:
        """Predicted class per item, int16 (N,); UNLABELED where nothing is predicted."""
        return self.predictions.prediction

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """Probability of the predicted class per item, float32 (N,)."""
        return self.predictions.confidence
