"""The compiled forces, losses, weights and products, compared with torch."""

import pytest
import torch

from lodespace.models.classification.label_spreading import LabelSpreading
from lodespace.models.compiled import loaded
from lodespace.models.device import limited_threads
from lodespace.models.layout import graph_rows
from lodespace.models.layout.agreement import Agreement
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import GraphRows, repulsion_force_on
from lodespace.models.layout.nearness import MatrixRows
from lodespace.models.layout.neighbour_force import FIRST_ORDER, NeighbourForce, can_gather
from lodespace.models.layout.neighbour_loss import attraction_force, repulsion_force
from lodespace.models.layout.particles import SAMPLES, Particles

needs_compiled = pytest.mark.skipif(
    loaded.code is None, reason="this installation has no compiled code"
)
N = 3000
HUB = 2500
"""Number of neighbours of item 0: more than one block of the compiled code."""


def random_graph(n: int = N, seed: int = 0) -> Graph:
    """Return a graph in which item 0 has up to HUB neighbours, and the last 100 items are alone."""
    random = torch.Generator().manual_seed(seed)
    head = torch.randint(1, n - 100, (8 * n,), generator=random)
    tail = torch.randint(1, n - 100, (8 * n,), generator=random)
    different = head != tail
    ends = torch.stack([head[different], tail[different]]).sort(dim=0).values
    hub = torch.arange(1, min(HUB, n - 100))
    ends = torch.cat([torch.stack([torch.zeros_like(hub), hub]), ends], dim=1).unique(dim=1)
    return Graph(ends[0], ends[1], torch.rand(ends.shape[1], generator=random))


def inputs(d: int, n: int = N) -> tuple[torch.Tensor, torch.Tensor]:
    """Return positions and sampled items. Some positions coincide, and some are far."""
    random = torch.Generator().manual_seed(1)
    position = 3 * torch.randn(n, d, generator=random)
    position[10:20] = position[30:40]
    position[50:60] *= 1e4
    position[60:70] = position[70:80] + 1e-3
    others = torch.randint(n, (n, SAMPLES), generator=random)
    others[:5] = torch.arange(5)[:, None]
    return position, others


def by_torch(graph: Graph, n: int, monkeypatch: pytest.MonkeyPatch) -> NeighbourForce:
    """Return the neighbour term by torch, until the end of the test."""
    monkeypatch.setattr(loaded, "code", None)
    return NeighbourForce(graph, n)


def in_double(graph: Graph) -> Graph:
    return Graph(graph.head, graph.tail, graph.weight.double())


