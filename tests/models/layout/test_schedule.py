"""Number and step size of the rounds of the layout."""

import numpy as np
import pytest

from lodespace.models.layout.schedule import INTERACTIVE_STEP, LAYOUT_STEP, NEW_GRAPH_STEP, Motion


def steps(motion: Motion) -> list[float]:
    taken = []
    while (step := motion.next_step()) is not None:
        taken.append(step)
    return taken


def test_a_layout_anneals_from_its_first_round_on() -> None:
    motion = Motion()
    motion.plan(4, LAYOUT_STEP)
    assert motion.laying_out and motion.done == 0
    assert steps(motion) == pytest.approx([1.0, 0.75, 0.5, 0.25])
    assert not motion.laying_out and motion.done == 1


def test_a_gestures_motion_is_steady_and_then_fades_out() -> None:
    motion = Motion()
    motion.plan(8, INTERACTIVE_STEP)
    taken = np.array(steps(motion)) / INTERACTIVE_STEP
    assert taken == pytest.approx([1, 1, 1, 1, 1, 0.75, 0.5, 0.25])


def test_a_gentler_motion_never_cuts_short_a_stronger_one() -> None:
    motion = Motion()
    motion.plan(100, NEW_GRAPH_STEP)
    motion.plan(100, INTERACTIVE_STEP)
    assert motion.next_step() == pytest.approx(NEW_GRAPH_STEP)
    for _ in range(60):
        motion.next_step()
    motion.plan(100, INTERACTIVE_STEP)
    assert motion.due == 100 and motion.next_step() == pytest.approx(INTERACTIVE_STEP)
