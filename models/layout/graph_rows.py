"""The edges of a graph as rows of neighbours, ordered so that neighbours are close in memory.

The compiled code walks over rows. With items numbered at random, each neighbour is somewhere else
in memory, and the forces on a million items take twice as long. So the rows have numbers of their
own: items that are close on the map have close numbers. These numbers do not change a result,
because the entries of a row stay in the order of the edges.
"""

from typing import Any

import numpy.typing as npt
import torch
import torch.nn.functional as F

from lodespace.models.compiled import loaded
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.neighbour_loss import FORCE_LIMIT, NEAR, A, B
from lodespace.models.layout.space_filling import BITS, morton_keys

ROWS_PER_THREAD = 16_384
"""Smallest number of rows for which one more thread is started: about 3 ms of work."""
COLUMNS_AT_ONCE = 8
"""The compiled code treats a multiple of this number of columns."""
_KERNEL = (A, B, NEAR, FORCE_LIMIT)


class GraphRows:
    """The edges of a graph, as N rows in compressed form. They do not change.

    The rows take 16 bytes per edge, and 16 bytes per item.
    """

    def __init__(self, graph: Graph, position: torch.Tensor) -> None:
        """Make the rows of `graph`. `position`: the places of its items, float32 (N, D)."""
        assert loaded.code is not None
        n = len(position)
        self.item = places(position).argsort(stable=True).to(torch.int32)
        """Item of each row, int32 (N,)."""
        self.number = torch.empty(n, dtype=torch.int32)
        """Row of each item, int32 (N,)."""
        self.number[self.item.long()] = torch.arange(n, dtype=torch.int32)
        self.weights = torch.empty(2 * len(graph))
        """Weight of each entry in the graph, float32 (2 E,)."""
        self._starts = torch.empty(n + 1, dtype=torch.int64)
        self._others = torch.empty(2 * len(graph), dtype=torch.int32)
        self._scale = self.in_rows(graph.degrees(n).clamp_min(1e-8).rsqrt())
        rows = (self.number, self._starts, self._others, self.weights)
        loaded.code.fill(*_arrays(graph.head.long(), graph.tail.long(), graph.weight, *rows))

    def __len__(self) -> int:
        return len(self.item)

    def in_rows(self, values: torch.Tensor) -> torch.Tensor:
        """Return values (N, ...) of the items in the order of the rows."""
        return values.index_select(0, self.item)

    def in_items(self, values: torch.Tensor) -> torch.Tensor:
        """Return values (N, ...) of the rows in the order of the items."""
        return values.index_select(0, self.number)

    def of(self, items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the entries of some rows of the matrix of `Adjacency`.

        Args:
            items: the items of B rows, int64 (B,).

        Returns:
            The position of each entry's row in `items`, its column, which is an item, and its
            value, each (E,). The columns of a row are in ascending order.
        """
        rows = self.number[items].long()
        first = self._starts[rows]
        count = self._starts[rows + 1] - first
        own = torch.repeat_interleave(torch.arange(len(rows)), count)
        at = torch.arange(len(own)) + (first - (count.cumsum(0) - count))[own]
        others = self._others[at].long()
        values = self.weights[at] * self._scale[rows][own] * self._scale[others]
        return own, self.item[others], values

    def entries(self, graph: Graph, weight: torch.Tensor) -> torch.Tensor:
        """Return the weight of each entry, float32 (2 E,).

        Args:
            graph: the graph of the rows.
            weight: weight of each edge, float32 (E,).
        """
        assert loaded.code is not None
        weights = torch.empty_like(self.weights)
        rows = (torch.empty_like(self._starts), torch.empty_like(self._others), weights)
        ends = graph.head.long(), graph.tail.long()
        loaded.code.fill(*_arrays(*ends, weight, self.number, *rows))
        return weights

    def attraction_force(self, position: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return the attraction of all neighbours of each item, float32 (N, D).

        Args:
            position: positions of the items, float32 (N, D).
            weights: current weight of each entry, float32 (2 E,).
        """
        assert loaded.code is not None
        force = torch.empty(position.shape)
        self._walk(loaded.code.attract, position, weights, force)
        return force

    def attraction_loss(self, position: torch.Tensor, weights: torch.Tensor) -> float:
        """Return the attraction over all edges, in nats. The arguments are those of
        `attraction_force`."""
        assert loaded.code is not None
        loss = torch.empty(len(position))
        self._walk(loaded.code.attraction, position, weights, loss)
        return float(loss.sum(dtype=torch.float64)) / 2  # each edge is counted at both ends

    def _walk(
        self, code: Any, position: torch.Tensor, weights: torch.Tensor, result: torch.Tensor
    ) -> None:
        rows = (self._starts, self._others, weights, self.in_rows(position), self.item, result)
        arrays = _arrays(*rows)

        def of_range(first: int, last: int) -> None:
            code(*arrays, first, last, _KERNEL)

        loaded.in_ranges(of_range, len(self), ROWS_PER_THREAD)

    def agreeing_weights(
        self, probabilities: torch.Tensor, agreement: tuple[float, float, float]
    ) -> torch.Tensor:
        """Return the weight of each entry, changed by the agreement of the classes, float32 (2 E,).

        Args:
            probabilities: class probabilities of the items, float32 (N, C).
            agreement: three numbers of agreement.py: share of classes with labels, least
                agreement, exponent.
        """
        assert loaded.code is not None
        code, weights = loaded.code, torch.empty_like(self.weights)
        p = self.in_rows(F.pad(probabilities, (0, -probabilities.shape[1] % COLUMNS_AT_ONCE)))
        rows = (self._starts, self._others, self.weights, p, weights)
        arrays, classes = _arrays(*rows), p.shape[1]

        def of_range(first: int, last: int) -> None:
            code.agree(*arrays, first, last, classes, agreement)

        loaded.in_ranges(of_range, len(self), ROWS_PER_THREAD)
        return weights

    def product(self, x: torch.Tensor, factor: float, result: torch.Tensor, rows: slice) -> None:
        """Set some rows of `result` (N, W) to `factor` times the product of the matrix with `x`.

        The matrix is that of `Adjacency`. `x` float32 (N, W) and `result` are in the order of the
        rows, and W is a multiple of 8.
        """
        code: Any = loaded.code
        entries = (self._starts, self._others, self.weights, self._scale, x, result)
        arrays = _arrays(*entries)

        def of_range(first: int, last: int) -> None:
            code.multiply(*arrays, rows.start + first, rows.start + last, factor)

        loaded.in_ranges(of_range, rows.stop - rows.start, ROWS_PER_THREAD)


def repulsion_force_on(
    force: torch.Tensor, position: torch.Tensor, others: torch.Tensor, strength: torch.Tensor
) -> None:
    """Add the repulsion of sampled items to `force`, float32 (N, D).

    Args:
        force: force on each item, which is changed.
        position: positions, float32 (N, D).
        others: sampled other items of each item, int64 (N, M).
        strength: strength of the repulsion of each item, float32 (N,).
    """
    assert loaded.code is not None
    code, arrays = loaded.code, _arrays(position.contiguous(), others, strength, force)

    def of_range(first: int, last: int) -> None:
        code.repel(*arrays, first, last, _KERNEL)

    loaded.in_ranges(of_range, len(position), ROWS_PER_THREAD)


def repulsion_loss_of(
    position: torch.Tensor, others: torch.Tensor, strength: torch.Tensor
) -> float:
    """Return the repulsion, in nats. The arguments are those of `repulsion_force_on`."""
    assert loaded.code is not None
    code, loss = loaded.code, torch.empty(len(position))
    arrays = _arrays(position.contiguous(), others, strength, loss)

    def of_range(first: int, last: int) -> None:
        code.repulsion(*arrays, first, last, _KERNEL)

    loaded.in_ranges(of_range, len(position), ROWS_PER_THREAD)
    return float(loss.sum(dtype=torch.float64))


def places(position: torch.Tensor) -> torch.Tensor:
    """Return the place of each item along a space-filling curve through the map, int64 (N,).

    `position` is (N, D). A coordinate that is not finite counts as 0.
    """
    finite = position.nan_to_num(0.0, 0.0, 0.0)
    low = finite.amin(dim=0)
    extent = (finite.amax(dim=0) - low).clamp_min(1e-12)
    return morton_keys(((finite - low) / extent * ((1 << BITS) - 1)).long())


def _arrays(*tensors: torch.Tensor) -> list[npt.NDArray[Any]]:
    return [each.contiguous().numpy() for each in tensors]
