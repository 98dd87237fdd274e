"""The measures of the quality of a map, as in docs/reproduction.md.

Points are float (N, D), labels are int (N,).
"""

import numpy as np
import numpy.typing as npt
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier

Points = npt.NDArray[np.floating]
Labels = npt.NDArray[np.integer]


def nearest_neighbour_accuracy(points: Points, labels: Labels, k: int = 10) -> float:
    """Return the k-NN accuracy: each item is classified by the k nearest other items."""
    return float(KNeighborsClassifier(k).fit(points, labels).score(None, labels))


def held_out_neighbour_accuracy(
    points: Points, labels: Labels, held_out: Points, held_out_labels: Labels, k: int = 10
) -> float:
    """Return the k-NN accuracy on held-out items.

    Each point of `held_out` (M, D) is classified by the k nearest of `points` (N, D).
    """
    return float(KNeighborsClassifier(k).fit(points, labels).score(held_out, held_out_labels))


def silhouette(points: Points, labels: Labels) -> float:
    """Return the mean silhouette of all points, -1 to 1 (Rousseeuw 1987)."""
    return float(silhouette_score(points, labels))


def within_between_ratio(points: Points, labels: Labels) -> float:
    """Return the RMS radius of the classes, divided by the RMS radius of the class means.

    Small values mean compact classes that are far from each other.
    """
    classes = np.unique(labels)
    means = np.stack([points[labels == c].mean(axis=0) for c in classes])
    within = np.mean(
        [
            ((points[labels == c] - m) ** 2).sum(axis=1).mean()
            for c, m in zip(classes, means, strict=True)
        ]
    )
    between = ((means - means.mean(axis=0)) ** 2).sum(axis=1).mean()
    return float(np.sqrt(within / between))


def spread(points: Points) -> float:
    """Return the standard deviation per dimension, averaged over the dimensions."""
    return float(points.std(axis=0).mean())
