"""The limits per frame in VR: draw calls for both eyes, and processor time of the page's script."""

from typing import Any

import numpy as np
import pytest

from drivers.frame_costs import (
    BURST,
    PHASES,
    FrameBench,
    FrameCosts,
    Phase,
    enter,
    moving_points,
    prepare,
)

DRAW_CALLS = 28
SCRIPT_MS = 2.0
BURSTS, FEW_BURSTS = 15, 4
"""Number of bursts, of BURST frames each, per phase: with --slow, and without --slow."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("points", [2_000, 10_000, 100_000])
def test_few_draw_calls_and_little_script(
    open_page: Any, points: int, slow: bool, record_property: Any
) -> None:
    """Check the limits while points move, while painting, with a cluster in the hand, and with a
    new keyframe in each frame.

    With --slow, the test also limits the processor time of the script per frame to 2 ms. The limit
    applies to the mean, to the 90 % quantile, and to the medians of two groups of frames: those
    with a new keyframe, and those with a new selection. The limit holds only on an idle machine,
    because other programs empty the caches of the processor. Without --slow, the test only records
    the times, for 2,000 points.
    """
    if points > 2_000 and not slow:
        pytest.skip("2,000 points have the same draw calls; more are measured with --slow")
    with moving_points(points) as url:
        driver = open_page(url, prepare=prepare, query="&quality=full")
        bench = enter(driver)
        bursts = BURSTS if slow else FEW_BURSTS
        measure = within_budget if slow else FrameBench.measure
        costs = {phase: measure(bench, phase, bursts) for phase in PHASES}
        driver.evaluate("lodespace.xr.entry.leave()")
    for phase, cost in costs.items():
        record_property(phase, cost.row())
    # Each phase measured what its name states.
    assert all(
        len(cost.script) == bursts * BURST and cost.points == points for cost in costs.values()
    )
    assert (
        costs["moving"].keyframe.sum() >= bursts - 3 and costs["held"].keyframe.sum() >= bursts - 3
    )
    assert costs["keyframes"].keyframe.all()
    assert costs["moving"].selected.max() == 0
    assert costs["held"].selected.min() >= points / 1000, "no cluster was held"
    selected = costs["painting"].selected
    assert selected[0] >= points / 1000 and selected[-1] > 1.2 * selected[0], (
        "the selection did not grow"
    )
    assert np.all(np.diff(selected) >= 0) and costs["painting"].looked.sum() >= bursts // 2
    assert not costs["painting"].keyframe.any(), "points moved under the brush"
    for phase, cost in costs.items():
        assert cost.draw_calls <= DRAW_CALLS, (phase, cost.row())
        if slow:
            assert over_budget(cost) == {}, (phase, cost.row())


def within_budget(bench: FrameBench, phase: Phase, bursts: int) -> FrameCosts:
    """Measure and return the costs of a phase.

    If the costs exceed the limits, the phase is measured a second time, because other processes may
    have emptied the caches during the first measurement.
    """
    cost = bench.measure(phase, bursts)
    return bench.measure(phase, bursts) if over_budget(cost) else cost


def over_budget(cost: FrameCosts) -> dict[str, float]:
    """Return the processor times that exceed their limits, in ms, by name of the time."""
    took = {"mean": float(cost.script.mean()), "90 %": float(np.quantile(cost.script, 0.9))}
    for name in ("keyframe", "looked"):
        frames = cost.script[getattr(cost, name)]
        if len(frames) > 0:
            took[name] = float(np.median(frames))
    return {name: ms for name, ms in took.items() if ms > SCRIPT_MS}
