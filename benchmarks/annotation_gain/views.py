"""Views of a data set: rows of numbers from which the methods without Lodespace learn.

The views contain the same numbers that Lodespace receives. Each kind of items has the views that
somebody who works with scikit-learn would try. On each view, methods without Lodespace are
measured, and the report compares Lodespace with the best result.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from annotation_gain.data_sets import Kind, LabelledItems

Rows = npt.NDArray[np.float32]
SIDE = 32
BINS, COLUMNS = 64, 64
WINDOW = 256
OF_KIND: dict[Kind, tuple[str, ...]] = {
    "pictures": ("pixels",),
    "vectors": ("standardised",),
    "embeddings": ("standardised", "normalised"),
    "series": ("standardised", "spectrum"),
    "sounds": ("spectrogram",),
}
"""Names of the views per kind of item.

A view represents each item as a row of numbers. Each name is the name of a function below.

The methods that compute one UMAP, and those that label random items, use only the first view.
"""


def pixels(data: LabelledItems) -> Rows:
    """Return the pixels as rows (N, F) in 0..1. Colour pictures are reduced to 32 x 32."""
    pictures = data.items
    if data.coloured and pictures.shape[1] > SIDE:
        pictures = np.array(
            [
                np.asarray(Image.fromarray(p).resize((SIDE, SIDE), Image.Resampling.BOX))
                for p in pictures
            ]
        )
    return pictures.reshape(len(data), -1).astype(np.float32) / 255


def standardised(data: LabelledItems) -> Rows:
    """Return rows (N, F) with mean 0 and standard deviation 1 per column."""
    deviation = data.items.std(axis=0)
    return ((data.items - data.items.mean(axis=0)) / np.where(deviation > 0, deviation, 1)).astype(
        np.float32
    )


def normalised(data: LabelledItems) -> Rows:
    """Return rows (N, F) of length 1. Many embeddings are compared by their angles."""
    lengths = np.linalg.norm(data.items, axis=1, keepdims=True)
    # With the factor sqrt(F), regularisation is as strong as for standardised rows.
    return (data.items / np.maximum(lengths, 1e-12) * np.sqrt(data.items.shape[1])).astype(
        np.float32
    )


def spectrum(data: LabelledItems) -> Rows:
    """Return the log amplitude spectrum of each series, standardised per frequency."""
    series = data.items - data.items.mean(axis=1, keepdims=True)
    series = series / np.maximum(series.std(axis=1, keepdims=True), 1e-12)
    amplitudes = np.log(np.abs(np.fft.rfft(series, axis=1)[:, 1:]) + 1e-3)
    spread = amplitudes.std(axis=0)
    return ((amplitudes - amplitudes.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(
        np.float32
    )


def spectrogram(data: LabelledItems) -> Rows:
    """Return log spectrograms of sounds, 64 frequencies x 64 times, standardised per sound."""
    from scipy.signal import stft

    n, samples = data.items.shape
    hop = max(1, samples // COLUMNS)
    rows = np.empty((n, BINS * COLUMNS), np.float32)
    for number, wave in enumerate(data.items):
        _, _, spectra = stft(wave, data.rate, nperseg=WINDOW, noverlap=max(0, WINDOW - hop))
        power = np.log(np.abs(spectra[1 : 1 + WINDOW // 2, :COLUMNS]) ** 2 + 1e-10)
        power = power.reshape(BINS, -1, power.shape[1]).mean(axis=1)
        power = np.pad(power, ((0, 0), (0, COLUMNS - power.shape[1])), mode="edge")
        rows[number] = ((power - power.mean()) / max(power.std(), 1e-6)).ravel()
    return rows


VIEWS: dict[str, Callable[[LabelledItems], Rows]] = {
    "pixels": pixels,
    "standardised": standardised,
    "normalised": normalised,
    "spectrum": spectrum,
    "spectrogram": spectrogram,
}


def first_view(data: LabelledItems) -> Rows:
    """Return the first view of a data set, (N, F)."""
    return VIEWS[OF_KIND[data.kind][0]](data)
