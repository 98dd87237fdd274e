"""L_neighbour: UMAP's cross-entropy of the latent means over the neighbour graph, and its force.

    L = - sum_(i,j) w_ij log q_ij  -  sum_i r_i / M sum_m log(1 - q_im),      q = 1 / (1 + a d^2b)

The first sum runs over the edges of the graph, the second over M sampled others of each item. r_i
is the repulsion that the edges of the item ask for: `NEGATIVES` per unit of edge weight, as in
UMAP's sampling. d is measured in the kernel's own unit (particles.py). The force is in closed form.
McInnes, Healy, Melville 2018, section 3.2. Here the sum over edges is exact and only the repulsion
is sampled, which makes the motion smooth.
"""

import torch

# q fitted to exp(-max(0, d - 0.1)) for d in 0..3: UMAP's defaults min_dist 0.1, spread 1.
A = 1.5769434603113077
B = 0.8950608779109733
NEGATIVES = 5.0
FORCE_LIMIT = 4.0
"""UMAP's clamp of one interaction, per axis."""
_NEAR = 1e-4
"""Squared distance below which points repel as if they were this far apart, well inside the clamp.
"""


def similarity(d2: torch.Tensor) -> torch.Tensor:
    """Similarity q of squared distances d2, any shape."""
    return 1 / (1 + A * d2.pow(B))


def attraction_loss(head: torch.Tensor, tail: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """-sum w log q over edges between positions head and tail (E, D), with weight (E,). Scalar."""
    d2 = (head - tail).square().sum(dim=1)
    return (weight * torch.log1p(A * d2.clamp_min(1e-12).pow(B))).sum()


def attraction_force(head: torch.Tensor, tail: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Minus the gradient of attraction_loss at `head`, (E, D). At `tail` it is the opposite."""
    difference = tail - head
    d2 = difference.square().sum(dim=1, keepdim=True).clamp_min_(1e-12)
    power = d2.pow(B)
    coefficient = (2 * A * B) * power / (d2 * (1 + A * power)) * weight[:, None]
    return coefficient * difference


def repulsion_loss(
    item: torch.Tensor, others: torch.Tensor, strength: torch.Tensor
) -> torch.Tensor:
    """-sum_i r_i / M sum_m log(1 - q). Scalar.

    Args:
        item: positions, (N, D).
        others: positions of M sampled others per item, (N, M, D).
        strength: r, (N,).
    """
    d2 = (item[:, None] - others).square().sum(dim=2)
    power = d2.clamp_min(1e-12).pow(B)
    log_far = torch.log(A * power) - torch.log1p(A * power)
    return -(strength[:, None] / others.shape[1] * log_far).sum()


def repulsion_force(
    item: torch.Tensor, others: torch.Tensor, strength: torch.Tensor
) -> torch.Tensor:
    """Minus the gradient of repulsion_loss at `item` with the others fixed, (N, D).

    Each interaction is clamped.
    """
    difference = item[:, None] - others
    d2 = difference.square().sum(dim=2, keepdim=True)
    d2 = d2.clamp_min_(_NEAR)
    coefficient = 2 * B / (d2 * (1 + A * d2.pow(B)))
    force = (coefficient * difference).clamp_(-FORCE_LIMIT, FORCE_LIMIT)
    return force.sum(dim=1) * (strength / others.shape[1])[:, None]
