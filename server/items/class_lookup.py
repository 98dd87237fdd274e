"""Values per item from a table of values per class."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)


def lookup(
    table: npt.NDArray[Scalar], class_ids: npt.NDArray[np.integer], default: npt.ArrayLike
) -> npt.NDArray[Scalar]:
    """Return `table[class_ids]`, with `default` for items without a class (UNLABELED, -1).

    Args:
        table: One value per class, (C, ...).
        class_ids: One class id per item, (N,), -1 to C - 1.
        default: The value of items without a class: a scalar, or an array of the shape of one
            value.

    Returns:
        One value per item, (N, ...).
    """
    # -1 selects the last row, which is the default.
    last = np.broadcast_to(np.asarray(default, table.dtype), (1, *table.shape[1:]))
    return np.concatenate([table, last])[class_ids]
