"""The particle system: each item's latent mean is a variational parameter, moved by forces.

A force is minus the gradient of one term of the loss at the latent mean (neighbour_loss.py,
anchor_loss.py, vae/axis_loss.py). Positions are in kernel units, the unit of the distance in the
neighbour term. `latent_mean` is in latent units, in which the spread of the cloud is 1, like the
spread of the prior. One scale factor converts between the two units.
"""

from collections.abc import Mapping

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.layout.anchor_loss import anchor_force, anchor_loss
from lodespace.models.layout.axis_motion import implicit_step
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.neighbour_force import NeighbourRows, can_gather, scattered_force
from lodespace.models.layout.neighbour_loss import (
    FORCE_LIMIT,
    NEGATIVES,
    attraction_loss,
    repulsion_loss,
)
from lodespace.models.vae.axis_loss import AxisTargets, axis_force, axis_loss

SAMPLES = 5
"""Number of sampled items that repel each item in one round."""
LEAST_AGREEMENT = 0.02
"""Minimum agreement of the classes of two items. The agreement is a factor on the edge weight."""
EDGES_AT_ONCE = 1 << 18
"""Number of edges that are weighted at once."""
SCALE_RATE = 0.05
"""In each round, the scale factor moves by this share towards the spread of the positions.

The share is small, so that the cloud does not pulsate.
"""


