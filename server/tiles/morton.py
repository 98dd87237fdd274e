"""The order of points along a space-filling curve, and random priorities of points."""

import numpy as np
import numpy.typing as npt

BITS = 16
"""Bits per axis of a grid position. An octree can have at most this number of levels."""
Codes = npt.NDArray[np.uint64]
_SPREADING = (
    (32, 0x1F00000000FFFF),
    (16, 0x1F0000FF0000FF),
    (8, 0x100F00F00F00F00F),
    (4, 0x10C30C30C30C30C3),
    (2, 0x1249249249249249),
)


def codes(grid: npt.NDArray[np.uint16]) -> Codes:
    """Return the Morton code, uint64 (K,), of grid positions (K, 3).

    The code has 48 bits. The highest three are the octant of the box (x + 2 y + 4 z), the next
    three the octant in this octant, and so on.
    """
    x, y, z = (_spread(grid[:, axis]) for axis in range(3))
    return x | (y << np.uint64(1)) | (z << np.uint64(2))


def positions(code: Codes) -> npt.NDArray[np.uint16]:
    """Return the grid positions (K, 3) of Morton codes (K,)."""
    grid = np.empty((len(code), 3), np.uint16)
    for axis in range(3):
        grid[:, axis] = _gathered(code >> np.uint64(axis))
    return grid


def cells(code: Codes, level: int) -> Codes:
    """Return, per point (K,), the number of the cell that contains it at `level` of the octree.

    Level 0 has one cell, level 1 has eight.
    """
    return code >> np.uint64(3 * (BITS - level))


def priorities(rows: npt.NDArray[np.integer], seed: int) -> npt.NDArray[np.uint64]:
    """Return a random number per row (K,), which depends only on the row and the seed.

    This is the output function of SplitMix64 (Steele et al. 2014). It is a bijection, so no two
    rows have the same number.
    """
    with np.errstate(over="ignore"):
        value = rows.astype(np.uint64) + np.uint64(seed & 0xFFFFFFFF) * np.uint64(1 << 32)
        value *= np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _spread(values: npt.NDArray[np.uint16]) -> Codes:
    """Put two zero bits between the bits of 16-bit numbers."""
    spread = values.astype(np.uint64)
    for shift, mask in _SPREADING:
        spread = (spread | (spread << np.uint64(shift))) & np.uint64(mask)
    return spread


def _gathered(code: Codes) -> npt.NDArray[np.uint16]:
    """Remove two of every three bits: the inverse of `_spread`."""
    gathered = code & np.uint64(_SPREADING[-1][1])
    shifts = [shift for shift, _ in reversed(_SPREADING)]
    masks = [mask for _, mask in reversed(_SPREADING[:-1])] + [0xFFFF]
    for shift, mask in zip(shifts, masks, strict=True):
        gathered = (gathered | (gathered >> np.uint64(shift))) & np.uint64(mask)
    return gathered.astype(np.uint16)
