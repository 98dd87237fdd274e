"""Forces for display are minus the gradient of the loss.

The forces are compared with finite differences, in double precision. Reading the forces has no
side effects.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from lodespace.models import Dataset, Trainer, preset
from lodespace.models.layout.anchor_loss import anchor_loss
from lodespace.models.layout.integration import Anchors, Axes, Step, total_force
from lodespace.models.layout.neighbour_loss import NEGATIVES, attraction_loss, repulsion_loss
from lodespace.models.layout.particles import SAMPLES, Particles
from lodespace.models.loss_terms import FRAME_FORCES
from lodespace.models.training.force_readout import OTHERS, vae_forces
from lodespace.models.training.particle_loop import ParticleLoop
from lodespace.models.vae.losses import classification_loss, reconstruction_loss
from lodespace.models.vae.training import VAETraining
from samples.trainings import N, labels_of, quick, rest, small

ITEMS = np.array([2, 17, 100, 101])


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    rest(trainer)
    trainer.set_labels(labels_of(truth, np.arange(0, N, 3)))
    rest(trainer)
    trainer.set_anchors(np.array([17]), np.full((1, 3), 1.5, np.float32))
    values = np.full((N, 1), np.nan, np.float32)
    values[:100, 0] = np.tile([-1, 1], 50)
    trainer.set_axes([1], values)
    rest(trainer)
    return trainer


def minus_differences(
    loss: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor, h: float = 1e-5
) -> np.ndarray:
    """Return minus the gradient of a scalar loss at a point (D,), from central differences."""

    def value(z: torch.Tensor) -> float:
        return float(loss(z).detach())

    at = at.double()
    slopes = []
    for axis in range(len(at)):
        step = torch.zeros_like(at)
        step[axis] = h
        slopes.append(-(value(at + step) - value(at - step)) / (2 * h))
    return np.array(slopes)


def neighbour_of(loop: ParticleLoop, item: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the neighbour term as a function of one item's latent mean; other items are fixed.

    The implementation is independent of the tested code.
    """
    assert loop.map.particles is not None
    particles = loop.map.particles
    z, graph, scale = particles.position.double(), particles.graph, particles.scale
    centre = z.mean(dim=0)
    mine = (graph.head == item) | (graph.tail == item)
    ends = torch.where(graph.head[mine] == item, graph.tail[mine], graph.head[mine])
    weight = particles.weight[mine].double()
    strength = NEGATIVES * graph.degrees(len(z))[item : item + 1].double()

    def loss(latent: torch.Tensor) -> torch.Tensor:
        at = latent * scale + centre
        pull = attraction_loss(at.expand(len(ends), -1), z[ends], weight)
        # The mean is over all items, and the item does not repel itself.
        others = torch.cat([z[:item], z[item + 1 :]])
        return pull + repulsion_loss(at[None], others[None], strength) * (len(others) / len(z))

    return loss


