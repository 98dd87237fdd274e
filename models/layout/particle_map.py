"""The map in the presets with particles: particles, pins, and remaining rounds of forces."""

from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.features.principal_components import principal_components, starting_positions
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.live_motion import LiveMotion
from lodespace.models.layout.particles import Particles
from lodespace.models.layout.representatives import ITEMS_TO_MOVE, Representatives
from lodespace.models.layout.schedule import (
    INTERACTIVE_STEP,
    LAYOUT_STEP,
    NEW_GRAPH_STEP,
    SETTLE_ROUNDS,
    SETTLE_ROUNDS_OF_LAYOUT,
    SETTLE_STEP,
    Motion,
)
from lodespace.models.loss_terms import LossWeights
from lodespace.models.vae.axis_loss import AxisTargets

NEW_GRAPH_ROUNDS = 100
"""Number of rounds of forces after a change of the graph or of the weights."""

PLACING_ROUNDS = 50
"""Number of rounds of forces that move added items to their places."""
PLACING_ROUNDS_OF_LARGE_MAP = 10
"""Value that replaces PLACING_ROUNDS in a large map, in which a round takes up to 0.2 s."""


class ParticleMap:
    """The particles of all items; before the first graph exists, their starting positions."""

    def __init__(
        self,
        components: torch.Tensor,
        latent_dim: int,
        generator: torch.Generator,
        neighbours: int = 15,
    ) -> None:
        """Prepare a map that starts from the principal components (N, F).

        Args:
            components: (N, F), with a mean square of 1.
            latent_dim: number of dimensions D of the map.
            generator: random generator on the device of `components`.
            neighbours: number of neighbours of a representative of a large map.
        """
        self._neighbours = neighbours
        self.components = components
        """Principal components of the items, (N, F)."""
        self.start = starting_positions(components, latent_dim, generator)
        """Starting positions (N, D). They are the latent means until the particles exist."""
        self.particles: Particles | None = None
        """The particles; None until the first graph exists."""
        self.motion = Motion()
        """Plan of the rounds in which the forces move the points."""
        self.live: LiveMotion | None = None
        """The motion of representatives; None in a small map, and until they are chosen."""
        self.settling = Motion()
        """Plan of the rounds on all items that follow a motion of the representatives."""
        self.pinned = torch.empty(0, dtype=torch.int64)
        """Pinned items, int64 (K,), on the CPU."""
        self.pins = torch.empty(0, latent_dim, device=components.device)
        """Positions at which the pinned items are held, (K, D), in latent units."""
        self.axes: AxisTargets | None = None
        """Values on the named axes; None without named axes."""
        self._generator = generator

    @property
    def latent_mean(self) -> torch.Tensor:
        """Latent means, (N, D), in latent units."""
        return self.start if self.particles is None else self.particles.latent_mean

    @property
    def graph(self) -> Graph | None:
        """The neighbour graph; None until the first graph exists."""
        return None if self.particles is None else self.particles.graph

    @property
    def large(self) -> bool:
        """Whether representatives move for all items."""
        return len(self.components) > ITEMS_TO_MOVE

    @property
    def lacks_representatives(self) -> bool:
        """Whether representatives have to be chosen on the current graph."""
        if not self.large or self.particles is None:
            return False
        return self.live is None or self.live.representatives.of is not self.particles.graph

    def set_representatives(self, representatives: Representatives) -> None:
        """Replace the representatives by those chosen on the current graph."""
        assert self.particles is not None
        self.live = LiveMotion(self.particles, representatives, self._neighbours)

    def next_step(self) -> float | None:
        """Count a round of the motion as done and return its step size; None when no round is due.

        After the last round of representatives, some rounds on all items are planned.
        """
        laying_out = self.motion.laying_out
        step = self.motion.next_step()
        if step is not None and self.motion.due == 0 and self.live is not None:
            self.settling.due = 0
            if laying_out:
                self.live.expand()
            rounds = SETTLE_ROUNDS_OF_LAYOUT if laying_out else SETTLE_ROUNDS
            self.settling.plan(rounds, SETTLE_STEP)
        return step

    @property
    def settles(self) -> bool:
        """Whether some of the planned rounds on all items are done, and some are left."""
        return 0 < self.settling.due < self.settling.planned

    @property
    def moving(self) -> Particles | LiveMotion:
        """The representatives of a large map; all particles of a small map."""
        assert self.particles is not None
        return self.particles if self.live is None else self.live

    def begin(self, graph: Graph, rounds: int) -> None:
        """Make particles at the starting positions, and plan a first layout of `rounds` rounds."""
        self.particles = Particles(self.start, graph, self._generator)
        self.motion.plan(rounds, LAYOUT_STEP)
        self._pin(self.particles)
        self.particles.axes = self.axes

    def set_graph(self, graph: Graph) -> None:
        """Replace the graph, and plan a motion on the new graph."""
        assert self.particles is not None
        self.particles.set_graph(graph)
        self.motion.plan(NEW_GRAPH_ROUNDS, NEW_GRAPH_STEP)

    def place(self, first: int, weights: LossWeights) -> None:
        """Move the items from number `first` on by forces. All earlier items stay in their places.

        `weights` are the weights of the terms of the loss.
        """
        particles, rounds = self.particles, PLACING_ROUNDS
        assert particles is not None
        if self.large:
            rounds = PLACING_ROUNDS_OF_LARGE_MAP
        for number in range(rounds):
            before, scale = particles.position, particles.scale
            step = INTERACTIVE_STEP * (1 - number / rounds)
            particles.round(step, weights.beta_neighbour, 0.0, weights.beta_axis)
            particles.position = torch.cat([before[:first], particles.position[first:]])
            particles.scale = scale
        particles.target[first:] = particles.position[first:]

    def hold_positions(self) -> None:
        """Anchor each particle at its current position, so that unlabelled items resist motion."""
        assert self.particles is not None
        self.particles.target = self.particles.position.clone()

    def set_pins(self, items: torch.Tensor, targets: torch.Tensor) -> None:
        """Replace all pins: pin items int64 (K,) at targets (K, D), in latent units."""
        self.pinned, self.pins = items, targets
        if self.particles is not None:
            released = self.particles.pinned
            self.particles.target[released] = self.particles.position[released]
            self._pin(self.particles)

    def set_axes(self, axes: AxisTargets | None) -> None:
        """Replace the named axes."""
        self.axes = axes
        if self.particles is not None:
            self.particles.axes = axes

    def put_back(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> bool:
        """Restore positions and pins from a saved state, and keep the current graph.

        If the saved state has the same graph, its motion is also restored, and replaces the motion
        of a drag that began later. If the graph is newer than the state, the current motion
        continues.

        Returns False, and changes nothing, if there are no particles, or if the saved particles
        have another number of dimensions.
        """
        particles, position = self.particles, tensors.get("position")
        if particles is None or position is None or position.shape != particles.position.shape:
            return False
        particles.put_back(tensors, counters["scale"])
        self._load_pins(tensors, position.shape[1])
        self._pin(particles)
        same_graph = torch.equal(tensors["edge_weight"], particles.graph.weight.cpu())
        if same_graph:
            self.motion.load(counters)
            self._load_settling(counters)
        return True

    def change_dimension(self, latent_dim: int) -> None:
        """Continue in `latent_dim` dimensions, and remove all pins.

        From 3D to 2D, the map is projected onto its principal plane. From 2D to 3D, the third
        principal component of the items becomes the height. Each cluster then rises or sinks as a
        whole. Noise as the height would spread the items of a cluster.
        """
        if self.particles is None:
            self.start = starting_positions(self.components, latent_dim, self._generator)
        else:
            self.particles = self._in_dimension(self.particles, latent_dim)
            if self.live is not None:
                self.live = LiveMotion(self.particles, self.live.representatives, self._neighbours)
            self.motion.plan(2 * NEW_GRAPH_ROUNDS, NEW_GRAPH_STEP)
        self._forget_pins(latent_dim)
        # The directions belong to the old dimensions. AxisTask chooses new ones.
        self.set_axes(None)

    def _in_dimension(self, old: Particles, latent_dim: int) -> Particles:
        z = old.position
        if latent_dim < z.shape[1]:
            moved = principal_components(z, latent_dim)
        else:
            height = starting_positions(self.components, latent_dim, self._generator)[:, -1:]
            moved = torch.cat(
                [z - z.mean(dim=0), height * z.std() / height.std(correction=0).clamp_min(1e-8)],
                dim=1,
            )
        particles = Particles(moved, old.graph, self._generator)
        particles.position, particles.target = moved, moved.clone()
        particles.scale = old.scale
        return particles

    def _pin(self, particles: Particles) -> None:
        particles.pin(self.pinned.to(particles.position.device), self.pins)

    def _load_pins(self, tensors: Mapping[str, torch.Tensor], latent_dim: int) -> None:
        self._forget_pins(latent_dim)
        if "pinned_items" in tensors:
            self.pinned = tensors["pinned_items"].clone()
            self.pins = tensors["pins"].clone().to(self.components.device)

    def _forget_pins(self, latent_dim: int) -> None:
        self.pinned = self.pinned[:0]
        self.pins = torch.empty(0, latent_dim, device=self.components.device)

    # Checkpoints ------------------------------------------------------------------------------

    def tensors(self) -> Tensors:
        """Return the particles and the pins. Before the particles exist, return their starting
        positions instead."""
        tensors = {"start": self.start} if self.particles is None else self.particles.tensors()
        if self.live is not None and not self.lacks_representatives:
            tensors |= self.live.tensors()
        if len(self.pinned):
            tensors |= {"pinned_items": self.pinned, "pins": self.pins}
        return tensors if self.axes is None else tensors | self.axes.tensors()

    def counters(self) -> dict[str, Any]:
        """Return the number of remaining rounds, and the scale of the particles."""
        scale = 1.0 if self.particles is None else self.particles.scale
        counters = {**self.motion.counters(), "scale": scale}
        if self.live is not None:
            counters["settling"] = self.settling.counters()
        return counters

    def _load_settling(self, counters: Mapping[str, Any]) -> None:
        self.settling = Motion()
        if "settling" in counters:
            self.settling.load(counters["settling"])

    def load(
        self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any], latent_dim: int
    ) -> None:
        """Restore a map of `latent_dim` dimensions from the values that its methods `tensors` and
        `counters` returned."""
        device = self.components.device
        self.motion.load(counters)
        self._load_settling(counters)
        self._load_pins(tensors, latent_dim)
        known, self.particles = self.graph, None
        former, self.live = self.live, None
        if "position" in tensors:
            scale = counters["scale"]
            self.particles = Particles.load(tensors, scale, device, self._generator, known)
            self._pin(self.particles)
            if self.large:
                self.live = LiveMotion.load(tensors, self.particles, self._neighbours, former)
        elif "start" in tensors:
            self.start = tensors["start"].clone().to(device)
        self.set_axes(AxisTargets.load(tensors, device))
