"""A recording of a few items on a ring that grows, with a gesture."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from lodespace import protocol
from lodespace.items.item_set import ItemSet
from lodespace.models.item_predictions import ItemPredictions
from lodespace.recording.recorder import Recorder
from lodespace.session.session import AnnotationSession

MOMENTS = 9
NAMES = ("fox", "Füchsin 狐")


class Recorded(NamedTuple):
    path: Path
    items: ItemSet
    means: list[np.ndarray]
    """Latent means (N, D) at each moment."""
    labels: np.ndarray
    """Labels after the gesture."""


def record(folder: Path, latent_dim: int = 3, n: int = 6) -> Recorded:
    """Record `n` items on a growing ring. After moment 4, a gesture labels the first three."""
    items = ItemSet("a ring", "vector", np.zeros((n, 2), np.float32), NAMES)
    session = AnnotationSession(items, scene_id=7)
    path = folder / "recording.lds"
    recorder = Recorder(path, session, frame_seconds=0.0, keyframe_interval=4, patient=True)
    angles = 2 * np.pi * np.arange(n) / n
    means = []
    labels = np.full(n, -1, np.int16)
    for k in range(MOMENTS):
        ring = np.stack([np.cos(angles), np.sin(angles), 0.5 * np.sin(2 * angles)], axis=1)
        mean = (ring * (1 + 0.25 * k)).astype(np.float32)[:, :latent_dim]
        predictions = ItemPredictions(np.full(n, -1, np.int16), np.zeros(n, np.float32))
        session.publish(mean, predictions, step=10 * k, resting=k == MOMENTS - 1)
        recorder.positions(0.1 * k, last=k == MOMENTS - 1)
        means.append(session.grid.latent_mean().astype(np.float32)[:, :latent_dim])
        if k == 4:
            labels[:3] = 1
            session.begin_with(labels, labels >= 0, np.zeros(n, np.bool_))
            gesture = protocol.Gesture(
                gesture=1, kind="label", class_id=1, count=3, by="", at=0, revision=0, undone=False,
                note="",
            )  # fmt: skip
            told = protocol.GestureTold(event="made", gesture=gesture)
            given = protocol.Labels(
                sequence=1, gesture=1, by="", items=[0, 1, 2], class_ids=[1, 1, 1]
            )
            recorder.operations([told, given], 0.1 * k)
    recorder.close()
    return Recorded(path, items, means, labels)
