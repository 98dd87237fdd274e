"""Shown positions in a snapshot of many items: stored as differences from the aligned positions.

The shown positions follow the positions of the forces, rotated, scaled and shifted
(display/display.py). In a map at rest, nearly all differences are 0. All numbers are integers, so
the restored positions are equal to the bit on any machine.
"""

import numpy as np
import numpy.typing as npt

from lodespace.models.checkpoints.tensor_file import Array

SHOWN_STEP = 2.0**-14
"""Step of the shown positions of many items, in latent units (display.ROUNDING)."""
_POSITION_STEP = 2.0**-11
"""Positions are rounded to this step, in kernel units, before they are aligned."""
_SHIFT = 20
"""Number of binary places of the alignment."""
_MOST_STEPS = 1 << 30
"""Positions have fewer steps from 0."""
_LARGEST_FACTOR = 1 << 28
"""The numbers of a rotation are smaller, so that no sum exceeds 64 bits."""
_FITTED = 100_000
"""The alignment is fitted to about this number of items, evenly spaced."""
_SHOWN, _POSITION = "latent_mean", "position"
_DIFFERENCE, _ALIGNMENT = "latent_mean.difference", "latent_mean.alignment"

Integers = npt.NDArray[np.int64]


def leave_out(tensors: dict[str, Array]) -> None:
    """Replace the shown positions in `tensors`, if `compute` can restore them."""
    position, shown = tensors.get(_POSITION), tensors.get(_SHOWN)
    if position is None or shown is None or position.shape != shown.shape or not shown.size:
        return
    steps = _steps(shown, SHOWN_STEP)
    if steps is None or not np.array_equal(_bits(_shown(steps)), _bits(shown)):
        return  # the shown positions of few items are not rounded
    alignment = _alignment(position, shown)
    aligned = None if alignment is None else _aligned(position, alignment)
    if alignment is None or aligned is None:
        return
    difference = steps - aligned
    # Small negative numbers become small positive numbers, so that their high bytes are 0.
    folded = (difference << 1) ^ (difference >> 63)
    if folded.max() >= 1 << 32:
        return
    tensors[_DIFFERENCE] = folded.astype(np.uint16 if folded.max() < 1 << 16 else np.uint32)
    tensors[_ALIGNMENT] = alignment
    del tensors[_SHOWN]


def compute(tensors: dict[str, Array]) -> None:
    """Restore what `leave_out` replaced in `tensors`.

    Raises KeyError or ValueError if the tensors do not fit together.
    """
    if _DIFFERENCE not in tensors:
        return
    folded = tensors.pop(_DIFFERENCE).astype(np.int64)
    aligned = _aligned(tensors[_POSITION], tensors.pop(_ALIGNMENT))
    if aligned is None:
        raise ValueError("a position is too large")
    tensors[_SHOWN] = _shown(aligned + ((folded >> 1) ^ -(folded & 1)))


def _alignment(position: Array, shown: Array) -> Integers | None:
    """Return the alignment (D + 1, D) of positions (N, D), as integers; None if it is too large.

    The last row is the shift.
    """
    some = slice(None, None, max(1, len(position) // _FITTED))
    rows = position[some].astype(np.float64)
    rows = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    found = np.linalg.lstsq(rows, shown[some].astype(np.float64), rcond=None)[0]
    found[:-1] *= _POSITION_STEP
    found *= (1 << _SHIFT) / SHOWN_STEP
    if not (np.abs(found) < [[_LARGEST_FACTOR]] * (len(found) - 1) + [[1 << 60]]).all():
        return None
    return np.rint(found).astype(np.int64)


def _aligned(position: Array, alignment: Array) -> Integers | None:
    """Return aligned positions in units of SHOWN_STEP, (N, D); None if a position is too large."""
    steps = _steps(position, _POSITION_STEP)
    if steps is None:
        return None
    result = np.empty_like(steps)
    for axis, column in enumerate(alignment.T):
        total = np.full(len(steps), column[-1] + (1 << (_SHIFT - 1)), np.int64)
        for values, factor in zip(steps.T, column[:-1], strict=True):
            total += values * factor
        result[:, axis] = total >> _SHIFT
    return result


def _steps(values: Array, step: float) -> Integers | None:
    """Return the nearest number of steps to each value; None if a value is too large."""
    numbers = values / np.float32(step)
    if not (np.abs(numbers) < _MOST_STEPS).all():
        return None
    return np.rint(numbers).astype(np.int64)


def _shown(steps: Integers) -> Array:
    result: Array = steps.astype(np.float32) * np.float32(SHOWN_STEP)
    return result


def _bits(values: Array) -> Array:
    """Return floats as integers, because 0.0 and -0.0 are equal as numbers."""
    return np.ascontiguousarray(values).view(np.int32)
