"""L_neighbour: UMAP's cross-entropy of the latent means over the neighbour graph, and its force.

    L = - sum_(i,j) w_ij log q_ij  -  sum_i r_i / M sum_m log(1 - q_im),      q = 1 / (1 + a d^2b)

The first sum runs over the edges of the graph, the second over M sampled other items of each item.
r_i is the strength of the repulsion of item i: `NEGATIVES` times the sum of the weights of its
edges, as in UMAP's sampling. d is a distance in kernel units (particles.py). The force is computed
in closed form. Source: McInnes, Healy, Melville 2018, section 3.2. Unlike UMAP, this module sums
over all edges and samples only the repulsion, which makes the motion smooth.
"""

import torch

# With these A and B, q fits exp(-max(0, d - 0.1)) for d in 0..3. UMAP's defaults min_dist 0.1 and
# spread 1 give the same fit.
A = 1.5769434603113077
B = 0.8950608779109733
NEGATIVES = 5.0
FORCE_LIMIT = 4.0
"""Largest repulsion of two items along an axis, before weighting, as in UMAP.

The step of an item along an axis has the same limit.
"""
NEAR = 1e-4
"""Smallest squared distance used in the repulsion.

For closer points, the repulsion uses this value.
"""


def similarity(d2: torch.Tensor) -> torch.Tensor:
    """Return the similarity q, above 0 and at most 1, for each squared distance in `d2`."""
    return 1 / (1 + A * d2.pow(B))


def attraction_loss(head: torch.Tensor, tail: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the attraction -sum w log q over all edges, a scalar.

    q is the `similarity` of the two ends of an edge.

    Args:
        head: position of the first end of each edge, (E, D).
        tail: position of the second end of each edge, (E, D).
        weight: weight w of each edge, (E,).
    """
    d2 = (head - tail).square().sum(dim=1)
    return (weight * torch.log1p(A * d2.clamp_min(1e-12).pow(B))).sum()


def attraction_force(head: torch.Tensor, tail: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the force on the first end `head` of each edge, (E, D).

    The force is minus the gradient of `attraction_loss`. The force on the second end `tail` is the
    opposite.
    """
    difference = tail - head
    d2 = difference.square().sum(dim=1, keepdim=True).clamp_min_(1e-12)
    power = d2.pow(B)
    coefficient = (2 * A * B) * power / (d2 * (1 + A * power)) * weight[:, None]
    return coefficient * difference


def repulsion_loss(
    item: torch.Tensor, others: torch.Tensor, strength: torch.Tensor
) -> torch.Tensor:
    """Return the repulsion -sum_i r_i / M sum_m log(1 - q_im), a scalar.

    q_im is the `similarity` of items i and m.

    Args:
        item: positions of the items i, (N, D).
        others: positions of the M sampled other items m of each item, (N, M, D).
        strength: strength r_i of the repulsion of each item, (N,).
    """
    d2 = (item[:, None] - others).square().sum(dim=2)
    power = d2.clamp_min(1e-12).pow(B)
    log_far = torch.log(A * power) - torch.log1p(A * power)
    return -(strength[:, None] / others.shape[1] * log_far).sum()


def repulsion_force(
    item: torch.Tensor, others: torch.Tensor, strength: torch.Tensor
) -> torch.Tensor:
    """Return the force on each item, (N, D).

    The force is minus the gradient of `repulsion_loss`, with `others` fixed.

    The force from each other item is limited to FORCE_LIMIT per axis, before the factor r_i / M.
    """
    difference = item[:, None] - others
    d2 = difference.square().sum(dim=2, keepdim=True)
    d2 = d2.clamp_min_(NEAR)
    coefficient = 2 * B / (d2 * (1 + A * d2.pow(B)))
    force = (coefficient * difference).clamp_(-FORCE_LIMIT, FORCE_LIMIT)
    return force.sum(dim=1) * (strength / others.shape[1])[:, None]
