"""Reading of positions and predictions from a checkpoint, without torch."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.models.checkpoints.checkpoint import latest


class Shown(NamedTuple):
    """Positions and predictions of N items in a checkpoint."""

    latent_mean: npt.NDArray[np.float32]
    """Latent means (N, D)."""
    prediction: npt.NDArray[np.int16]
    """Predicted classes (N,)."""
    confidence: npt.NDArray[np.float32]
    """Probability of the predicted class (N,), 0 to 1."""
    step: int
    """Training step of the checkpoint."""


def newest(folder: Path, n_items: int) -> Shown | None:
    """Return the state in the newest valid checkpoint of `folder`.

    The checkpoint may have fewer items, if items were added later. Return None if there is no
    checkpoint, or if the newest checkpoint does not contain valid latent means, or has more items.
    """
    found = latest(folder)
    if found is None:
        return None
    mean = found.tensors["latent_mean"]
    if (
        not 0 < mean.shape[0] <= n_items
        or mean.shape[1] not in (2, 3)
        or not np.isfinite(mean).all()
    ):
        return None
    return Shown(
        mean, found.tensors["prediction"], found.tensors["confidence"], int(found.meta["step"])
    )
