"""Colours of spectrograms: dark for silence, bright for sound, with even steps of brightness."""

import numpy as np
import numpy.typing as npt

_STOPS = (
    (0, (13, 8, 60)),
    (70, (88, 20, 120)),
    (140, (190, 55, 85)),
    (200, (245, 135, 30)),
    (255, (252, 250, 165)),
)
"""Pairs of a value of the spectrogram and an RGB colour, close to matplotlib's inferno."""
_LUT = np.stack(
    [
        np.interp(np.arange(256), [at for at, _ in _STOPS], [colour[k] for _, colour in _STOPS])
        for k in range(3)
    ],
    axis=1,
).astype(np.uint8)


def coloured(spectrograms: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return colours of spectrograms: uint8 (..., H, W) -> uint8 (..., H, W, 3)."""
    return _LUT[spectrograms]
