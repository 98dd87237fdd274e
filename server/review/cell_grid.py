"""Counting in cells: a grid of M cells along each of D axes, for what would take too long between all items."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", bound=np.floating)


def flat(cells: npt.NDArray[np.intp], m: int) -> npt.NDArray[np.intp]:
    """The number of each of cells (N, D), coordinates 0..m-1, in an array (m, ..., m) that is flattened: (N,)."""
    return np.asarray(np.ravel_multi_index(tuple(cells.T), (m,) * cells.shape[1]), np.intp)


def blurred(counts: npt.NDArray[Number], axis: int) -> npt.NDArray[Number]:
    """counts (M, ..., M): the sum of each cell and the two beside it along `axis`."""
    wide = np.pad(counts, [(1, 1) if k == axis else (0, 0) for k in range(counts.ndim)])
    n = counts.shape[axis]
    return sum(
        (wide.take(range(k, k + n), axis) for k in range(1, 3)), start=wide.take(range(n), axis)
    )
