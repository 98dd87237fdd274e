"""Class probabilities from features that are not learned: a mixture of weighted voices.

One voice is label spreading over the neighbour graph. Two more voices per view of the items
(views.py) are a kernel regression and a logistic regression. Each voice predicts each labelled item
without the item's own label. These left-out predictions determine the exponent that corrects each
voice, and the weight of each voice (calibration.py). The probabilities of an item therefore do not
depend on its own label.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from lodespace.models.batches import evenly
from lodespace.models.classification.calibration import (
    CLASS_COUNTS,
    FEWEST_COUNTED,
    LEAST_PROBABILITY,
    fitted_exponent,
    own_probability,
    tempered,
    voice_weights,
)
from lodespace.models.classification.feature_kernel import FeatureKernel
from lodespace.models.classification.kernel_classifier import BelievedLabels
from lodespace.models.classification.label_spreading import LabelSpreading, share
from lodespace.models.classification.logistic_regression import LogisticRegression
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import GraphRows

MOST_COMPARED = 300
"""Maximum number of labels to which logistic regression and the weights of voices are fitted."""
STRENGTH = 2.5
"""The prior of the voices' weights counts as much as this number of labels, with up to
FEWEST_COUNTED classes. Each further class adds CLASS_COUNTS labels (docs/gain.md)."""
_TINY = 1e-12
MOST_REPRESENTED = 5000
"""Maximum number of items whose nearest labelled item is searched."""


class FeatureVoices:
    """Mixture of label spreading and of two regressions per view: kernel and logistic regression.

    Call `unit` until `done` is True, then `probabilities`.
    """

    def __init__(
        self,
        views: Sequence[torch.Tensor],
        graph: Graph,
        labels: BelievedLabels,
        rows: GraphRows | None = None,
    ) -> None:
        """Prepare to fit the voices. Each call of `unit` then does a part of the work.

        Args:
            views: one or more views of all items, each with a mean square of 1, float32 (N, F).
            graph: neighbour graph of the items.
            labels: labels of the items.
            rows: the graph for compiled code; None if there is none.
        """
        features = views[0]
        self._features = features
        self._labels = labels
        compared = labels.chosen(MOST_COMPARED)
        self._compared = compared.to(features.device)
        self._classes = labels.classes[compared].to(features.device)
        self._views = [
            _ViewVoices(features, labels, self._compared, self._classes) for features in views
        ]
        self.spreading = LabelSpreading(
            graph, labels.classes, labels.n_classes, rows, labels.weights
        )
        """Label spreading. Its state is part of a saved state during a sweep over the items."""
        self._spread: torch.Tensor | None = None
        self._mixture: Mixture | None = None
        self.view_likelihoods: list[float] = []
        """Log-likelihood of the left-out labels in each view, in nats; empty until `done`."""
        self.units_done = 0
        """Number of units of work that are done, not counting the units of label spreading."""

    @property
    def done(self) -> bool:
        """Whether all work is done."""
        return self._mixture is not None

    def unit(self) -> None:
        """Do one unit of work."""
        if self._unit_of_regressions():
            self.units_done += 1
        elif not self.spreading.done:
            self.spreading.unit()
        else:
            self._weigh()
            self.units_done += 1

    def _unit_of_regressions(self) -> bool:
        """Do one unit of work of the regressions. Return False if all are already finished."""
        return any(view.unit() for view in self._views)

    @property
    def done_so_far(self) -> list[int]:
        """Four counters of the work that is done, for `resume`.

        The first counts the units of work outside label spreading. The others belong to label
        spreading: rounds, parts of the current round, and units that prepared the graph.
        """
        spreading = self.spreading
        return [self.units_done, spreading.rounds, spreading.parts_done, spreading.prepared]

    def resume(self, spread: torch.Tensor, done_so_far: list[int]) -> None:
        """Continue from a stored state.

        Label spreading continues from `spread`. The work of all other units up to this point is
        done again, because its results are not stored.
        """
        units_done, rounds, parts_done, prepared = done_so_far
        self.spreading.resume(spread, rounds, parts_done, prepared)
        while self.units_done < units_done:
            self.unit()

    def _weigh(self) -> None:
        """Fit exponent and weight of each voice, from its predictions of left-out labels."""
        self._spread = self.spreading.probabilities()
        items, classes = self._compared, self._classes
        left_out = [self._spread[items]]
        for view in self._views:
            left_out += view.left_out()
        expected = share(self._labels.classes)
        voices = len(left_out) - 1
        prior = [expected, *[(1 - expected) / voices] * voices]
        weight = label_weights(self._features, items, classes, self._labels.n_classes)
        self._mixture = Mixture.fitted(left_out, classes, weight, prior)
        exponents = self._mixture.exponents
        self.view_likelihoods = [
            _likelihood(left_out[k : k + 2], exponents[k : k + 2], classes, weight)
            for k in range(1, voices, 2)
        ]

    def probabilities(self, items: torch.Tensor) -> torch.Tensor:
        """Return class probabilities (B, C) of items int64 (B,), each without its own label."""
        assert self._spread is not None and self._mixture is not None
        voices = [self._spread[items]]
        for view in self._views:
            voices += view.probabilities(items)
        return self._mixture.of(voices)

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each voice, 0 to 1, by the name of the voice."""
        assert self._mixture is not None
        names = ["spreading", "kernel", "regression"]
        for number in range(1, len(self._views)):
            names += [f"kernel of view {number}", f"regression of view {number}"]
        return dict(zip(names, self._mixture.weights, strict=True))


