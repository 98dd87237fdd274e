"""Few labels spread over the neighbour graph."""

import pytest
import torch

from lodespace.models.classification.label_spreading import HALF_AT, LabelSpreading, share
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.fuzzy_graph import fuzzy_graph
from lodespace.models.layout.graph import Graph
from samples.graphs import nearest_neighbours


def islands(n: int = 90) -> tuple[Graph, torch.Tensor]:
    """Graph of `n` points in three separate clouds, and the number of the cloud of each point."""
    generator = torch.Generator().manual_seed(0)
    island = torch.arange(n) % 3
    points = torch.randn(n, 2, generator=generator) + 6 * torch.stack([island, island % 2], dim=1)
    return fuzzy_graph(*nearest_neighbours(points, 8)), island


def spread(graph: Graph, labels: torch.Tensor, n_classes: int = 3) -> torch.Tensor:
    work = LabelSpreading(graph, labels, n_classes)
    while not work.done:
        work.unit()
    return work.probabilities()


def test_one_label_per_cluster_labels_the_cluster() -> None:
    graph, island = islands()
    labels = torch.full((90,), UNLABELED)
    labels[:3] = island[:3]
    probabilities = spread(graph, labels)
    assert float((probabilities.argmax(dim=1) == island).float().mean()) > 0.95
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(90))


def test_a_class_with_many_labels_does_not_outweigh_a_single_label() -> None:
    graph, island = islands()
    labels = torch.where(island == 0, 0, UNLABELED)
    labels[1], labels[2] = 1, 2
    found = spread(graph, labels).argmax(dim=1)
    assert float((found == island).float().mean()) > 0.95


def test_a_prediction_uses_neighbours_and_not_the_items_own_label() -> None:
    graph, island = islands()
    labels = torch.where(torch.arange(90) < 45, island, UNLABELED)
    labels[0] = 1  # item 0 belongs to cluster 0
    assert int(spread(graph, labels)[0].argmax()) == 0


def test_without_a_label_in_reach_every_class_is_equally_likely() -> None:
    graph, island = islands()
    apart = Graph(graph.head, graph.tail, graph.weight * (island[graph.head] == island[graph.tail]))
    labels = torch.full((90,), UNLABELED)
    labels[0] = 0
    assert spread(apart, labels)[1].tolist() == pytest.approx([1 / 3] * 3)


def test_an_improbable_label_spreads_less_than_the_others_of_its_class() -> None:
    graph, island = islands()
    labels = torch.full((90,), UNLABELED)
    labels[:6] = island[:6]
    labels[9] = 1  # a wrong label: item 9 belongs to cluster 0
    weights = torch.ones(90)
    weights[9] = 0.05

    def of_cluster(given: torch.Tensor | None) -> float:
        work = LabelSpreading(graph, labels, 3, None, given)
        while not work.done:
            work.unit()
        rest = (island == 0) & (labels == UNLABELED)
        return float(work.probabilities()[rest, 1].mean())

    assert of_cluster(weights) < 0.5 * of_cluster(None)
    assert of_cluster(torch.ones(90)) == of_cluster(None)


def test_the_weight_of_the_graph_falls_with_more_labels() -> None:
    labels = torch.full((500,), UNLABELED)
    assert share(labels) == 1
    labels[: 3 * HALF_AT] = torch.arange(3 * HALF_AT) % 3
    assert share(labels) == 0.5
    labels[300:] = 0  # a region of one class adds no label of another class
    assert share(labels) == 0.5
    labels[:300] = torch.arange(300) % 3
    assert share(labels) < 0.2


def test_an_own_label_is_left_out_with_all_that_returns_through_neighbours() -> None:
    graph, island = islands()
    labels = torch.full((90,), UNLABELED)
    labels[:12] = island[:12]
    found = spread(graph, labels)
    for item in range(3):
        fewer = labels.clone()
        fewer[item] = UNLABELED
        torch.testing.assert_close(found[item], spread(graph, fewer)[item], atol=1e-4, rtol=1e-3)


def test_items_without_edges_at_the_end_have_even_shares() -> None:
    graph, island = islands()
    labels = torch.full((95,), UNLABELED)
    labels[:3] = island[:3]
    found = spread(graph, labels)
    assert found[94].tolist() == pytest.approx([1 / 3] * 3)
    assert float((found[:90].argmax(dim=1) == island).float().mean()) > 0.95
