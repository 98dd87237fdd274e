"""Pictures of shapes with known factors, like those of dSprites (L. Matthey et al. 2017)."""

from typing import NamedTuple

import numpy as np

SIDE = 32


class Sprites(NamedTuple):
    """N pictures, and the factors from which they are drawn."""

    images: np.ndarray
    """Pictures, uint8 (N, SIDE, SIDE)."""
    shape: np.ndarray
    """0 for a square, 1 for an ellipse, 2 for a triangle, (N,)."""
    scale: np.ndarray
    """Half the size, as a share of the side, (N,)."""
    turn: np.ndarray
    """Rotation in radians, (N,)."""
    x: np.ndarray
    """Horizontal position of the centre, -1 to 1, (N,)."""
    y: np.ndarray
    """Vertical position of the centre, -1 to 1, (N,)."""


def sprites(n: int, seed: int = 0) -> Sprites:
    """Return `n` pictures whose factors are drawn independently of each other."""
    random = np.random.default_rng(seed)
    shape = random.integers(0, 3, n)
    scale = random.uniform(0.25, 0.5, n)
    turn = random.uniform(0, np.pi / 2, n)
    x, y = random.uniform(-0.5, 0.5, (2, n))
    at = (np.arange(SIDE) + 0.5) * 2 / SIDE - 1
    right = at[None, None, :] - x[:, None, None]
    down = at[None, :, None] - y[:, None, None]
    cos, sin = np.cos(turn)[:, None, None], np.sin(turn)[:, None, None]
    u = (right * cos + down * sin) / scale[:, None, None]
    v = (down * cos - right * sin) / scale[:, None, None]
    inside = np.stack(
        [
            1 - np.maximum(np.abs(u), np.abs(v)),
            1 - np.sqrt(u**2 + (1.7 * v) ** 2),
            np.minimum(0.6 - v, 0.6 + v - 1.7 * np.abs(u) + 0.4),
        ]
    )[shape, np.arange(n)]
    edge = inside * scale[:, None, None] * SIDE / 2
    images = np.rint(255 * np.clip(edge + 0.5, 0, 1)).astype(np.uint8)
    return Sprites(images, shape, scale, turn, x, y)
