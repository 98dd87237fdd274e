"""Wrong labels: how frequent they are, and the doubt about each label."""

import math
from collections.abc import Mapping
from typing import NamedTuple, Self

import torch

from lodespace.models.batches import evenly
from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.calibration import LEAST_PROBABILITY

EXPECTED_SHARE = 0.02
"""Share of wrong labels that is assumed before there is evidence."""
STRENGTH = 20.0
"""The assumption EXPECTED_SHARE counts as much as this number of labels."""
FEWEST = 100
"""The share of wrong labels is measured on at least this number of labels, or on a quarter of the
labels if there are few."""
ALMOST_AS_CONFIDENT = 0.01
"""The share is also measured on items whose most probable class has at most this much less
probability. On easy data, these are most of the items."""
MOST_COMPARED = 20_000
"""Maximum number of labels from which the sum of all doubts is computed."""
_ROUNDS = 40
_LOWEST_SHIFT = -20.0


class Looks(NamedTuple):
    """Results of the looks of people at L labels that nobody had verified before."""

    reviewed: torch.Tensor
    """Whether a person has looked at the item, bool (L,)."""
    corrected: torch.Tensor
    """Whether the person has replaced the label, bool (L,)."""

    @classmethod
    def none(cls, own: torch.Tensor) -> Self:
        """Return the looks of people who have looked at none of the labels `own`, (L,)."""
        return cls(*(torch.zeros(len(own), dtype=torch.bool, device=own.device) for _ in range(2)))


class LabelNoise(NamedTuple):
    """Frequency of wrong labels among labels before anybody has verified them."""

    share: float = 0.0
    """Share of wrong labels, 0 to 1."""
    shift: float = 0.0
    """This number, at most 0, is added to the log-odds of each doubt."""

    @classmethod
    def of(
        cls,
        own: torch.Tensor,
        most: torch.Tensor,
        n_classes: int,
        looks: Looks | None = None,
    ) -> Self:
        """Estimate how frequent wrong labels are.

        Wrong labels are as frequent among easy items as among hard ones, but mistakes of the
        predictions are rare among easy items. Therefore the share of wrong labels is the share of
        labels that the predictions contradict among the eighth of the items with the most confident
        predictions. The doubts of all items must agree with this share. Where the predictions are
        bad, they contradict far more labels, and then the doubts are lowered together.

        Args:
            own: probability of each of L labels, predicted without this label (`supported`), (L,).
            most: probability of the most probable class in the same predictions, (L,).
            n_classes: number of classes.
            looks: results of looks at these labels. Sheets of suspects show the wrong labels of
                easy items first. Without the labels that people replaced, the share would be too
                small, and without those that they kept, too large. None for no looks.
        """
        n = len(own)
        if n == 0:
            return cls(EXPECTED_SHARE)
        count = max(1, min(n // 4, max(FEWEST, n // 8)))
        confident = most >= most.kthvalue(n - count + 1).values - ALMOST_AS_CONFIDENT
        reviewed, corrected = Looks.none(own) if looks is None else looks
        wrong = confident & torch.where(reviewed, corrected, own < most / 2)
        share = (int(wrong.sum()) + STRENGTH * EXPECTED_SHARE) / (int(confident.sum()) + STRENGTH)
        rest = own[~reviewed]
        if len(rest) == 0:
            return cls(share)
        expected = max(0.0, share * n - int(corrected.sum()))
        some = rest[evenly(torch.arange(len(rest), device=own.device), MOST_COMPARED)]
        # The number of wrong labels varies around the expected one, above all if it is small.
        highest = (expected + math.sqrt(expected) + 1) / len(rest)
        return cls(share, _shift(doubts(some, share, n_classes), highest))

    def doubts(self, own: torch.Tensor, n_classes: int) -> torch.Tensor:
        """Return the probability that each label is wrong, (L,).

        The arguments are those of `of`.
        """
        found = doubts(own, self.share, n_classes)
        return found if self.shift == 0 else _shifted(found, self.shift)

    def tensors(self) -> Tensors:
        """Return the values for a saved state."""
        return {
            "wrong_share": torch.tensor(self.share, dtype=torch.float64),
            "doubt_shift": torch.tensor(self.shift, dtype=torch.float64),
        }

    @classmethod
    def load(cls, tensors: Mapping[str, torch.Tensor]) -> Self:
        """Return what `tensors` returned. States of older versions lack one or both values."""
        return cls(*(float(tensors.get(name, 0)) for name in ("wrong_share", "doubt_shift")))


def doubts(own: torch.Tensor, share: float, n_classes: int) -> torch.Tensor:
    """Return the probability that each label is wrong, by Bayes' rule, (L,).

    The label itself is evidence, because most labels are right, even those of items that are hard
    to predict. The formula assumes that a wrong label can be any class that the voices (the sources
    of predictions) do not exclude.

    The voices predict labels, not true classes: they have learned from wrong labels, too. With two
    classes and 5 % wrong labels, a calibrated voice gives at least 0.05 to a wrong label. The
    function subtracts this part.

    Args:
        own: probability of each label, predicted without this label, (L,).
        share: share of wrong labels.
        n_classes: number of classes.
    """
    by_mistake = share / max(1, n_classes - 1)
    without = max(1 - share - by_mistake, LEAST_PROBABILITY)
    # Below the subtracted part, a smaller probability still gives a larger doubt.
    least = LEAST_PROBABILITY * (0.5 + own / max(by_mistake, LEAST_PROBABILITY)).clamp(max=1.5)
    true = torch.maximum((own - by_mistake) / without, least).clamp(max=1)
    wrong = share * (1 - true)
    return wrong / (wrong + (1 - share) * true).clamp_min(1e-12)


def _shifted(doubt: torch.Tensor, shift: float) -> torch.Tensor:
    """Return the doubts (L,) with `shift` added to their log-odds."""
    factor = math.exp(shift)
    return factor * doubt / (1 - doubt + factor * doubt).clamp_min(1e-12)


def _shift(doubt: torch.Tensor, highest: float) -> float:
    """Return the shift of the doubts (L,) with which their mean is at most `highest`."""
    doubt = doubt.cpu().double()
    if float(doubt.mean()) <= highest:
        return 0.0
    low, high = _LOWEST_SHIFT, 0.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if float(_shifted(doubt, middle).mean()) > highest:
            high = middle
        else:
            low = middle
    return low


def supported(own: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return `own` (L,), corrected for classes with few labels.

    If a label is the only one of its class, a prediction without this label has no such class, and
    `own` is 0 although the label may be right. The correction adds to each class one label whose
    own probability is 0.5.

    Args:
        own: probability of each label, predicted without this label, (L,).
        others: number of other labels of the same class, (L,).
    """
    return (others * own + 0.5) / (others + 1)
