"""States of items for tests."""

import numpy as np

from lodespace.session.item_state import ItemState
from lodespace.session.uncertainty import doubt_lower_bound, margin_lower_bound


def item_state(
    labels: list[int] | np.ndarray,
    prediction: list[int] | np.ndarray,
    confidence: list[float] | np.ndarray,
    *,
    verified: list[int] | None = None,
    accepted: list[int] | None = None,
    given: list[int] | None = None,
    locked: list[int] | None = None,
    positions: np.ndarray | None = None,
    doubt: list[float] | np.ndarray | None = None,
    classes: list[int] | None = None,
) -> ItemState:
    """Return a state of items. `verified`, `accepted`, `given` and `locked` are lists of item
    indices.

    `classes` are the listed classes, by default the classes of the labels.

    The margins are the smallest values that are possible with the given confidence. If `doubt` is
    None, the doubts are also the smallest possible values.
    """
    n = len(labels)
    label, predicted = np.asarray(labels, np.int16), np.asarray(prediction, np.int16)
    sure = np.asarray(confidence, np.float32)
    likely = (
        doubt_lower_bound(label, predicted, sure)
        if doubt is None
        else np.asarray(doubt, np.float32)
    )
    at = np.zeros((n, 3), np.int32) if positions is None else positions.astype(np.int32)
    listed = np.unique(label[label >= 0]) if classes is None else np.array(classes, np.int16)
    return ItemState(
        label,
        _mask(n, verified),
        _mask(n, accepted),
        _mask(n, given),
        predicted,
        sure,
        margin_lower_bound(sure),
        likely,
        _mask(n, locked),
        at,
        listed,
    )


def _mask(n: int, items: list[int] | None) -> np.ndarray:
    mask = np.zeros(n, np.bool_)
    mask[items or []] = True
    return mask


def random_item_state(seed: int, n: int = 300, axes: int = 3) -> ItemState:
    """Five blobs of items. Some items are labelled, and most predictions are right."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 5, n)
    positions = 32768 + 3000 * (
        random.normal(0, 3, (5, axes))[truth] + random.normal(0, 0.5, (n, axes))
    )
    labels = np.where(
        random.random(n) < 0.4, np.where(random.random(n) < 0.9, truth, (truth + 1) % 5), -1
    )
    prediction = np.where(random.random(n) < 0.9, truth, random.integers(0, 5, n))
    verified = np.flatnonzero((labels != -1) & (random.random(n) < 0.3)).tolist()
    locked = np.flatnonzero(labels == 4).tolist()
    confidence = random.beta(5, 1, n)
    return item_state(
        labels, prediction, confidence, verified=verified, locked=locked, positions=positions
    )
