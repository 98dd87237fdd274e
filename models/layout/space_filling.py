"""An order of points along a space-filling curve, in which neighbours in space are mostly near each
other."""

import torch

DIMENSIONS = 6
"""Number of dimensions that the curve fills. Further principal components change the order little.
"""
BITS = 10
"""Number of bits per dimension."""


def morton_order(points: torch.Tensor) -> torch.Tensor:
    """Return the indices of points (N, F) along the curve of Morton (1966), int64 (N,).

    The curve fills the first DIMENSIONS dimensions. All dimensions have the same scale: the range
    of the widest of them.
    """
    chosen = points[:, :DIMENSIONS]
    low = chosen.min(dim=0).values
    width = (chosen.max(dim=0).values - low).max().clamp_min(1e-12)
    cells = ((chosen - low) / width * ((1 << BITS) - 1)).long()
    return morton_keys(cells).argsort(stable=True)


def morton_keys(cells: torch.Tensor) -> torch.Tensor:
    """Return the places of cells int64 (N, D) along the curve, int64 (N,).

    Coordinates are from 0 to 2 ** BITS - 1, and D is at most DIMENSIONS.
    """
    key = torch.zeros(len(cells), dtype=torch.int64, device=cells.device)
    for bit in reversed(range(BITS)):
        for dimension in range(cells.shape[1]):
            key = (key << 1) | ((cells[:, dimension] >> bit) & 1)
    return key
