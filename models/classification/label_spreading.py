"""Label spreading over the neighbour graph (D. Zhou et al. 2004), for few labels.

The class shares of each item repeatedly become the weighted mean of its neighbours' shares. A
classifier learns little about a class from three items. A cluster of the graph is mostly one class,
so one label is enough for the cluster. With 27 labels, the accuracy on unlabelled items is 0.97 on
the bundled digits (wide classifier: 0.70) and 0.61 on textures (wide classifier: 0.47;
docs/gain.md). With hundreds of labels the classifiers are more accurate, and `share` gives them
more weight.
"""

import torch

from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import COLUMNS_AT_ONCE, GraphRows

KEPT = 0.98
"""Weight of an item's neighbours in one round. The item's own label has the weight 1 - KEPT."""
ROUNDS = 30
"""Number of rounds of spreading."""
SHARPNESS = 3.0
"""Exponent that calibrates the class shares, which are underconfident."""
HALF_AT = 20
"""Median number of labels per class at which spreading and classifiers have equal weights."""
PROBES = 16
"""Number of groups of labels. The effect of each group on its own items is measured.

Each class divides its labels evenly among the groups. An item's label is left out together with the
other labels of its class in the same group. If the class has at most 16 labels, there are no such
other labels.
"""
_PRODUCTS_PER_UNIT = 40_000_000
"""Number of multiplications in one unit of work that does several rounds, in about 20 ms."""
_MOST_PRODUCTS = 60_000_000
"""A unit of work does a whole round if the round has at most this number of multiplications.
Otherwise, a unit treats only a part of the items, and takes 0.1 s to 0.6 s. The time is longer with
more items, because the class shares of many items do not fit into the caches.
"""
_LEAST_WEIGHT = 0.01
"""Smallest weight of a label, so that a class whose labels are all improbable spreads, too."""
_COMPILED_SPEED = 3
"""Compiled code does this many times more multiplications per unit of work (_PRODUCTS_PER_UNIT and
_MOST_PRODUCTS), because its rows are in an order that suits the caches."""


