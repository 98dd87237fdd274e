"""What the server reads of the trainer's checkpoints: the latent means of the newest good one. No torch."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.models.checkpoints.checkpoint import latest


class Shown(NamedTuple):
    """latent_mean float32 (N, D), prediction int16 (N,), confidence float32 (N,)."""

    latent_mean: npt.NDArray[np.float32]
    prediction: npt.NDArray[np.int16]
    confidence: npt.NDArray[np.float32]
    step: int


def newest(folder: Path, n_items: int) -> Shown | None:
    """What the newest good checkpoint in `folder` shows; None when there is none for n_items items."""
    found = latest(folder)
    if found is None:
        return None
    mean = found.tensors["latent_mean"]
    if mean.shape[0] != n_items or mean.shape[1] not in (2, 3) or not np.isfinite(mean).all():
        return None
    return Shown(
        mean, found.tensors["prediction"], found.tensors["confidence"], int(found.meta["step"])
    )
