"""Choice of the values of a named axis that are hidden from training, and rank correlation.

This module does not import torch.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

LEAST_VALUES = 4
"""Minimum number of known values of an axis."""
HIDDEN_FROM = 100
"""From this number of known values on, some values of an axis are hidden from training. They serve
to measure the correlation on items whose value the model did not see."""
_MANY = 1000
_HIDDEN_SHARES = (0.2, 0.1)
"""Shares of the known values that are hidden. The first share applies below _MANY known values, and
the second share applies from _MANY on.
"""
_MOST_HIDDEN = 5000
GOLDEN_RATIO = 0.6180339887498949
"""Golden ratio minus 1. Multiples of this number, modulo 1, are spread evenly over 0..1."""


def hidden_values(values: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Return which known values of an axis are hidden from training, bool (N,).

    `values` (N,) is NaN for an unknown value. The hidden items are spread over the data set and do
    not depend on the values. With fewer than HIDDEN_FROM known values, all values are trained.
    """
    known = ~np.isnan(values)
    count = int(known.sum())
    if count < HIDDEN_FROM:
        return np.zeros(len(values), np.bool_)
    share = min(_HIDDEN_SHARES[count >= _MANY], _MOST_HIDDEN / count)
    return known & ((np.arange(len(values)) * GOLDEN_RATIO) % 1 < share)


def rank_correlation(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Return Spearman's rank correlation of two rows of numbers (K,); 0 if one is constant."""
    a, b = _ranks(one), _ranks(other)
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else 0.0


def _ranks(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the rank of each value (K,); equal values have the mean of their ranks."""
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[inverse.reshape(-1)].astype(np.float64)
