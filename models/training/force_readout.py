"""The shown forces: minus the gradient of each weighted term at the latent means, by autograd.

The unit of forces is nats per latent unit. In the presets with particles, the neighbour, anchor and
axis terms move the points, and the other terms train encoder, decoder and head. In the presets
`paper` and `figure2`, all terms train the encoder. This module does not change the state of
training: a separate generator draws the items that repel.
"""

from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F

from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.anchor_loss import anchor_loss
from lodespace.models.layout.neighbour_loss import attraction_loss, repulsion_loss
from lodespace.models.layout.particles import Particles
from lodespace.models.loss_terms import LossWeights
from lodespace.models.vae.axis_loss import axis_loss
from lodespace.models.vae.losses import reconstruction_loss
from lodespace.models.vae.training import VAETraining

OTHERS = 48
"""Number of sampled items that repel each item when the forces on all items are computed."""

Forces = dict[str, torch.Tensor]
"""Name of a term -> force of the term, (N, D) or (K, D), in nats per latent unit."""


def minus_gradient(loss: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor) -> torch.Tensor:
    """Return minus the gradient of `loss` at the point `at`, in the shape of `at`."""
    variable = at.detach().clone().requires_grad_()
    with torch.enable_grad():
        value = loss(variable)
    if not value.requires_grad:
        return torch.zeros_like(at)
    (gradient,) = torch.autograd.grad(value, variable)
    return -gradient


def vae_forces(
    training: VAETraining,
    latent_mean: torch.Tensor,
    items: torch.Tensor,
    labels: torch.Tensor,
    *,
    reconstruction: bool,
) -> Forces:
    """Return the forces of the terms of equation 1, and of L_axis if the encoder learns it.

    Args:
        training: networks and weights.
        latent_mean: latent means at which the forces are computed, (K, D).
        items: the items of these means, int64 (K,), on the CPU.
        labels: labels of all items, int64 (N,), on the CPU.
        reconstruction: whether to include the force of the reconstruction. Computing this
            force needs a pass through the decoder.

    Returns:
        Name of a term (models/loss_terms.py) -> force of the term, (K, D).
    """
    weights, vae = training.config.weights, training.vae
    own = labels[items].to(latent_mean.device)

    def kl(z: torch.Tensor) -> torch.Tensor:
        now = training.kl_schedule
        weight = weights.beta_kl * now.scale * now.direction(float(training.kl.sum()))
        return weight * 0.5 * z.square().sum()

    def classification(z: torch.Tensor) -> torch.Tensor:
        each = F.cross_entropy(vae.head(z), own.clamp_min(0), reduction="none")
        return weights.beta_classifier * (each * (own != UNLABELED)).sum()

    forces = {
        "kl": minus_gradient(kl, latent_mean),
        "classification": minus_gradient(classification, latent_mean),
    }
    if training.axes is not None:
        axes = training.axes.of(items.to(latent_mean.device))
        forces["axis"] = minus_gradient(
            lambda z: weights.beta_axis * axis_loss(z, axes, 1.0), latent_mean
        )
    if reconstruction:
        x = training.dataset.batch(items.to(latent_mean.device))
        forces["reconstruction"] = minus_gradient(
            lambda z: (
                training.reconstruction_scale * reconstruction_loss(vae.decoder(z), x) * len(x)
            ),
            latent_mean,
        )
    return forces


@lru_cache(maxsize=1)
def sampled_others(n: int, device: torch.device) -> torch.Tensor:
    """Return OTHERS sampled items per item, int64 (n, OTHERS), on `device`.

    Items have different samples, so that the error of the repulsion averages out over the items of
    an island. The samples are the same at each call, so that arrows do not flicker. The result is
    cached for the next frame, because drawing the samples of 60,000 items takes a fifth of the time
    of the repulsion.
    """
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(n, generator=generator)
    steps = torch.randint(n, (OTHERS,), generator=generator)
    place = torch.empty_like(order)
    place[order] = torch.arange(n)
    return order[(place[:, None] + steps) % n]


def particle_forces(
    particles: Particles, weights: LossWeights, items: torch.Tensor | None
) -> Forces:
    """Return the forces of the neighbour and anchor terms, and of the axis term if there are axes.

    If `items` is int64 (K,), the forces on these K items are exact, (K, D). If `items` is None, the
    result is the forces on all items, (N, D). In this case, only OTHERS sampled items repel each
    item.
    """
    z, graph = particles.position, particles.graph
    n = len(z)
    if items is None:
        others = sampled_others(n, z.device)
        chosen = torch.arange(n, device=z.device)
        edges = slice(None)
    else:
        others = torch.arange(n, device=z.device)
        chosen = items.to(z.device)
        mine = torch.zeros(n, dtype=torch.bool, device=z.device)
        mine[chosen] = True
        edges = torch.nonzero(mine[graph.head] | mine[graph.tail]).squeeze(1)
    head, tail, weight = graph.head[edges], graph.tail[edges], particles.weight[edges]

    def neighbour(own: torch.Tensor) -> torch.Tensor:
        # `own` are the positions of the chosen items, the variable of the gradient. Each edge has
        # two terms: in each term one end moves if its item is chosen, and the other end is fixed.
        moving = z.index_copy(0, chosen, own)
        pull = attraction_loss(moving[head], z[tail], weight) + attraction_loss(
            z[head], moving[tail], weight
        )
        push = repulsion_loss(
            own, z[others].expand(len(own), -1, z.shape[1]), particles.strength[chosen]
        )
        return weights.beta_neighbour * (pull + push)

    def anchor(own: torch.Tensor) -> torch.Tensor:
        held = particles.target[chosen], particles.stiffness[chosen]
        return weights.beta_anchor * anchor_loss(own, *held)

    # The factor `scale` converts the gradient from kernel units to latent units, because the latent
    # mean is position / scale.
    scale = particles.scale
    forces = {
        "neighbour": minus_gradient(neighbour, z[chosen]) * scale,
        "anchor": minus_gradient(anchor, z[chosen]) * scale,
    }
    if particles.axes is not None:
        axes = particles.axes.of(chosen)

        def axis(own: torch.Tensor) -> torch.Tensor:
            return weights.beta_axis * axis_loss(own, axes, scale)

        forces["axis"] = minus_gradient(axis, particles.centred[chosen]) * scale
    return forces
