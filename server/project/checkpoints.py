"""The part of a checkpoint that the server shows. Works without torch."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.models.checkpoints.checkpoint import latest


class Shown(NamedTuple):
    """The state of the map in a checkpoint."""

    latent_mean: npt.NDArray[np.float32]
    """Positions, (N, D)."""
    prediction: npt.NDArray[np.int16]
    """Predicted class ids, (N,)."""
    confidence: npt.NDArray[np.float32]
    """Probability of the predicted class, (N,)."""
    step: int
    """Training step."""


def newest(folder: Path, n_items: int) -> Shown | None:
    """The newest valid checkpoint in `folder` for `n_items` items, or None."""
    found = latest(folder)
    if found is None:
        return None
    mean = found.tensors["latent_mean"]
    if mean.shape[0] != n_items or mean.shape[1] not in (2, 3) or not np.isfinite(mean).all():
        return None
    return Shown(
        mean, found.tensors["prediction"], found.tensors["confidence"], int(found.meta["step"])
    )
