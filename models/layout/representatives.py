"""Representatives: the items that forces move while a large map is in motion.

With a million items, a round of forces on all items takes seconds. While such a map moves, forces
act on at most MOST items only, the representatives. Each other item is a follower: it moves by the
weighted mean of the moves of up to three representatives near it on the neighbour graph, its
leaders. When the representatives have come to rest, some rounds of forces on all items settle the
followers (live_motion.py).

A follower keeps its offset from its leaders, so the neighbourhoods of a settled map stay as they
are where the map moves as a whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch

from lodespace.models.batches import evenly
from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.layout.adjacency import compressed_rows
from lodespace.models.layout.fuzzy_graph import fuzzy_graph
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import GraphRows
from lodespace.models.layout.nearness import (
    DIRECT,
    Entries,
    MatrixRows,
    Near,
    direct,
    indirect,
)
from lodespace.models.layout.space_filling import morton_order

ITEMS_TO_MOVE = 100_000
"""Up to this number of items, forces move every item."""
MOST = 49_000
"""Largest number of representatives that are chosen on a graph."""
MOST_ADDED = 1_000
"""Largest number of labelled and pinned items that are added to the representatives
(live_motion.py)."""
LEADERS = 3
"""Largest number of leaders of a follower."""
SHARES = 255
"""The shares of the leaders of an item are multiples of 1 / SHARES and sum to 1."""
_STEPS = 6
"""Number of nearest neighbours over which an item finds representatives in two steps."""
_ROWS_AT_ONCE = 20_000
"""Number of items that are treated at once, in about 0.2 s."""
_FARTHEST = 60.0
"""Distance of a missing neighbour. The other distances are below 28."""


_EDGES = ("edge_head", "edge_tail", "edge_weight")


@dataclass(frozen=True, eq=False)
class Representatives:
    """R representatives of N items. All tensors are on one device."""

    items: torch.Tensor
    """The representatives, int64 (R,), ascending."""
    leaders: torch.Tensor
    """Leaders of each item, as positions in `items`, int32 (N, LEADERS). A representative leads
    itself."""
    shares: torch.Tensor
    """Share of each leader in the move of an item, in units of 1 / SHARES, uint8 (N, LEADERS). The
    shares of an item without a representative near it are 0."""
    graph: Graph
    """Neighbour graph of the representatives. Its ends are positions in `items`."""
    of: Graph
    """The graph of all items on which the representatives were chosen."""

    @cached_property
    def _matrix(self) -> torch.Tensor:
        """The shares as a matrix (N, R) in compressed rows, because the product with this matrix is
        five times as fast as indexing."""
        n = len(self.leaders)
        starts = torch.arange(0, LEADERS * n + 1, LEADERS, dtype=torch.int32)
        values = self.shares.reshape(-1).float() / SHARES
        columns = self.leaders.reshape(-1)
        return compressed_rows(starts.to(columns.device), columns, values, len(self.items))

    def moves(self, own: torch.Tensor) -> torch.Tensor:
        """Return the moves of all items, (N, D), from the moves of the representatives, (R, D)."""
        return (self._matrix @ own.to(self._matrix.device)).to(own.device)

    @cached_property
    def stored(self) -> Tensors:
        """The tensors in a saved state, on the CPU. All states with these representatives share the
        tensors."""
        edges = self.graph.stored
        return {
            "representatives": self.items.to("cpu", torch.int32),
            "leaders": self.leaders.cpu(),
            "leader_shares": self.shares.cpu(),
            **{f"representative_{name}": edges[name] for name in _EDGES},
        }

    @classmethod
    def load(
        cls,
        tensors: Mapping[str, torch.Tensor],
        of: Graph,
        known: "Representatives | None",
    ) -> "Representatives | None":
        """Return the representatives of a saved state with the graph `of`.

        Returns None if the state is that of a small map.

        Returns `known` if the saved state has the same representatives.
        """
        if "representatives" not in tensors:
            return None
        device = of.head.device
        if (
            known is not None
            and known.of is of
            and all(torch.equal(tensor, tensors[name]) for name, tensor in known.stored.items())
        ):
            return known
        edges = {name: tensors[f"representative_{name}"] for name in _EDGES}
        return cls(
            tensors["representatives"].to(device, torch.int64),
            tensors["leaders"].to(device),
            tensors["leader_shares"].to(device),
            Graph.load(edges, device, None),
            of,
        )


class RepresentativeSearch:
    """Chooses representatives on a neighbour graph, and finds the leaders of all items.

    Call `unit` until it returns the representatives. Two items are near each other if one is a
    neighbour of the other, or if they have a common neighbour. The nearness is the sum of the
    products of the normalised weights of the edges (adjacency.py) along these paths.
    """

    def __init__(
        self, graph: Graph, components: torch.Tensor, k: int, rows: GraphRows | None
    ) -> None:
        """Prepare to choose at most MOST of the N items of `graph`.

        Args:
            graph: the neighbour graph of all items.
            components: principal components of the items, (N, F).
            k: number of neighbours of each representative in their own graph.
            rows: the graph for compiled code; None if there is none.
        """
        self._rows = rows
        self._graph = graph
        self._components = components
        self._n = len(components)
        self._k = k
        self._work = self._units()

    def unit(self) -> Representatives | None:
        """Do one unit of work. Return the representatives after the last unit; None after the other
        units."""
        return next(self._work)

    def _units(self) -> Iterator[Representatives | None]:
        device, entries = self._graph.head.device, self._rows
        where = device
        if entries is None:
            adjacency = self._graph.adjacency
            for unit in range(adjacency.units):
                adjacency.prepare(unit)
                yield None
            where, entries = adjacency.matrix.device, MatrixRows(adjacency.matrix)
        yield from self._found(entries, where, device)

    def _found(
        self, entries: Entries, where: torch.device, device: torch.device
    ) -> Iterator[Representatives | None]:
        """Find the representatives in `entries` on the device `where`, and return them on
        `device`."""
        items = evenly_chosen(self._components, MOST).to(where)
        row_of = torch.full((self._n,), -1, dtype=torch.int32, device=items.device)
        row_of[items] = torch.arange(len(items), dtype=torch.int32, device=items.device)
        yield None
        every = torch.arange(self._n, device=items.device)
        near = Near(
            torch.empty(self._n, DIRECT, dtype=torch.int32, device=items.device),
            torch.empty(self._n, DIRECT, device=items.device),
        )
        for rows in every.split(_ROWS_AT_ONCE):
            near.items[rows], near.weight[rows] = direct(entries, rows, row_of)
            yield None
        leaders = torch.empty(self._n, LEADERS, dtype=torch.int32, device=items.device)
        shares = torch.empty(self._n, LEADERS, dtype=torch.uint8, device=items.device)
        for rows in every.split(_ROWS_AT_ONCE):
            found = indirect(entries, rows, near, LEADERS, _STEPS)
            leaders[rows], shares[rows] = found.items.clamp_min(0), rounded_shares(found.weight)
            yield None
        leaders[items] = 0
        leaders[items, 0] = row_of[items]
        shares[items] = torch.tensor([SHARES, *[0] * (LEADERS - 1)], dtype=torch.uint8).to(
            shares.device
        )
        found = []
        for rows in items.split(_ROWS_AT_ONCE):
            found.append(indirect(entries, rows, near, self._k, self._k, row_of))
            yield None
        graph = _graph_of(Near(*(torch.cat(parts) for parts in zip(*found, strict=True))))
        yield Representatives(
            items.to(device),
            leaders.to(device),
            shares.to(device),
            Graph(graph.head.to(device), graph.tail.to(device), graph.weight.to(device)),
            self._graph,
        )


def rounded_shares(weight: torch.Tensor) -> torch.Tensor:
    """Return the shares of leaders from their nearness (B, LEADERS), largest first.

    The shares of an item, uint8 (B, LEADERS), sum to SHARES, or are 0 if its nearness is 0.
    """
    total = weight.sum(dim=1, keepdim=True)
    shares = (weight / total.clamp_min(1e-30) * SHARES).round()
    shares[:, 0] += (SHARES - shares.sum(dim=1)) * (total[:, 0] > 0)
    return shares.to(torch.uint8)


def distances_of(near: Near) -> torch.Tensor:
    """Convert the nearness of representatives to B items into distances (B, K), ascending."""
    distance = -near.weight.clamp_min(1e-12).log()
    if distance.numel():
        distance = distance - distance.min() + 1e-3
    return torch.where(near.items >= 0, distance, _FARTHEST)


def _graph_of(near: Near) -> Graph:
    """Return the graph of R representatives, given the representatives nearest to each of them."""
    own = torch.arange(len(near.items), device=near.items.device)[:, None].expand_as(near.items)
    others = torch.where(near.items >= 0, near.items.long(), own)
    graph = fuzzy_graph(others, distances_of(near))
    apart = graph.head != graph.tail
    return Graph(graph.head[apart], graph.tail[apart], graph.weight[apart])


def evenly_chosen(components: torch.Tensor, most: int) -> torch.Tensor:
    """Return `most` items, evenly spaced along a space-filling curve through components (N, F).

    The result is int64 (R,), ascending. A dense region gets representatives in proportion to its
    number of items, and no part of a region is left out, as it can be in a random choice.
    """
    order = morton_order(components)
    return order[evenly(torch.arange(len(order), device=order.device), most)].sort().values
