"""What is shown of the latent means: aligned to the frame before, averaged, and limited in speed. Learning never sees this."""

import torch
import torch.nn.functional as F

from lodespace.models.display.procrustes import procrustes

SMOOTHING = 0.5
"""Share of the frame before in the moving average."""
SPEED_LIMIT = 0.022
"""Largest displacement of a point in one frame, in spreads (mean standard deviation) of the cloud."""
UNFAMILIAR_LIMIT = 0.08
"""The same while nobody has done anything yet: the first map takes shape."""
MEDIAN_LIMIT = 0.0045
"""Largest median displacement in one frame, in spreads: when most of the cloud is on its way, all of it goes slowly."""
SETTLED = 2e-4
"""A frame in which no point moves further than this, in spreads, shows nothing new."""


class Display:
    """Turns the latent means of each moment into frames. `shown` (N, D) is the last one; None before the first."""

    def __init__(self) -> None:
        self.shown: torch.Tensor | None = None
        self.drift = 0.0
        """Median displacement of the last frame, in spreads."""

    def show(
        self,
        latent_mean: torch.Tensor,
        pace: float = 1.0,
        held: torch.Tensor | None = None,
        *,
        familiar: bool = True,
        tempo: float = 1.0,
    ) -> bool:
        """Take the newest latent means (N, D). Returns whether anything visible moved.

        `pace`: share of the speed limits. `held` (K,): items in somebody's hand, which know none. `familiar`: whether somebody
        works on the map by now; before, it may take shape faster. `tempo` (0..1]: how much of a frame's time this step stands for.

        When a dimension is added, the flat cloud that was shown rises into it; one with fewer dimensions is shown at once.
        """
        self.drift = 0.0
        if self.shown is None or self.shown.shape[1] > latent_mean.shape[1]:
            self.shown = latent_mean.clone()
            return True
        self.shown = F.pad(self.shown, (0, latent_mean.shape[1] - self.shown.shape[1]))
        rotation, translation = procrustes(latent_mean, self.shown)
        target = latent_mean @ rotation + translation
        step = (target - self.shown).mul_(1 - SMOOTHING**tempo)
        spread = self.shown.std(dim=0, correction=0).mean().clamp_min(1e-8)
        length = step.norm(dim=1, keepdim=True)
        slowed = (
            MEDIAN_LIMIT * spread / length.median().clamp_min(1e-12)
            if familiar
            else length.new_ones(())
        )
        fastest = SPEED_LIMIT if familiar else UNFAMILIAR_LIMIT
        limit = (
            torch.minimum(fastest * spread / length.clamp_min(1e-12), slowed)
            .mul_(pace * tempo)
            .clamp_max_(1.0)
        )
        if held is not None:
            limit[held] = 1.0
        step.mul_(limit)
        if float(length.max()) < SETTLED * float(spread):
            return False
        self.shown = self.shown + step
        self.drift = float(step.norm(dim=1).median() / spread)
        return True
