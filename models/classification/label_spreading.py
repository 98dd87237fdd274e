"""What the neighbour graph makes of few labels: each item takes from its neighbours what they are, over and over (D. Zhou et al. 2004).

A classifier that has seen three items of a class knows little of it; an island on the graph is mostly one class, and one label says so.
With 27 labels, right of all others: bundled digits .97 so, .70 by the wide classifier; textures .62 and .47 (docs/gain.md). With hundreds
of labels the classifiers are ahead, and `share` hands over to them.
"""

import torch

from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.graph import Graph

KEPT = 0.98
"""How much of what an item is comes from its neighbours; the rest from its own label."""
ROUNDS = 30
SHARPNESS = 3.0
"""Exponent that makes probabilities of what was spread: it is right more often than its shares say."""
HALF_AT = 20
"""Labels of a typical class at which graph and classifiers count the same."""
_PRODUCTS_PER_UNIT = 6_000_000
"""Numbers that one unit of work carries along edges: some 20 ms."""


def share(labels: torch.Tensor) -> float:
    """How much the graph counts beside the classifiers: 1 without labels (N,), half of it at HALF_AT in the median class that has any.

    The median, since a region gives one class hundreds of labels, from which a classifier learns nothing of the others.
    """
    count = torch.bincount(labels[labels != UNLABELED])
    count = count[count > 0]
    return 1 / (1 + float(count.median()) / HALF_AT) if len(count) else 1.0


class LabelSpreading:
    """Spreads labels int64 (N,) of `n_classes` over `graph`. Call `unit` until it is `done`; `spread` (N, C) and `rounds` say how far."""

    def __init__(self, graph: Graph, labels: torch.Tensor, n_classes: int) -> None:
        n, device = len(labels), graph.weight.device
        degree = torch.zeros(n, device=device).index_add_(0, graph.head, graph.weight)
        degree = degree.index_add_(0, graph.tail, graph.weight).clamp_min(1e-8)
        self._graph = graph
        self._weight = (graph.weight / (degree[graph.head] * degree[graph.tail]).sqrt())[:, None]
        labels = labels.to(device)
        labelled = torch.nonzero(labels != UNLABELED).squeeze(1)
        self._seeds = torch.zeros(n, n_classes, device=device)
        # Each class spreads as much as every other, however many of its items are labelled.
        count = torch.bincount(labels[labelled], minlength=n_classes)
        self._seeds[labelled, labels[labelled]] = 1 / count[labels[labelled]]
        self.spread = self._seeds.clone()
        self.rounds = 0
        self._rounds_per_unit = max(1, _PRODUCTS_PER_UNIT // max(1, len(graph) * n_classes))

    @property
    def done(self) -> bool:
        return self.rounds >= ROUNDS

    def unit(self) -> None:
        """Some rounds."""
        for _ in range(min(self._rounds_per_unit, ROUNDS - self.rounds)):
            self._round()

    def probabilities(self) -> torch.Tensor:
        """What each item is by its neighbours, (N, C): even where no label reaches. What its own label gives it is left out, though not
        what comes back of that from its neighbours.
        """
        said = (self.spread - (1 - KEPT) * self._seeds).clamp_min(0)
        total = said.sum(dim=1, keepdim=True)
        even = torch.full_like(said, 1 / said.shape[1])
        sharp = torch.where(total > 0, said / total.clamp_min(1e-30), even).pow(SHARPNESS)
        return sharp / sharp.sum(dim=1, keepdim=True)

    def _round(self) -> None:
        head, tail = self._graph.head, self._graph.tail
        came = torch.zeros_like(self.spread).index_add_(0, head, self._weight * self.spread[tail])
        came = came.index_add_(0, tail, self._weight * self.spread[head])
        self.spread = KEPT * came + (1 - KEPT) * self._seeds
        self.rounds += 1
