"""First table of docs/gain.md, and the comparison of all stored runs with the goals."""

import textwrap
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from annotation_gain.comparison import compare
from annotation_gain.course import AFTER, Gesture
from annotation_gain.data_sets import TUNING, sources
from annotation_gain.plan import is_one_by_one
from annotation_gain.stored_runs import Found, not_run, opponents_of, ratio, ratio_text, seconds_to
from annotation_gain.tables import figure, head, row
from annotation_gain.time_model import HAND, TimeModel
from lodespace.protocol import SHEET_SIZE

BEGIN, END = "<!-- stored runs: begin -->", "<!-- stored runs: end -->"
"""The lines of docs/gain.md between which the report writes the summary."""
GOAL = 0.95
ENOUGH = 0.95
"""A gesture that leaves this share of the labels of k whole sheets, or more, counts as sheet k."""


def compared_data(found: Found) -> list[str]:
    """Return the data sets with a run of "Lodespace, as it suggests" and of another method."""
    return [
        data for data in sources() if ("suggested", data) in found and opponents_of(found, data)
    ]


def complete_data(found: Found) -> list[str]:
    """Return the compared data sets on which every other method has a run.

    On another set, the best other method may be missing, so that the ratio is too small.
    """
    return [data for data in compared_data(found) if not not_run(found, data)]


def claim(found: Found, model: TimeModel) -> str:
    """Return the time of Lodespace, relative to the best other method, as one to three sentences.

    They have the range and the mean over the data sets on which every other method has a run.
    """
    ratios = {data: ratio(found, data, GOAL, model) for data in complete_data(found)}
    reached = {data: value for data, value in ratios.items() if value is not None}
    without = [data for data, value in ratios.items() if value is None]
    missed = [d for d in without if seconds_to(found["suggested", d], GOAL, model) is None]
    later = [data for data in without if data not in missed]
    if not reached:
        return (
            "No data set has both a run of Lodespace that reaches 95 % and all the other methods."
        )
    least, most = (pick(reached, key=lambda data: reached[data][0]) for pick in (min, max))
    bound = "at most " if any(upper for _, upper in reached.values()) else ""
    mean = np.mean([value for value, _ in reached.values()])
    text = (
        f"To have 95 % of the items right, Lodespace takes between {ratio_text(reached[least])} "
        f"({least}) and {ratio_text(reached[most])} ({most}) of the time of the best other method, "
        f"on average {bound}{mean:.2f} over {len(reached)} data sets."
    )
    if len(reached) == 1:
        text = (
            f"To have 95 % of the items right on {least}, Lodespace takes "
            f"{ratio_text(reached[least])} of the time of the best other method."
        )
    if missed:
        text += f" It does not reach 95 % on {', '.join(missed)}."
    if later:
        text += f" On {', '.join(later)}, it does after the others have ended, below 95 %."
    return text


def lines(found: Found, model: TimeModel) -> Iterable[str]:
    """Yield the lines of the summary: the claim, the table of the data sets, and the goals.

    `model` has the seconds per act of a person who knows the classes.
    """
    behind = _behind(found, compared_data(found))
    yield textwrap.fill(f"{claim(found, model)} {behind} {_missing(found)}", 100)
    yield ""
    yield from head(
        *("data set", "seeds", *(f"right after {k}" for k in AFTER)),
        *("s to 0.95", "other, s", "ratio", "ratio in VR"),
    )
    for data in (data for data in sources() if ("suggested", data) in found):
        yield row(
            _named(found, data),
            _seeds(found, data),
            *(_both(found, data, k) for k in AFTER),
            figure(seconds_to(found["suggested", data], GOAL, model), 0),
            _other_seconds(found, data, model),
            ratio_text(ratio(found, data, GOAL, model)),
            ratio_text(ratio(found, data, GOAL, model, own_clock=model.in_vr(HAND))),
        )


def goals(found: Found, model: TimeModel) -> Iterable[str]:
    """Yield a table that compares the stored runs with the goals of the benchmark."""
    measured, complete = compared_data(found), complete_data(found)
    pairs = [
        value
        for data in measured
        for k in (1, 2, 5)
        if (value := compare(found, data, k)) is not None
    ]
    ahead = [
        pair.mine - pair.other for pair in pairs if pair.other is not None and pair.other < 0.95
    ]
    ratios = [value[0] for data in complete if (value := ratio(found, data, GOAL, model))]
    yield from head("measure", "goal", "measured")
    yield row(
        "points (data set, labels of 1, 2, 5 or 10 sheets) at which Lodespace is behind by more "
        "than 0.02 and 2 standard errors",
        0,
        len(_points_behind(found, measured)),
    )
    yield row(
        "mean lead with the labels of 1, 2 and 5 sheets, where the other method is below 0.95",
        "at least 0.03",
        f"{np.mean(ahead):+.3f} at {len(ahead)} points" if ahead else "-",
    )
    of = f" over {len(ratios)} data sets on which every other method has been run"
    yield row(f"mean ratio to 0.95,{of}", "at most 0.60", figure(_mean(ratios)))
    yield row(f"largest ratio to 0.95,{of}", "at most 0.85", figure(max(ratios, default=None)))
    # The estimates need no other method.
    of_all = [data for data in sources() if ("suggested", data) in found]
    yield ""
    yield from head("estimate on the page", "goal", "all data sets", "without tuning sets")
    for (measure, goal), *values in zip(
        ESTIMATES,
        _estimates(found, of_all),
        _estimates(found, [data for data in of_all if data not in TUNING]),
        strict=True,
    ):
        yield row(measure, goal, *values)


