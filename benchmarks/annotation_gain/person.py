"""The simulated person: eyes that see one picture at a time, and a hand that draws regions.

For LooksAtSamples, true classes are used for one thing: to answer what is seen on a picture. Where to look is chosen from positions and
from what the model says, as on the page. SeesEveryPicture chooses its place by the true classes of all its pictures, too: it is the
annotator of the first measurements, an upper bound, and has no clock.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from simulated_annotator import SimulatedAnnotator

Items = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int16]
Points = npt.NDArray[np.float32]
UNLABELED = -1

SAMPLE = 9
"""Pictures of a region that are looked at before it is named; after it was shrunk or named, as many again."""
DENSEST = 4
TRIES = 5
"""Times that a person looks for a place anew, when no sample agreed on what it shows, before giving up on regions."""
SMALLEST = 12
"""Items that make a region."""
LARGEST_REGION = 1500
STRANGERS = 0.05
"""A region ends where more than this share of it is predicted to be something else."""


class Eyes:
    """Answers what is on a picture, and counts how often it was asked. `truth` itself is for measuring."""

    def __init__(self, truth: Labels) -> None:
        self.truth = truth
        self.looked = 0

    def see(self, items: Items) -> Labels:
        """The classes of items (K,), each looked at."""
        self.looked += len(items)
        return self.truth[items]


@dataclass
class Region:
    """What a gesture labels: `items` int64 (K,) all as `class_id`; `acts` are what it took (time_model.py)."""

    items: Items
    class_id: int
    acts: dict[str, float] = field(default_factory=dict)


class SeesEveryPicture:
    """Draws the largest ball whose majority is at least `purity`, of 35 candidates, knowing what is on every picture of each.

    Points are pictures, and a person sees the rim of an island; how many of them were looked at is not counted, so this one gives
    gestures and no seconds.
    """

    def __init__(self, truth: Labels, purity: float, seed: int) -> None:
        self._annotator = SimulatedAnnotator(truth, purity=purity, seed=seed)

    def region(self, points: Points, labels: Labels, prediction: Labels) -> Region | None:
        """The next gesture; None when nothing is unlabelled."""
        del prediction
        if not (labels == UNLABELED).any():
            return None
        items, class_id = self._annotator.gesture(points, labels)
        return Region(items, class_id, {"region": 1})


class LooksAtSamples:
    """Grows a region from a dense spot by position and prediction alone, looks at a sample of its pictures, and shrinks or leaves it when
    they do not agree. After naming it, it looks at another sample, and takes the gesture back when two of them are something else.
    """

    def __init__(self, eyes: Eyes, seed: int) -> None:
        self.eyes = eyes
        self.random = np.random.default_rng(seed)
        self.shown: Items | None = None
        """A region that the page has selected, to be looked at in place of dense spots."""
        self.in_vain: dict[str, float] = {}
        """What looking took that led to no region: counted with the next gesture."""

    def region(self, points: Points, labels: Labels, prediction: Labels) -> Region | None:
        """The next gesture; None when no spot is worth one, and what looking for one took is `in_vain`."""
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
        """`acts`, and what was in vain before, which is counted by that."""
        added = {
            name: acts.get(name, 0.0) + self.in_vain.get(name, 0.0) for name in acts | self.in_vain
        }
        self.in_vain = {}
        return added

    def _places(
        self, points: Points, free: Items, prediction: Labels, shown: Items | None
    ) -> list[Items]:
        """Where a region may be, the largest first: what the page has selected, or what grows from dense spots."""
        if shown is not None:
            return [_from_the_middle(points, shown)]
        grown = [
            self._grown(points, free, prediction, spot) for spot in self._dense_spots(points[free])
        ]
        return sorted(grown, key=len, reverse=True)

    def regrets(self, region: Region) -> bool:
        """Whether a second look, after it was named, shows a mistake. Counts as looking."""
        sample = self.random.choice(region.items, min(SAMPLE, len(region.items)), replace=False)
        region.acts["picture"] += len(sample)
        return int((self.eyes.see(sample) != region.class_id).sum()) >= 2

    def _dense_spots(self, points: Points) -> Items:
        """Of some points (K, D) that come to mind, those in the largest dense places."""
        some = self.random.choice(len(points), min(len(points), 1000), replace=False)
        k = min(len(points) - 1, max(SMALLEST, len(points) // 40))
        radius = np.partition(_squared(points[some], points), k, axis=1)[:, k]
        return some[np.argsort(radius, kind="stable")[:DENSEST]]

    def _grown(self, points: Points, free: Items, prediction: Labels, spot: int) -> Items:
        """The free items round a spot, nearest first, as far as they are predicted the same; before that, an eighth of them all."""
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
        """Look at a sample from the middle to the rim; shrink to the part that agrees. None when not even the middle does."""
        for _ in range(3):
            places = np.linspace(0, len(items) - 1, min(SAMPLE, len(items))).astype(int)
            seen = self.eyes.see(items[places])
            acts["picture"] += len(places)
            class_id = int(np.bincount(seen).argmax())
            odd = np.flatnonzero(seen != class_id)
            if len(odd) == 0:
                return items, class_id
            # Up to the last picture of the sample that still agreed.
            items = items[: places[max(0, odd[0] - 1)] + 1]
            if len(items) < SMALLEST:
                return None
        return None


def _from_the_middle(points: Points, items: Items) -> Items:
    """`items`, those in the middle of them first."""
    middle = points[items].mean(axis=0, keepdims=True)
    return items[np.argsort(_squared(middle, points[items])[0], kind="stable")]


def _squared(a: Points, b: Points) -> npt.NDArray[np.float32]:
    """Squared distances (A, B) of points (A, D) and (B, D)."""
    return np.maximum((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T, 0)
