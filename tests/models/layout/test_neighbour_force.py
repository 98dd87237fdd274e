"""The compiled force of the neighbour term, compared with torch, and its use by the particles."""

import pytest
import torch

from lodespace.models.device import limited_threads
from lodespace.models.layout import neighbour_force
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.neighbour_force import NeighbourRows, can_gather, scattered_force
from lodespace.models.layout.particles import SAMPLES, Particles

needs_compiled = pytest.mark.skipif(
    neighbour_force.compiled is None, reason="this installation has no compiled forces"
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


def inputs(d: int, n: int = N) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return positions, sampled items and strengths. Some positions coincide, and some are far."""
    random = torch.Generator().manual_seed(1)
    position = 3 * torch.randn(n, d, generator=random)
    position[10:20] = position[30:40]
    position[50:60] *= 1e4
    position[60:70] = position[70:80] + 1e-3
    others = torch.randint(n, (n, SAMPLES), generator=random)
    others[:5] = torch.arange(5)[:, None]
    return position, others, 40 * torch.rand(n, generator=random)


def magnitude(
    position: torch.Tensor, graph: Graph, others: torch.Tensor, strength: torch.Tensor
) -> torch.Tensor:
    """Return the sum (N, 1) of the absolute values of all forces on each item."""
    total = torch.zeros(len(position), 1, dtype=torch.float64)
    none = torch.zeros_like(strength)
    for k in range(others.shape[1]):
        repelled = scattered_force(
            position, graph, torch.zeros_like(graph.weight), others[:, k : k + 1], strength
        )
        total += repelled.norm(dim=1, keepdim=True) / others.shape[1]
    for k in range(len(graph)):
        z = torch.stack([position[graph.head[k]], position[graph.tail[k]]])
        edge = Graph(torch.tensor([0]), torch.tensor([1]), graph.weight[k : k + 1])
        pull = scattered_force(z, edge, edge.weight, torch.zeros(2, 1, dtype=torch.int64), none[:2])
        ends = torch.stack([graph.head[k], graph.tail[k]])
        total.index_add_(0, ends, pull.norm(dim=1, keepdim=True))
    return total


@needs_compiled
@pytest.mark.parametrize("d", [2, 3])
def test_compiled_force_is_that_of_torch_to_a_relative_1e_5(d: int) -> None:
    graph, (position, others, strength) = random_graph(300), inputs(d, 300)
    force = NeighbourRows(300, graph, graph.weight).force(position, others, strength)
    exact = (position.double(), graph, others, strength.double())
    expected = scattered_force(exact[0], graph, graph.weight.double(), others, exact[3])
    # Forces in opposite directions cancel, so errors are relative to the sum of their sizes.
    assert bool(((force - expected).abs() <= 1e-5 * magnitude(*exact)).all())
    assert float((force - expected).norm() / expected.norm()) < 1e-5


@needs_compiled
def test_compiled_force_of_long_and_empty_rows_is_that_of_torch() -> None:
    graph, (position, others, strength) = random_graph(), inputs(3)
    force = NeighbourRows(N, graph, graph.weight).force(position, others, strength)
    expected = scattered_force(position, graph, graph.weight, others, strength)
    assert int((graph.head == 0).sum()) > 1024
    assert torch.allclose(force, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().mean()))


@needs_compiled
def test_an_item_without_a_finite_position_gets_no_finite_force() -> None:
    graph, (position, others, strength) = random_graph(), inputs(3)
    position[7] = torch.nan
    force = NeighbourRows(N, graph, graph.weight).force(position, others, strength)
    expected = scattered_force(position, graph, graph.weight, others, strength)
    assert torch.equal(force.isnan(), expected.isnan())
    assert bool(force[7].isnan().all())


@needs_compiled
def test_any_number_of_threads_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbour_force, "ITEMS_PER_THREAD", 100)
    graph, (position, others, strength) = random_graph(), inputs(3)
    rows = NeighbourRows(N, graph, graph.weight)
    forces = []
    for threads in (1, 2, 3, 7, 64):
        with limited_threads(threads):
            forces.append(rows.force(position, others, strength).numpy().tobytes())
    assert len(set(forces)) == 1


@needs_compiled
@pytest.mark.parametrize("end", [-1, 4])
def test_an_edge_to_an_unknown_item_is_refused(end: int) -> None:
    graph = Graph(torch.tensor([0, 1]), torch.tensor([1, end]), torch.ones(2))
    with pytest.raises(ValueError, match="no item"):
        NeighbourRows(4, graph, graph.weight)


@needs_compiled
def test_samples_and_sizes_that_do_not_fit_are_refused() -> None:
    graph = Graph(torch.tensor([0]), torch.tensor([1]), torch.ones(1))
    rows = NeighbourRows(4, graph, graph.weight)
    position, strength = torch.zeros(4, 3), torch.ones(4)
    for sample in (-1, 4):
        with pytest.raises(ValueError, match="does not exist"):
            rows.force(position, torch.full((4, 2), sample), strength)
    with pytest.raises(ValueError, match="sizes"):
        rows.force(position, torch.zeros(4, 2, dtype=torch.int64), strength[:3])
    with pytest.raises(ValueError, match="sizes"):
        rows.force(torch.zeros(5, 3), torch.zeros(4, 2, dtype=torch.int64), strength)


def test_torch_computes_other_types_dimensions_and_empty_maps() -> None:
    assert not can_gather(torch.zeros(4, 3, dtype=torch.float64))
    assert not can_gather(torch.zeros(4, 1))
    assert not can_gather(torch.zeros(0, 3))
    assert not can_gather(torch.zeros(4, 3, device="meta"))
    assert can_gather(torch.zeros(4, 3)) == (neighbour_force.compiled is not None)


def moved(graphs: list[Graph], probabilities: torch.Tensor) -> torch.Tensor:
    """Return positions after rounds on each graph, before and after a change of the weights."""
    position, _, _ = inputs(3)
    position[50:60] /= 1e4
    particles = Particles(position, graphs[0], torch.Generator().manual_seed(2))
    for graph in graphs:
        particles.set_graph(graph)
        particles.round(0.01)
        particles.set_agreement(probabilities, 0.9)
        particles.round(0.01)
    return particles.position


@needs_compiled
def test_the_particles_use_current_weights_and_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = [random_graph(), random_graph(seed=3)]
    probabilities = torch.rand(N, 4, generator=torch.Generator().manual_seed(4)).softmax(dim=1)
    compiled = moved(graphs, probabilities)
    monkeypatch.setattr(neighbour_force, "compiled", None)
    by_torch = moved(graphs, probabilities)
    assert not torch.equal(compiled, by_torch)  # both ways were used
    assert torch.allclose(compiled, by_torch, rtol=1e-4, atol=1e-4)
