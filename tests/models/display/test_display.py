"""Alignment of frames, and the limits of motion."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lodespace.models.display import display as display_module
from lodespace.models.display.display import (
    MEDIAN_LIMIT,
    ROUNDING,
    SPEED_LIMIT,
    UNFAMILIAR_LIMIT,
    Display,
)
from lodespace.models.display.procrustes import aligned, procrustes


def rotation(d: int, seed: int) -> torch.Tensor:
    """A random orthogonal matrix, reflections included."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return torch.tensor(q * np.sign(np.diag(r)), dtype=torch.float64)


@given(d=st.sampled_from([2, 3]), seed=st.integers(0, 10_000))
def test_procrustes_reverts_any_rigid_motion(d: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    points = torch.randn(30, d, generator=random, dtype=torch.float64)
    moved = points @ rotation(d, seed) + torch.randn(d, generator=random, dtype=torch.float64)
    assert torch.allclose(aligned(moved, points), points, atol=1e-8)


@given(d=st.sampled_from([2, 3]), seed=st.integers(0, 10_000))
def test_procrustes_never_scales(d: int, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    points, other = (torch.randn(30, d, generator=random, dtype=torch.float64) for _ in range(2))
    r, _, _ = procrustes(3 * points, other)
    assert torch.allclose(r @ r.T, torch.eye(d, dtype=torch.float64), atol=1e-8)


def test_shown_points_keep_the_speed_limit_and_arrive() -> None:
    points = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    display = Display()
    assert display.show(points)
    goal = points.clone()
    goal[:20] += 2.0  # a cluster that jumps
    for _ in range(200):
        before = display.shown
        assert before is not None
        if not display.show(goal):
            break
        assert display.shown is not None
        step = (display.shown - before).norm(dim=1).max()
        assert float(step) <= SPEED_LIMIT * float(before.std(dim=0).mean()) * 1.001
    else:
        pytest.fail("the shown points never came to rest")
    assert torch.allclose(aligned(display.shown, goal), goal, atol=0.02)


def test_shown_points_of_many_items_are_rounded_and_arrive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(display_module, "MANY", 100)
    goal = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    display = Display()
    display.show(goal.clone())
    for tempo in (1.0, 0.2):
        goal = goal.clone()
        goal[:20] += 0.5
        for _ in range(400):
            if not display.show(goal, tempo=tempo):
                break
            assert display.shown is not None
            assert torch.equal(display.shown, (display.shown / ROUNDING).round() * ROUNDING)
        else:
            pytest.fail("the shown points never came to rest")
        assert torch.allclose(aligned(display.shown, goal), goal, atol=0.03)


def test_a_cloud_that_only_turns_is_shown_still() -> None:
    points = torch.randn(100, 3, generator=torch.Generator().manual_seed(0))
    display = Display()
    display.show(points)
    assert not display.show((points.double() @ rotation(3, 1)).float() + 5)


def test_a_new_dimension_is_entered_slowly_and_a_lost_one_left_at_once() -> None:
    space = torch.randn(100, 3, generator=torch.Generator().manual_seed(0))
    display = Display()
    display.show(space[:, :2])
    flat = display.shown
    assert flat is not None
    assert display.show(space) and display.shown is not None
    spread = float(flat.std(dim=0).mean())
    assert float((display.shown[:, :2] - flat).norm(dim=1).max()) <= SPEED_LIMIT * spread
    assert 0 < float(display.shown[:, 2].abs().max()) <= SPEED_LIMIT * spread
    for _ in range(200):
        display.show(space)
    assert torch.allclose(aligned(display.shown, space), space, atol=0.02)
    assert display.show(space[:, 1:]) and display.shown.shape == (100, 2)


def one_step(**how: object) -> torch.Tensor:
    """Displacement of each point in one frame, as a multiple of the spread of the cloud.

    All points have a new goal. The goals of a tenth of the points are further away.
    """
    random = torch.Generator().manual_seed(1)
    points = torch.randn(400, 3, generator=random)
    display = Display()
    display.show(points)
    goal = points + 2 * torch.randn(400, 3, generator=random)
    goal[:40] *= 3
    assert display.show(goal, **how)  # type: ignore[arg-type]
    assert display.shown is not None
    return (display.shown - points).norm(dim=1) / points.std(dim=0, correction=0).mean()


def test_most_of_a_cloud_moves_slowly_and_none_of_it_fast() -> None:
    moved = one_step()
    assert float(moved.median()) == pytest.approx(MEDIAN_LIMIT, rel=0.01)
    assert float(moved.max()) <= SPEED_LIMIT * 1.001


def test_pace_tempo_drag_and_a_first_map_change_the_limits() -> None:
    moved = one_step()
    assert torch.allclose(one_step(pace=0.5), moved / 2, rtol=1e-3)
    for tempo in (0.4, 2):
        rate = float(one_step(tempo=tempo).median()) / float(moved.median())
        assert rate == pytest.approx(tempo, rel=0.02)
    held = one_step(held=torch.tensor([3]))
    assert float(held[3]) > 10 * SPEED_LIMIT and torch.equal(held[4:], moved[4:])
    first = one_step(familiar=False)
    assert float(first.median()) > 5 * MEDIAN_LIMIT and float(first.max()) == pytest.approx(
        UNFAMILIAR_LIMIT, rel=0.01
    )