ESTIMATES: tuple[tuple[str, object], ...] = (
    ("mean difference of the estimated and the true share right, with the labels of one sheet",
     "at most 0.10"),
    ("the same, from three sheets on", "at most 0.05"),
    ("largest difference, from the first gesture on", "at most 0.15"),
    ("share of the 90 % intervals that contain the truth", "at least 0.85"),
    ("mean calibration error", "at most 0.08"),
    ("share of gestures with an estimate, from the fifth on", 1),
)  # fmt: skip
"""The measures of `_estimates`, and their goals."""


def _estimates(found: Found, sets: Sequence[str]) -> list[str]:
    """Return the values of ESTIMATES over the runs on the data sets `sets`, as text."""
    told = [(k, g, g.told) for k, g, _ in _gestures(found, sets) if g.told is not None]
    inside = [
        page.right_low <= gesture.right <= page.right_high
        for _, gesture, page in told
        if page.right_low is not None and page.right_high is not None
    ]
    gaps = (
        _gaps(found, sets, lambda labels: ENOUGH <= labels / SHEET_SIZE <= 1),
        _gaps(found, sets, lambda labels: labels / SHEET_SIZE >= 3 * ENOUGH),
    )
    return [
        *(figure(_mean(values), 3) for values in gaps),
        figure(max(_gaps(found, sets, lambda labels: labels > 0), default=None), 3),
        f"{np.mean(inside):.2f} of {len(inside)}" if inside else "-",
        figure(_mean([page.calibration_error for _, _, page in told]), 3),
        figure(_mean([page.right is not None for k, _, page in told if k >= 5])),
    ]


def _points_behind(found: Found, measured: Sequence[str]) -> list[str]:
    return [
        f"{data} after {k} (-{-value.difference:.3f})"
        for data in measured
        for k in AFTER
        if (value := compare(found, data, k)) and value.behind and value.difference is not None
    ]


def _behind(found: Found, measured: Sequence[str]) -> str:
    points = _points_behind(found, measured)
    if not points:
        return "With as many labels, it is nowhere behind by more than 0.02."
    return f"With as many labels, it is behind by more than 0.02 on {', '.join(points)}."


def _missing(found: Found) -> str:
    """Return a sentence about methods that have not been run on all data sets."""
    names = {"margin": "the small network", "umap-samples": "the static UMAP"}
    sets = {
        name: [data for data in compared_data(found) if method in not_run(found, data)]
        for method, name in names.items()
    }
    parts = [f"{name} (on {', '.join(of)})" for name, of in sets.items() if of]
    if not parts:
        return ""
    return (
        f"Not run: {' and '.join(parts)}. The ratios of these sets, with a star, may be too small, "
        "and the average leaves them out."
    )


def _named(found: Found, data: str) -> str:
    """Return the name of a data set, with a star if a method other than Lodespace has no run."""
    star = " \\*" if not_run(found, data) else ""
    return f"{data}{' (tuning)' if data in TUNING else ''}{star}"


def _seeds(found: Found, data: str) -> str:
    """Return the number of seeds of Lodespace and, if it differs, of the other methods."""
    mine = len(found["suggested", data])
    others = {
        len(runs)
        for method, runs in opponents_of(found, data).items()
        if is_one_by_one(method) and "random" not in method
    }
    fewest = min(others, default=mine)
    return str(mine) if fewest == mine else f"{mine} (others {fewest})"


def _both(found: Found, data: str, k: int) -> str:
    value = compare(found, data, k)
    return "-" if value is None else f"{value.mine:.3f} / {figure(value.other, 3)}"


def _other_seconds(found: Found, data: str, model: TimeModel) -> str:
    others = opponents_of(found, data)
    if not others:
        return "-"
    known = [
        seconds
        for runs in others.values()
        if (seconds := seconds_to(runs, GOAL, model)) is not None
    ]
    return f"{min(known):.0f}" if known else "not reached"


def _gestures(found: Found, measured: Sequence[str]) -> list[tuple[int, Gesture, int]]:
    """Return the gestures of "Lodespace, as it suggests", with their numbers from 1, and with the
    number of labels after each. Gestures that accept predictions are left out."""
    return [
        (k, gesture, round(gesture.labelled * course.n_items))
        for data in measured
        for course in found["suggested", data]
        for k, gesture in enumerate(course.looked_at().gestures, 1)
    ]


def _gaps(found: Found, measured: Sequence[str], wanted: Callable[[int], bool]) -> list[float]:
    """Return the differences of estimated and true share right after the wanted gestures.

    `wanted` gets the number of labels after a gesture.
    """
    return [
        abs(gesture.told.right - gesture.right)
        for _, gesture, labels in _gestures(found, measured)
        if wanted(labels) and gesture.told is not None and gesture.told.right is not None
    ]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
