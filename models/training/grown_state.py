"""A training state for more items: the rows of the added items are made from their neighbours.

The added items come after the items of the state, so no item changes its number. Their rows are
means over their nearest earlier items, or copies of the nearest one. Work that was half done on
all items, such as a sweep of predictions, starts again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from lodespace.models.batches import permutation
from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.fuzzy_graph import membership
from lodespace.models.layout.graph import Graph

NEIGHBOURS = 8
"""Number of earlier items from which the place of an added item is computed."""
_COMPARED_AT_ONCE = 20_000_000
"""Largest number of distances that are computed at once."""
_PLACES = ("latent_mean", "position", "target", "start", "mean", "next_mean")
_PROBABILITIES = ("probabilities", "learned_probabilities", "voiced_probabilities")
_MEANS = (*_PROBABILITIES, "map_axis_values", "map_axis_stiffness")
_COPIES = (
    # Probabilities of many items (class_probabilities.py). A mean of codes has no meaning, because
    # each item has a step of its own.
    *(f"{name}_{part}" for name in _PROBABILITIES for part in ("codes", "steps")),
    "prediction",
    "confidence",
    "best_prediction",
    "best_confidence",
    "best_margin",
    "best_doubt",
)
_FILLED: Mapping[str, float] = {
    "labels": UNLABELED,
    "label_weights": 1,
    "verified": 0,
    "accepted": 0,
    "reviewed": 0,
    "corrected": 0,
    "stiffness": 0,
    "axis_values": 0,
    "axis_known": 0,
    "evidence": -1,
    "evidence_labels": UNLABELED,
}
_EPOCHS = ("vae_epoch", "features_epoch")
"""Names of the epochs (batches.py). The added items come last in an epoch that has begun."""
_EDGES = ("edge_head", "edge_tail", "edge_weight", "edge_weight_now")
_LEFT_OUT = (
    "axis_predicted",
    "axis_predicted_stiffness",
    "classifier_features",
    "neighbour_indices",
    "neighbour_distances",
    "graph_weighting_units",
    "graph_features",
    "graph_learned",
    "representatives",
    "leaders",
    "leader_shares",
    "representative_edge_head",
    "representative_edge_tail",
    "representative_edge_weight",
    "representative_weight_now",
    "added_representatives",
    "added_neighbours",
    "added_weights",
    "head_fit_mean",
    "sweep_first",
    "sweep_order",
    "sweep_belief",
    "sweep_spread",
    "sweep_units",
)
"""Tensors that are computed again, or that belong to work that starts again."""
_RESTARTED: Mapping[str, Any] = {
    "sweep_position": 0,
    "building_graph": False,
    "graph_uses_classifier": False,
    "representative_units": 0,
    "axis": 0,
    "axis_position": 0,
    "axis_pending": False,
    "encoded": 0,
    "trunk_filled": 0,
    "head_encoded": 0,
    "head_units": 0,
}


class Placement(NamedTuple):
    """Neighbours of M added items."""

    first: int
    """Number of the first added item: the number of earlier items."""
    nearest: torch.Tensor
    """Nearest earlier items of each added item, nearest first, int64 (M, K), on the CPU."""
    edges: Graph
    """Edges from each added item to its nearest items, added ones included, on the CPU."""

    @property
    def n_items(self) -> int:
        """Number of items with the added items."""
        return self.first + len(self.nearest)

    @classmethod
    def of(cls, features: torch.Tensor, first: int, k: int) -> "Placement":
        """Find the neighbours of the items from number `first` on.

        Args:
            features: features of all items, (N, F).
            first: number of the first added item.
            k: number of edges per added item.
        """
        n = len(features)
        k = max(1, min(k, n - 1))
        near, indices, distances = [], [], []
        block = max(1, _COMPARED_AT_ONCE // n)
        for rows in torch.arange(first, n, device=features.device).split(block):
            found = torch.cdist(features[rows], features)
            found[torch.arange(len(rows)), rows] = torch.inf
            near.append(found[:, :first].topk(min(NEIGHBOURS, first), largest=False).indices)
            values, columns = found.topk(k, largest=False)
            indices.append(columns)
            distances.append(values)
        edges = _edges(first, n, torch.cat(indices), torch.cat(distances))
        return cls(first, torch.cat(near).cpu(), edges)


def _edges(first: int, n: int, indices: torch.Tensor, distances: torch.Tensor) -> Graph:
    """Return the edges of added items. The weights are those of the neighbour graph.

    The weight from an earlier item to an added one is unknown, and counts as 0.

    Args:
        first: number of the first added item.
        n: number of all items.
        indices: nearest items of each added item, (M, k).
        distances: their distances, (M, k).
    """
    weights = membership(distances).flatten().cpu()
    own = torch.arange(first, n).repeat_interleave(indices.shape[1])
    other = indices.flatten().cpu()
    key = torch.minimum(own, other) * n + torch.maximum(own, other)
    unique, where = key.unique(return_inverse=True)
    total = torch.zeros(len(unique)).index_add_(0, where, weights)
    squares = torch.zeros(len(unique)).index_add_(0, where, weights.square())
    weight = (total - (total.square() - squares) / 2).clamp_max(1.0)
    return Graph(unique // n, unique % n, weight)


def grown_state(
    state: TrainingState, placement: Placement, learned: torch.Tensor | None = None
) -> TrainingState:
    """Return `state` with rows for the added items.

    `learned` are the learned features of the added items, (M, F). If they are None, the features of
    all items are computed again.

    Raises ValueError if the state does not belong to the earlier items.
    """
    n = placement.first
    if state.meta.get("items") != n:
        raise ValueError(f"the state has {state.meta.get('items')} items, not {n}")
    tensors: Tensors = {}
    for name, tensor in _with_orders(state.tensors, n).items():
        if name not in _LEFT_OUT and name not in _EDGES:
            tensors[name] = _with_rows(name, tensor, placement)
    if "edge_head" in state.tensors:
        tensors |= _with_edges(state.tensors, placement.edges)
    if "start" in tensors:  # the first graph is being built; its building starts again
        for name in ("neighbour_indices", "neighbour_distances"):
            tensors[name] = state.tensors[name][:0]
    if "learned_features" in tensors:
        before = tensors.pop("learned_features")
        if learned is not None:
            tensors["learned_features"] = torch.cat([before, learned.cpu()])
    counters = dict(state.meta["counters"])
    if counters.get("building_graph"):
        counters["graph_due"] = True
    sweeping = "sweep_first" in state.tensors and counters.get("sweep_position", 0) < 2 * n
    if not sweeping:
        counters["sweep_moves_map"] = False
    counters |= {name: value for name, value in _RESTARTED.items() if name in counters}
    for name in (f"{epoch}_position" for epoch in _EPOCHS):
        if counters.get(name, 0) >= n:  # the epoch is complete, and the next one has all items
            counters[name] = max(counters[name], placement.n_items)
    meta = {**state.meta, "items": placement.n_items, "counters": counters}
    return TrainingState(tensors, meta)


def _with_orders(tensors: Mapping[str, torch.Tensor], n: int) -> Tensors:
    """Return `tensors` with the permutations of epochs of `n` items instead of their seeds.

    The permutation of more items with the same seed is another one. Items of an epoch that has
    begun would be missing in it, and others would be repeated.
    """
    every = dict(tensors)
    for name in _EPOCHS:
        if f"{name}_seed" in every:
            order = permutation(n, int(every.pop(f"{name}_seed")))
            every[f"{name}_order"] = order.to(torch.int32)
    return every


def _with_rows(name: str, tensor: torch.Tensor, placement: Placement) -> torch.Tensor:
    count = len(placement.nearest)
    if name in (f"{epoch}_order" for epoch in _EPOCHS):
        if len(tensor) == 0:
            return tensor
        added = torch.arange(placement.first, placement.n_items, dtype=tensor.dtype)
    elif name in _PLACES:
        added = middles(tensor, placement.nearest)
    elif name in _MEANS:
        added = tensor[placement.nearest].float().mean(dim=1).to(tensor.dtype)
    elif name in _COPIES:
        added = tensor[placement.nearest[:, 0]]
    elif name in _FILLED:
        added = torch.full((count, *tensor.shape[1:]), _FILLED[name], dtype=tensor.dtype)
    else:
        return tensor
    return torch.cat([tensor, added])


def _with_edges(tensors: Mapping[str, torch.Tensor], added: Graph) -> Tensors:
    """Return the edges of a state and the `added` edges, in ascending order."""
    head = torch.cat([tensors["edge_head"], added.head])
    tail = torch.cat([tensors["edge_tail"], added.tail])
    order = (head.long() * (int(tail.max()) + 1) + tail.long()).argsort()
    weights = {"edge_weight": torch.cat([tensors["edge_weight"], added.weight])}
    if "edge_weight_now" in tensors:
        weights["edge_weight_now"] = torch.cat([tensors["edge_weight_now"], added.weight])
    edges = {"edge_head": head, "edge_tail": tail, **weights}
    return {name: tensor[order] for name, tensor in edges.items()}


def middles(position: torch.Tensor, nearest: torch.Tensor) -> torch.Tensor:
    """Return a place for each added item, (M, D), in the middle of most of its neighbours.

    The neighbours of an item can lie in two clusters, and their mean would lie between the
    clusters. So only half of the neighbours are averaged: those nearest to the neighbour that has
    the smallest median distance to the other neighbours.

    Args:
        position: positions of the earlier items, (N, D).
        nearest: nearest earlier items of each added item, int64 (M, K).
    """
    near = position[nearest]
    apart = torch.cdist(near, near)
    middle = apart.median(dim=2).values.argmin(dim=1)
    around = apart[torch.arange(len(near)), middle]
    half = around.topk((nearest.shape[1] + 1) // 2, largest=False).indices
    return near.gather(1, half[..., None].expand(-1, -1, near.shape[2])).mean(dim=1)