def _likelihood(
    left_out: list[torch.Tensor],
    exponents: list[float],
    classes: torch.Tensor,
    weight: torch.Tensor,
) -> float:
    """Return the weighted log-likelihood of labels in nats, under a mean of some voices.

    All voices have the same weight.

    Args:
        left_out: left-out probabilities of each voice, (L, C).
        exponents: exponent that corrects each voice before the mean.
        classes: labels, int64 (L,).
        weight: weight of each label, (L,).
    """
    even = [1 / len(left_out)] * len(left_out)
    mean = Mixture(exponents, even, 1.0).of(left_out)
    own = own_probability(mean, classes).clamp_min(LEAST_PROBABILITY)
    return float(own.log() @ weight)


class _ViewVoices:
    """Kernel regression and logistic regression on one view of the items."""

    def __init__(
        self,
        features: torch.Tensor,
        labels: BelievedLabels,
        compared: torch.Tensor,
        classes: torch.Tensor,
    ) -> None:
        """Prepare the regressions.

        Args:
            features: the view of all items, with a mean square of 1, float32 (N, F).
            labels: labels of the items.
            compared: items to which logistic regression is fitted, int64 (L,), ascending.
            classes: their labels, int64 (L,).
        """
        self._features = features
        self._labels = labels
        self._compared = compared
        self._kernel: FeatureKernel | None = None
        self._fitted = False
        self._regression = LogisticRegression(features[compared], classes, labels.n_classes)
        self._left_out: torch.Tensor | None = None

    def unit(self) -> bool:
        """Do one unit of work. Return False if all work is already done."""
        if self._kernel is None:
            self._kernel = FeatureKernel(self._features, self._labels)
        elif not self._fitted:
            self._kernel.fit()
            self._fitted = True
        elif not self._regression.done:
            self._regression.unit()
        else:
            return False
        return True

    def left_out(self) -> list[torch.Tensor]:
        """Return the left-out probabilities (L, C) of both regressions."""
        assert self._kernel is not None
        self._left_out = self._regression.left_out
        return [self._kernel.probabilities(self._compared), self._left_out]

    def probabilities(self, items: torch.Tensor) -> list[torch.Tensor]:
        """Return the class probabilities (B, C) of both regressions.

        The probabilities of an item do not depend on the item's own label.
        """
        assert self._kernel is not None and self._left_out is not None
        regression = self._regression.probabilities(self._features[items])
        place = torch.searchsorted(self._compared, items).clamp_max(len(self._compared) - 1)
        compared = (self._compared[place] == items)[:, None]
        return [
            self._kernel.probabilities(items),
            torch.where(compared, self._left_out[place], regression),
        ]


class Mixture(NamedTuple):
    """Weighted mean of the class probabilities of the voices.

    An exponent corrects each voice before the mean, and one more exponent corrects the mean.
    """

    exponents: list[float]
    """Exponent of the probabilities of each voice."""
    weights: list[float]
    """Weight of each voice; the sum is 1."""
    exponent: float
    """Exponent of the weighted mean."""

    @classmethod
    def fitted(
        cls,
        left_out: list[torch.Tensor],
        classes: torch.Tensor,
        weight: torch.Tensor,
        prior: list[float],
    ) -> "Mixture":
        """Return the mixture that predicts left-out labels best.

        Args:
            left_out: left-out probabilities of each voice, (L, C).
            classes: labels, int64 (L,).
            weight: weight of each label, (L,).
            prior: expected weight of each voice.
        """
        exponents = [fitted_exponent(each, classes, weight) for each in left_out]
        corrected = [tempered(p, e) for p, e in zip(left_out, exponents, strict=True)]
        own = torch.stack([own_probability(each, classes) for each in corrected], dim=1)
        strength = STRENGTH + CLASS_COUNTS * max(0, left_out[0].shape[1] - FEWEST_COUNTED)
        expected = torch.tensor(prior, device=own.device)
        weights = voice_weights(own, expected, strength, weight).tolist()
        first = cls(exponents, weights, 1.0)
        return cls(exponents, weights, fitted_exponent(first.of(left_out), classes, weight))

    def of(self, voices: list[torch.Tensor]) -> torch.Tensor:
        """Return the mixture (B, C) of the class probabilities `voices`, (B, C) per voice."""
        mean = torch.zeros_like(voices[0])
        for probabilities, exponent, weight in zip(
            voices, self.exponents, self.weights, strict=True
        ):
            mean += weight * tempered(probabilities, exponent)
        return tempered(mean, self.exponent)


def label_weights(
    features: torch.Tensor, items: torch.Tensor, classes: torch.Tensor, n_classes: int
) -> torch.Tensor:
    """Return a weight for the prediction of each left-out label, (L,), with a mean of at most 1.

    The weight is proportional to the square root of the number of items that are nearest to the
    labelled item. Labels are not a random sample: a contact sheet asks for hard items, and a lasso
    adds many easy ones. So labels that represent many items count more. But a weight proportional
    to that number would count few labels, and hardly those near the limits of the classes, where
    predictions are often wrong: on sets for tuning, the mean confidence was larger than the share
    right by 0.027, and by 0.013 with the root (docs/gain.md). The only label of a class has weight
    0, because the class is unknown when this label is left out.

    Args:
        features: features of all items, float32 (N, F).
        items: labelled items, int64 (L,).
        classes: their labels, int64 (L,).
        n_classes: number of classes.
    """
    some = features[evenly(torch.arange(len(features), device=features.device), MOST_REPRESENTED)]
    rows = features[items]
    nearest = (rows.square().sum(dim=1) - 2 * some @ rows.T).argmin(dim=1)
    represented = torch.bincount(nearest, minlength=len(items)).float()
    count = torch.bincount(classes, minlength=n_classes)[classes]
    represented = torch.where(count > 1, represented * (len(items) / len(some)), 0.0)
    root = represented.sqrt()
    return root * (represented.sum() / root.sum().clamp_min(_TINY))
