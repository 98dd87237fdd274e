"""Every force is minus the gradient of its term.

The forces are compared with autograd, finite differences and plain loops, in double precision.
"""

import math

import pytest
import torch
from scipy.optimize import curve_fit

from lodespace.models.dataset import Dataset
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.features.principal_components import (
    principal_components,
    standardised,
    starting_positions,
)
from lodespace.models.layout.agreement import LEAST_AGREEMENT
from lodespace.models.layout.anchor_loss import anchor_force, anchor_loss
from lodespace.models.layout.fuzzy_graph import fuzzy_graph
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.incremental_graph import GraphFeatures
from lodespace.models.layout.neighbour_loss import (
    FORCE_LIMIT,
    A,
    B,
    attraction_force,
    attraction_loss,
    repulsion_force,
    repulsion_loss,
)
from lodespace.models.layout.particles import Particles
from samples.graphs import nearest_neighbours


def points(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def finite_difference(loss, position: torch.Tensor, step: float = 1e-5) -> torch.Tensor:
    gradient = torch.zeros_like(position)
    for index in range(position.numel()):
        for sign in (1, -1):
            moved = position.clone()
            moved.view(-1)[index] += sign * step
            gradient.view(-1)[index] += sign * float(loss(moved)) / (2 * step)
    return gradient


def test_kernel_is_umaps_fit_for_its_default_distances() -> None:
    distance = torch.linspace(0, 3, 300).numpy()
    wanted = [1.0 if x < 0.1 else math.exp(-(x - 0.1)) for x in distance]
    (a, b), _ = curve_fit(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), distance, wanted)
    assert pytest.approx(a, rel=2e-3) == A
    assert pytest.approx(b, rel=2e-3) == B


