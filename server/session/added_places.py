"""First places of added items, until a trainer places them.

An added item is shown beside the most similar earlier item. Items are compared by the features of
the data set, their standardised vectors, or their reduced pictures.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.items.item_set import ItemSet
from lodespace.models.item_predictions import ItemPredictions
from lodespace.protocol import UNLABELED

MOST_COMPARED = 20_000
"""Largest number of earlier items with which an added item is compared, evenly spaced."""
_AT_ONCE = 500
_SIDE = 8
Shown = tuple[npt.NDArray[np.float32], ItemPredictions[npt.NDArray[Any]]]


def with_added(
    items: ItemSet,
    latent_mean: npt.NDArray[np.floating],
    prediction: npt.NDArray[np.int16],
    confidence: npt.NDArray[np.floating],
) -> Shown:
    """Return latent means (N, D) and predictions of all `items`.

    `latent_mean` (M, D), `prediction` (M,) and `confidence` (M,) are those of the first M items.
    Each added item gets the latent mean of the most similar of these M items, and no prediction.
    """
    first, n = len(latent_mean), len(items)
    if first == n:
        return latent_mean.astype(np.float32), ItemPredictions(prediction, confidence)
    near = most_similar(items, first)
    mean = np.concatenate([latent_mean, latent_mean[near]]).astype(np.float32)
    nothing = np.full(n - first, UNLABELED, np.int16)
    return mean, ItemPredictions(
        np.concatenate([prediction, nothing]),
        np.concatenate([confidence, np.zeros(n - first)]).astype(np.float32),
    )


def most_similar(items: ItemSet, first: int) -> npt.NDArray[np.int64]:
    """Return, per added item, the number of the most similar earlier item, (N - first,).

    The added items of `items` are those from number `first` on.
    """
    earlier = np.linspace(0, first - 1, min(first, MOST_COMPARED)).round().astype(np.int64)
    known = _rows(items, earlier)
    mean, spread = known.mean(axis=0), known.std(axis=0)
    if items.kind != "vector" or items.features is not None:
        spread = np.full_like(spread, max(1e-8, float(np.sqrt((spread**2).mean()))))
    spread = np.where(spread > 1e-8, spread, 1.0)
    known = (known - mean) / spread
    squares = (known**2).sum(axis=1)
    found = [np.empty(0, np.int64)]
    for start in range(first, len(items), _AT_ONCE):
        numbers = np.arange(start, min(start + _AT_ONCE, len(items)))
        rows = (_rows(items, numbers) - mean) / spread
        found.append(earlier[(squares - 2 * rows @ known.T).argmin(axis=1)])
    return np.concatenate(found)


def _rows(items: ItemSet, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return the features, vectors or reduced pictures of some items, (B, F)."""
    if items.features is not None:
        return np.asarray(items.features[numbers], np.float32)
    if items.kind == "vector":
        return np.asarray(items.data[numbers], np.float32)
    pictures = np.asarray(items.data[numbers])
    high, wide = (max(1, side // _SIDE) for side in pictures.shape[1:3])
    rows, columns = pictures.shape[1] // high, pictures.shape[2] // wide
    cut = pictures[:, : rows * high, : columns * wide]
    blocks = cut.reshape(len(cut), rows, high, columns, wide, -1).astype(np.float32)
    return blocks.mean(axis=(2, 4)).reshape(len(cut), -1)
