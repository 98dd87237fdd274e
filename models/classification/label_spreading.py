"""Label spreading over the neighbour graph (D. Zhou et al. 2004), for few labels.

The class shares of each item repeatedly become the weighted mean of its neighbours' shares. A
classifier learns little about a class from three items. A cluster of the graph is mostly one class,
so one label is enough for the cluster. With 27 labels, the accuracy on unlabelled items is 0.97 on
the bundled digits (wide classifier: 0.70) and 0.62 on textures (wide classifier: 0.47;
docs/gain.md). With hundreds of labels the classifiers are more accurate, and `share` gives them
more weight.
"""

import torch

from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.graph import Graph

KEPT = 0.98
"""Weight of the neighbours of an item in one round; the rest is the weight of its own label."""
ROUNDS = 30
"""Number of rounds of spreading."""
SHARPNESS = 3.0
"""Exponent that calibrates the class shares, which are underconfident."""
HALF_AT = 20
"""Median number of labels per class at which spreading and classifiers have equal weights."""
_PRODUCTS_PER_UNIT = 6_000_000
"""Number of multiplications in one unit of work. A unit takes about 20 ms."""


def share(labels: torch.Tensor) -> float:
    """Return the weight (0..1) of label spreading; the classifiers have the rest of the weight.

    The weight is 1 without labels, and 0.5 if the median class has HALF_AT labels. Classes without
    labels do not count in the median. The median is used because one lasso can give a class
    hundreds of labels, from which a classifier learns nothing about the other classes.

    Args:
        labels: int64 (N,), UNLABELED for an item without a label.
    """
    count = torch.bincount(labels[labels != UNLABELED])
    count = count[count > 0]
    return 1 / (1 + float(count.median()) / HALF_AT) if len(count) else 1.0


class LabelSpreading:
    """Spreads labels over a graph. Call `unit` until `done` is True."""

    def __init__(self, graph: Graph, labels: torch.Tensor, n_classes: int) -> None:
        """Start from labels int64 (N,) of `n_classes` classes."""
        n, device = len(labels), graph.weight.device
        degree = torch.zeros(n, device=device).index_add_(0, graph.head, graph.weight)
        degree = degree.index_add_(0, graph.tail, graph.weight).clamp_min(1e-8)
        self._graph = graph
        self._weight = (graph.weight / (degree[graph.head] * degree[graph.tail]).sqrt())[:, None]
        labels = labels.to(device)
        labelled = torch.nonzero(labels != UNLABELED).squeeze(1)
        self._seeds = torch.zeros(n, n_classes, device=device)
        # Each class spreads the same total, whatever the number of its labelled items.
        count = torch.bincount(labels[labelled], minlength=n_classes)
        self._seeds[labelled, labels[labelled]] = 1 / count[labels[labelled]]
        self.spread = self._seeds.clone()
        """Class shares after the rounds so far, (N, C)."""
        self.rounds = 0
        """Number of rounds done."""
        self._rounds_per_unit = max(1, _PRODUCTS_PER_UNIT // max(1, len(graph) * n_classes))

    @property
    def done(self) -> bool:
        """Whether all rounds are done."""
        return self.rounds >= ROUNDS

    def unit(self) -> None:
        """Do one unit of work: some of the rounds."""
        for _ in range(min(self._rounds_per_unit, ROUNDS - self.rounds)):
            self._round()

    def probabilities(self) -> torch.Tensor:
        """Return class probabilities (N, C); uniform for items that no label reaches.

        The direct contribution of an item's own label is left out.
        """
        shares = (self.spread - (1 - KEPT) * self._seeds).clamp_min(0)
        total = shares.sum(dim=1, keepdim=True)
        even = torch.full_like(shares, 1 / shares.shape[1])
        sharp = torch.where(total > 0, shares / total.clamp_min(1e-30), even).pow(SHARPNESS)
        return sharp / sharp.sum(dim=1, keepdim=True)

    def _round(self) -> None:
        head, tail = self._graph.head, self._graph.tail
        came = torch.zeros_like(self.spread).index_add_(0, head, self._weight * self.spread[tail])
        came = came.index_add_(0, tail, self._weight * self.spread[head])
        self.spread = KEPT * came + (1 - KEPT) * self._seeds
        self.rounds += 1
