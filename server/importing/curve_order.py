"""An order of items in which similar items are close to each other: along a Hilbert curve.

The curve runs through the leading principal components of the items. The items are read in blocks,
and only one number per item is in memory.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

COMPONENTS = 6
"""Number of principal components through which the curve runs."""
BITS = 10
"""Each component is divided into 2 ** BITS steps."""
_SAMPLE = 20_000
"""Number of items, evenly spaced, from which the principal components are computed."""
_VALUES_AT_ONCE = 4_000_000
"""Largest number of values that are read at a time."""
_DEVIATIONS = 4.0
"""The curve covers this number of standard deviations of the first component, in both directions.
Items farther away are treated as if they were at the end of this range."""

Rows = Callable[["npt.NDArray[np.int64] | slice"], npt.NDArray[np.float32]]
"""Function that returns the features (B, F) of some items."""


def curve_order(rows: Rows, n: int, width: int) -> npt.NDArray[np.int64]:
    """Return the numbers of the items in the order of the curve, (N,).

    The same features give the same order on the same machine. Items at the same place of the curve
    keep their order.

    Args:
        rows: Function that returns features.
        n: Number of items, N.
        width: Number of features, F.
    """
    mean, top, deviation = _components(rows(np.linspace(0, n - 1, min(n, _SAMPLE)).astype(int)))
    half, last = _DEVIATIONS * deviation, (1 << BITS) - 1
    keys = np.empty(n, np.uint64)
    step = max(1, _VALUES_AT_ONCE // width)
    for first in range(0, n, step):
        block = slice(first, min(first + step, n))
        at = (rows(block) - mean) @ top
        cells = ((at + half) * (last / (2 * half))).clip(0, last).astype(np.uint32)
        keys[block] = hilbert_keys(np.ascontiguousarray(cells.T), BITS)
    return np.argsort(keys, kind="stable")


def _components(
    sample: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Return the mean of a sample (S, F), the directions of the leading components (F, D), and the
    standard deviation of the first component. The deviation is 1 if all items are equal."""
    mean = sample.mean(axis=0, dtype=np.float64)
    centred = sample - mean
    variances, vectors = np.linalg.eigh(centred.T @ centred / len(sample))
    top = vectors[:, ::-1][:, :COMPONENTS]
    # The sign of an eigenvector is arbitrary. Make its largest value positive.
    top = top * np.sign(top[np.abs(top).argmax(axis=0), np.arange(top.shape[1])])
    return mean, top, float(variances[-1]) ** 0.5 if variances[-1] > 0 else 1.0


def hilbert_keys(cells: npt.NDArray[np.uint32], bits: int) -> npt.NDArray[np.uint64]:
    """Return the places of cells along a Hilbert curve, (N,).

    The algorithm is AxestoTranspose of J. Skilling, "Programming the Hilbert curve", AIP Conference
    Proceedings 707 (2004).

    Args:
        cells: Coordinates of N cells in D dimensions, (D, N), each below 2 ** `bits`.
        bits: Number of bits per coordinate. D * `bits` is at most 64.
    """
    at = cells.copy()
    for bit in range(bits - 1, 0, -1):
        lower = np.uint32((1 << bit) - 1)
        for axis in range(len(at)):
            inverted = (at[axis] >> bit & 1).astype(bool)
            at[0] ^= np.where(inverted, lower, 0)
            exchanged = np.where(inverted, 0, (at[0] ^ at[axis]) & lower)
            at[0] ^= exchanged
            at[axis] ^= exchanged
    for axis in range(1, len(at)):
        at[axis] ^= at[axis - 1]
    flips = np.zeros_like(at[0])
    for bit in range(bits - 1, 0, -1):
        flips ^= np.where(at[-1] >> bit & 1, np.uint32((1 << bit) - 1), 0)
    at ^= flips
    keys = np.zeros(at.shape[1], np.uint64)
    for bit in range(bits - 1, -1, -1):
        for row in at:
            keys = keys << np.uint64(1) | (row >> bit & 1).astype(np.uint64)
    return keys