def axis_of(loop: ParticleLoop, item: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the axis term as a function of one item's latent mean, from its definition."""
    assert loop.map.axes is not None and loop.map.particles is not None
    axes, scale = loop.map.axes, loop.map.particles.scale
    direction, value = axes.directions[0].double(), float(axes.values[item, 0])
    stiffness = float(axes.stiffness[item, 0])
    return lambda z: 0.5 * stiffness * (scale * (z @ direction) - scale * value) ** 2


def test_every_force_is_minus_the_slope_of_its_term(trainer: Trainer) -> None:
    loop = trainer.loop
    assert isinstance(loop, ParticleLoop) and loop.map.particles is not None
    training, particles, weights = loop.vae_training, loop.map.particles, trainer.config.weights
    vae, kl_weight = training.vae, weights.beta_kl * training.kl_schedule.scale
    forces = loop.forces(torch.from_numpy(ITEMS), reconstruction=True)
    assert set(forces) == {*FRAME_FORCES, "reconstruction"}
    vae.double()
    try:
        for k, item in enumerate(ITEMS.tolist()):
            at = loop.decodable_mean[item]
            label, x = (
                loop.state.labels.classes[item : item + 1],
                trainer.dataset.inputs[item : item + 1].double(),
            )
            centre = particles.position.mean(dim=0).double()
            stiffness, target = (
                particles.stiffness[item : item + 1].double(),
                particles.target[item : item + 1].double(),
            )
            terms = {
                "kl": lambda z: 0.5 * kl_weight * z.square().sum(),
                "classification": lambda z, own=label: (
                    weights.beta_classifier * classification_loss(vae.head(z[None]), own)
                ),
                "reconstruction": lambda z, own=x: reconstruction_loss(vae.decoder(z[None]), own),
                "neighbour": neighbour_of(loop, item),
                "anchor": lambda z, k=stiffness, t=target, c=centre: anchor_loss(
                    (z * particles.scale + c)[None], t, k
                ),
                "axis": axis_of(loop, item),
            }
            for name, loss in terms.items():
                wanted = minus_differences(loss, at)
                got = forces[name][k].detach().numpy()
                np.testing.assert_allclose(
                    got, wanted, rtol=2e-3, atol=2e-3 * max(1.0, np.abs(wanted).max()), err_msg=name
                )
    finally:
        vae.float()
    assert float(forces["classification"][1].norm()) == 0, "item 17 has no label"
    assert float(forces["anchor"][1].norm()) > 1, "item 17 is pinned elsewhere"


def sampled_force(particles: Particles) -> torch.Tensor:
    """Return the force (N, D) that moves the particles in a round, with new samples."""
    axes, z = particles.axes, particles.position
    assert axes is not None
    others = torch.randint(N, (N, SAMPLES), generator=particles.generator)
    return total_force(
        z,
        particles._neighbours.force(z, others),
        Anchors(particles.target, particles.stiffness),
        Axes(axes, particles.scale),
        Step(1.0, 1.0, 1.0),
    )


def test_a_particle_follows_the_forces_that_are_read(trainer: Trainer) -> None:
    """Points move by the sum of the forces on the map, apart from the sampled repulsion."""
    loop = trainer.loop
    assert isinstance(loop, ParticleLoop) and loop.map.particles is not None
    exact = loop.forces(torch.arange(N), reconstruction=False)
    together = exact["neighbour"] + exact["anchor"] + exact["axis"]
    read = together / loop.map.particles.scale
    moved = torch.stack([sampled_force(loop.map.particles) for _ in range(40)]).mean(dim=0)
    free = torch.ones(N, dtype=torch.bool)
    free[17] = False  # at a pinned item the anchor's force dominates, and it is exact
    along = torch.nn.functional.cosine_similarity(read[free], moved[free], dim=1)
    assert float(along.median()) > 0.8
    assert float((read[17] - moved[17]).norm()) < 0.15 * float(moved[17].norm())


def test_the_mean_force_on_a_group_of_items_is_nearly_exact(trainer: Trainer) -> None:
    """The page shows mean forces on islands. If all items had the same sample of repelling items,
    the error of the sample would be in every force, and would not average out."""
    loop = trainer.loop
    assert isinstance(loop, ParticleLoop) and loop.map.particles is not None
    everything = loop.forces(None, reconstruction=False)["neighbour"]
    exact = loop.forces(torch.arange(N), reconstruction=False)["neighbour"]
    order = loop.map.particles.position[:, 0].argsort()
    difference, groups = everything - exact, order.split(20)
    errors = torch.stack([difference[group].mean(dim=0).norm() for group in groups])
    spreads = torch.stack([difference[group].norm(dim=1).mean() for group in groups])
    assert float(errors.mean()) < 0.5 * float(spreads.mean())


def test_reading_changes_nothing(trainer: Trainer) -> None:
    before = trainer.state().tensors
    trainer.inspector.forces(ITEMS, reconstruction=True)
    everything = trainer.inspector.forces()
    trainer.inspector.decode(np.zeros((3, 3), np.float32))
    trainer.inspector.inspect(ITEMS)
    after = trainer.state().tensors
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert set(everything) == set(FRAME_FORCES)
    assert all(force.shape == (N, 3) and force.dtype == np.float32 for force in everything.values())
    assert OTHERS < N


def test_forces_turn_with_what_is_shown(trainer: Trainer) -> None:
    """However the map is rotated, the KL force points from the shown item to the latent origin."""
    kl = trainer.inspector.forces(ITEMS)["kl"]
    shown = trainer.snapshot().latent_mean
    inward = shown.mean(axis=0) - shown[ITEMS]
    along = (kl * inward).sum(axis=1) / np.linalg.norm(kl, axis=1) / np.linalg.norm(inward, axis=1)
    assert along.min() > 0.9


def test_decoding_the_place_of_an_item_gives_its_reconstruction(trainer: Trainer) -> None:
    shown = trainer.snapshot().latent_mean
    seen = trainer.inspector.inspect(ITEMS)
    np.testing.assert_allclose(
        trainer.inspector.decode(shown[ITEMS]), seen.reconstruction, atol=0.15
    )
    assert seen.sigma.shape == (4, 3) and (seen.sigma > 0).all() and (seen.sigma < 3).all()
    x = trainer.dataset.inputs[ITEMS].numpy()
    np.testing.assert_allclose(
        seen.error, 0.5 * ((seen.reconstruction - x) ** 2).sum(axis=1), rtol=1e-4
    )


def test_the_paper_preset_reads_the_terms_it_has() -> None:
    data, truth = small()
    trainer = Trainer(
        data,
        preset("paper").replace(pretraining_epochs=1, least_steps=1),
        n_classes=4,
        device="cpu",
    )
    trainer.set_labels(labels_of(truth, np.arange(40)))
    rest(trainer)
    assert set(trainer.inspector.forces(ITEMS, reconstruction=True)) == {
        "kl",
        "classification",
        "reconstruction",
    }


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.full((1, 3), np.nan), np.zeros(3)])
def test_points_outside_the_latent_space_are_refused(trainer: Trainer, points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="points must be finite"):
        trainer.inspector.decode(points.astype(np.float32))
    with pytest.raises(ValueError, match="items are"):
        trainer.inspector.forces(np.array([N]))


@pytest.mark.parametrize(("kl", "sign"), [(1.0, 1), (9.0, -1)])
def test_below_its_capacity_the_kl_term_pushes_points_from_the_prior(kl: float, sign: int) -> None:
    config = preset("paper", 2).replace(kl_capacity=4.0, kl_capacity_epochs=0.001)
    dataset = Dataset.from_vectors(np.random.default_rng(0).normal(size=(20, 4)))
    training = VAETraining(dataset, config, 2, torch.Generator(), torch.Generator())
    training.kl[:] = kl / 2
    mean, items = torch.ones(3, 2), torch.arange(3)
    forces = vae_forces(training, mean, items, torch.zeros(20).long(), reconstruction=False)
    assert torch.equal(forces["kl"], sign * config.weights.beta_kl * mean)
