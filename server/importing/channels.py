"""Conversion between grey and colour pictures."""

import numpy as np
import numpy.typing as npt

_LUMINANCE = (0.299, 0.587, 0.114)


def with_channels(pictures: npt.NDArray[np.uint8], axes: int) -> npt.NDArray[np.uint8]:
    """Return pictures (N, H, W[, 3]) as grey pictures (`axes` 3) or colour pictures (`axes` 4)."""
    if pictures.ndim == axes:
        return pictures
    if axes == 4:
        return np.repeat(pictures[..., None], 3, axis=3)
    return (pictures @ np.array(_LUMINANCE)).round().astype(np.uint8)
