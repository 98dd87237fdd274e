"""Weights of the edges of a graph from the class probabilities of the items."""

from typing import NamedTuple

import torch

from lodespace.models.compiled import loaded
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import GraphRows

LEAST_AGREEMENT = 0.02
"""Minimum agreement of the classes of two items. The agreement is a factor on the edge weight."""
EDGES_AT_ONCE = 1 << 18
"""Number of edges that torch weights at once."""
EDGES_PER_THREAD = 1 << 18
"""Smallest number of edges for which one more thread is started: about 3 ms of work."""


class Agreement(NamedTuple):
    """Factor of the weight of each edge: (1 - s) + s * max(0.02, sum_c p_ic p_jc)^g."""

    probabilities: torch.Tensor
    """Class probabilities p, (N, C)."""
    share_of_classes: float
    """s, the share of classes that have labels."""
    sharpness: float = 1.0
    """g; 0 ignores classes."""

    @property
    def _values(self) -> tuple[float, float, float]:
        return self.share_of_classes, LEAST_AGREEMENT, self.sharpness

    def entries(self, rows: GraphRows) -> torch.Tensor:
        """Return the weight of each entry of `rows`, float32 (2 E,), by compiled code."""
        return rows.agreeing_weights(self.probabilities, self._values)

    def weights(self, graph: Graph) -> torch.Tensor:
        """Return the weight (E,) of each edge of `graph`."""
        if loaded.compiled_for(graph.weight, self.probabilities):
            return self._weights_by_code(graph)
        p, s = self.probabilities, self.share_of_classes
        weight = torch.empty_like(graph.weight)
        # The edges are weighted in parts, because the probabilities of all edges of a million items
        # would take 1.4 GB.
        for first in range(0, len(graph), EDGES_AT_ONCE):
            part = slice(first, first + EDGES_AT_ONCE)
            agreement = (p[graph.head[part]] * p[graph.tail[part]]).sum(dim=1)
            weight[part] = graph.weight[part] * (
                (1 - s) + s * agreement.clamp_min(LEAST_AGREEMENT).pow(self.sharpness)
            )
        return weight

    def _weights_by_code(self, graph: Graph) -> torch.Tensor:
        assert loaded.code is not None
        code, weight = loaded.code, torch.empty(len(graph))
        p = self.probabilities
        inputs = (graph.head.long(), graph.tail.long(), graph.weight, p, weight)
        arrays = [each.contiguous().numpy() for each in inputs]

        def of_range(first: int, last: int) -> None:
            code.weigh(*arrays, first, last, p.shape[1], self._values)

        loaded.in_ranges(of_range, len(graph), EDGES_PER_THREAD)
        return weight
