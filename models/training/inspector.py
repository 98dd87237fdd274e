"""Queries to the trained model, in shown coordinates. They do not change the model."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.display.coordinates import (
    model_from_shown,
    rotation_to_shown,
    transform_to_shown,
)
from lodespace.models.training.loop import Loop
from lodespace.models.vae.losses import reconstruction_loss


class Inspection(NamedTuple):
    """The model's view of K items."""

    reconstruction: npt.NDArray[np.float32]
    """(K, *item_shape), decoded from the latent means; pictures in 0..1."""
    error: npt.NDArray[np.float32]
    """(K,), reconstruction error in nats."""
    sigma: npt.NDArray[np.float32]
    """(K, D), standard deviation of q(Z given X) along the shown axes."""


class Inspector:
    """Reads forces, decoded points and uncertainty from `loop`, whose last frame is `shown`."""

    def __init__(self, loop: Loop, shown: torch.Tensor | None) -> None:
        """`shown` (N, D) is None before the first frame."""
        self._loop = loop
        self._shown = shown

    def forces(
        self, items: npt.NDArray[np.integer] | None = None, *, reconstruction: bool = False
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Return the force of each term in the shown axes, in nats per latent unit.

        Args:
            items: (K,), or None for all items.
            reconstruction: include the reconstruction, which needs a pass through the decoder.

        Returns:
            Forces float32 (K or N, D) by the name of the term (force_readout.py).

        Raises:
            ValueError: for an item that does not exist.
        """
        chosen = None if items is None else self._loop.dataset.checked_items(items)
        forces = self._loop.forces(chosen, reconstruction=reconstruction)
        rotation = self._rotation()
        return {name: (force @ rotation).cpu().numpy() for name, force in forces.items()}

    @torch.no_grad()
    def decode(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Decode points (K, D) of the shown latent space.

        Returns:
            Pictures (K, C, S, S) in 0..1, or vectors (K, F).

        Raises:
            ValueError: when the points are not finite, or not of this latent space.
        """
        loop, latent_dim = self._loop, self._loop.config.latent_dim
        if points.ndim != 2 or points.shape[1] != latent_dim or not np.isfinite(points).all():
            raise ValueError(f"points must be finite and (K, {latent_dim})")
        shown_points = torch.from_numpy(points.astype(np.float32)).to(loop.device)
        latent = model_from_shown(shown_points, self._shown, loop.latent_mean, loop.contraction)
        return self._as_item(loop.vae_training.vae.decoder(latent))

    @torch.no_grad()
    def inspect(self, items: npt.NDArray[np.integer]) -> Inspection:
        """Reconstruct items (K,). Raises ValueError for an item that does not exist."""
        loop = self._loop
        chosen = loop.dataset.checked_items(items).to(loop.device)
        x = loop.dataset.batch(chosen)
        decoded = loop.vae_training.vae.decoder(loop.decodable_mean[chosen])
        error = [
            float(reconstruction_loss(one[None], own[None]))
            for one, own in zip(decoded, x, strict=True)
        ]
        return Inspection(
            reconstruction=self._as_item(decoded),
            error=np.array(error, np.float32),
            sigma=self.variance(items).sqrt().cpu().numpy(),
        )

    @torch.no_grad()
    def variance(self, items: npt.NDArray[np.integer]) -> torch.Tensor:
        """Return the variance of q(Z given X) of items (K,) along the shown axes, (K, D).

        The covariance is diagonal in the model's axes. After the rotation only its diagonal is
        returned.
        """
        loop = self._loop
        chosen = loop.dataset.checked_items(items).to(loop.device)
        _, log_variance = loop.vae_training.vae.encoder(loop.dataset.batch(chosen))
        return log_variance.exp() @ self._rotation().square()

    def shown_transform(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return contraction (D,), rotation (D, D), translation (D,) from encoder to shown means.

        shown = (mean * contraction) @ rotation + translation
        """
        loop = self._loop
        return (loop.contraction, *transform_to_shown(loop.latent_mean, self._shown))

    def _rotation(self) -> torch.Tensor:
        return rotation_to_shown(self._loop.latent_mean, self._shown)

    def _as_item(self, decoded: torch.Tensor) -> npt.NDArray[np.float32]:
        """Convert output of the decoder to items: logits of pictures become pixels in 0..1."""
        image = self._loop.dataset.kind == "image"
        return (decoded.sigmoid() if image else decoded).cpu().numpy()
