"""UMAP's fuzzy simplicial set: a neighbour graph with weights on its edges, built in units of work.

McInnes, Healy, Melville 2018, section 3, define the weights.
"""

import math

import torch

from lodespace.models.layout.graph import Graph
from lodespace.models.work_units import items_per_unit

ROWS_AT_ONCE = 20_000
"""Number of items whose edges are weighted at once, in about 50 ms. A unit of work treats one or
more such blocks of items (work_units.py)."""
_BISECTIONS = 40
_LEAST_WEIGHT = 1e-4
"""Edges with a smaller weight are left out."""


class FuzzyGraph:
    """Weights the edges of a neighbour graph. Call `unit` until it returns the graph.

    The weight from an item to a neighbour at distance d is exp(-(d - rho) / sigma). rho is the
    distance of the nearest neighbour. sigma is chosen so that the weights of the item sum to
    log2 k. The weights a and b of the two directions of an edge become the weight a + b - ab.

    The first half of the units computes the weights of the directions, one block of items per unit.
    The second half unites the two directions of each edge, one block of edges per unit. An edge
    belongs to the block that contains the smaller of its two item indices. The graph does not
    depend on the size of the blocks.
    """

    def __init__(self, indices: torch.Tensor, distances: torch.Tensor) -> None:
        """Prepare the graph of `indices` and `distances`, each (N, k): the k nearest neighbours."""
        self._indices = indices
        self._distances = distances
        n = len(indices)
        self._block = items_per_unit(n, ROWS_AT_ONCE)
        self._blocks = max(1, -(-n // self._block))
        self._directed: list[list[tuple[torch.Tensor, torch.Tensor]]] = [
            [] for _ in range(self._blocks)
        ]
        self._edges: list[Graph] = []
        self.units_done = 0
        """Number of units of work that are done."""

    def unit(self) -> Graph | None:
        """Do one unit of work. Return the graph after the last unit; None after the other units.

        If there is only one block, one unit does all the work.
        """
        stage, block = divmod(self.units_done, self._blocks)
        if stage == 0:
            self._weigh(block)
        if stage == 1 or self._blocks == 1:
            self._unite(block)
        self.units_done += 1
        if len(self._edges) < self._blocks:
            return None
        return Graph(
            torch.cat([edges.head for edges in self._edges]),
            torch.cat([edges.tail for edges in self._edges]),
            torch.cat([edges.weight for edges in self._edges]),
        )

    def _weigh(self, block: int) -> None:
        """Weight the edges from one block of items, and sort them into blocks by their smaller item
        index."""
        n, k = self._indices.shape
        rows = torch.arange(
            block * self._block, min((block + 1) * self._block, n), device=self._indices.device
        )
        weights = membership(self._distances[rows]).reshape(-1)
        columns = self._indices[rows].reshape(-1).long()
        rows = rows.repeat_interleave(k)
        smaller = torch.minimum(rows, columns)
        key = smaller * n + torch.maximum(rows, columns)
        target = smaller // self._block
        order = torch.argsort(target, stable=True)
        counts = torch.bincount(target, minlength=self._blocks).tolist()
        for parts, chosen in zip(self._directed, order.split(counts), strict=True):
            parts.append((key[chosen], weights[chosen]))

    def _unite(self, block: int) -> None:
        """Unite the two directions of the edges whose smaller item index is in one block."""
        n = len(self._indices)
        parts, self._directed[block] = self._directed[block], []
        key, values = (torch.cat(each) for each in zip(*parts, strict=True))
        # `unique` sorts the edges, so that the same graph always has the same order of edges.
        unique, where = key.unique(return_inverse=True)
        total = torch.zeros(len(unique), device=values.device).index_add_(0, where, values)
        # `total` is a + b where each item is a neighbour of the other, and a otherwise. The product
        # ab is ((a + b)^2 - (a^2 + b^2)) / 2.
        squares = torch.zeros_like(total).index_add_(0, where, values.square())
        weight = total - (total.square() - squares) / 2
        keep = weight > _LEAST_WEIGHT
        unique = unique[keep]
        self._edges.append(
            Graph((unique // n).int(), (unique % n).int(), weight[keep].clamp_max(1.0))
        )


def membership(distances: torch.Tensor) -> torch.Tensor:
    """Return the weights of directed edges (B, k) from `distances` (B, k), nearest first."""
    k = distances.shape[1]
    rho = distances[:, :1]
    target = math.log2(k) if k > 1 else 1.0
    shifted = (distances - rho).clamp_min(0)
    low = torch.zeros(len(distances), 1, device=distances.device)
    high = torch.full_like(low, math.inf)
    sigma = torch.ones_like(low)
    for _ in range(_BISECTIONS):
        too_wide = torch.exp(-shifted / sigma).sum(dim=1, keepdim=True) > target
        high = torch.where(too_wide, sigma, high)
        low = torch.where(too_wide, low, sigma)
        sigma = torch.where(torch.isinf(high), sigma * 2, (low + high) / 2)
    sigma = torch.maximum(sigma, 1e-3 * distances.mean(dim=1, keepdim=True)).clamp_min(1e-12)
    return torch.exp(-shifted / sigma)


def fuzzy_graph(indices: torch.Tensor, distances: torch.Tensor) -> Graph:
    """Return the weighted graph of `indices` and `distances`, each (N, k), at once."""
    building = FuzzyGraph(indices, distances)
    while True:
        graph = building.unit()
        if graph is not None:
            return graph
