"""Queries to the trained model, in the coordinates that the page shows.

The queries do not change the model.
"""

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
    """Reconstruction and uncertainty of K items."""

    reconstruction: npt.NDArray[np.float32]
    """Items decoded from the latent means, (K, *item_shape); pictures in 0..1."""
    error: npt.NDArray[np.float32]
    """Reconstruction error of each item, (K,), in nats."""
    sigma: npt.NDArray[np.float32]
    """Standard deviation of q(Z given X) along the shown axes, (K, D)."""


class Inspector:
    """Computes forces, decoded points and uncertainty from the model of a loop."""

    def __init__(self, loop: Loop, shown: torch.Tensor | None) -> None:
        """Prepare queries to the model of `loop`.

        `shown` has the shown points of the last frame, (N, D); None before the first frame.
        """
        self._loop = loop
        self._shown = shown

    def forces(
        self, items: npt.NDArray[np.integer] | None = None, *, reconstruction: bool = False
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Return the force of each term along the shown axes, in nats per latent unit.

        Args:
            items: the items on which the forces act, (K,); None for all items.
            reconstruction: whether to include the force of the reconstruction. Computing this
                force needs a pass through the decoder.

        Returns:
            Name of a term (force_readout.py) -> force of the term, float32 (K or N, D).

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
            ValueError: when points are not finite, or do not have D coordinates.
        """
        loop, latent_dim = self._loop, self._loop.config.latent_dim
        if points.ndim != 2 or points.shape[1] != latent_dim or not np.isfinite(points).all():
            raise ValueError(f"points must be finite and have the shape (K, {latent_dim})")
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

        The covariance is diagonal along the axes of the model. Along the shown axes it is not
        diagonal, and only the variances are returned.
        """
        loop = self._loop
        chosen = loop.dataset.checked_items(items).to(loop.device)
        _, log_variance = loop.vae_training.vae.encoder(loop.dataset.batch(chosen))
        return log_variance.exp() @ self._rotation().square()

    def shown_transform(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the transform from the encoder's means to the shown means.

        shown = (mean * contraction) @ rotation + translation

        Returns:
            contraction (D,), rotation (D, D), translation (D,).
        """
        loop = self._loop
        return (loop.contraction, *transform_to_shown(loop.latent_mean, self._shown))

    def _rotation(self) -> torch.Tensor:
        return rotation_to_shown(self._loop.latent_mean, self._shown)

    def _as_item(self, decoded: torch.Tensor) -> npt.NDArray[np.float32]:
        """Convert the decoder's output to items: logits of pictures become pixels in 0..1."""
        image = self._loop.dataset.kind == "image"
        return (decoded.sigmoid() if image else decoded).cpu().numpy()
