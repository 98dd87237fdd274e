"""A small file of vectors."""

from pathlib import Path

import numpy as np


def write_small_data(folder: Path) -> Path:
    """Write a .npz file with 200 vectors of 8 numbers in four separate groups, and return its path.

    Each group is a class. A model is trained on this file within two seconds.
    """
    random = np.random.default_rng(5)
    truth = np.arange(200) % 4
    centres = random.normal(0, 4, (4, 8))
    path = folder / "small.npz"
    np.savez(path, X=(centres[truth] + random.normal(0, 1, (200, 8))).astype(np.float32), y=truth)
    return path
