"""The measures of a finished training, for tables and reports."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.models.snapshot import Snapshot
from lodespace.protocol import UNLABELED
from lodespace.runs.metrics import Truth

NEIGHBOURS = 10
"""Number of neighbours in the measure `neighbour_accuracy`."""


def measures_of(snapshot: Snapshot, truth: Truth) -> dict[str, Any]:
    """Return the measures of a finished training, by name.

    `neighbour_accuracy` is measured on the items with a known class. It is the share of these items
    whose class is the most frequent class among their NEIGHBOURS nearest neighbours in the latent
    space. `spread` is the mean standard deviation of the latent means over the dimensions.
    """
    found: dict[str, Any] = {
        "epochs": snapshot.epoch,
        "steps": snapshot.step,
        **{name: value for name, value in snapshot.losses.items() if np.isfinite(value)},
        **{k: v for k, v in snapshot.metrics.items() if k in ("label_accuracy", "head_accuracy")},
        **truth.accuracies(snapshot.prediction),
        "spread": float(snapshot.latent_mean.std(axis=0).mean()),
        "collapsed": len(snapshot.collapsed),
    }
    accuracy = neighbour_accuracy(snapshot.latent_mean, truth.classes)
    if accuracy is not None:
        found["neighbour_accuracy"] = accuracy
    return found


def neighbour_accuracy(
    latent_mean: npt.NDArray[np.float32], classes: npt.NDArray[np.int16]
) -> float | None:
    """Return the accuracy of predicting each item's class by a vote of its nearest neighbours.

    Args:
        latent_mean: Latent means, (N, D).
        classes: Class of each item, (N,); UNLABELED for items that are left out.

    Returns:
        The share of right votes. None if fewer than NEIGHBOURS + 1 items have a class.
    """
    known = classes != UNLABELED
    if known.sum() <= NEIGHBOURS:
        return None
    from scipy.spatial import KDTree

    points, own = latent_mean[known].astype(np.float64), classes[known]
    _, near = KDTree(points).query(points, NEIGHBOURS + 1)
    voters = own[_without_self(np.asarray(near))]
    votes = np.stack([(voters == c).sum(axis=1) for c in range(int(own.max()) + 1)], axis=1)
    return float((votes.argmax(axis=1) == own).mean())


def _without_self(near: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Remove each point from its own neighbours: return (N, K) from (N, K + 1).

    If several points are at the same place, the row of a point may lack the point itself. In this
    case, the last neighbour in the row is removed.
    """
    count, width = near.shape
    is_self = near == np.arange(count)[:, None]
    is_self[~is_self.any(axis=1), -1] = True
    return near[~is_self].reshape(count, width - 1)
