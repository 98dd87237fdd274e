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
    """Return the anchor term, a scalar.

    Args:
        position: latent mean of each item, (N, D).
        target: anchor of each item, (N, D).
        stiffness: stiffness of each anchor, (N,).
    """
    return 0.5 * (stiffness[:, None] * (position - target).square()).sum()


def anchor_force(
    position: torch.Tensor, target: torch.Tensor, stiffness: torch.Tensor
) -> torch.Tensor:
    """Return the anchor force on each item, (N, D): minus the gradient of `anchor_loss`."""
    return stiffness[:, None] * (target - position)
