"""L_neighbour: UMAP's cross-entropy on the latent means over the neighbour graph, and its force in closed form.

    L = - sum_(i,j) w_ij log q_ij  -  sum_i r_i / M sum_m log(1 - q_im),      q = 1 / (1 + a d^2b)

over the edges of the graph and M sampled others of each item; r_i is the repulsion the item's edges ask for
(`NEGATIVES` a unit of edge weight, as UMAP samples). d is measured in the kernel's own unit (particles.py).
McInnes, Healy, Melville 2018, section 3.2; the sum over edges is exact here and only the repulsion is sampled, which makes the
motion smooth.
"""

import torch

# q fitted to exp(-max(0, d - 0.1)) for d in 0..3: UMAP's defaults min_dist 0.1, spread 1.
A = 1.5769434603113077
B = 0.8950608779109733
NEGATIVES = 5.0
FORCE_LIMIT = 4.0
"""UMAP's clamp of one interaction, per axis."""
_NEAR = 1e-4
"""Squared distance below which points repel as if they were this far apart; the clamp holds long before."""


def similarity(d2: torch.Tensor) -> torch.Tensor:
    """q of squared distances d2, any shape."""
    return 1 / (1 + A * d2.pow(B))


def attraction_loss(head: torch.Tensor, tail: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """-sum w log q over edges between positions head, tail (E, D). Scalar."""
    d2 = (head - tail).square().sum(dim=1)
    return (weight * torch.log1p(A * d2.clamp_min(1e-12).pow(B))).sum()


def attraction_force(head: torch.Tensor, tail: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Minus the gradient of attraction_loss at `head`; at `tail` it is the opposite. (E, D)."""
    difference = tail - head
    d2 = difference.square().sum(dim=1, keepdim=True).clamp_min_(1e-12)
    power = d2.pow(B)
    coefficient = (2 * A * B) * power / (d2 * (1 + A * power)) * weight[:, None]
    return coefficient * difference


def repulsion_loss(
    item: torch.Tensor, others: torch.Tensor, strength: torch.Tensor
) -> torch.Tensor:
    """-sum_i r_i / M sum_m log(1 - q). item (N, D), others (N, M, D), strength r (N,). Scalar."""
    d2 = (item[:, None] - others).square().sum(dim=2)
    power = d2.clamp_min(1e-12).pow(B)
    log_far = torch.log(A * power) - torch.log1p(A * power)
    return -(strength[:, None] / others.shape[1] * log_far).sum()


def repulsion_force(
    item: torch.Tensor, others: torch.Tensor, strength: torch.Tensor
) -> torch.Tensor:
    """Minus the gradient of repulsion_loss at `item`, the others held still, each interaction clamped. (N, D)."""
    difference = item[:, None] - others
    d2 = difference.square().sum(dim=2, keepdim=True)
    d2 = d2.clamp_min_(_NEAR)
    coefficient = 2 * B / (d2 * (1 + A * d2.pow(B)))
    force = (coefficient * difference).clamp_(-FORCE_LIMIT, FORCE_LIMIT)
    return force.sum(dim=1) * (strength / others.shape[1])[:, None]
