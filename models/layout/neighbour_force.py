"""The force of the neighbour term on all items, by torch or by compiled code.

torch scatters: it computes the force of each edge, and adds it to both ends. The compiled code
(gather.c) gathers: it walks the rows of neighbours of each item. On one thread of a processor, it
is about ten times as fast, because it needs no arrays of the size of the edges. The results differ
by rounding, by a relative 1e-6. Each of them is repeatable to the bit. The compiled code also gives
the same bytes for any number of threads.

An installation without a C compiler has no compiled code, and other devices than the processor do
not use it. There, torch computes the force. Without compiled code, the log contains one line about
it.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch

from lodespace.models.layout.graph import Graph
from lodespace.models.layout.neighbour_loss import (
    FORCE_LIMIT,
    NEAR,
    A,
    B,
    attraction_force,
    repulsion_force,
)

log = logging.getLogger(__name__)

try:
    from lodespace.models.layout import _gather as compiled
except ImportError as error:
    compiled = None
    log.info(
        "torch computes the forces, several times as slowly as compiled code: %s. To compile it, "
        "install a C compiler, and install Lodespace again",
        error,
    )

ITEMS_PER_THREAD = 16_384
"""Smallest number of items for which one more thread is started: about 3 ms of work."""
_KERNEL = (A, B, NEAR, FORCE_LIMIT)


def scattered_force(
    position: torch.Tensor,
    graph: Graph,
    weight: torch.Tensor,
    others: torch.Tensor,
    strength: torch.Tensor,
) -> torch.Tensor:
    """Return the force (N, D) by torch, on any device. Arguments as in `NeighbourRows.force`.

    Args:
        position: positions, (N, D).
        graph: E edges.
        weight: current weight of each edge, (E,).
        others: sampled other items of each item, int64 (N, M).
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


def can_gather(position: torch.Tensor) -> bool:
    """Return whether the compiled code exists and computes the force at `position` (N, D)."""
    return (
        compiled is not None
        and position.device.type == "cpu"
        and position.dtype == torch.float32
        and position.shape[1] in (2, 3)
        and 0 < len(position) < 1 << 31
    )


class NeighbourRows:
    """The edges of a graph with their current weights, as rows of neighbours in compressed form.

    A row has the edges of one item in the order of the graph, so the sums are repeatable. The rows
    take 16 bytes per edge, and 8 bytes per item.
    """

    def __init__(self, n: int, graph: Graph, weight: torch.Tensor) -> None:
        """Arrange the edges of `graph`, with weights `weight` float32 (E,), in `n` rows."""
        assert compiled is not None
        self.graph = graph
        self.weight = weight
        self._starts = torch.empty(n + 1, dtype=torch.int64)
        self._neighbours = torch.empty(2 * len(graph), 2, dtype=torch.int32)
        edges = (graph.head.contiguous(), graph.tail.contiguous(), weight.contiguous())
        rows = (self._starts, self._neighbours)
        compiled.fill(*(each.numpy() for each in (*edges, *rows)))

    def force(
        self, position: torch.Tensor, others: torch.Tensor, strength: torch.Tensor
    ) -> torch.Tensor:
        """Return the force of attraction and repulsion, float32 (N, D).

        It uses as many threads as torch. The number of threads does not change the result.

        Args:
            position: positions, float32 (N, D).
            others: sampled other items of each item, int64 (N, M).
            strength: strength of the repulsion of each item, float32 (N,).
        """
        assert compiled is not None
        n, code = len(position), compiled
        force = torch.empty(position.shape)
        inputs = (position.contiguous(), self._starts, self._neighbours, others, strength, force)
        arrays = [each.numpy() for each in inputs]

        def of_range(first: int, last: int) -> None:
            code.force(*arrays, first, last, _KERNEL)

        _in_ranges(of_range, n, min(torch.get_num_threads(), n // ITEMS_PER_THREAD))
        return force


def _in_ranges(work: Callable[[int, int], None], n: int, threads: int) -> None:
    """Call `work(first, last)` for ranges that cover 0..n, each in a thread of its own."""
    if threads <= 1:
        work(0, n)
        return
    bounds = [n * k // threads for k in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))
