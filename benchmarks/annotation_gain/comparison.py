"""Comparison of Lodespace with the best other method, after the same number of labels."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from annotation_gain.course import MOST_OF_THEM, Course
from annotation_gain.stored_runs import Found, opponents_of
from lodespace.protocol import SHEET_SIZE


class Comparison(NamedTuple):
    """Shares of right items with the same number of labels, as means over the runs."""

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
    """Compare "Lodespace, as it suggests" with the best other method, with the labels of k sheets.

    A suggested sheet can be smaller than a whole sheet, so the labels count, not the gestures.
    Returns None if a run of Lodespace has ended before, or has accepted predictions by then.
    """
    courses = [course.looked_at() for course in found.get(("suggested", data), [])]
    count = k * SHEET_SIZE
    mine = _shares(courses, count, MOST_OF_THEM)
    if not courses or len(mine) < len(courses):
        return None
    labelled = [
        (course.at_labels(count, "labelled", MOST_OF_THEM) or 0) * course.n_items
        for course in courses
    ]
    count = round(float(np.mean(labelled)))
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


def _shares(runs: Sequence[Course], count: int, least: float = 0.95) -> np.ndarray:
    """Return the share of right items of each run with `count` labels, or the share `least` of
    them."""
    shares = [run.at_labels(count, "right", least) for run in runs]
    return np.array([share for share in shares if share is not None])
