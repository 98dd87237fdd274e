"""Graph, adjacency matrix and label spreading, computed in blocks of rows, have the same bytes as
when they are computed at once."""

import pytest
import torch

from lodespace.models.classification import label_spreading
from lodespace.models.classification.label_spreading import LabelSpreading
from lodespace.models.layout import adjacency, fuzzy_graph
from lodespace.models.layout.adjacency import Adjacency
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.incremental_graph import GraphBuilding
from samples.graphs import nearest_neighbours

N = 500


def points() -> torch.Tensor:
    return torch.randn(N, 3, generator=torch.Generator().manual_seed(0))


def graph_of(points: torch.Tensor) -> Graph:
    return fuzzy_graph.fuzzy_graph(*nearest_neighbours(points, 8))


def prepared(graph: Graph) -> Adjacency:
    built = Adjacency(graph.head, graph.tail, graph.weight)
    for unit in range(built.units):
        built.prepare(unit)
    return built


def assert_same_graph(graph: Graph, other: Graph) -> None:
    for name in ("head", "tail", "weight"):
        assert torch.equal(getattr(graph, name), getattr(other, name)), name


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one unit of work treat a small part of the graph."""
    monkeypatch.setattr(fuzzy_graph, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(adjacency, "ENTRIES_PER_UNIT", 300)
    monkeypatch.setattr(label_spreading, "_MOST_PRODUCTS", 20_000)


def test_a_graph_of_many_blocks_is_the_graph_of_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = graph_of(points())
    monkeypatch.setattr(fuzzy_graph, "ROWS_AT_ONCE", 7)
    assert_same_graph(graph_of(points()), whole)


@pytest.mark.slow
def test_a_graph_saved_between_two_blocks_continues_there(blocks: None) -> None:
    building = GraphBuilding(points(), 8)
    left = []
    graph = None
    while graph is None:
        left.append({name: tensor.clone() for name, tensor in building.tensors().items()})
        graph = building.unit()
    assert len(left) > 20, "too few units for blocks"
    for done, saved in enumerate(left):
        again = GraphBuilding(points(), 8)
        again.load(saved)
        for _ in range(len(left) - done - 1):
            assert again.unit() is None
        found = again.unit()
        assert found is not None
        assert_same_graph(found, graph)


def test_a_matrix_of_many_blocks_is_the_matrix_of_one_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = graph_of(points())
    whole = prepared(graph)
    monkeypatch.setattr(adjacency, "ENTRIES_PER_UNIT", 300)
    parts = prepared(graph)
    assert whole.units == 0 and parts.units > 20
    assert torch.equal(whole.matrix.to_dense(), parts.matrix.to_dense())
    x = torch.randn(N, 5, generator=torch.Generator().manual_seed(1))
    product = torch.cat([parts.product(slice(k, min(k + 90, N)), x) for k in range(0, N, 90)])
    assert torch.equal(product, whole.product(slice(0, N), x))


def test_the_matrix_is_that_of_a_plain_formula(blocks: None) -> None:
    graph = graph_of(points())
    dense = torch.zeros(N, N)
    dense[graph.head, graph.tail] = dense[graph.tail, graph.head] = graph.weight
    degree = dense.sum(dim=1)
    wanted = dense / (degree[:, None] * degree[None, :]).sqrt()
    torch.testing.assert_close(prepared(graph).matrix.to_dense(), wanted)


def test_spreading_in_parts_continues_from_a_saved_part(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    graph = graph_of(points())
    labels = torch.full((N + 3,), -1)  # the last items have no edges
    labels[:20] = torch.arange(20) % 3
    whole = LabelSpreading(graph, labels, 3)
    while not whole.done:
        whole.unit()
    request.getfixturevalue("blocks")
    again = LabelSpreading(Graph(graph.head, graph.tail, graph.weight), labels, 3)
    units = 0
    while not again.done:
        if units % 17 == 0:
            saved = again.spread, again.rounds, again.parts_done, again.prepared
            again = LabelSpreading(Graph(graph.head, graph.tail, graph.weight), labels, 3)
            again.resume(*saved)
        again.unit()
        units += 1
    assert units > 100
    assert torch.equal(again.spread, whole.spread)