def share(labels: torch.Tensor) -> float:
    """Return the expected weight (0..1) of label spreading in its average with the classifiers.

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
    """Spreads labels over a graph. Call `unit` until `done` is True.

    Spreading is linear in the labels. The labels of each class are spread. In addition, the labels
    are divided into PROBES groups, and the labels of each group are spread separately. The share
    that reaches an item from the group of its own label is the effect of this label on the item.
    `probabilities` leaves this share out.
    """

    def __init__(
        self,
        graph: Graph,
        labels: torch.Tensor,
        n_classes: int,
        rows: GraphRows | None = None,
        weights: torch.Tensor | None = None,
    ) -> None:
        """Start from labels int64 (N,) of `n_classes` classes.

        `rows` is the graph for compiled code; None if torch spreads the labels. `weights` (N,) are
        the shares of the labels in the total that their class spreads; None for equal shares.
        """
        n, device = len(labels), graph.weight.device
        self._rows = rows
        self._adjacency = graph.adjacency if rows is None else None
        self._n_classes = n_classes
        labels = labels.to(device)
        items = torch.nonzero(labels != UNLABELED).squeeze(1)
        classes = labels[items]
        count = torch.bincount(classes, minlength=n_classes)
        weight = torch.ones(len(items), device=device)
        if weights is not None:
            weight = weights.to(device)[items].clamp_min(_LEAST_WEIGHT)
        total = torch.zeros(n_classes, device=device).index_add_(0, classes, weight)[classes]
        # Each class spreads the same total, whatever the number of its labelled items.
        self._seed = weight / total
        group = n_classes + (_rank_in_class(classes) + 7 * classes) % PROBES
        self._items, self._classes, self._group = items, classes, group
        self._seeded_at = items if rows is None else rows.number[items].long()
        single = count[classes] == 1
        self._remaining = torch.where(single, 1.0, total / (total - weight))
        columns = self._columns = n_classes + PROBES
        if rows is not None:
            columns += -columns % COLUMNS_AT_ONCE
        self._spread = self._seeded(torch.zeros(n, columns, device=device), 1.0)
        self.rounds = 0
        """Number of rounds done."""
        self.parts_done = 0
        """Number of parts of the items that are done in the current round."""
        self.prepared = 0
        """Number of units of work in which the matrix of the graph was prepared."""
        products = 2 * len(graph) * columns
        speed = 1 if rows is None else _COMPILED_SPEED
        self._rounds_per_unit = max(1, speed * _PRODUCTS_PER_UNIT // max(1, products))
        self._parts = max(1, -(-products // (speed * _MOST_PRODUCTS)))
        self._next = torch.empty_like(self._spread)

    @property
    def spread(self) -> torch.Tensor:
        """Result of the rounds so far, (N, C + PROBES): shares of the classes, then of groups."""
        return self._of_items(slice(self._columns))

    def _of_items(self, columns: slice) -> torch.Tensor:
        """Return some columns of the result so far, in the order of the items.

        The values are a copy if compiled code spreads the labels (`_rows`), else a view of
        `_spread`.
        """
        chosen = self._spread[:, columns]
        return chosen if self._rows is None else self._rows.in_items(chosen)

    @property
    def done(self) -> bool:
        """Whether all rounds are done."""
        return self.rounds >= ROUNDS

    def resume(self, spread: torch.Tensor, rounds: int, parts_done: int, prepared: int) -> None:
        """Continue from saved values; ignore them if the shape of `spread` differs.

        The parts of the current round, and the preparation of the graph, are repeated.
        """
        if spread.shape != (len(self._spread), self._columns):
            return
        if self._rows is None:
            self._spread = spread
        else:
            self._spread[:, : self._columns] = self._rows.in_rows(spread)
        self.rounds = rounds
        while self.prepared < (self._units_to_prepare if rounds or parts_done else prepared):
            self.unit()
        # If the state was saved without compiled code, it can count more parts than there are now.
        while self.parts_done < min(parts_done, self._parts - 1):
            self._part()

    @property
    def _units_to_prepare(self) -> int:
        return 0 if self._adjacency is None else self._adjacency.units

    def unit(self) -> None:
        """Do one unit of work: some of the rounds, or a part of one round."""
        if self._adjacency is not None and self.prepared < self._adjacency.units:
            self._adjacency.prepare(self.prepared)
            self.prepared += 1
        elif self._parts > 1:
            self._part()
        else:
            for _ in range(min(self._rounds_per_unit, ROUNDS - self.rounds)):
                self._part()

    def probabilities(self) -> torch.Tensor:
        """Return class probabilities (N, C); uniform for items that no label reaches.

        For a labelled item, the effect of its own label is left out.
        """
        shares = self._of_items(slice(self._n_classes))
        if self._rows is None:
            shares = shares.clone()  # a part of the result so far
        items, classes = self._items, self._classes
        own = self._spread[self._seeded_at, self._group]
        others = (shares[items, classes] - own).clamp_min(0)
        # When the label is left out, the other labels of the class spread the same total.
        shares[items, classes] = others * self._remaining
        total = shares.sum(dim=1, keepdim=True)
        shares.div_(total.clamp_min(1e-30))
        shares[total.squeeze(1) <= 0] = 1 / shares.shape[1]
        shares.pow_(SHARPNESS)
        return shares.div_(shares.sum(dim=1, keepdim=True))

    def _part(self) -> None:
        """Compute the next round for one part of the items. The last part ends the round."""
        n = len(self._spread)
        size = -(-n // self._parts)
        first = self.parts_done * size
        rows = slice(first, min(first + size, n))
        if self._adjacency is None:
            assert self._rows is not None
            self._rows.product(self._spread, KEPT, self._next, rows)
        else:
            self._next[rows] = KEPT * self._adjacency.product(rows, self._spread)
        self.parts_done += 1
        if rows.stop == n:
            self._spread, self._next = self._seeded(self._next, 1 - KEPT), self._spread
            self.rounds += 1
            self.parts_done = 0
            if self.done:
                self._next = self._next[:0].clone()

    def _seeded(self, shares: torch.Tensor, weight: float) -> torch.Tensor:
        """Add `weight` times the labels to `shares` (N, C + PROBES), and return the result."""
        for column in (self._classes, self._group):
            shares[self._seeded_at, column] += weight * self._seed
        return shares


def _rank_in_class(classes: torch.Tensor) -> torch.Tensor:
    """Return, for each entry of `classes` int64 (L,), the number of earlier entries equal to it."""
    order = torch.argsort(classes, stable=True)
    count = torch.bincount(classes)
    start = (count.cumsum(0) - count)[classes[order]]
    rank = torch.empty_like(classes)
    rank[order] = torch.arange(len(classes), device=classes.device) - start
    return rank
