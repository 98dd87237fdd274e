"""Building a neighbour graph in small units of work, so that training is not held up by it."""

import torch

from lodespace.models.graph import Graph, fuzzy_graph, neighbours_of_rows

_DISTANCES_PER_UNIT = 5_000_000
"""Distances one unit computes: some 20 ms."""


class GraphBuilding:
    """The k-NN graph of `features` (N, F). Call `unit` until it returns the graph."""

    def __init__(self, features: torch.Tensor, k: int) -> None:
        n = len(features)
        self.features = features
        self.k = min(k, n - 1)
        self.rows_per_unit = max(1, _DISTANCES_PER_UNIT // n)
        self.done = 0
        self.indices = torch.empty(n, self.k, dtype=torch.int64, device=features.device)
        self.distances = torch.empty(n, self.k, device=features.device)

    @property
    def progress(self) -> float:
        return self.done / len(self.features)

    def unit(self) -> Graph | None:
        """One block of rows; after the last, the graph."""
        n = len(self.features)
        if self.done < n:
            rows = slice(self.done, min(self.done + self.rows_per_unit, n))
            self.indices[rows], self.distances[rows] = neighbours_of_rows(self.features, rows, self.k)
            self.done = rows.stop
            return None
        return fuzzy_graph(self.indices, self.distances)
