"""Motion of a large map: forces move the representatives, and the other items follow them.

Labelled and pinned items are added to the representatives, so that they move in the first frame
after a gesture.
"""

from collections.abc import Mapping

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.deviation import deviation_of
from lodespace.models.layout.fuzzy_graph import membership
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.nearness import Entries, MatrixRows, nearest_to
from lodespace.models.layout.particles import SCALE_RATE, Particles, rounded
from lodespace.models.layout.representatives import MOST_ADDED, Representatives, distances_of

SAMPLED_ITEMS = 50_000
"""The spread of the positions is computed from at least this number of items, evenly spaced."""
EXPONENT = 1 / 6
"""The spread of a map grows about with this power of the number of items. The power was chosen on
200,000 items (benchmarks/representatives.py, seed 0)."""


class LiveMotion:
    """Rounds of forces on R representatives of N particles.

    All state is in the positions, anchors and stiffness of the N particles, in the added items, and
    in the weights of the edges between representatives.
    """

    def __init__(self, particles: Particles, representatives: Representatives, k: int) -> None:
        """Prepare to move `particles` (N) by their `representatives`.

        An added item gets edges to the `k` nearest representatives.
        """
        self.representatives = representatives
        """The representatives that were chosen on the graph, and the leaders of all items."""
        self.all = particles
        """The particles of all items."""
        device = representatives.items.device
        self._k = k
        self._chosen_at = torch.full((len(particles.position),), -1, dtype=torch.int32)
        self._chosen_at = self._chosen_at.to(device)
        self._chosen_at[representatives.items] = torch.arange(
            len(representatives.items), dtype=torch.int32, device=device
        )
        self._set_added(
            torch.empty(0, dtype=torch.int64, device=device),
            torch.empty(0, k, dtype=torch.int32, device=device),
            torch.empty(0, k, device=device),
        )

    def _set_added(
        self, added: torch.Tensor, neighbours: torch.Tensor, weights: torch.Tensor
    ) -> None:
        """Replace the added items.

        Args:
            added: int64 (K,).
            neighbours: representatives near each added item, as indices into
                `representatives.items`, int32 (K, k). -1 fills the row of an item with fewer
                neighbours.
            weights: weights of the edges from the added items to `neighbours`, float32 (K, k).
        """
        chosen = self.representatives
        self._added, self._neighbours, self._weights = added, neighbours, weights
        self.items = torch.cat([chosen.items, added])
        """The representatives, then the added items, int64 (R,)."""
        own = torch.arange(len(added), device=added.device)[:, None] + len(chosen.items)
        kept = neighbours >= 0
        graph = Graph(
            torch.cat([chosen.graph.head, neighbours[kept]]),
            torch.cat([chosen.graph.tail, own.int().expand_as(neighbours)[kept]]),
            torch.cat([chosen.graph.weight, weights[kept]]),
        )
        every = self.all
        self.own = Particles(every.position[self.items], graph, every.generator)
        """The particles of the representatives. Their positions are set in each round."""
        self._row_of = self._chosen_at.clone()
        self._row_of[added] = own[:, 0].int()

    def add(self, wanted: torch.Tensor) -> bool:
        """Add items of `wanted`, int64 (K,), to the representatives.

        At most MOST_ADDED items are added: the first of `wanted` that are not representatives. The
        items of `wanted` are unique. They replace the items that were added before. Returns whether
        the added items changed. If so, the edges have the weights of the graph until the next call
        of `own.set_agreement`.
        """
        wanted = wanted.to(self.items.device)
        wanted = wanted[self._chosen_at[wanted] < 0][:MOST_ADDED].sort().values
        if torch.equal(wanted, self._added):
            return False
        near = nearest_to(self._entries(), wanted, self._chosen_at, self._k)
        self._set_added(wanted, near.items, membership(distances_of(near)))
        return True

    def _entries(self) -> Entries:
        rows = self.all.rows
        return MatrixRows(self.representatives.of.adjacency.matrix) if rows is None else rows

    def lacks(self, items: torch.Tensor) -> bool:
        """Return whether one of the first MOST_ADDED of `items`, int64 (K,), is a follower.

        A follower is neither a representative nor an added item.
        """
        return bool((self._row_of[items[:MOST_ADDED].to(self._row_of.device)] < 0).any())

    def round(
        self,
        step: float,
        beta_neighbour: float = 1.0,
        beta_anchor: float = 1.0,
        beta_axis: float = 1.0,
    ) -> None:
        """Do one round of forces on the representatives, and move all other items with them.

        The arguments are those of `Particles.round`. Pinned items that are not representatives are
        placed at their pins.
        """
        every, own, items = self.all, self.own, self.items
        before = every.position[items]
        own.put_back(
            {
                "position": before,
                "target": every.target[items],
                "stiffness": every.stiffness[items],
            },
            every.scale,
        )
        self._pin()
        own.axes = None if every.axes is None else every.axes.of(items)
        own.round(step, beta_neighbour, beta_anchor, beta_axis)
        chosen = self.representatives
        moved = (own.position - before)[: len(chosen.items)]
        position = chosen.moves(moved).add_(every.position)
        position[items] = own.position
        left = self._row_of[every.pinned] < 0
        if bool(left.any()):
            places = every.pins[left] * every.scale
            position[every.pinned[left]] = places + position.mean(dim=0)
        every.position = rounded(position)
        sample = position[:: max(1, len(position) // SAMPLED_ITEMS)]
        spread = float(deviation_of(sample, sample.mean(dim=0)).mean())
        every.scale = max(1e-6, every.scale + SCALE_RATE * (spread - every.scale))

    def expand(self) -> None:
        """Expand the map to about the extent at which the forces on all items balance.

        Forces on fewer items balance at a smaller map. In kernel units, the spread of 50,000
        representatives is 3.0, and the spread of all 200,000 items is 3.7. Without this step, the
        10-NN accuracy after 40 rounds of settling is 0.909 instead of 0.918. Latent means do not
        change.
        """
        every = self.all
        factor = (len(every.position) / len(self.items)) ** EXPONENT
        every.position = every.position * factor
        every.target = every.target * factor
        every.scale *= factor

    def _pin(self) -> None:
        """Pin the representatives among the pinned items.

        A pin is relative to the mean of all items. `Particles.round` adds the mean of the
        representatives instead, so the pins are shifted by the difference of the two means.
        """
        every, own = self.all, self.own
        if len(every.pinned) == 0:
            own.pin(every.pinned, every.pins)
            return
        rows = self._row_of[every.pinned].long()
        apart = every.position.mean(dim=0) - own.position.mean(dim=0)
        own.pin(rows[rows >= 0], every.pins[rows >= 0] + apart / every.scale)

    def losses(self) -> dict[str, float]:
        """Return the terms of the loss of the representatives, in nats per representative."""
        return self.own.losses()

    # Checkpoints ------------------------------------------------------------------------------

    def tensors(self) -> Tensors:
        """Return the tensors to save."""
        tensors = self.representatives.stored
        if len(self._added) == 0:
            return tensors
        return tensors | {
            "added_representatives": self._added.to(torch.int32),
            "added_neighbours": self._neighbours,
            "added_weights": self._weights,
        }

    @classmethod
    def load(
        cls,
        tensors: Mapping[str, torch.Tensor],
        particles: Particles,
        k: int,
        former: "LiveMotion | None",
    ) -> "LiveMotion | None":
        """Return the motion of a saved state; None if the state has no representatives.

        The representatives of `former` are used if they are the same.
        """
        known = None if former is None else former.representatives
        found = Representatives.load(tensors, particles.graph, known)
        if found is None:
            return None
        live = cls(particles, found, k)
        if "added_representatives" in tensors:
            device = live.items.device
            live._set_added(
                tensors["added_representatives"].to(device, torch.int64),
                tensors["added_neighbours"].to(device, copy=True),
                tensors["added_weights"].to(device, copy=True),
            )
        return live
