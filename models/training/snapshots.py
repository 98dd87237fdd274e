"""Snapshots of a training loop, for display."""

import math
from typing import Any

import numpy.typing as npt
import torch

from lodespace.models.snapshot import Snapshot
from lodespace.models.training.loop import Loop
from lodespace.models.vae.collapse import collapsed_dimensions


def snapshot_of(
    loop: Loop, visible: torch.Tensor, *, frame: int, moving: bool, rewinding: int
) -> Snapshot:
    """Return the current state of `loop` as a snapshot.

    The arrays are read-only, and training does not change them.

    Args:
        loop: the training loop.
        visible: the shown points (N, D), on the CPU, which nothing changes.
        frame: number of the frame.
        moving: whether the shown points move.
        rewinding: number of remaining frames of a motion backward.
    """
    vae_training = loop.vae_training
    kl = vae_training.kl.copy()
    latent_mean = _read_only(visible)
    # The spread is checked for a collapse only at rest, because after a change of dimension the
    # cloud is flat for a while, even without a collapse.
    settled = (
        latent_mean if loop.resting and not moving and latent_mean.shape[1] == len(kl) else None
    )
    return Snapshot(
        frame=frame,
        step=loop.step,
        epoch=vae_training.epoch,
        phase=loop.phase,
        progress=loop.progress,
        losses=dict(loop.state.losses),
        metrics=dict(loop.state.metrics),
        latent_mean=latent_mean,
        # A loop replaces its predictions as a whole. Copies of a million take 5 ms per frame.
        predictions=loop.predictions.map(_read_only),
        kl_per_dimension=kl,
        collapsed=collapsed_dimensions(kl, settled)
        if vae_training.epoch >= 1 and not rewinding
        else (),
        resting=loop.resting and not moving and not rewinding,
        rewinding=rewinding,
    )


def _read_only(tensor: torch.Tensor) -> npt.NDArray[Any]:
    array = tensor.cpu().numpy()
    array.flags.writeable = False
    return array


def check_finite(loop: Loop, latent_mean: torch.Tensor) -> None:
    """Raise FloatingPointError if a loss of `loop` or a latent mean (N, D) is NaN or infinite."""
    wrong = [name for name, value in loop.state.losses.items() if not math.isfinite(value)]
    # The sum is not finite if any value is not finite. Adding is faster than testing each value.
    # It is in single precision, because MPS has no double precision.
    if not math.isfinite(float(latent_mean.sum())):
        wrong.append("latent means")
    if wrong:
        raise FloatingPointError(f"NaN or infinity in {', '.join(wrong)}")
