"""L_anchor: the mental map. Latent means stay near where the person last saw them, or go where they were dragged.

    L = 1/2 sum_i k_i |z_i - t_i|^2

k_i is the stiffness of item i (0: free), t_i its target, in kernel units like the rest of the forces.
"""

import torch


def anchor_loss(
    position: torch.Tensor, target: torch.Tensor, stiffness: torch.Tensor
) -> torch.Tensor:
    """position, target (N, D), stiffness (N,). Scalar."""
    return 0.5 * (stiffness[:, None] * (position - target).square()).sum()


def anchor_force(
    position: torch.Tensor, target: torch.Tensor, stiffness: torch.Tensor
) -> torch.Tensor:
    """Minus the gradient of anchor_loss at `position`. (N, D)."""
    return stiffness[:, None] * (target - position)
