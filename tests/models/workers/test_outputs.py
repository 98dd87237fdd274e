"""Predictions, means and neighbours of all items by two processes."""

import pytest
import torch

from lodespace.models import Dataset
from lodespace.models.layout import neighbour_search
from lodespace.models.layout.incremental_graph import GraphBuilding
from lodespace.models.layout.shared_search import SharedSearch
from lodespace.models.shared_items import shared
from lodespace.models.workers.team import Team
from samples.networks import classifier, vae_training

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("at_once", [7, 1000])
def test_predictions_are_in_the_order_of_the_items(
    few_images: Dataset, team: Team, at_once: int
) -> None:
    both, alone = classifier(shared(few_images, team)), classifier(few_images)
    items = torch.randperm(90, generator=torch.Generator().manual_seed(1))
    found = both.probabilities_by(team, items, at_once)
    for one, other in zip(found, alone.probabilities(items), strict=True):
        torch.testing.assert_close(one, other)


def test_means_of_all_items_are_those_of_one_process(few_images: Dataset, team: Team) -> None:
    both, alone = vae_training(shared(few_images, team)), vae_training(few_images)
    torch.testing.assert_close(both.encode_all(), alone.encode_all())


@pytest.mark.parametrize(
    ("n", "least_faiss_items"),
    [
        pytest.param(3001, 1_000_000, id="torch in both"),
        pytest.param(3001, 100, id="FAISS in the leader"),
        pytest.param(20_001, 20_000, id="FAISS in both"),
    ],
)
def test_neighbours_are_those_of_one_process(
    team: Team, monkeypatch: pytest.MonkeyPatch, n: int, least_faiss_items: int
) -> None:
    monkeypatch.setattr(neighbour_search, "LEAST_FAISS_ITEMS", least_faiss_items)
    monkeypatch.setattr(neighbour_search, "_PRODUCTS_PER_UNIT", 50_000_000 if n > 5000 else 1 << 21)
    features = torch.randn(n, 8, generator=torch.Generator().manual_seed(2))
    both, alone = GraphBuilding(features, 5, team=team), GraphBuilding(features, 5)
    while both.unit() is None:
        assert both.done == n or isinstance(both.search, SharedSearch)
    while alone.unit() is None:
        pass
    assert torch.equal(both.indices, alone.indices)
    torch.testing.assert_close(both.distances, alone.distances)
    assert "search" not in team.held
