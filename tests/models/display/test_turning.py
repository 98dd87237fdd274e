"""The shown map turns so that a direction of the model lies along an axis of the box."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lodespace.models.display.display import Display
from lodespace.models.display.procrustes import procrustes
from lodespace.models.display.turning import TURN_SPEED, HeldDirections, held_rotation, next_turn


def cloud(d: int, seed: int = 0, n: int = 60) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=random) * torch.arange(1, d + 1)


def directions(d: int, count: int, seed: int) -> torch.Tensor:
    """Random orthonormal directions (count, d)."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return torch.tensor(q[:count], dtype=torch.float32)


@given(d=st.sampled_from([2, 3]), a=st.integers(1, 3), seed=st.integers(0, 10_000))
def test_a_held_direction_lies_along_its_axis(d: int, a: int, seed: int) -> None:
    count = min(a, d)
    dimensions = tuple(sorted(np.random.default_rng(seed).permutation(d)[:count].tolist()))
    held = HeldDirections(dimensions, directions(d, count, seed))
    points, shown = cloud(d, seed), cloud(d, seed + 1)
    free, _, _ = procrustes(points, shown)
    found = held_rotation(points, shown, held, free)
    assert torch.allclose(found @ found.T, torch.eye(d, dtype=torch.float64), atol=1e-6)
    wanted = torch.eye(d)[list(dimensions)]
    assert torch.allclose(held.directions @ found.float(), wanted, atol=1e-5)
    if count < d:
        assert float(torch.linalg.det(found) * torch.linalg.det(free.double())) > 0


@given(d=st.sampled_from([2, 3]), seed=st.integers(0, 10_000))
@pytest.mark.slow
def test_turns_of_single_frames_add_up_to_the_wanted_rotation(d: int, seed: int) -> None:
    current = directions(d, d, seed).double()
    wanted = directions(d, d, seed + 1).double()
    wanted[0] *= torch.linalg.det(current) * torch.linalg.det(wanted)
    for _ in range(400):
        turn = next_turn(current, wanted, 1.0)
        assert not turn.mirrored
        angle = torch.linalg.matrix_norm(turn.matrix - torch.eye(d)) / 2**0.5
        assert float(angle) <= TURN_SPEED * 1.001
        current = current @ turn.matrix
        if turn.remaining == 0:
            break
    assert torch.allclose(current, wanted, atol=1e-3)


def test_half_a_turn_is_carried_out_as_a_rotation() -> None:
    half = torch.diag(torch.tensor([-1.0, -1.0, 1.0])).double()
    turn = next_turn(torch.eye(3).double(), half, 1.0)
    assert turn.remaining == pytest.approx(np.pi - TURN_SPEED, abs=1e-6)
    assert float(torch.linalg.det(turn.matrix)) == pytest.approx(1)


@pytest.mark.parametrize("count", [1, 2])
def test_a_shown_cloud_turns_rigidly_until_its_axes_fit(count: int) -> None:
    points = cloud(3)
    held = HeldDirections((0, 2)[:count], directions(3, count, 4))
    display = Display()
    display.show(points)
    assert display.shown is not None
    sizes = torch.pdist(display.shown)
    for _ in range(300):
        moved = display.show(points, axes=held)
        assert display.shown is not None
        assert torch.allclose(torch.pdist(display.shown), sizes, rtol=0.02)
        if not moved:
            break
    else:
        pytest.fail("the map never came to rest")
    along = (points - points.mean(dim=0)) @ held.directions.T
    shown = display.shown - display.shown.mean(dim=0)
    assert torch.allclose(shown[:, list(held.dimensions)], along, atol=0.02)


def test_axes_that_need_a_mirrored_map_are_reached() -> None:
    points = cloud(2)
    display = Display()
    display.show(points)
    mirrored = HeldDirections((0, 1), torch.tensor([[1.0, 0.0], [0.0, -1.0]]))
    for _ in range(600):
        if not display.show(points, axes=mirrored):
            break
    assert display.shown is not None
    wanted = (points - points.mean(dim=0)) * torch.tensor([1.0, -1.0])
    assert torch.allclose(display.shown - display.shown.mean(dim=0), wanted, atol=0.02)
