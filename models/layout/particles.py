"""The particle system: each item's latent mean is a variational parameter, moved by forces.

A force is minus the gradient of one term of the loss at the latent mean (neighbour_loss.py,
anchor_loss.py, vae/axis_loss.py). Positions are in kernel units, the unit of the distance in the
neighbour term. `latent_mean` is in latent units, in which the spread of the cloud is 1, like the
spread of the prior. One scale factor converts between the two units.
"""

from collections.abc import Mapping

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.layout.agreement import Agreement
from lodespace.models.layout.anchor_loss import anchor_loss
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import GraphRows
from lodespace.models.layout.integration import Anchors, Axes, Step, moved
from lodespace.models.layout.neighbour_force import NeighbourForce
from lodespace.models.vae.axis_loss import AxisTargets, axis_loss

SAMPLES = 5
"""Number of sampled items that repel each item in one round."""
SCALE_RATE = 0.05
"""In each round, the scale factor moves by this share towards the spread of the positions.

The share is small, so that the cloud does not pulsate.
"""

MANY = 100_000
"""The positions of more than this number of items are multiples of ROUNDING."""
ROUNDING = 2.0**-11
"""Step of the positions of many items, in kernel units. With a spread of 4 to 6 kernel units, half
a step is less than the step of the shown positions. A snapshot has these positions in three fifths
of the space."""


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
        self._centre: tuple[torch.Tensor, torch.Tensor] | None = None
        self.set_graph(graph)

    def set_graph(self, graph: Graph) -> None:
        """Replace the graph.

        The edges have the weights of `graph` until the next `set_agreement`.
        """
        self.graph = graph
        self._neighbours = NeighbourForce(graph, len(self.position))

    @property
    def weight(self) -> torch.Tensor:
        """Current weight of each edge, (E,)."""
        return self._neighbours.weight

    @property
    def strength(self) -> torch.Tensor:
        """Strength of the repulsion of each item, (N,)."""
        return self._neighbours.strength

    @property
    def rows(self) -> GraphRows | None:
        """The graph for compiled code; None where torch computes the forces."""
        return self._neighbours.rows(self.position)

    @property
    def latent_mean(self) -> torch.Tensor:
        """Latent means (N, D), centred, with a spread of about 1."""
        return self.centred.div_(self.scale)

    @property
    def centred(self) -> torch.Tensor:
        """Positions relative to their mean, (N, D), in kernel units."""
        return self.position - self._mean

    @property
    def _mean(self) -> torch.Tensor:
        """Mean of the positions, (D,)."""
        if self._centre is None or self._centre[0] is not self.position:
            self._centre = self.position, self.position.mean(dim=0)
        return self._centre[1]

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
        agreement = None
        if probabilities is not None and share_of_classes > 0:
            agreement = Agreement(probabilities, share_of_classes, sharpness)
        self._neighbours.set_agreement(agreement)

    def set_weight(self, weight: torch.Tensor) -> None:
        """Set the weights of the edges to those of a saved state, (E,)."""
        self._neighbours.set_weight(weight)

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
        if len(self.pinned):
            self.target[self.pinned] = self.pins * self.scale + self._mean
        axes = None if self.axes is None else Axes(self.axes.weighted(beta_axis), self.scale)
        position, spread = moved(
            self.position,
            self._neighbours.force(self.position, self._sample()),
            Anchors(self.target, self.stiffness),
            axes,
            Step(step / max(1.0, beta_neighbour), beta_neighbour, beta_anchor),
        )
        self.position = rounded(position)
        self.scale = max(1e-6, self.scale + SCALE_RATE * (spread - self.scale))

    def _sample(self) -> torch.Tensor:
        n = len(self.position)
        return torch.randint(n, (n, SAMPLES), generator=self.generator, device=self.position.device)

    def losses(self) -> dict[str, float]:
        """Return the neighbour, anchor and axis terms of the loss, in nats per item.

        Without named axes, there is no axis term.

        The items that repel are sampled again for this measurement.
        """
        n = len(self.position)
        neighbour = self._neighbours.loss(self.position, self._sample())
        anchor = anchor_loss(self.position, self.target, self.stiffness)
        terms = {"neighbour": neighbour / n, "anchor": float(anchor) / n}
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
            particles._neighbours.set_weight(tensors["edge_weight_now"].clone().to(device))
        particles.target = tensors["target"].clone().to(device)
        particles.stiffness = tensors["stiffness"].clone().to(device)
        return particles


def rounded(position: torch.Tensor) -> torch.Tensor:
    """Round positions (N, D) of many items in place, and return them."""
    if len(position) <= MANY:
        return position
    # A sum with this number has no bits below ROUNDING, if the position is below 2,048.
    number = 3 * 2.0**22 * ROUNDING
    return position.add_(number).sub_(number)
