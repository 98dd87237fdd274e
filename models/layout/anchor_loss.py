"""The anchor term L_anchor of the loss, which keeps the latent means near their anchors.

    L = 1/2 sum_i k_i |z_i - t_i|^2

z_i is the latent mean of item i. The anchor t_i is the place where a person last saw item i, or to
which a person dragged item i. k_i is the stiffness of the anchor; an item with k_i = 0 is free.
Positions, stiffness and forces are in kernel units (particles.py).
"""

import torch


def anchor_loss(
    position: torch.Tensor, target: torch.Tensor, stiffness: torch.Tensor
) -> torch.Tensor:
    """Anchor term, a scalar, of positions (N, D), anchors `target` (N, D) and stiffness (N,)."""
    return 0.5 * (stiffness[:, None] * (position - target).square()).sum()


def anchor_force(
    position: torch.Tensor, target: torch.Tensor, stiffness: torch.Tensor
) -> torch.Tensor:
    """Anchor force: minus the gradient of anchor_loss at `position`, (N, D)."""
    return stiffness[:, None] * (target - position)