class Particles:
    """N particles in D dimensions on a graph. All tensors are on one device."""

    def __init__(self, start: torch.Tensor, graph: Graph, generator: torch.Generator) -> None:
        """Place particles at `start` (N, D), in any unit.

        `generator` is on the device of `start`.
        """
        self.position = start / start.std(dim=0, correction=0).mean().clamp_min(1e-8)
        """Positions in kernel units, (N, D)."""
        self.generator = generator
        self.scale = 1.0
        """Kernel units per latent unit."""
        self.target = self.position.clone()
        """Anchors in kernel units, (N, D)."""
        self.stiffness = torch.zeros(len(start), device=start.device)
        """Stiffness of each anchor, (N,)."""
        self.pinned = torch.empty(0, dtype=torch.int64, device=start.device)
        """Pinned items, int64 (K,)."""
        self.pins = torch.empty(0, start.shape[1], device=start.device)
        """Positions at which the pinned items are held, (K, D), in latent units."""
        self.axes: AxisTargets | None = None
        """Values on the named axes; None without named axes."""
        self.set_graph(graph)

    def set_graph(self, graph: Graph) -> None:
        """Replace the graph.

        The edges have the weights of `graph` until the next `set_agreement`.
        """
        self.graph = graph
        self.weight = graph.weight
        self.degree = self._degrees()
        self._rows: NeighbourRows | None = None

    @property
    def latent_mean(self) -> torch.Tensor:
        """Latent means (N, D), centred, with a spread of about 1."""
        return self.centred / self.scale

    @property
    def centred(self) -> torch.Tensor:
        """Positions relative to their mean, (N, D), in kernel units."""
        return self.position - self.position.mean(dim=0)

    def pin(self, items: torch.Tensor, pins: torch.Tensor) -> None:
        """Replace the pins: hold items int64 (K,) at `pins` (K, D), in latent units.

        The pins keep their place in latent units while the cloud grows or shrinks.
        """
        self.pinned, self.pins = items, pins

    def put_back(self, tensors: Mapping[str, torch.Tensor], scale: float) -> None:
        """Restore positions, anchors and stiffness from a saved state of the same latent dimension.

        `scale` is the restored scale, from latent units to kernel units.
        """
        device = self.position.device
        self.position = tensors["position"].to(device, copy=True)
        self.target = tensors["target"].to(device, copy=True)
        self.stiffness = tensors["stiffness"].to(device, copy=True)
        self.scale = scale

    def _degrees(self) -> torch.Tensor:
        degree = torch.zeros(len(self.position), device=self.position.device)
        return degree.index_add_(0, self.graph.head, self.graph.weight).index_add_(
            0, self.graph.tail, self.graph.weight
        )

    def set_agreement(
        self, probabilities: torch.Tensor | None, share_of_classes: float, sharpness: float = 1.0
    ) -> None:
        """Weaken the edges between items of different classes.

        The new weight of an edge is w_ij * ((1 - s) + s * max(LEAST_AGREEMENT, sum_c p_ic p_jc)^g).
        w_ij is the weight in the graph. `Args` explains p, s and g.

        Args:
            probabilities: class probabilities p, (N, C). None restores the weights of the graph.
            share_of_classes: s, the share of classes that have labels.
            sharpness: g; 0 ignores classes.
        """
        if probabilities is None or share_of_classes <= 0:
            self.weight = self.graph.weight
            return
        s = share_of_classes
        self.weight = torch.empty_like(self.graph.weight)
        # The edges are weighted in parts, because the probabilities of all edges of a million items
        # would take 1.4 GB.
        for first in range(0, len(self.graph), EDGES_AT_ONCE):
            part = slice(first, first + EDGES_AT_ONCE)
            one, other = self.graph.head[part], self.graph.tail[part]
            agreement = (probabilities[one] * probabilities[other]).sum(dim=1)
            self.weight[part] = self.graph.weight[part] * (
                (1 - s) + s * agreement.clamp_min(LEAST_AGREEMENT).pow(sharpness)
            )

    def round(
        self,
        step: float,
        beta_neighbour: float = 1.0,
        beta_anchor: float = 1.0,
        beta_axis: float = 1.0,
    ) -> None:
        """Do one round of forces on every particle.

        All edges attract, and sampled items repel. The anchor and axis forces are integrated
        implicitly (`implicit_step`), because explicit steps would overshoot where an anchor is
        stiff, for example at a pinned item. To avoid overshooting, the step size is also divided by
        the weight of the neighbour term if that weight is above 1. A smaller step does not change
        the positions at which the forces balance.

        Args:
            step: step size.
            beta_neighbour: weight of the neighbour term.
            beta_anchor: weight of the anchor term.
            beta_axis: weight of the axis term.
        """
        step /= max(1.0, beta_neighbour)
        self.target[self.pinned] = self.pins * self.scale + self.position.mean(dim=0)
        axes = None if self.axes is None else self.axes.weighted(beta_axis)
        total = self._force(beta_neighbour, beta_anchor, axes)
        force = implicit_step(total, step, beta_anchor * self.stiffness, axes)
        self.position = self.position + (step * force).clamp_(-FORCE_LIMIT, FORCE_LIMIT)
        spread = float(self.position.std(dim=0, correction=0).mean())
        self.scale = max(1e-6, self.scale + SCALE_RATE * (spread - self.scale))

    def _force(
        self, beta_neighbour: float, beta_anchor: float, axes: AxisTargets | None
    ) -> torch.Tensor:
        force = self._neighbour_force().mul_(beta_neighbour)
        force.add_(anchor_force(self.position, self.target, self.stiffness), alpha=beta_anchor)
        return force if axes is None else force.add_(axis_force(self.centred, axes, self.scale))

    def _neighbour_force(self) -> torch.Tensor:
        others, strength = self._sample(), NEGATIVES * self.degree
        if not can_gather(self.position):
            return scattered_force(self.position, self.graph, self.weight, others, strength)
        # Each change of the weights replaces the tensor.
        if self._rows is None or self._rows.weight is not self.weight:
            self._rows = NeighbourRows(len(self.position), self.graph, self.weight)
        return self._rows.force(self.position, others, strength)

    def _sample(self) -> torch.Tensor:
        n = len(self.position)
        return torch.randint(n, (n, SAMPLES), generator=self.generator, device=self.position.device)

    def losses(self) -> dict[str, float]:
        """Return the neighbour, anchor and axis terms of the loss, in nats per item.

        Without named axes, there is no axis term.

        The items that repel are sampled again for this measurement.
        """
        z, graph = self.position, self.graph
        attraction = attraction_loss(z[graph.head], z[graph.tail], self.weight)
        repulsion = repulsion_loss(z, z[self._sample()], NEGATIVES * self.degree)
        n = len(z)
        anchor = anchor_loss(z, self.target, self.stiffness)
        terms = {"neighbour": float(attraction + repulsion) / n, "anchor": float(anchor) / n}
        if self.axes is not None:
            terms["axis"] = float(axis_loss(self.centred, self.axes, self.scale)) / n
        return terms

    # Checkpoints ------------------------------------------------------------------------------

    def tensors(self) -> Tensors:
        """Return all tensors except the pins, for a saved state.

        The current weights of the edges are saved by the caller, if they cannot be computed again.
        """
        return {
            "position": self.position,
            "target": self.target,
            "stiffness": self.stiffness,
            **self.graph.stored,
        }

    @classmethod
    def load(
        cls,
        tensors: Mapping[str, torch.Tensor],
        scale: float,
        device: torch.device,
        generator: torch.Generator,
        known: Graph | None = None,
    ) -> "Particles":
        """Return the particles of a saved state, without pins.

        The particles use the graph `known` if the saved state has the same edges.
        """
        position = tensors["position"].clone().to(device)
        particles = cls(position, Graph.load(tensors, device, known), generator)
        particles.position, particles.scale = position, scale
        if "edge_weight_now" in tensors:
            particles.weight = tensors["edge_weight_now"].clone().to(device)
        particles.target = tensors["target"].clone().to(device)
        particles.stiffness = tensors["stiffness"].clone().to(device)
        return particles
