"""Simulated persons: eyes that see one picture at a time, and a hand that draws regions.

LooksAtSamples uses true classes only to see what a picture shows. It finds regions by positions and
predictions, which the page also shows. SeesEveryPicture also finds regions by the true classes of
all pictures. SeesEveryPicture gives an upper bound of the accuracy after each gesture, and its time
is not measured.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from simulated_annotator import SimulatedAnnotator

from lodespace.models.item_predictions import UNLABELED

Items = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int16]
Points = npt.NDArray[np.float32]

SAMPLE = 9
"""Number of pictures in a sample.

A person looks at a sample of a region before making the region smaller, after making it smaller,
and after labelling it.
"""
DENSEST = 4
TRIES = 5
"""Number of searches without a result after which a person stops drawing regions."""
SMALLEST = 12
"""Smallest number of items in a region."""
LARGEST_REGION = 1500
STRANGERS = 0.05
"""Largest share of a region's items that may be predicted as another class than the main class of
the region.
"""


class Eyes:
    """Returns the class that a picture shows, and counts the pictures looked at.

    Other code reads `truth` only to measure a run.
    """

    def __init__(self, truth: Labels) -> None:
        self.truth = truth
        self.looked = 0

    def see(self, items: Items) -> Labels:
        """Look at items (K,) and return their classes."""
        self.looked += len(items)
        return self.truth[items]


def corrections(group: Items, seen: Labels, offered: Labels) -> int:
    """Return the number of acts with which a person corrects a sheet of K pictures.

    An act gives a class to one picture, or to all pictures of a group. A person names a group, and
    then corrects the pictures that differ, if this takes fewer acts than correcting all wrong
    pictures one by one.

    Args:
        group: Group of each picture (K,). If each picture is a group, no group is named.
        seen: Class that each picture shows (K,).
        offered: Class that each picture gets without a correction (K,), UNLABELED for none.
    """
    acts = 0
    for number in np.unique(group):
        inside = group == number
        wrong = int((seen[inside] != offered[inside]).sum())
        differ = int(inside.sum() - np.bincount(seen[inside]).max())
        acts += min(wrong, 1 + differ)
    return acts


@dataclass
class Region:
    """A gesture that labels all items of a region with one class."""

    items: Items
    """Item numbers (K,)."""
    class_id: int
    """Class that the gesture gives to all its items."""
    acts: dict[str, float] = field(default_factory=dict)
    """Number of acts per kind. The kinds are the fields of TimeModel."""


class SeesEveryPicture:
    """A person who knows the class of every picture, and labels large balls of one class.

    A ball is a region in the map, in which at least a share `purity` of the items has the same
    class. The person compares 35 balls, and labels the largest of them. A real person would have to
    look at many pictures to find a ball. The benchmark does not count these pictures, so the
    results are numbers of gestures, without seconds.
    """

    def __init__(self, truth: Labels, purity: float, seed: int) -> None:
        self._annotator = SimulatedAnnotator(truth, purity=purity, seed=seed)

    def region(self, points: Points, labels: Labels, prediction: Labels) -> Region | None:
        """Return the next gesture, or None when every item has a label."""
        del prediction
        if not (labels == UNLABELED).any():
            return None
        items, class_id = self._annotator.gesture(points, labels)
        return Region(items, class_id, {"region": 1})


class LooksAtSamples:
    """A person who draws regions by position and prediction, and checks samples of the pictures.

    A region grows from a dense place. If the sample shows several classes, the person reduces or
    abandons the region. After labelling a region, the person looks at a second sample, and undoes
    the gesture if at least two pictures show another class.
    """

    def __init__(self, eyes: Eyes, seed: int) -> None:
        self.eyes = eyes
        self.random = np.random.default_rng(seed)
        self.shown: Items | None = None
        """Items of a region that the page suggests; None if the page suggests no region.

        If it is not None, the next region consists of some of these items. Otherwise, it is drawn
        round a dense place.
        """
        self.in_vain: dict[str, float] = {}
        """Number of actions per kind that led to no region. The next gesture counts them, too."""

    def region(self, points: Points, labels: Labels, prediction: Labels) -> Region | None:
        """Return the next gesture, or None if the person finds no region.

        If the person finds no region, the actions of the search are counted in `in_vain`.
        """
        free = np.flatnonzero(labels == UNLABELED)
        if len(free) <= SMALLEST:
            return None
        acts = {"region": 0.0, "picture": 0.0}
        shown, self.shown = self.shown, None
        for _ in range(1 if shown is not None else TRIES):
            acts["region"] += 1
            for items in self._places(points, free, prediction, shown):
                chosen = self._agreed(items, acts)
                if chosen is not None:
                    return Region(*chosen, self.with_vain(acts))
        self.in_vain = self.with_vain(acts)
        return None

    def with_vain(self, acts: dict[str, float]) -> dict[str, float]:
        """Return `acts` plus `in_vain` (acts of searches that found no region). Clear `in_vain`.

        Both map a kind of act to the number of its acts.
        """
        added = {
            name: acts.get(name, 0.0) + self.in_vain.get(name, 0.0) for name in acts | self.in_vain
        }
        self.in_vain = {}
        return added

    def _places(
        self, points: Points, free: Items, prediction: Labels, shown: Items | None
    ) -> list[Items]:
        """Return the candidate regions, as item indices.

        If `shown` is given, it is the only candidate. Otherwise the candidates are regions that
        grow from dense places, largest first.
        """
        if shown is not None:
            return [_from_the_middle(points, shown)]
        grown = [
            self._grown(points, free, prediction, spot) for spot in self._dense_spots(points[free])
        ]
        return sorted(grown, key=len, reverse=True)

    def regrets(self, region: Region) -> bool:
        """Return whether a second sample of the labelled region shows a mistake."""
        sample = self.random.choice(region.items, min(SAMPLE, len(region.items)), replace=False)
        region.acts["picture"] += len(sample)
        return int((self.eyes.see(sample) != region.class_id).sum()) >= 2

    def _dense_spots(self, points: Points) -> Items:
        """Return the indices of points in the densest places of `points` (K, D).

        The method compares 1,000 random points, and returns the points whose neighbours are
        nearest. The constant DENSEST is the number of returned points.
        """
        some = self.random.choice(len(points), min(len(points), 1000), replace=False)
        k = min(len(points) - 1, max(SMALLEST, len(points) // 40))
        radius = np.partition(_squared(points[some], points), k, axis=1)[:, k]
        return some[np.argsort(radius, kind="stable")[:DENSEST]]

    def _grown(self, points: Points, free: Items, prediction: Labels, spot: int) -> Items:
        """Return unlabelled items round `spot`, nearest first.

        Nearly all of these items have the same predicted class. Without predictions, return about
        1/8 of the unlabelled items.
        """
        distance = _squared(points[free[spot]][None], points[free])[0]
        order = np.argsort(distance, kind="stable")
        predicted = prediction[free[order]]
        if predicted.max(initial=-1) < 0:
            return free[order[: max(SMALLEST, min(LARGEST_REGION, len(free) // 8))]]
        order, predicted = order[:LARGEST_REGION], predicted[:LARGEST_REGION]
        middle = predicted[:SMALLEST]
        own = np.bincount(middle[middle >= 0], minlength=1).argmax()
        share = np.cumsum(predicted != own) / np.arange(1, len(order) + 1)
        pure = np.flatnonzero(share <= STRANGERS)
        return free[order[: max(SMALLEST, int(pure[-1]) + 1 if len(pure) else 0)]]

    def _agreed(self, items: Items, acts: dict[str, float]) -> tuple[Items, int] | None:
        """Look at samples, and reduce `items` until all pictures of a sample show one class.

        `items` are sorted from the middle of the region to its rim. Returns the remaining items and
        their class, or None if too few items remain or three samples show several classes.
        """
        for _ in range(3):
            places = np.linspace(0, len(items) - 1, min(SAMPLE, len(items))).astype(int)
            seen = self.eyes.see(items[places])
            acts["picture"] += len(places)
            class_id = int(np.bincount(seen).argmax())
            odd = np.flatnonzero(seen != class_id)
            if len(odd) == 0:
                return items, class_id
            # Keep the items before the first picture of another class.
            items = items[: places[max(0, odd[0] - 1)] + 1]
            if len(items) < SMALLEST:
                return None
        return None


def _from_the_middle(points: Points, items: Items) -> Items:
    """Return `items`, sorted by the distance from their mean position."""
    middle = points[items].mean(axis=0, keepdims=True)
    return items[np.argsort(_squared(middle, points[items])[0], kind="stable")]


def _squared(a: Points, b: Points) -> npt.NDArray[np.float32]:
    """Return the squared distances (A, B) of points (A, D) and (B, D)."""
    return np.maximum((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T, 0)
