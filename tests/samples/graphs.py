"""Neighbour graphs for tests."""

import torch

from lodespace.models.layout.incremental_graph import GraphBuilding
from lodespace.models.layout.neighbour_search import OwnSearch, TorchSearch


def nearest_neighbours(
    features: torch.Tensor, k: int, block: int | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return indices and distances (N, k) of the k nearest neighbours of features (N, F).

    `block`: number of rows per unit of work.
    """
    building = GraphBuilding(features, k)
    if block is not None:
        building.search = OwnSearch(features, k, TorchSearch(features, k, block))
    while building.done < len(features):
        building.unit()
    return building.indices, building.distances
