"""A project of vectors with a map that does not move."""

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from lodespace.project.opening import open_project
from lodespace.protocol.frames import GRID_STEPS
from lodespace.scene.glb import Box, Scene, encode_scene

N, GROUPS = 400, 4


def group_of() -> npt.NDArray[np.int64]:
    """Return the group of each item (N,). Groups are apart, in the vectors and on the map."""
    return np.arange(N) % GROUPS


def write_still_map(folder: Path, latent_dim: Literal[2, 3] = 3) -> Path:
    """Write a project in `folder`, to be served without the trainer, and return its path.

    One item in ten of each group lies at the middle of the map, far from its group, although its
    vector is like those of the group.
    """
    random = np.random.default_rng(3)
    centres = random.normal(0, 6, (GROUPS, 8))
    data = folder / "still.npz"
    np.savez(data, X=(centres[group_of()] + random.normal(0, 1, (N, 8))).astype(np.float32))
    project = open_project(data, project_folder=folder / "still")
    project.close()
    corners = np.array([[-1, 1, -1], [1, 1, 1], [-1, -1, 1], [1, -1, -1]]) * 0.3
    places = corners[group_of()] + random.normal(0, 0.05, (N, 3))
    apart = np.arange(N) // GROUPS % 10 == 9
    places[apart] = random.normal(0, 0.03, (int(apart.sum()), 3))
    places[:, latent_dim:] = 0
    grid = np.round((0.5 + places.clip(-0.49, 0.49)) * (GRID_STEPS - 1)).astype(np.uint16)
    none = np.full(N, -1, np.int16)
    scene = Scene(
        positions=grid,
        labels=none,
        predictions=none,
        confidence=np.zeros(N, np.uint8),
        box=Box((-2.0, -2.0, -2.0), 4.0),
        classes=(),
        dataset="still",
        latent_dim=latent_dim,
        revision=1,
        step=1,
        scene_id=1,
        sequence=0,
    )
    project.scene_path.write_bytes(encode_scene(scene))
    return project.folder
