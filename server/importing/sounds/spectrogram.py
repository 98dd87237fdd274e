"""Log-mel spectrogram of one window of sound, as a picture."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError

RANGE_DB = 60.0
"""Difference in sound level between a black pixel and a white pixel, in decibels."""
FLOOR_SHARE = 0.2
"""The noise floor of a sound window is this quantile of the window's decibels.

The noise floor is black. Sound files differ in gain, so each window has a separate noise floor.
"""
_WINDOW_SECONDS = (0.016, 0.064)
"""Shortest and longest window of the Fourier transform, in seconds.

Between these limits, the window of the transform is as long as 1.5 columns of the picture. Shorter
windows do not separate pitches, and longer windows blur clicks.
"""
_TINY = 1e-12
_FRAME_VALUES = 1 << 20
"""Largest number of samples, over all windows together, that are transformed at a time."""


def hertz_to_mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Frequencies on the mel scale of O'Shaughnessy (1987), where 1,000 Hz are 1,000 mel."""
    return 2595 * np.log10(1 + np.asarray(hertz, np.float64) / 700)


def mel_to_hertz(mel: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the inverse of `hertz_to_mel`."""
    return 700 * (10 ** (np.asarray(mel, np.float64) / 2595) - 1)


@lru_cache(maxsize=16)
def mel_bands(
    bands: int, n_fft: int, rate: int, fmin: float, fmax: float
) -> npt.NDArray[np.float32]:
    """Weights of triangular bands, evenly spaced in mel between fmin and fmax (Hz).

    The weights are for the frequencies of a transform of `n_fft` samples at `rate` Hz. Returns
    (bands, n_fft // 2 + 1). The weights of each band sum to 1.
    """
    frequencies = np.fft.rfftfreq(n_fft, 1 / rate)
    edges = mel_to_hertz(np.linspace(hertz_to_mel(fmin), hertz_to_mel(fmax), bands + 2))
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    weights = np.minimum(rising, falling).clip(0)
    # A low band that lies between two frequencies of the transform uses the nearest frequency.
    empty = weights.sum(axis=1) == 0
    middle = np.abs(frequencies - edges[1:-1, None]).argmin(axis=1)
    weights[empty, middle[empty]] = 1
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def band_middles(bands: int, fmin: float, fmax: float) -> npt.NDArray[np.float64]:
    """Middle frequency of each band of `mel_bands` in Hz, (bands,)."""
    return mel_to_hertz(np.linspace(hertz_to_mel(fmin), hertz_to_mel(fmax), bands + 2))[1:-1]


@dataclass(frozen=True)
class Spectrogram:
    """Converter of a window of sound to a picture: time to the right, frequency (mel) upward."""

    side: int
    """Width and height in pixels."""
    fmin: float
    """Lowest frequency in Hz."""
    fmax: float
    """Highest frequency in Hz."""

    def __post_init__(self) -> None:
        if not 0 <= self.fmin < self.fmax:
            raise DatasetError(f"--fmin {self.fmin:g} must be below --fmax {self.fmax:g} (Hz)")

    def __call__(self, samples: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.uint8]:
        """Compute the picture, uint8 (side, side), of samples (T,) at `rate` Hz.

        Black is the noise floor of the window. White is RANGE_DB above the noise floor. Bands above
        half of the sample rate, which the recording does not have, are black.
        """
        column = len(samples) / self.side / rate
        window = min(_WINDOW_SECONDS[1], max(_WINDOW_SECONDS[0], 1.5 * column))
        n_fft = 1 << max(5, round(rate * window) - 1).bit_length()
        power = self._power(samples, n_fft, len(samples) / self.side)
        bands = mel_bands(self.side, n_fft, rate, self.fmin, self.fmax) @ power
        decibels = 10 * np.log10(bands + _TINY)
        held = band_middles(self.side, self.fmin, self.fmax) <= rate / 2
        sounding = (bands[held] > _TINY).any(axis=0)
        if not sounding.any():
            return np.zeros((self.side, self.side), np.uint8)
        # Silence that fills up a window would lower the floor, and all sound would be white.
        floor = np.quantile(decibels[held][:, sounding], FLOOR_SHARE)
        scaled = (decibels - floor) * (255 / RANGE_DB)
        scaled[~held] = 0
        return np.ascontiguousarray(scaled.clip(0, 255)[::-1]).astype(np.uint8)

    def _power(
        self, samples: npt.NDArray[np.float32], n_fft: int, column: float
    ) -> npt.NDArray[np.float32]:
        """Mean power per column, (n_fft // 2 + 1, side).

        The windows of the transform overlap by about half or more, so every sample contributes.
        """
        per_column = max(1, round(column / (n_fft / 2)))
        padded = np.pad(samples, n_fft // 2)
        starts = (np.arange(self.side * per_column) * (column / per_column)).astype(np.int64)
        views = np.lib.stride_tricks.sliding_window_view(padded, n_fft)
        starts = starts.clip(0, len(padded) - n_fft).reshape(self.side, per_column)
        taper = np.hanning(n_fft).astype(np.float32)
        power = np.empty((self.side, n_fft // 2 + 1), np.float32)
        # All columns of a long window at a time would take several times the memory of the window.
        at_once = max(1, _FRAME_VALUES // (n_fft * per_column))
        for first in range(0, self.side, at_once):
            columns = slice(first, first + at_once)
            spectra = np.fft.rfft(views[starts[columns]] * taper, axis=2)
            power[columns] = (spectra.real**2 + spectra.imag**2).astype(np.float32).mean(axis=1)
        return power.T
