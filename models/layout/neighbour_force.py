"""The force and the loss of the neighbour term on all items, by torch or by compiled code.

torch scatters: it computes the force of each edge, and adds it to both ends. The compiled code
(graph_rows.py) gathers: it walks the rows of neighbours of each item. On one thread of a processor,
it is five to eight times as fast, because it needs no arrays of the size of the edges.
"""

import torch

from lodespace.models.compiled import loaded
from lodespace.models.layout.agreement import Agreement
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import GraphRows, repulsion_force_on, repulsion_loss_of
from lodespace.models.layout.neighbour_loss import (
    NEGATIVES,
    attraction_force,
    attraction_loss,
    repulsion_force,
    repulsion_loss,
)

FIRST_ORDER = 30
"""Number of rounds after which the rows are ordered again, because the items have moved. They are
ordered again after 4 times as many rounds, and so on."""


def can_gather(position: torch.Tensor) -> bool:
    """Return whether the compiled code exists and computes the force at `position` (N, D)."""
    n, d = position.shape
    return d in (2, 3) and n < 1 << 31 and loaded.compiled_for(position)


def scattered_force(
    position: torch.Tensor,
    graph: Graph,
    weight: torch.Tensor,
    others: torch.Tensor,
    strength: torch.Tensor,
) -> torch.Tensor:
    """Return the force (N, D) by torch, on any device.

    Args:
        position: positions, (N, D).
        graph: E edges.
        weight: current weight of each edge, (E,).
        others: sampled other items of each item, int64 (N, M), that repel it.
        strength: strength of the repulsion of each item, (N,).
    """
    pull = attraction_force(position[graph.head], position[graph.tail], weight)
    force = (
        torch.zeros_like(position)
        .index_add_(0, graph.head, pull)
        .index_add_(0, graph.tail, pull.neg_())
    )
    force += repulsion_force(position, position[others], strength)
    return force


class NeighbourForce:
    """The neighbour term of one graph, with the current weights of the edges."""

    def __init__(self, graph: Graph, n: int) -> None:
        """Start with the weights of `graph`, whose edges are between `n` items."""
        self.graph = graph
        self.strength = NEGATIVES * graph.degrees(n)
        """Strength of the repulsion of each item, (N,)."""
        self._agreement: Agreement | None = None
        self._weight: torch.Tensor | None = graph.weight
        self._rows: GraphRows | None = None
        self._entries: torch.Tensor | None = None
        self._rounds = 0
        self._order_at = FIRST_ORDER

    @property
    def weight(self) -> torch.Tensor:
        """Current weight of each edge, (E,)."""
        if self._weight is None:
            assert self._agreement is not None
            self._weight = self._agreement.weights(self.graph)
        return self._weight

    def set_weight(self, weight: torch.Tensor) -> None:
        """Replace the current weight of each edge, (E,)."""
        self._weight, self._agreement, self._entries = weight, None, None

    def set_agreement(self, agreement: Agreement | None) -> None:
        """Weight each edge by the agreement of its classes. None restores the graph's weights."""
        self._agreement, self._entries = agreement, None
        self._weight = self.graph.weight if agreement is None else None

    def rows(self, position: torch.Tensor) -> GraphRows | None:
        """Return the graph as rows, numbered so that items that are close have close numbers.

        `position` (N, D) has the places of the items. Returns None where torch computes the forces.
        """
        if not can_gather(position):
            return None
        if self._rows is None or self._rounds >= self._order_at:
            if self._rows is not None:
                self._order_at *= 4
            self._rows, self._entries = GraphRows(self.graph, position), None
        return self._rows

    def force(self, position: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Return the force (N, D) of a round.

        Args:
            position: positions, (N, D).
            others: sampled other items of each item, int64 (N, M), that repel it.
        """
        self._rounds += 1
        rows = self.rows(position)
        if rows is None:
            return scattered_force(position, self.graph, self.weight, others, self.strength)
        force = rows.attraction_force(position, self._current(rows))
        repulsion_force_on(force, position, others, self.strength)
        return force

    def loss(self, position: torch.Tensor, others: torch.Tensor) -> float:
        """Return the loss over all items, in nats. The arguments are those of `force`."""
        rows = self.rows(position)
        if rows is None:
            head, tail = position[self.graph.head], position[self.graph.tail]
            attraction = attraction_loss(head, tail, self.weight)
            return float(attraction + repulsion_loss(position, position[others], self.strength))
        attraction = rows.attraction_loss(position, self._current(rows))
        return attraction + repulsion_loss_of(position, others, self.strength)

    def _current(self, rows: GraphRows) -> torch.Tensor:
        """Return the current weight of each entry of the rows, float32 (2 E,)."""
        if self._entries is None:
            if self._agreement is not None:
                self._entries = self._agreement.entries(rows)
            elif self._weight is self.graph.weight:
                self._entries = rows.weights
            else:
                self._entries = rows.entries(self.graph, self.weight)
        return self._entries
