"""Frames, the positions that the page shows: latent means, aligned and smoothed.

Training does not depend on the frames.
"""

import torch
import torch.nn.functional as F

from lodespace.models.display.frame_steps import Limits, advanced, steps
from lodespace.models.display.procrustes import procrustes
from lodespace.models.display.turning import HeldDirections, held_rotation, next_turn

SMOOTHING = 0.5
"""Weight of the previous frame in the moving average of the positions."""
SPEED_LIMIT = 0.022
"""Largest displacement of a point per frame, as a multiple of the spread of the cloud.

The spread is the mean standard deviation of the positions along an axis.
"""
UNFAMILIAR_LIMIT = 0.08
"""Limit that replaces SPEED_LIMIT until a person labels or pins an item."""
MEDIAN_LIMIT = 0.0045
"""Largest median displacement per frame, as a multiple of the spread of the cloud.

If most points move fast, all points are slowed down.
"""
MIRRORED_PACE = 8.0
"""Factor of the speed limits while the map is mirrored to show named axes."""
SETTLED = 2e-4
"""If no point moves further than this share of the spread of the cloud, there is no new frame."""
MANY = 100_000
"""With more than this number of items, the shown positions are multiples of ROUNDING, and alignment
and median are computed from a sample of at least this number of items, evenly spaced."""
ROUNDING = 2.0**-14
"""Step of the shown positions of many items, in latent units. It is a third of SETTLED, and less
than half of the steps that the page receives. A snapshot of these positions takes half the space.
"""


class Display:
    """Turns latent means into frames."""

    def __init__(self) -> None:
        self.shown: torch.Tensor | None = None
        """The last frame, (N, D); None before the first one."""
        self.drift = 0.0
        """Median displacement in the last frame, divided by the spread of the cloud."""

    def show(
        self,
        latent_mean: torch.Tensor,
        pace: float = 1.0,
        held: torch.Tensor | None = None,
        *,
        familiar: bool = True,
        tempo: float = 1.0,
        axes: HeldDirections | None = None,
    ) -> bool:
        """Compute the next frame and store it in `shown`. Returns whether any point moved visibly.

        When a dimension is added, the points of the flat cloud gradually move into the new
        dimension. When a dimension is removed, the new cloud is shown at once.

        Args:
            latent_mean: the newest latent means, (N, D).
            pace: factor of the speed limits.
            held: items (K,) that a person drags. They have no speed limit.
            familiar: whether a person has begun to work on the map. If not, points may move faster.
            tempo: time since the previous call, as a multiple of the time to which SPEED_LIMIT
                refers (tempo.py).
            axes: directions that are shown along axes of the box; None for no such directions. The
                map turns as a whole to show them, without the speed limits.
        """
        self.drift = 0.0
        if self.shown is None or self.shown.shape[1] > latent_mean.shape[1]:
            self.shown = _rounded(latent_mean.clone())
            return True
        if self.shown.shape[1] < latent_mean.shape[1]:
            self.shown = F.pad(self.shown, (0, latent_mean.shape[1] - self.shown.shape[1]))
        turning = False
        some = slice(None, None, max(1, len(latent_mean) // MANY))
        rotation, translation, spread = procrustes(latent_mean[some], self.shown[some])
        if axes is not None and axes.directions.shape[1] == latent_mean.shape[1]:
            rotation, turning, mirrored = self._turn(latent_mean, rotation, axes, pace * tempo)
            translation = self.shown.mean(dim=0) - latent_mean.mean(dim=0) @ rotation
            pace = MIRRORED_PACE * pace if mirrored else pace
        step, length = steps(latent_mean, self.shown, rotation, translation, 1 - SMOOTHING**tempo)
        median = float(length[some].median())
        if float(length.max()) < SETTLED * spread and not turning:
            return False
        slowed = MEDIAN_LIMIT * spread / max(median, 1e-12) if familiar else 1.0
        limits = Limits(
            (SPEED_LIMIT if familiar else UNFAMILIAR_LIMIT) * spread, slowed, pace * tempo
        )
        before, self.shown = self.shown, advanced(self.shown, step, length, limits)
        if held is not None:
            self.shown[held] = before[held] + step[held]
        self.shown = _rounded(self.shown)
        # The median of the limited lengths is the limited median, because the limits do not change
        # the order of the lengths.
        self.drift = limits.of(median) / spread
        return True

    def _turn(
        self, latent_mean: torch.Tensor, rotation: torch.Tensor, axes: HeldDirections, tempo: float
    ) -> tuple[torch.Tensor, bool, bool]:
        """Turn the shown points by one step towards a map whose `axes` are parallel to the box.

        Returns the rotation (D, D) of the target, whether the map turns, and whether it is
        mirrored.
        """
        assert self.shown is not None
        wanted = held_rotation(latent_mean, self.shown, axes, rotation)
        turn = next_turn(rotation, wanted, tempo)
        matrix = turn.matrix.to(rotation.dtype).to(rotation.device)
        if turn.mirrored:
            return rotation @ matrix, False, True
        centre = self.shown.mean(dim=0)
        self.shown = (self.shown - centre) @ matrix + centre
        return rotation @ matrix, turn.remaining > 0, False


def _rounded(shown: torch.Tensor) -> torch.Tensor:
    """Round shown positions (N, D) of many items in place, and return them."""
    if len(shown) <= MANY:
        return shown
    # A sum with this number has no bits below ROUNDING, if the position is below 128.
    number = 3 * 2.0**22 * ROUNDING
    return shown.add_(number).sub_(number)
