"""The neighbour graph: exact k nearest neighbours, with UMAP's weights on the edges.

McInnes, Healy, Melville 2018, section 3, define the weights.
"""

import math
import warnings
from dataclasses import dataclass
from functools import cached_property

import torch

from lodespace.models.device import algebra_device

_BISECTIONS = 40


@dataclass(frozen=True)
class Graph:
    """E undirected edges between N items."""

    head: torch.Tensor
    """First end of each edge: the end with the smaller item index, int64 (E,)."""
    tail: torch.Tensor
    """Second end of each edge: the end with the larger item index, int64 (E,)."""
    weight: torch.Tensor
    """Weight of each edge, float32 (E,) in 0..1."""

    def __len__(self) -> int:
        return len(self.head)

    @cached_property
    def normalised_adjacency(self) -> torch.Tensor:
        """Sparse symmetric matrix (M, M) of the edges, normalised by the degrees of their items.

        An entry is the weight of the edge / sqrt(product of the degrees of its two items).

        M - 1 is the largest index of an item with an edge. The matrix is in compressed rows (CSR):
        for 5,000 items, its product with 42 columns takes 1.8 ms. The same product by `index_add_`
        takes 26 ms.
        """
        n, device = int(self.tail.max()) + 1 if len(self) else 0, self.weight.device
        rows, columns = torch.cat([self.head, self.tail]), torch.cat([self.tail, self.head])
        weight = torch.cat([self.weight, self.weight])
        order = torch.argsort(rows * n + columns)
        rows, columns, weight = rows[order], columns[order], weight[order]
        degree = torch.zeros(n, device=device).index_add_(0, rows, weight).clamp_min(1e-8)
        starts = torch.zeros(n + 1, dtype=torch.int64, device=device)
        starts[1:] = torch.bincount(rows, minlength=n).cumsum(0)
        values = weight / (degree[rows] * degree[columns]).sqrt()
        with warnings.catch_warnings():
            # torch warns that its sparse matrices in compressed rows may change.
            warnings.simplefilter("ignore", UserWarning)
            where = algebra_device(device)
            parts = (starts.to(where), columns.to(where), values.to(where))
            return torch.sparse_csr_tensor(*parts, (n, n), device=where)


def neighbours_of_rows(
    features: torch.Tensor, rows: slice, k: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the nearest neighbours of one block of rows.

    The caller can do other work between two blocks.

    Args:
        features: (N, F).
        rows: the block of B rows.
        k: number of neighbours; an item is not its own neighbour.

    Returns:
        Indices int64 and distances, each (B, k), nearest first.
    """
    some = features[rows]
    square = features.square().sum(dim=1)
    # The squared norm of the row is left out: it is the same for all candidates of the row.
    d2 = square - 2 * some @ features.T
    own = torch.arange(rows.start, rows.start + len(some), device=features.device)
    d2[torch.arange(len(some), device=features.device), own] = math.inf
    nearest, indices = d2.topk(k, dim=1, largest=False)
    distances = (nearest + some.square().sum(dim=1, keepdim=True)).clamp_min(0).sqrt()
    return indices, distances


def fuzzy_graph(indices: torch.Tensor, distances: torch.Tensor) -> Graph:
    """Return UMAP's fuzzy simplicial set: the neighbour graph with weights on the edges.

    `indices` and `distances`, each (N, k), describe the k nearest neighbours of each item.

    The weight from an item to a neighbour at distance d is exp(-(d - rho) / sigma). rho is the
    distance of the nearest neighbour. sigma is chosen so that the weights of the item sum to
    log2 k. The weights a and b of the two directions of an edge become the weight a + b - ab.
    """
    n, k = indices.shape
    rho = distances[:, :1]
    target = math.log2(k) if k > 1 else 1.0
    shifted = (distances - rho).clamp_min(0)
    low = torch.zeros(n, 1, device=distances.device)
    high = torch.full_like(low, math.inf)
    sigma = torch.ones_like(low)
    for _ in range(_BISECTIONS):
        too_wide = torch.exp(-shifted / sigma).sum(dim=1, keepdim=True) > target
        high = torch.where(too_wide, sigma, high)
        low = torch.where(too_wide, low, sigma)
        sigma = torch.where(torch.isinf(high), sigma * 2, (low + high) / 2)
    sigma = torch.maximum(sigma, 1e-3 * distances.mean(dim=1, keepdim=True)).clamp_min(1e-12)
    weights = torch.exp(-shifted / sigma)

    rows = torch.arange(n, device=indices.device).repeat_interleave(k)
    columns, values = indices.reshape(-1), weights.reshape(-1)
    key = torch.minimum(rows, columns) * n + torch.maximum(rows, columns)
    # `unique` sorts the edges, so that the same graph always has the same order of edges.
    unique, where = key.unique(return_inverse=True)
    total = torch.zeros(len(unique), device=values.device).index_add_(0, where, values)
    # `total` is a + b where each item is a neighbour of the other, and a otherwise. The product ab
    # is ((a + b)^2 - (a^2 + b^2)) / 2.
    squares = torch.zeros_like(total).index_add_(0, where, values.square())
    weight = total - (total.square() - squares) / 2
    keep = weight > 1e-4
    unique = unique[keep]
    return Graph(unique // n, unique % n, weight[keep].clamp_max(1.0))
