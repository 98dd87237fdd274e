"""A session whose points move, for tests of recordings."""

import numpy as np

from lodespace.items.item_set import ItemSet
from lodespace.models.item_predictions import ItemPredictions
from lodespace.session.session import AnnotationSession


def moving_session(n: int = 50) -> AnnotationSession:
    items = ItemSet("dots", "vector", np.zeros((n, 2), np.float32), ("a", "b"))
    return AnnotationSession(items, scene_id=7)


def publish(session: AnnotationSession, k: int) -> np.ndarray:
    random = np.random.default_rng(1)
    n = len(session.items)
    mean = (random.normal(size=(n, 3)) + 0.02 * k * random.normal(size=(n, 3))).astype(np.float32)
    session.publish(
        mean, ItemPredictions(np.zeros(n, np.int16), np.zeros(n, np.float32)), step=k, resting=False
    )
    return session.grid.positions().astype(np.int64)
