"""The stored runs, and figures that summarise the runs of a method with all seeds."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from annotation_gain import run_files
from annotation_gain.course import Course
from annotation_gain.plan import OPPONENTS, WITH_SIZE, Run, methods_on
from annotation_gain.time_model import TimeModel

Found = dict[tuple[str, str], list[Course]]
"""Courses by method (a key of plan.METHODS) and data set."""


def read(results: Path, planned: Sequence[Run]) -> Found:
    """Return the courses of the planned runs that were carried out."""
    found: Found = defaultdict(list)
    stored = {data: run_files.stored(results, data) for data in {run.data for run in planned}}
    for run in planned:
        course = stored[run.data].get(run.key)
        if course is not None:
            found[run.method, run.data].append(course)
    return found


def opponents_of(found: Found, data: str) -> dict[str, list[Course]]:
    """Return the runs on the data set `data`, by method, of all methods other than Lodespace.

    Returns nothing while logistic regression or SVC with margin sampling has no run, because the
    best method may be missing. `not_run` returns the other methods that are missing.
    """
    if any("-margin-" in method for method in _planned_without_run(found, data)):
        return {}
    return {method: found[method, data] for method in OPPONENTS if found.get((method, data))}


def not_run(found: Found, data: str) -> list[str]:
    """Return the methods other than Lodespace that have no run on the data set, although the others
    have."""
    return _planned_without_run(found, data) if opponents_of(found, data) else []


def _planned_without_run(found: Found, data: str) -> list[str]:
    planned = WITH_SIZE if data.startswith("digits-") else methods_on(data)
    return [method for method in planned if method in OPPONENTS and not found.get((method, data))]


def mean(courses: Sequence[Course], gesture: int, figure: str) -> float:
    return float(np.mean([course.at(gesture, figure) for course in courses]))


def of_all(values: Sequence[float | None]) -> float | None:
    """Return the mean over all runs, or None if the value of a run is None (goal not reached)."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def seconds_to(courses: Sequence[Course], wanted: float, model: TimeModel) -> float | None:
    return of_all([course.seconds_to(wanted, model) for course in courses])


def ratio(
    found: Found,
    data: str,
    wanted: float,
    model: TimeModel,
    mine: str = "suggested",
    *,
    own_clock: TimeModel | None = None,
) -> tuple[float, bool] | None:
    """Return the seconds of `mine` to the goal, divided by the seconds of the best opponent.

    Args:
        found: the courses of all runs.
        data: name of the data set.
        wanted: the goal, a share of right items.
        model: seconds per act.
        mine: name of a method.
        own_clock: seconds per act of `mine`, if they differ from those of the opponents: in VR.

    Returns:
        (ratio, whether the ratio is only an upper bound). None if `mine` does not reach the goal in
        all runs, or if there is no other method. The ratio is an upper bound if no other method
        reaches the goal in all runs. In this case, the divisor is the mean duration of a run, for
        the method with the longest mean duration. A bound above 1 is useless, so None is returned
        instead.
    """
    own = seconds_to(found.get((mine, data), []), wanted, own_clock or model)
    others = opponents_of(found, data)
    if own is None or not others:
        return None
    reached = [
        seconds
        for courses in others.values()
        if (seconds := seconds_to(courses, wanted, model)) is not None
    ]
    if reached:
        return own / min(reached), False
    longest = max(duration(courses, model) for courses in others.values())
    return (own / longest, True) if longest and own <= longest else None


def ratio_text(value: tuple[float, bool] | None) -> str:
    """Return a ratio as text: "0.61", "< 0.61" for a bound, "-" for None."""
    return "-" if value is None else f"{'< ' if value[1] else ''}{value[0]:.2f}"


def duration(courses: Sequence[Course], model: TimeModel) -> float:
    """Return the mean number of seconds that the person needs for a whole run."""
    return float(
        np.mean([course.seconds(model)[-1] if course.gestures else 0.0 for course in courses])
    )
