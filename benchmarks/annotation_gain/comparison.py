"""Comparison of Lodespace with the best other method, after the same number of labels."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from annotation_gain.course import Course
from annotation_gain.stored_runs import Found, opponents_of

AFTER = (1, 2, 5, 10)
"""Numbers of gestures of Lodespace after which the methods are compared."""


class Comparison(NamedTuple):
    """Shares of right items after a number of gestures, as means over the runs."""

    mine: float
    """Share with Lodespace."""
    other: float | None
    """Share with the best other method; None if no method has as many labels."""
    best: str
    """Name of the best other method; "" if there is none."""
    error: float | None
    """Two standard errors of the difference; None for a single run of a method."""

    @property
    def difference(self) -> float | None:
        """Share with Lodespace, minus the share with the other method."""
        return None if self.other is None else self.mine - self.other

    @property
    def behind(self) -> bool:
        """Whether Lodespace is behind by more than 0.02 and more than two standard errors.

        For single runs, the standard errors are not known, and only 0.02 counts.
        """
        return self.difference is not None and self.difference < -max(0.02, self.error or 0.0)


def compare(found: Found, data: str, k: int) -> Comparison | None:
    """Compare "Lodespace, as it suggests" after k gestures with the best other method.

    Returns None if a run of Lodespace has ended before, or has accepted predictions by then.
    """
    courses = found.get(("suggested", data), [])
    whole = [c for c in courses if len(c.gestures) >= k and c.gestures[k - 1].kind != "accept"]
    if not whole or len(whole) < len(courses):
        return None
    mine = np.array([course.at(k, "right") for course in whole])
    count = round(float(np.mean([course.at(k, "labelled") * course.n_items for course in whole])))
    shares = {
        method: known
        for method, runs in opponents_of(found, data).items()
        if len(known := _shares(runs, count)) == len(runs)
    }
    if not shares:
        return Comparison(float(mine.mean()), None, "", None)
    best = max(shares, key=lambda method: float(shares[method].mean()))
    other, error = shares[best], None
    if min(len(mine), len(other)) > 1:
        error = float(2 * np.sqrt(mine.var(ddof=1) / len(mine) + other.var(ddof=1) / len(other)))
    return Comparison(float(mine.mean()), float(other.mean()), best, error)


def _shares(runs: Sequence[Course], count: int) -> np.ndarray:
    """Return the share of right items of each run that had about `count` labels."""
    shares = [run.at_labels(count, "right") for run in runs]
    return np.array([share for share in shares if share is not None])
