# The compiled module of gather.c. Arrays are contiguous; shapes as in neighbour_force.py.
import numpy as np
import numpy.typing as npt

def fill(
    head: npt.NDArray[np.int64],
    tail: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float32],
    starts: npt.NDArray[np.int64],
    neighbours: npt.NDArray[np.int32],
    /,
) -> None: ...
def force(
    position: npt.NDArray[np.float32],
    starts: npt.NDArray[np.int64],
    neighbours: npt.NDArray[np.int32],
    others: npt.NDArray[np.int64],
    strength: npt.NDArray[np.float32],
    force: npt.NDArray[np.float32],
    first: int,
    last: int,
    kernel: tuple[float, float, float, float],
    /,
) -> None: ...
