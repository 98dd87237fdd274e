"""Conversion between the shown coordinates and the coordinates of the model.

Before latent means are shown, they are contracted along collapsed dimensions, rotated and
translated. Forces, encoder and decoder use the latent means without these three changes.
"""

import torch

from lodespace.models.display.procrustes import procrustes

MIN_CONTRACTION = 0.05
"""Smallest contraction factor by which a shown coordinate is divided.

On an axis with a smaller factor, the shown points nearly coincide. A division by that factor would
magnify tiny differences between them.
"""


def model_from_shown(
    points: torch.Tensor,
    shown: torch.Tensor | None,
    latent_mean: torch.Tensor,
    contraction: torch.Tensor,
) -> torch.Tensor:
    """Convert shown points into the coordinates of the model.

    Args:
        points: (K, D), in shown coordinates.
        shown: (N, D), the last frame; None before the first frame.
        latent_mean: (N, D), the contracted latent means that the frame shows.
        contraction: factor per dimension by which latent means are contracted, (D,).

    Returns:
        Points (K, D) of the model. If there is no frame with D dimensions yet, the result is
            `points` itself.
    """
    if shown is None or shown.shape != latent_mean.shape:
        return points
    rotation, translation, _ = procrustes(shown, latent_mean)
    return (points @ rotation + translation) / contraction.clamp_min(MIN_CONTRACTION)


def rotation_to_shown(latent_mean: torch.Tensor, shown: torch.Tensor | None) -> torch.Tensor:
    """Return the rotation (D, D) from `latent_mean` (N, D) to the frame `shown` (N, D).

    The rotation is the identity while there is no frame with D dimensions.
    """
    return transform_to_shown(latent_mean, shown)[0]


def transform_to_shown(
    latent_mean: torch.Tensor, shown: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rotation (D, D) and translation (D,) from `latent_mean` (N, D) to the frame `shown`.

    If `shown` is None or has another number of dimensions, the rotation is the identity, and the
    translation is 0.
    """
    if shown is None or shown.shape != latent_mean.shape:
        axes, device = latent_mean.shape[1], latent_mean.device
        return torch.eye(axes, device=device), torch.zeros(axes, device=device)
    return procrustes(latent_mean, shown)[:2]
