"""The neighbour graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.layout.adjacency import Adjacency


@dataclass(frozen=True)
class Graph:
    """E undirected edges between N items."""

    head: torch.Tensor
    """First end of each edge: the end with the smaller item index, int32 (E,)."""
    tail: torch.Tensor
    """Second end of each edge: the end with the larger item index, int32 (E,)."""
    weight: torch.Tensor
    """Weight of each edge, float32 (E,) in 0..1."""

    def __post_init__(self) -> None:
        # A million items have 11 million edges, and int64 would take 100 MB more.
        for name in ("head", "tail"):
            object.__setattr__(self, name, getattr(self, name).to(torch.int32))

    def __len__(self) -> int:
        return len(self.head)

    def degrees(self, n: int) -> torch.Tensor:
        """Return the sum of the weights of the edges of each of `n` items, (n,)."""
        degree = torch.zeros(n, dtype=self.weight.dtype, device=self.weight.device)
        return degree.index_add_(0, self.head, self.weight).index_add_(0, self.tail, self.weight)

    @cached_property
    def stored(self) -> Tensors:
        """The edges in a saved state, on the CPU. All states with this graph share the tensors."""
        return {
            "edge_head": self.head.cpu(),
            "edge_tail": self.tail.cpu(),
            "edge_weight": self.weight.cpu(),
        }

    @classmethod
    def load(
        cls, tensors: Mapping[str, torch.Tensor], device: torch.device, known: "Graph | None"
    ) -> "Graph":
        """Return the graph of a saved state, on `device`, or `known` if it has the same edges."""
        if known is not None and all(
            torch.equal(tensor, tensors[name]) for name, tensor in known.stored.items()
        ):
            return known
        return cls(*(tensors[f"edge_{name}"].to(device) for name in ("head", "tail", "weight")))

    @cached_property
    def adjacency(self) -> Adjacency:
        """The symmetric matrix of the edges, normalised by the degrees of their items."""
        return Adjacency(self.head, self.tail, self.weight)
