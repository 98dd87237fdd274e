"""Positions that the server sends to clients, by revision: latent means rounded to a grid.

The deltas form a closed loop: each delta is computed against the positions of the clients, not
against the previous frame of the trainer, so rounding errors never add up. While points move,
positions change in steps of 2**MOVING_SHIFT (an error of at most 1/4096 of the box). When training
rests, one exact frame follows.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from lodespace.errors import ProtocolError
from lodespace.protocol.frames import GRID_STEPS, MOVING_SHIFT, encode_positions
from lodespace.scene.glb import Box, Scene

RING = 64
"""Largest number of revisions of the positions that are kept. A client at a kept revision gets one
merged delta. A client at an older revision gets the whole scene.
"""
RING_BYTES = 32 << 20
"""Largest total size of the kept revisions, in bytes. A revision of a million items has 6 MB. The
revisions that connected clients show are kept even above this size."""
_LEAST_RING = 2
"""Smallest number of revisions that are kept: the newest revision and the previous one."""
MARGIN = 0.35
"""Free space on each side of the cloud in a new box, relative to the extent of the cloud. The space
is needed because the cloud grows as classes move apart.
"""
TOO_SMALL = 0.2
"""Smallest extent of the cloud, as a share of the box. A smaller cloud gets a new box."""
SMALLEST_BOX = 0.05
"""Smallest edge length of a box, in latent units; the prior has a standard deviation of 1 latent
unit. A smaller cloud has collapsed, and a smaller box would show nothing more.
"""
MIDDLE = GRID_STEPS // 2
"""Grid position of the middle of the box, along each axis."""


class LatentGrid:
    """Grid positions of N items and their recent revisions."""

    def __init__(self, n: int, *, scene_id: int | None = None) -> None:
        self.n = n
        """Number of items."""
        self.scene_id = secrets.randbits(30) if scene_id is None else scene_id
        """Id of the current scene. Each new box starts a new scene with a new id."""
        self.revision = 0
        """Revision of the newest positions: a number that grows with each change."""
        self.step = 0
        """Training step of the newest positions."""
        self.box = Box((-1.0, -1.0, -1.0), 2.0)
        """The cube that the grid divides."""
        self.grid = np.full((n, 3), MIDDLE, np.int32)
        """Grid positions of the newest revision, int32 (N, D)."""
        self.shown: Callable[[], Iterable[int]] = tuple
        """Function that returns the revisions that connected clients show."""
        self._ring: OrderedDict[int, npt.NDArray[np.uint16]] = OrderedDict()
        self._resting: dict[int, bool] = {}
        self._encoded: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._remember(resting=True)

    @property
    def latent_dim(self) -> int:
        """Number of latent dimensions D, 2 or 3."""
        return self.grid.shape[1]

    def positions(self) -> npt.NDArray[np.uint16]:
        """Return grid positions uint16 (N, 3); a 2D scene lies in the middle plane."""
        positions = np.full((self.n, 3), MIDDLE, np.uint16)
        positions[:, : self.latent_dim] = self.grid
        return positions

    def latent_mean(self) -> npt.NDArray[np.float64]:
        """Return the latent means (N, D) of the positions that clients show."""
        return self._in_latent_units(self.grid)

    def latent_mean_at(self, revision: int | None) -> tuple[int, npt.NDArray[np.float64]]:
        """Return `revision` and its latent means (N, D).

        If `revision` is None or no longer kept, return the newest revision and its latent means.
        """
        kept = None if revision is None else self._ring.get(revision)
        if revision is None or kept is None:
            return self.revision, self.latent_mean()
        return revision, self._in_latent_units(kept)

    def _in_latent_units(self, grid: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
        origin = np.asarray(self.box.origin[: grid.shape[1]])
        return grid / (GRID_STEPS - 1) * self.box.size + origin

    def continue_from(self, scene: Scene) -> None:
        """Take over the box, the id, the positions and the revision of `scene`."""
        self.box, self.scene_id = scene.box, scene.scene_id
        self.grid = scene.positions[:, : scene.latent_dim].astype(np.int32)
        self.revision, self.step = scene.revision, scene.step
        self._forget()
        self._remember(resting=True)

    def grow(self, latent_mean: npt.NDArray[np.float32]) -> None:
        """Continue with more items, as a new scene. The earlier items stay where they are.

        `latent_mean` (N, D) are the latent means of all items. The box stays if it has all points.
        """
        before, self.n = self.grid, len(latent_mean)
        target = self._on_grid(latent_mean)
        if latent_mean.shape[1] != before.shape[1] or not self._fits(target):
            self._new_scene(latent_mean)
            return
        self.grid = np.concatenate([before, target[len(before) :]])
        self._begin_scene()

    def publish(
        self, latent_mean: npt.NDArray[np.float32], *, step: int, resting: bool, exact: bool = False
    ) -> bool:
        """Set the positions from latent means (N, D).

        Args:
            latent_mean: Latent means (N, D).
            step: Training step of the latent means.
            resting: Whether the positions have converged. If so, they are exact to one grid step.
            exact: Whether positions are exact to one grid step even while points move.

        Returns:
            Whether clients need a new scene, because the points left the box, the cloud became too
            small for the box, or the number of dimensions changed.

        Raises:
            ValueError: A latent mean is not finite. The positions then stay as they were.
        """
        if not np.isfinite(latent_mean).all():
            raise ValueError("latent means must be finite")
        self.step = step
        target = self._on_grid(latent_mean)
        if latent_mean.shape[1] != self.latent_dim or not self._fits(target):
            self._new_scene(latent_mean)
            return True
        shift = 0 if resting or exact else MOVING_SHIFT
        moved = self.grid + (((target - self.grid) + ((1 << shift) >> 1) >> shift) << shift)
        if not np.array_equal(moved, self.grid):
            self.grid = moved
            self.revision += 1
            self._remember(resting=resting)
        return False

    def delta_from(self, revision: int) -> bytes | None:
        """Return the frame that takes a client from `revision` to the newest revision.

        The frame is encoded once for all clients at the same revision. Return None if `revision` is
        no longer kept, or if a delta is too large for a frame. The client then fetches the scene.
        """
        key = (revision, self.revision)
        if key in self._encoded:
            return self._encoded[key]
        base = self._ring.get(revision)
        if base is None or base.shape != self.grid.shape:
            return None
        delta = self.grid - base
        shift = 0 if (delta & ((1 << MOVING_SHIFT) - 1)).any() else MOVING_SHIFT
        try:
            frame = encode_positions(
                delta >> shift,
                shift=shift,
                base_revision=revision,
                revision=self.revision,
                step=self.step,
                scene_id=self.scene_id,
                resting=self._resting[self.revision],
            )
        except ProtocolError:
            return None
        self._encoded[key] = frame
        while len(self._encoded) > 8:
            self._encoded.popitem(last=False)
        return frame

    def _on_grid(self, latent_mean: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        origin = np.asarray(self.box.origin[: latent_mean.shape[1]], np.float64)
        unit = (latent_mean - origin) * ((GRID_STEPS - 1) / self.box.size)
        return np.rint(np.clip(unit, -(2.0**30), 2.0**30)).astype(np.int32)

    def _fits(self, target: npt.NDArray[np.int32]) -> bool:
        edge = 1 << MOVING_SHIFT  # a margin, so that rounded positions stay inside the box
        low, high = int(target.min()), int(target.max())
        extent = int((target.max(axis=0) - target.min(axis=0)).max())
        large_enough = extent >= TOO_SMALL * GRID_STEPS or self.box.size <= SMALLEST_BOX
        return low >= edge and high < GRID_STEPS - edge and large_enough

    def _new_scene(self, latent_mean: npt.NDArray[np.float32]) -> None:
        low, high = latent_mean.min(axis=0), latent_mean.max(axis=0)
        size = max(float((high - low).max()) * (1 + 2 * MARGIN), SMALLEST_BOX)
        centre = np.zeros(3)
        centre[: latent_mean.shape[1]] = (low + high) / 2
        corner = centre - size / 2
        self.box = Box((float(corner[0]), float(corner[1]), float(corner[2])), size)
        self.grid = np.clip(self._on_grid(latent_mean), 0, GRID_STEPS - 1)
        self._begin_scene()

    def _begin_scene(self) -> None:
        self.scene_id = (self.scene_id + 1) & 0x3FFFFFFF
        self.revision += 1
        self._forget()
        self._remember(resting=False)

    def _forget(self) -> None:
        self._ring.clear()
        self._resting.clear()
        self._encoded.clear()

    def _remember(self, *, resting: bool) -> None:
        self._ring[self.revision] = self.grid.astype(np.uint16)
        self._resting[self.revision] = resting
        kept = max(_LEAST_RING, min(RING, RING_BYTES // self._ring[self.revision].nbytes))
        if len(self._ring) > kept:
            shown = set(self.shown()) if kept < RING else set[int]()
            for old in list(self._ring)[:-kept]:
                if old not in shown:
                    del self._ring[old], self._resting[old]