def magnitude(graph: Graph, position: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return the sum (N, 1) of the absolute values of all forces on each item, by torch."""
    pull = attraction_force(position[graph.head], position[graph.tail], graph.weight)
    total = torch.zeros(len(position), 1, dtype=torch.float64)
    for ends in (graph.head, graph.tail):
        total.index_add_(0, ends, pull.norm(dim=1, keepdim=True))
    strength = NeighbourForce(graph, len(position)).strength / others.shape[1]
    for k in range(others.shape[1]):
        push = repulsion_force(position, position[others[:, k : k + 1]], strength)
        total += push.norm(dim=1, keepdim=True)
    return total


@needs_compiled
@pytest.mark.parametrize("d", [2, 3])
def test_compiled_force_is_that_of_torch_to_a_relative_1e_5(
    d: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, (position, others) = random_graph(300), inputs(d, 300)
    force = NeighbourForce(graph, 300).force(position, others)
    exact, position = in_double(graph), position.double()
    expected = by_torch(exact, 300, monkeypatch).force(position, others)
    # Forces in opposite directions cancel, so errors are relative to the sum of their sizes.
    assert bool(((force - expected).abs() <= 1e-5 * magnitude(exact, position, others)).all())
    assert float((force - expected).norm() / expected.norm()) < 1e-5


@needs_compiled
@pytest.mark.parametrize("d", [2, 3])
def test_compiled_loss_is_that_of_torch_to_a_relative_1e_5(
    d: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, (position, others) = random_graph(), inputs(d)
    loss = NeighbourForce(graph, N).loss(position, others)
    expected = by_torch(in_double(graph), N, monkeypatch).loss(position.double(), others)
    assert loss == pytest.approx(expected, rel=1e-5)


@needs_compiled
def test_compiled_force_of_long_and_empty_rows_is_that_of_torch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph, (position, others) = random_graph(), inputs(3)
    force = NeighbourForce(graph, N).force(position, others)
    expected = by_torch(graph, N, monkeypatch).force(position, others)
    assert int((graph.head == 0).sum()) > 1024
    assert torch.allclose(force, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().mean()))


@needs_compiled
def test_an_item_without_a_finite_position_gets_no_finite_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph, (position, others) = random_graph(), inputs(3)
    position[7] = torch.nan
    force = NeighbourForce(graph, N).force(position, others)
    expected = by_torch(graph, N, monkeypatch).force(position, others)
    assert torch.equal(force.isnan(), expected.isnan())
    assert bool(force[7].isnan().all())


def everything(graph: Graph, order: torch.Tensor) -> list[bytes]:
    """Return the bytes of all results that depend on the rows, which are ordered by `order`."""
    random = torch.Generator().manual_seed(5)
    position, others = inputs(3)
    rows = GraphRows(graph, order)
    entries = rows.agreeing_weights(torch.rand(N, 7, generator=random), (0.8, 0.02, 0.5))
    force = rows.attraction_force(position, entries)
    repulsion_force_on(force, position, others, torch.rand(N, generator=random))
    labels = torch.full((N,), -1)
    labels[::100] = torch.arange(30) % 3
    spreading = LabelSpreading(graph, labels, 3, rows)
    while not spreading.done:
        spreading.unit()
    loss = rows.attraction_loss(position, entries)
    found = (force, spreading.spread.contiguous(), torch.tensor(loss, dtype=torch.float64))
    return [each.numpy().tobytes() for each in found]


@needs_compiled
def test_any_number_of_threads_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_rows, "ROWS_PER_THREAD", 100)
    monkeypatch.setattr(loaded, "BLOCK", 100)
    graph, (position, _) = random_graph(), inputs(3)
    results = []
    for threads in (1, 2, 3, 7, 64):
        with limited_threads(threads):
            results.append(everything(graph, position))
    assert results[1:] == results[:1] * 4


@needs_compiled
def test_the_order_of_the_rows_changes_no_byte() -> None:
    graph, (position, _) = random_graph(), inputs(3)
    other = position[torch.randperm(N, generator=torch.Generator().manual_seed(6))]
    flat = torch.zeros(N, 2)
    assert everything(graph, position) == everything(graph, other) == everything(graph, flat)


@needs_compiled
def test_close_items_have_close_rows_even_if_one_is_not_finite() -> None:
    line = torch.randperm(1000, generator=torch.Generator().manual_seed(0))
    position = torch.stack([line.float(), torch.zeros(1000)], dim=1)
    position[4] = torch.nan
    rows = GraphRows(random_graph(1000), position)
    assert sorted(rows.item.tolist()) == list(range(1000))
    finite = rows.item[rows.item != 4].long()
    assert torch.equal(line[finite].sort().values, line[finite])
    assert torch.equal(rows.in_items(rows.in_rows(line)), line)


@needs_compiled
@pytest.mark.parametrize("sharpness", [1.0, 0.5, 0.0])
def test_compiled_weights_are_those_of_torch(
    sharpness: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, (position, _) = random_graph(), inputs(3)
    p = torch.rand(N, 7, generator=torch.Generator().manual_seed(2)).pow(4)
    agreement = Agreement(p / p.sum(dim=1, keepdim=True), 0.7, sharpness)
    rows = GraphRows(graph, position)
    entries, weights = agreement.entries(rows), agreement.weights(graph)
    assert torch.equal(rows.entries(graph, weights), entries)
    monkeypatch.setattr(loaded, "code", None)
    torch.testing.assert_close(weights, agreement.weights(graph), rtol=1e-5, atol=1e-7)


@needs_compiled
@pytest.mark.parametrize("n_classes", [2, 3, 10, 40])
def test_compiled_spreading_is_that_of_torch(n_classes: int) -> None:
    graph, (position, _) = random_graph(), inputs(3)
    labels = torch.full((N,), -1)
    labels[: 5 * n_classes] = torch.arange(5 * n_classes) % n_classes
    found = []
    for rows in (GraphRows(graph, position), None):
        spreading = LabelSpreading(graph, labels, n_classes, rows)
        while not spreading.done:
            spreading.unit()
        found.append(spreading.spread)
    torch.testing.assert_close(found[0], found[1], rtol=1e-4, atol=1e-8)


@needs_compiled
def test_spreading_continues_with_compiled_code_and_without() -> None:
    graph, (position, _) = random_graph(), inputs(3)
    labels = torch.full((N,), -1)
    labels[:40] = torch.arange(40) % 4
    ways = [GraphRows(graph, position), None]
    whole = LabelSpreading(graph, labels, 4)
    while not whole.done:
        whole.unit()
    spreading = LabelSpreading(graph, labels, 4)
    for k in range(12):
        spreading.unit()
        saved = spreading.spread, spreading.rounds, spreading.parts_done, spreading.prepared
        spreading = LabelSpreading(graph, labels, 4, ways[k % 2])
        spreading.resume(*saved)
    while not spreading.done:
        spreading.unit()
    torch.testing.assert_close(spreading.spread, whole.spread, rtol=1e-4, atol=1e-8)


@needs_compiled
@pytest.mark.parametrize("end", [-1, 4])
def test_an_edge_to_an_unknown_item_is_refused(end: int) -> None:
    graph = Graph(torch.tensor([0, 1]), torch.tensor([1, end]), torch.ones(2))
    rows = [torch.empty(5, dtype=torch.int64), torch.empty(4, dtype=torch.int32), torch.empty(4)]
    arrays = [
        graph.head.long(),
        graph.tail.long(),
        graph.weight,
        torch.arange(4, dtype=torch.int32),
        *rows,
    ]
    assert loaded.code is not None
    with pytest.raises(ValueError, match="no item"):
        loaded.code.fill(*(each.numpy() for each in arrays))


@needs_compiled
def test_samples_and_sizes_that_do_not_fit_are_refused() -> None:
    graph = Graph(torch.tensor([0]), torch.tensor([1]), torch.ones(1))
    force = NeighbourForce(graph, 4)
    position = torch.zeros(4, 3)
    for sample in (-1, 4):
        with pytest.raises(ValueError, match="does not exist"):
            force.force(position, torch.full((4, 2), sample))
    with pytest.raises(ValueError, match="sizes"):
        force.force(position, torch.zeros(3, 2, dtype=torch.int64))
    rows = GraphRows(graph, position)
    with pytest.raises(ValueError, match="sizes"):
        rows.attraction_force(position, torch.ones(3))
    with pytest.raises(ValueError, match="sizes"):
        rows.product(torch.zeros(4, 7), 1.0, torch.zeros(4, 7), slice(0, 4))


def test_torch_computes_other_types_dimensions_and_empty_maps() -> None:
    assert not can_gather(torch.zeros(4, 3, dtype=torch.float64))
    assert not can_gather(torch.zeros(4, 1))
    assert not can_gather(torch.zeros(0, 3))
    assert not can_gather(torch.zeros(4, 3, device="meta"))
    assert can_gather(torch.zeros(4, 3)) == (loaded.code is not None)


def moved(graphs: list[Graph], probabilities: torch.Tensor) -> torch.Tensor:
    """Return positions after rounds on each graph, before and after a change of the weights."""
    position, _ = inputs(3)
    position[50:60] /= 1e4
    particles = Particles(position, graphs[0], torch.Generator().manual_seed(2))
    particles.pin(torch.tensor([3, 4]), torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 0.5]]))
    particles.stiffness[::3] = 0.5
    for graph in graphs:
        particles.set_graph(graph)
        particles.round(0.01, 2.0, 0.7)
        particles.set_agreement(probabilities, 0.9)
        for _ in range(FIRST_ORDER):
            particles.round(0.001)
    return torch.cat([particles.position, torch.full((1, 3), particles.scale)])


@needs_compiled
def test_the_particles_use_current_weights_and_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = [random_graph(), random_graph(seed=3)]
    probabilities = torch.rand(N, 4, generator=torch.Generator().manual_seed(4)).softmax(dim=1)
    compiled = moved(graphs, probabilities)
    monkeypatch.setattr(loaded, "code", None)
    without = moved(graphs, probabilities)
    assert not torch.equal(compiled, without)  # both ways were used
    assert torch.allclose(compiled, without, rtol=1e-4, atol=1e-4)


@needs_compiled
def test_rows_have_the_entries_of_the_adjacency_matrix() -> None:
    graph, (position, _) = random_graph(), inputs(3)
    items = torch.tensor([7, 0, N - 101, 2999, 7])
    found = GraphRows(graph, position).of(items)
    expected = MatrixRows(graph.adjacency.matrix).of(items)
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])
    torch.testing.assert_close(found[2], expected[2], rtol=1e-5, atol=0)
