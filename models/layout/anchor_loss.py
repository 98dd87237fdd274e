"""L_anchor: the mental map. Latent means stay near their anchors.

    L = 1/2 sum_i k_i |z_i - t_i|^2

The anchor t_i is where a person last saw item i, or where they dragged it. k_i is its stiffness (0:
free). Both are in kernel units, as are all forces.
"""

import torch


def anchor_loss(
    position: torch.Tensor, target: torch.Tensor, stiffness: torch.Tensor
) -> torch.Tensor:
    """Anchor term of positions and targets (N, D), with stiffness (N,). Scalar."""
    return 0.5 * (stiffness[:, None] * (position - target).square()).sum()


def anchor_force(
    position: torch.Tensor, target: torch.Tensor, stiffness: torch.Tensor
) -> torch.Tensor:
    """Minus the gradient of anchor_loss at `position`: (N, D)."""
    return stiffness[:, None] * (target - position)
