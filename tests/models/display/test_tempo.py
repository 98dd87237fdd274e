"""The pace of the shown motion follows the duration of the units of work."""

import pytest

from lodespace.models.display.tempo import LONGEST, Tempo


def paces(durations: list[float]) -> list[float]:
    """Return the pace of each unit after units of these durations, in seconds."""
    now, found, tempo = 10.0, list[float](), Tempo(10.0)
    for duration in durations:
        now += duration
        found.append(tempo.next(now))
    return found


@pytest.mark.parametrize(("seconds", "pace"), [(0.002, 0.05), (0.04, 1), (0.12, 3), (0.9, LONGEST)])
def test_the_pace_is_the_usual_duration_of_a_unit(seconds: float, pace: float) -> None:
    assert paces([seconds] * 60)[-1] == pytest.approx(pace, rel=0.01)


def test_one_late_unit_hardly_moves_the_points_further() -> None:
    assert paces([0.04] * 20 + [0.24])[-1] < 2 < 0.24 * 25
    assert paces([0.002] * 20 + [0.04])[-1] == pytest.approx(1)


def test_a_rest_changes_neither_the_first_unit_nor_later_ones() -> None:
    tempo = Tempo(0.0)
    found = [tempo.next(0.04 * k) for k in range(1, 30)]
    tempo.resume(100.0)
    found += [tempo.next(100.0), tempo.next(100.04)]
    assert found == pytest.approx([1.0] * len(found), abs=0.01)
    assert tempo.next(100.28) < 2, "a late unit after a rest moves the points further"


def test_short_units_between_long_ones_move_the_points_less() -> None:
    assert paces([0.2] * 40 + [0.01])[-1] == pytest.approx(0.25)
