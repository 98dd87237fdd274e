"""Frames by compiled code, compared with torch."""

import pytest
import torch

from lodespace.models.compiled import loaded
from lodespace.models.device import limited_threads
from lodespace.models.display import frame_steps, procrustes
from lodespace.models.display.display import Display

needs_compiled = pytest.mark.skipif(
    loaded.code is None, reason="this installation has no compiled code"
)
N = 500


def frames(d: int, held: torch.Tensor | None = None, n: int = N) -> list[torch.Tensor]:
    """Return frames of `n` points that turn, move and jump, and the drift of each frame."""
    random = torch.Generator().manual_seed(d)
    points, display, found = torch.randn(n, d, generator=random), Display(), []
    display.show(points)
    turned = torch.linalg.qr(torch.randn(d, d, generator=random)).Q
    goal = points @ turned + 3 + 0.1 * torch.randn(n, d, generator=random)
    goal[:20] += 2.0
    for k in range(20):
        display.show(goal, 1.5, held, familiar=k > 3, tempo=0.8)
        assert display.shown is not None
        found += [display.shown, torch.tensor([display.drift])]
    return found


@needs_compiled
@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("held", [None, torch.tensor([3, 7])])
def test_compiled_frames_are_those_of_torch(
    d: int, held: torch.Tensor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = frames(d, held)
    monkeypatch.setattr(loaded, "code", None)
    torch.testing.assert_close(compiled, frames(d, held), rtol=1e-4, atol=1e-5)
    assert float((compiled[-2] - compiled[0]).norm()) > 1


@needs_compiled
def test_frames_have_the_same_bytes_with_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (frame_steps, procrustes):
        monkeypatch.setattr(module, "ITEMS_PER_THREAD", 100)
    found = []
    for threads in (1, 2, 5):
        with limited_threads(threads):
            found.append([each.numpy().tobytes() for each in frames(3, n=3 * loaded.BLOCK + 5)])
    assert found[0] == found[1] == found[2]
