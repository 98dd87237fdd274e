"""An order of points along a space-filling curve, in which neighbours in space are mostly near each
other."""

import torch

DIMENSIONS = 6
"""Number of dimensions that the curve fills. Further principal components change the order little.
"""
_BITS = 10
"""Number of bits per dimension."""


def morton_order(points: torch.Tensor) -> torch.Tensor:
    """Return the indices of points (N, F) along the curve of Morton (1966), int64 (N,).

    The curve fills the first DIMENSIONS dimensions. All dimensions have the same scale: the range
    of the widest of them.
    """
    chosen = points[:, :DIMENSIONS]
    low = chosen.min(dim=0).values
    width = (chosen.max(dim=0).values - low).max().clamp_min(1e-12)
    cells = ((chosen - low) / width * ((1 << _BITS) - 1)).long()
    key = torch.zeros(len(points), dtype=torch.int64, device=points.device)
    for bit in reversed(range(_BITS)):
        for dimension in range(cells.shape[1]):
            key = (key << 1) | ((cells[:, dimension] >> bit) & 1)
    return key.argsort(stable=True)
