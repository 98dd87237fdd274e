"""Positions on the grid: deltas without drift, merged deltas, changes that need a new scene."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodespace.protocol import frames
from lodespace.protocol.frames import GRID_STEPS, MOVING_SHIFT
from lodespace.scene import latent_grid
from lodespace.scene.latent_grid import RING, LatentGrid


def cloud(seed: int, n: int = 50, d: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


@given(
    seed=st.integers(0, 999),
    d=st.sampled_from([2, 3]),
    lags=st.lists(st.integers(1, RING - 1), min_size=1, max_size=5),
)
def test_a_delta_from_any_kept_revision_leads_to_the_newest(
    seed: int, d: int, lags: list[int]
) -> None:
    grid, mean = LatentGrid(50), cloud(seed, d=d)
    random = np.random.default_rng(seed)
    shown: dict[int, np.ndarray] = {}
    for step in range(RING + 5):
        mean = mean + random.normal(0, 0.003, mean.shape).astype(np.float32)
        grid.publish(mean, step=step, resting=False)
        shown[grid.revision] = grid.grid.copy()
    for lag in lags:
        frame = grid.delta_from(grid.revision - lag)
        assert frame is not None
        decoded = frames.decode(frame)
        assert isinstance(decoded, frames.PositionsFrame)
        assert (shown[grid.revision - lag] + decoded.delta == grid.grid).all()
    # This revision is no longer kept: the client fetches the scene.
    assert grid.delta_from(grid.revision - RING) is None


def test_large_revisions_are_kept_within_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The revisions that clients show are kept too, so that a slow client gets a delta."""
    monkeypatch.setattr(latent_grid, "RING_BYTES", 5 * 50 * 3 * 2)
    grid, mean = LatentGrid(50), cloud(0)
    grid.publish(mean, step=0, resting=False)
    slow = grid.revision + 3
    grid.shown = lambda: [slow, 999, -1]
    for step in range(1, 40):
        grid.publish(mean + np.float32(0.02 * step), step=step, resting=False)
    newest = grid.revision
    kept = [lag for lag in range(newest) if grid.delta_from(newest - lag) is not None]
    assert kept == [0, 1, 2, 3, 4, newest - slow]
    grid.shown = list
    grid.publish(mean, step=40, resting=False)
    assert grid.delta_from(slow) is None


def test_rounding_never_adds_up() -> None:
    grid, mean = LatentGrid(50), cloud(1)
    grid.publish(mean, step=0, resting=False)
    for step in range(1, 200):
        mean = mean + np.float32(0.0007)
        grid.publish(mean, step=step, resting=False)
        exact = (mean - np.array(grid.box.origin)) / grid.box.size * (GRID_STEPS - 1)
        assert np.abs(grid.grid - exact).max() <= (1 << MOVING_SHIFT) / 2 + 0.51
    grid.publish(mean, step=200, resting=True)
    assert np.abs(grid.grid - exact).max() <= 0.51


@pytest.mark.parametrize(
    "change",
    [lambda m: m * 30, lambda m: m * 0.05, lambda m: m + 100, lambda m: m[:, :2]],
    ids=["grown", "shrunken", "gone", "2D"],
)
def test_a_change_beyond_deltas_is_a_new_scene(change) -> None:
    grid, mean = LatentGrid(50), cloud(2)
    grid.publish(mean, step=0, resting=False)
    before = grid.scene_id
    assert grid.publish(change(mean), step=1, resting=False)
    assert grid.scene_id != before
    assert not grid.publish(change(mean), step=2, resting=False)


@pytest.mark.parametrize(
    "mean",
    [np.zeros((50, 3)), cloud(3) * 1e-7, cloud(3, n=1) * 0.01],
    ids=["a point", "almost", "one item"],
)
def test_a_collapsed_cloud_does_not_get_a_new_scene_per_frame(mean: np.ndarray) -> None:
    grid = LatentGrid(len(mean))
    grid.publish(mean.astype(np.float32), step=0, resting=False)
    for step in range(5):
        assert not grid.publish(
            (mean * (1 + 0.1 * step)).astype(np.float32), step=step, resting=False
        )


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_positions_that_are_not_finite_change_nothing(wrong: float) -> None:
    grid, mean = LatentGrid(50), cloud(4)
    grid.publish(mean, step=0, resting=False)
    before = grid.grid.copy()
    mean[7, 1] = wrong
    with pytest.raises(ValueError, match="finite"):
        grid.publish(mean, step=1, resting=False)
    assert (grid.grid == before).all()
