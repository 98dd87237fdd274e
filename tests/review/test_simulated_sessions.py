"""Whole sessions with a trainer: the figures that a user sees are compared with the truth."""

import numpy as np
import pytest

from samples.simulated_sessions import SimulatedSession, touching_groups
from samples.trainings import quick


def started(slow: bool, seed: int = 0) -> SimulatedSession:
    """A session in which the first sheet was labelled. The first sheet shows every class."""
    items, truth = touching_groups(800 if slow else 160, 6 if slow else 3, seed)
    session = SimulatedSession(items, truth, quick())
    assert session.press_primary() == "overview"
    assert not session.session.item_state().labelled.any()  # without predictions it does nothing
    session.look_through("uncertain")
    return session


def least(session: SimulatedSession) -> float:
    """Return the largest decrease of the true share of right items that one gesture may cause."""
    return max(0.005, 3 / len(session.truth))


@pytest.mark.slow
def test_figures_are_near_the_truth_and_no_suggested_gesture_does_harm(slow: bool) -> None:
    session = started(slow)
    errors = []
    for _ in range(8 if slow else 2):
        session.look_through("uncertain")
        told = session.quality()
        assert told.right is not None
        errors.append(abs(told.right - session.right()))
    assert np.mean(errors) <= 0.10 and max(errors) <= 0.15
    state, before = session.calibrated, session.right()
    sure = np.flatnonzero(~state.labelled & (state.confidence >= 0.95))
    session.label_each(sure, state.prediction[sure], verified=False)
    assert before - session.right() <= least(session)
    before = session.right()
    session.press_primary()
    assert before - session.right() <= least(session)


@pytest.mark.parametrize("seed", range(3))
def test_no_blind_session_ends_below_its_start(slow: bool, seed: int) -> None:
    if not slow:
        pytest.skip("a whole session takes a minute: run with --slow")
    blind, control = started(slow, seed), started(slow, seed)
    began = blind.right()
    for _ in range(12):
        before, without = blind.right(), control.right()
        blind.press_primary()
        control.learn()
        assert before - blind.right() <= max(0.0, without - control.right()) + least(blind)
    assert blind.right() >= began - least(blind)
