"""Simulated persons: eyes that see one picture at a time, and a hand that draws regions.

LooksAtSamples uses true classes only to see what a picture shows. It chooses places by positions
and predictions, as on the page. SeesEveryPicture also chooses places by the true classes of all
their pictures. It is an upper bound, and has no clock.
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
"""Pictures looked at before a region is named, after each reduction, and after naming."""
DENSEST = 4
TRIES = 5
"""Searches for a place before a person stops drawing regions, when no sample agrees."""
SMALLEST = 12
"""Smallest number of items of a region."""
LARGEST_REGION = 1500
STRANGERS = 0.05
"""Largest share of a region whose prediction is another class."""


class Eyes:
    """Answers which class a picture shows, and counts the pictures. `truth` is for measuring."""

    def __init__(self, truth: Labels) -> None:
        self.truth = truth
        self.looked = 0

    def see(self, items: Items) -> Labels:
        """Look at items (K,) and return their classes."""
        self.looked += len(items)
        return self.truth[items]


@dataclass
class Region:
    """A gesture that gives all its items one class."""

    items: Items
    """Item numbers (K,)."""
    class_id: int
    """Class of all items."""
    acts: dict[str, float] = field(default_factory=dict)
    """Number of acts of each kind in time_model.py."""


class SeesEveryPicture:
    """Draws the largest of 35 balls whose majority is at least `purity`, and knows every picture.

    The pictures that such a person has to look at are not counted, so there are gestures and no
    seconds.
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
    """Draws regions by position and prediction, and judges them by samples of their pictures.

    A region grows from a dense place. When the sample does not agree, the region is reduced or
    abandoned. After naming it, the person looks at another sample, and undoes the gesture when two
    pictures show another class.
    """

    def __init__(self, eyes: Eyes, seed: int) -> None:
        self.eyes = eyes
        self.random = np.random.default_rng(seed)
        self.shown: Items | None = None
        """A region selected by the page, used instead of dense places."""
        self.in_vain: dict[str, float] = {}
        """Acts that led to no region; they count with the next gesture."""

    def region(self, points: Points, labels: Labels, prediction: Labels) -> Region | None:
        """Return the next gesture, or None when no place suits one; `in_vain` then has its acts."""
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
        """Return `acts` together with the acts in vain before, which are then cleared."""
        added = {
            name: acts.get(name, 0.0) + self.in_vain.get(name, 0.0) for name in acts | self.in_vain
        }
        self.in_vain = {}
        return added

    def _places(
        self, points: Points, free: Items, prediction: Labels, shown: Items | None
    ) -> list[Items]:
        """Return candidates for a region, largest first: the page's region, or grown ones."""
        if shown is not None:
            return [_from_the_middle(points, shown)]
        grown = [
            self._grown(points, free, prediction, spot) for spot in self._dense_spots(points[free])
        ]
        return sorted(grown, key=len, reverse=True)

    def regrets(self, region: Region) -> bool:
        """Look at a second sample of a named region. Returns whether it shows a mistake."""
        sample = self.random.choice(region.items, min(SAMPLE, len(region.items)), replace=False)
        region.acts["picture"] += len(sample)
        return int((self.eyes.see(sample) != region.class_id).sum()) >= 2

    def _dense_spots(self, points: Points) -> Items:
        """Return the densest of 1,000 random points (K, D)."""
        some = self.random.choice(len(points), min(len(points), 1000), replace=False)
        k = min(len(points) - 1, max(SMALLEST, len(points) // 40))
        radius = np.partition(_squared(points[some], points), k, axis=1)[:, k]
        return some[np.argsort(radius, kind="stable")[:DENSEST]]

    def _grown(self, points: Points, free: Items, prediction: Labels, spot: int) -> Items:
        """Return unlabelled items round a place with the same prediction, nearest first.

        Before there are predictions, return the nearest eighth of all.
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
        """Look at a sample from the middle to the rim, and keep the part that agrees.

        Returns the items and their class, or None when not even the middle agrees.
        """
        for _ in range(3):
            places = np.linspace(0, len(items) - 1, min(SAMPLE, len(items))).astype(int)
            seen = self.eyes.see(items[places])
            acts["picture"] += len(places)
            class_id = int(np.bincount(seen).argmax())
            odd = np.flatnonzero(seen != class_id)
            if len(odd) == 0:
                return items, class_id
            # Keep items up to the last picture that agreed.
            items = items[: places[max(0, odd[0] - 1)] + 1]
            if len(items) < SMALLEST:
                return None
        return None


def _from_the_middle(points: Points, items: Items) -> Items:
    """Return `items`, sorted by their distance to the middle of them."""
    middle = points[items].mean(axis=0, keepdims=True)
    return items[np.argsort(_squared(middle, points[items])[0], kind="stable")]


def _squared(a: Points, b: Points) -> npt.NDArray[np.float32]:
    """Return the squared distances (A, B) of points (A, D) and (B, D)."""
    return np.maximum((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T, 0)
