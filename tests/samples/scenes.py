"""Scenes for tests of their encoding."""

import numpy as np

from lodespace.protocol import ClassInfo
from lodespace.protocol.frames import GRID_STEPS
from lodespace.scene.glb import Box, Scene

CLASSES = (
    ClassInfo(class_id=0, name="zero", colour="#E69F00"),
    ClassInfo(class_id=1, name="<img onerror=alert(1)> é 數", colour="#56B4E9"),
)


def make_scene(n: int, *, latent_dim: int = 3, classes: tuple[ClassInfo, ...] = CLASSES) -> Scene:
    random = np.random.default_rng(n)
    positions = random.integers(0, GRID_STEPS, (n, 3)).astype(np.uint16)
    if latent_dim == 2:
        positions[:, 2] = GRID_STEPS // 2
    return Scene(
        positions=positions,
        labels=random.integers(-1, len(classes), n).astype(np.int16),
        predictions=random.integers(-1, len(classes), n).astype(np.int16),
        confidence=random.integers(0, 256, n).astype(np.uint8),
        box=Box((-1.5, -2.0, 0.25), 4.5),
        classes=classes,
        dataset='digits "5"',
        latent_dim=latent_dim,
        revision=7,
        step=1234,
        scene_id=99,
        sequence=12,
    )