@pytest.mark.parametrize("d", [2, 3])
def test_attraction_is_minus_the_gradient_of_its_term(d: int) -> None:
    head, tail, weight = points(9, d), points(9, d, 1), torch.rand(9, dtype=torch.float64)
    expected = -finite_difference(lambda z: attraction_loss(z, tail, weight), head)
    assert torch.allclose(attraction_force(head, tail, weight), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("d", [2, 3])
def test_repulsion_is_minus_the_gradient_of_its_term(d: int) -> None:
    item, strength = 2 * points(7, d), torch.rand(7, dtype=torch.float64)
    others = 2 * points(7 * 5, d, 1).view(7, 5, d)
    force = repulsion_force(item, others, strength)
    expected = -finite_difference(lambda z: repulsion_loss(z, others, strength), item)
    # The force between closer points is clamped.
    near = (item[:, None] - others).norm(dim=2).min(dim=1).values < 0.4
    assert bool((~near).any())
    assert torch.allclose(force[~near], expected[~near], rtol=1e-5, atol=1e-7)
    assert bool((force.abs() <= FORCE_LIMIT * strength[:, None] + 1e-9).all())


def test_anchor_is_minus_the_gradient_of_its_term() -> None:
    position, target, stiffness = points(6, 3), points(6, 3, 1), torch.rand(6, dtype=torch.float64)
    expected = -finite_difference(lambda z: anchor_loss(z, target, stiffness), position)
    assert torch.allclose(anchor_force(position, target, stiffness), expected, atol=1e-8)


def test_coinciding_points_get_finite_forces() -> None:
    zero = torch.zeros(4, 3)
    assert torch.isfinite(attraction_force(zero, zero, torch.ones(4))).all()
    assert torch.isfinite(repulsion_force(zero, torch.zeros(4, 5, 3), torch.ones(4))).all()


def test_neighbour_term_is_that_of_a_plain_loop() -> None:
    z, weight = points(8, 3), torch.rand(5, dtype=torch.float64)
    head, tail = torch.tensor([0, 1, 2, 3, 4]), torch.tensor([5, 6, 7, 0, 1])
    others = torch.randint(8, (8, 5), generator=torch.Generator().manual_seed(0))
    strength = torch.rand(8, dtype=torch.float64)
    total = 0.0
    for k in range(5):
        d = float((z[head[k]] - z[tail[k]]).norm())
        total -= float(weight[k]) * math.log(1 / (1 + A * d ** (2 * B)))
    assert float(attraction_loss(z[head], z[tail], weight)) == pytest.approx(total)
    total = 0.0
    for i in range(8):
        for j in others[i].tolist():
            d = max(float((z[i] - z[j]).norm()), 1e-6)
            total -= float(strength[i]) / 5 * math.log(1 - 1 / (1 + A * d ** (2 * B)))
    assert float(repulsion_loss(z, z[others], strength)) == pytest.approx(total, rel=1e-5)


def test_nearest_neighbours_are_exact() -> None:
    x = points(300, 7).float()
    indices, distances = nearest_neighbours(x, 6, block=64)
    table = torch.cdist(x.double(), x.double())
    table.fill_diagonal_(math.inf)
    expected, _ = table.topk(6, dim=1, largest=False)
    assert torch.allclose(distances.double(), expected, atol=1e-3)
    assert not (indices == torch.arange(300)[:, None]).any()


def test_fuzzy_graph_is_that_of_a_plain_loop() -> None:
    x = points(40, 3).float()
    k = 5
    indices, distances = nearest_neighbours(x, k)
    directed: dict[tuple[int, int], float] = {}
    for i in range(40):
        rho = float(distances[i, 0])
        low, high = 0.0, 1000.0
        for _ in range(200):
            sigma = (low + high) / 2
            if sum(math.exp(-max(0.0, float(d) - rho) / sigma) for d in distances[i]) > math.log2(
                k
            ):
                high = sigma
            else:
                low = sigma
        for j, d in zip(indices[i].tolist(), distances[i].tolist(), strict=True):
            directed[i, j] = math.exp(-max(0.0, d - rho) / sigma)
    graph = fuzzy_graph(indices, distances)
    for i, j, weight in zip(
        graph.head.tolist(), graph.tail.tolist(), graph.weight.tolist(), strict=True
    ):
        a, b = directed.get((i, j), 0.0), directed.get((j, i), 0.0)
        assert i < j
        assert weight == pytest.approx(a + b - a * b, abs=2e-3)
    joined = {tuple(sorted(edge)) for edge, weight in directed.items() if weight > 2e-4}
    assert joined <= set(zip(graph.head.tolist(), graph.tail.tolist(), strict=True))


def chain() -> Graph:
    return Graph(torch.tensor([0, 1, 2]), torch.tensor([1, 2, 3]), torch.tensor([1.0, 0.5, 0.8]))


def test_agreement_reweights_edges_by_the_formula() -> None:
    particles = Particles(points(4, 2).float(), chain(), torch.Generator())
    p = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    particles.set_agreement(p, 0.5)
    agreement = [1.0, LEAST_AGREEMENT, 0.5]
    expected = [w * (0.5 + 0.5 * a) for w, a in zip([1.0, 0.5, 0.8], agreement, strict=True)]
    assert particles.weight.tolist() == pytest.approx(expected)
    particles.set_agreement(None, 0.5)
    assert particles.weight.tolist() == pytest.approx([1.0, 0.5, 0.8])


def test_a_round_pulls_neighbours_together_and_the_scale_gives_unit_spread() -> None:
    random = torch.Generator().manual_seed(0)
    x = torch.cat([torch.randn(60, 5, generator=random), torch.randn(60, 5, generator=random) + 8])
    graph = fuzzy_graph(*nearest_neighbours(x, 8))
    particles = Particles(
        torch.randn(120, 3, generator=random), graph, torch.Generator().manual_seed(1)
    )
    for k in range(200):
        particles.round(1 - k / 200)
    z = particles.latent_mean
    within = torch.cdist(z[:60], z[:60]).mean()
    between = torch.cdist(z[:60], z[60:]).mean()
    assert float(between / within) > 2
    assert float(z.std(dim=0).mean()) == pytest.approx(1, abs=0.1)
    losses = particles.losses()
    assert losses["anchor"] == 0 and math.isfinite(losses["neighbour"])


def test_a_pin_holds_in_the_strongest_motion() -> None:
    """The layout moves a pinned particle by an implicit integration step. An explicit step would
    overshoot the pin by more in each round."""
    particles = Particles(points(4, 2).float(), chain(), torch.Generator().manual_seed(0))
    particles.stiffness[2] = 50.0
    particles.pin(torch.tensor([2]), torch.tensor([[1.0, -1.0]]))
    for _ in range(60):
        particles.round(1.0)
    assert torch.allclose(particles.latent_mean[2], torch.tensor([1.0, -1.0]), atol=0.2)


def test_the_layout_starts_in_every_dimension_with_unit_spread() -> None:
    line = points(50, 1).float() * 9
    start = starting_positions(line, 3, torch.Generator().manual_seed(0))
    deviation = start.std(dim=0, correction=0)
    assert start.shape == (50, 3)
    assert float(deviation.mean()) == pytest.approx(1, abs=1e-5)
    assert 0 < float(deviation[1:].max()) < 0.2 * float(deviation[0])
    plane = points(50, 4).float()
    start = starting_positions(plane, 2, torch.Generator())
    expected = plane[:, :2] - plane[:, :2].mean(dim=0)
    assert torch.allclose(start * expected.std(dim=0, correction=0).mean(), expected, atol=1e-5)


def test_graph_features_come_in_units_and_are_those_of_one_pass() -> None:
    dataset = Dataset.from_vectors(points(2300, 9).numpy())
    torch.manual_seed(0)
    network = FeatureNetwork(dataset)
    components = points(2300, 6, 1).float()
    gathering = GraphFeatures(dataset, network, components, None)
    units = 0
    while (features := gathering.unit()) is None:
        units += 1
    assert units == 3
    with torch.no_grad():
        learned = standardised(principal_components(network(dataset.inputs), features.shape[1] - 6))
    assert torch.allclose(features[:, :6], standardised(components), atol=1e-6)
    # Components are equal up to rounding. The graph depends only on their distances.
    assert torch.allclose(torch.pdist(features[:200, 6:]), torch.pdist(learned[:200]), atol=1e-4)
