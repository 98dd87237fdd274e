"""Representatives near items of a neighbour graph, in one or two steps on the graph."""

from typing import NamedTuple, Protocol

import torch

DIRECT = 4
"""Number of representatives per item that are kept among its own neighbours."""


class Near(NamedTuple):
    """The representatives near each of some items."""

    items: torch.Tensor
    """Representatives by their index among all representatives, nearest first, int32 (B, K).

    -1 fills the row of an item with fewer representatives.
    """
    weight: torch.Tensor
    """Nearness of each representative, float32 (B, K); 0 where `items` is -1."""


class Entries(Protocol):
    """The adjacency matrix of a graph (adjacency.py), of which some rows are read."""

    def of(self, rows: torch.Tensor, /) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the entries of rows int64 (B,): the position of each entry's row in `rows`, its
        column and its value, each (E,)."""
        ...


class MatrixRows:
    """The adjacency matrix as a matrix of torch, for devices without compiled code."""

    def __init__(self, matrix: torch.Tensor) -> None:
        self.starts = matrix.crow_indices().long()
        self.columns = matrix.col_indices()
        self.values = matrix.values()

    def of(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the entries of rows int64 (B,), as `Entries.of`."""
        last = len(self.starts) - 1  # the rows from here on have no entries
        first = self.starts[rows.clamp_max(last)]
        count = self.starts[(rows + 1).clamp_max(last)] - first
        own = torch.repeat_interleave(torch.arange(len(rows), device=rows.device), count)
        before = count.cumsum(0) - count
        at = torch.arange(len(own), device=rows.device) + (first - before)[own]
        return own, self.columns[at], self.values[at]


def nearest(
    own: torch.Tensor, items: torch.Tensor, weight: torch.Tensor, count: int, k: int
) -> Near:
    """Return the `k` entries with the largest weight of each of `count` rows.

    Args:
        own: row of each entry, (E,).
        items: item of each entry, int32 (E,).
        weight: weight of each entry, above 0, float32 (E,).
        count: number of rows.
        k: number of entries per row.
    """
    # Positive floats are in the order of their bits, so one sort orders by row, then by weight.
    order = ((own << 32) - weight.view(torch.int32)).argsort(stable=True)
    own, items, weight = own[order], items[order], weight[order]
    in_row = torch.bincount(own, minlength=count)
    place = torch.arange(len(own), device=own.device) - (in_row.cumsum(0) - in_row)[own]
    kept = place < k
    near = torch.full((count, k), -1, dtype=torch.int32, device=own.device)
    strength = torch.zeros(count, k, device=own.device)
    near[own[kept], place[kept]] = items[kept].int()
    strength[own[kept], place[kept]] = weight[kept]
    return Near(near, strength)


def direct(entries: Entries, rows: torch.Tensor, row_of: torch.Tensor) -> Near:
    """Return the representatives that are neighbours of the items `rows`, (B, DIRECT)."""
    own, columns, values = entries.of(rows)
    representative = row_of[columns]
    kept = representative >= 0
    return nearest(own[kept], representative[kept], values[kept], len(rows), DIRECT)


def indirect(
    entries: Entries,
    rows: torch.Tensor,
    near: Near,
    k: int,
    steps: int,
    row_of: torch.Tensor | None = None,
    known: torch.Tensor | None = None,
) -> Near:
    """Return the `k` representatives that are nearest to the items `rows` in one or two steps.

    Args:
        entries: the neighbour graph.
        rows: int64 (B,).
        near: representatives that are one step away from each item, (N, DIRECT).
        k: number of representatives per row.
        steps: number of nearest neighbours from which the second step starts.
        row_of: index of each item among the representatives, (N,), so that an item is not near
            itself. None if the rows are not representatives.
        known: the items of the rows of `near`, ascending. None if `near` has a row for each item.
    """
    own, columns, values = entries.of(rows)
    through = nearest(own, columns, values, len(rows), steps)
    other = through.items.long().clamp_min(0)
    first = rows
    if known is not None:
        first, other = torch.searchsorted(known, rows), torch.searchsorted(known, other)
        other = other.clamp_max(len(known) - 1)  # where there is no neighbour, its weight is 0
    items = torch.cat([near.items[first], near.items[other].flatten(1)], dim=1)
    weight = torch.cat(
        [near.weight[first], (near.weight[other] * through.weight[:, :, None]).flatten(1)], dim=1
    )
    kept = (items >= 0) & (weight > 0)
    if row_of is not None:
        kept &= items != row_of[rows][:, None]
    # One entry per row and representative: the sum over all paths.
    each = torch.arange(len(rows), device=rows.device)[:, None].expand_as(items)
    key, where = (each[kept] * (1 << 32) + items[kept]).unique(return_inverse=True)
    total = torch.zeros(len(key), device=key.device).index_add_(0, where, weight[kept])
    return nearest(key >> 32, key & 0xFFFFFFFF, total, len(rows), k)


def nearest_to(entries: Entries, items: torch.Tensor, row_of: torch.Tensor, k: int) -> Near:
    """Return the `k` representatives nearest to each of a few `items`, int64 (K,).

    None of the `items` is a representative. `row_of` is the index of each item among the
    representatives, int32 (N,); -1 for an item that is not a representative.
    """
    known = torch.cat([items, entries.of(items)[1].long()]).unique()
    return indirect(entries, items, direct(entries, known, row_of), k, k, known=known)
