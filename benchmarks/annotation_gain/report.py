"""Tables and curves from the courses of all runs, printed and written into docs/."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from annotation_gain.course import Course
from annotation_gain.plan import Run
from annotation_gain.time_model import TimeModel

Found = dict[tuple[str, str], list[Course]]
"""Courses by method (a key of plan.METHODS) and data set."""
NAMES = {
    "suggested": "Lodespace, as it suggests",
    "sheets": "Lodespace, regions \\* then sheets (textures: sheets only)",
    "samples": "Lodespace, sampled regions then sheets",
    "regions": "Lodespace, regions \\* only",
    "careful": "Lodespace, careful regions \\*",
    "paper": "preset paper, retrained, regions \\*",
    "umap": "static UMAP, lasso \\*, SVC",
    "umap-careful": "static UMAP, careful lasso \\*",
    "umap-samples": "static UMAP, lasso by samples, SVC",
    "umap-described": "static UMAP of our descriptor, lasso \\*, SVC",
    "umap-described-samples": "static UMAP of our descriptor, lasso by samples, SVC",
    "static-vae": "static VAE, lasso \\*, SVC",
    "margin": "one by one, margin",
    "margin-described": "one by one, margin, SVC of our descriptor",
    "random": "one by one, random",
}
"""Names of the methods in the tables.

An asterisk marks a person who sees every picture of a region. For this person, seconds are not
measured.
"""
OPPONENTS = ("umap-samples", "margin", "random")
"""Methods that use no part of Lodespace and whose seconds are measured."""
COLOURS = {
    "suggested": "#1f77b4",
    "sheets": "#0b3d91",
    "samples": "#17becf",
    "regions": "#2ca02c",
    "paper": "#98df8a",
    "umap": "#9467bd",
    "umap-samples": "#ff7f0e",
    "umap-described": "#7f7f7f",
    "umap-described-samples": "#bcbd22",
    "static-vae": "#8c564b",
    "margin": "#d62728",
    "margin-described": "#ff9896",
    "random": "#e377c2",
}
"""Colours of the curves, by method."""
WITH_A_CLOCK = ("suggested", "samples", *OPPONENTS, "umap-described-samples", "margin-described")
DATA = {
    "digits": (10, 20, 25, 30, 40, 50),
    "sklearn": (5, 10, 15, 20, 30),
    "textures": (10, 25, 50, 100),
    "letters": (5, 10, 20, 30, 50),
}
"""Numbers of gestures after which the table shows the result, by data set."""
ESTIMATED_AFTER = (2, 5, 10, 20)
WANTED = (0.9, 0.95, 0.98)
DRAWN = {"right": "right (label, else prediction)", "labelled_right": "labelled and correct"}


def write(results: Path, docs: Path, model: TimeModel, planned: Sequence[Run]) -> None:
    """Print the tables, and write docs/gain-table.md and docs/images/gain-*.svg."""
    found = read(results, planned)
    if not found:
        raise SystemExit(f"{results} contains no stored runs")
    text = "\n".join(tables(found, model))
    print(text)
    docs.mkdir(parents=True, exist_ok=True)
    (docs / "gain-table.md").write_text(text + "\n")
    for data in DATA:
        _draw(found, data, model, docs / "images" / f"gain-{data}.svg")


def read(results: Path, planned: Sequence[Run]) -> Found:
    """Return the courses of the planned runs that were carried out."""
    found: Found = defaultdict(list)
    for run in planned:
        path = results / f"{run.name}.json"
        if path.exists():
            found[run.method, run.data].append(Course.read(path))
    return found


def tables(found: Found, model: TimeModel) -> Iterable[str]:
    """Yield the lines of docs/gain-table.md."""
    yield "<!-- written by `python benchmarks/annotation_gain` -->"
    yield from _of_gestures(found)
    yield from _of_careful(found)
    yield from _of_seconds(found, model)
    yield from _of_ratios(found, model)
    yield from _of_estimates(found)


def _of_gestures(found: Found) -> Iterable[str]:
    yield "## Gestures\n"
    yield "An asterisk marks regions drawn by a person who sees every picture of them. A dash marks"
    yield "a goal that was never reached, or a run that had ended before."
    for data, gestures in DATA.items():
        yield f"\n**{data}**: share of items whose label, or prediction if they have no label, is"
        yield "right; in brackets, the share of items with a right label\n"
        yield from _head(
            "method",
            *(f"after {k}" for k in gestures),
            "to 0.95",
            "to 0.98",
            "label error at the end",
            "seeds",
        )
        for method, name in NAMES.items():
            courses = found.get((method, data))
            if courses:
                yield _row(name, *(_share(courses, k) for k in gestures), *_ends(courses))


def _of_careful(found: Found) -> Iterable[str]:
    yield "\n**digits, careful** (99 % purity, regions only): share of items with a right label\n"
    yield from _head("method", "after 25", "after 50", "after 75", "seeds")
    for name in ("careful", "umap-careful"):
        courses = found.get((name, "digits"))
        if courses:
            yield _row(
                NAMES[name],
                *(f"{_mean(courses, k, 'labelled_right'):.3f}" for k in (25, 50, 75)),
                len(courses),
            )


def _of_seconds(found: Found, model: TimeModel) -> Iterable[str]:
    yield "\n## Seconds of the person\n"
    constants = ", ".join(
        f"{name} {value:g} s" for name, value in vars(model).items() if name != "wait"
    )
    yield f"Time model: {constants}. One"
    yield f"second of waiting counts as {model.wait:g} s.\n"
    yield from _head(
        "data", "method", "to 0.90", "to 0.95", "to 0.98", "time of the model", "seeds"
    )
    for data in sorted({data for _, data in found}, key=_order):
        for method in WITH_A_CLOCK:
            courses = found.get((method, data))
            if courses:
                yield _row(
                    data,
                    NAMES[method],
                    *(_time(courses, w, model) for w in WANTED),
                    _rest(courses),
                    len(courses),
                )


def _of_ratios(found: Found, model: TimeModel) -> Iterable[str]:
    yield '\n**Ratio to the best other method**: seconds of "Lodespace, as it suggests", divided by'
    yield "the seconds of the best method that uses no part of Lodespace\n"
    columns = [
        (data, wanted) for data in DATA for wanted in WANTED[1:] if ("suggested", data) in found
    ]
    yield from _head("time model", *(f"{data} to {wanted:.2f}" for data, wanted in columns))
    for name, varied in model.varied().items():
        yield _row(name, *(_ratio(found, data, wanted, varied) for data, wanted in columns))
    yield "\n**Ratio by number of items**\n"
    yield from _head("items", "to 0.95", "to 0.98", "seeds")
    for data in ("digits-1000", "digits", "digits-20000"):
        courses = found.get(("suggested", data))
        if courses:
            ratios = (_ratio(found, data, wanted, model) for wanted in WANTED[1:])
            yield _row(courses[0].n_items, *ratios, len(courses))


def _of_estimates(found: Found) -> Iterable[str]:
    """Yield the table that compares the estimates on the page with the true values."""
    yield "\n## Estimates on the page, and true values\n"
    yield 'Method: "Lodespace, as it suggests". Each cell has four figures:\n'
    yield "- share of items that are right, estimated / true"
    yield "- items without a label: mean confidence / share of right predictions"
    yield "- expected calibration error (ten bins)"
    yield "- gestures left to 0.98, estimated / true (only runs that reached 0.98)\n"
    yield from _head("data", *(f"after {k}" for k in ESTIMATED_AFTER), "seeds")
    for data in sorted({data for _, data in found}, key=_order):
        courses = found.get(("suggested", data))
        if courses:
            yield _row(data, *(_estimates(courses, k) for k in ESTIMATED_AFTER), len(courses))


def _estimates(courses: Sequence[Course], k: int) -> str:
    """Return the cell with mean estimates and true values after k gestures.

    The gesture that accepts predictions is left out.
    """
    found = [
        (course, g, g.told)
        for course in courses
        for g in course.gestures[k - 1 : k]
        if g.kind != "accept"
    ]
    known = [(course, gesture, page) for course, gesture, page in found if page is not None]
    if not known:
        return "-"
    means = np.mean(
        [[t.right, g.right, t.confidence, t.accurate, t.calibration_error] for _, g, t in known],
        axis=0,
    )
    right, is_right, confidence, accurate, error = means
    line = f"{right:.3f} / {is_right:.3f}; {confidence:.3f} / {accurate:.3f}; {error:.3f}"
    ends = [(page.gestures_left, course.first("right", 0.98)) for course, _, page in known]
    left = [(estimated, max(0, end - k)) for estimated, end in ends if end is not None]
    if left:
        line += "; " + " / ".join(f"{value:.0f}" for value in np.mean(left, axis=0))
    return line


def _rest(courses: Sequence[Course]) -> str:
    gestures = [gesture.rest for course in courses for gesture in course.gestures]
    return f"{np.mean(gestures):.1f} s per gesture" if gestures else "-"


def _head(*cells: object) -> Iterable[str]:
    yield _row(*cells)
    yield _row(*["---"] * len(cells))


def _order(data: str) -> tuple[str, int]:
    name, _, n = data.partition("-")
    return name, int(n or 5000)


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _mean(courses: Sequence[Course], gesture: int, figure: str) -> float:
    return float(np.mean([course.at(gesture, figure) for course in courses]))


NOTHING_LEFT = 0.99
"""A run counts as finished when at least this share of its items is labelled, or is right.

The table repeats the last result of a finished run for larger numbers of gestures.
"""


def _share(courses: Sequence[Course], gesture: int) -> str:
    if any(not course.gestures for course in courses):
        return "-"
    ended = [course.gestures[-1] for course in courses if len(course.gestures) < gesture]
    if any(max(last.right, last.labelled) < NOTHING_LEFT for last in ended):
        return "-"
    return (
        f"{_mean(courses, gesture, 'right'):.3f} ({_mean(courses, gesture, 'labelled_right'):.2f})"
    )


def _ends(courses: Sequence[Course]) -> list[object]:
    errors = [course.gestures[-1].label_error for course in courses if course.gestures]
    firsts = [
        _of_all([course.first("right", wanted) for course in courses]) for wanted in WANTED[1:]
    ]
    error = f"{np.mean(errors):.4f}" if errors else "no region found"
    return [*("-" if first is None else f"{first:.0f}" for first in firsts), error, len(courses)]


def _of_all(values: Sequence[float | None]) -> float | None:
    """Return the mean over all runs, or None if the value of a run is None (goal not reached)."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def _seconds(courses: Sequence[Course], wanted: float, model: TimeModel) -> float | None:
    return _of_all([course.seconds_to(wanted, model) for course in courses])


def _time(courses: Sequence[Course], wanted: float, model: TimeModel) -> str:
    seconds = _seconds(courses, wanted, model)
    return "-" if seconds is None else f"{seconds:.0f}"


def _ratio(found: Found, data: str, wanted: float, model: TimeModel) -> str:
    """Return the seconds with Lodespace, divided by the seconds of the best other method.

    If no other method reaches the goal in all runs, the divisor is the mean duration of
    the runs of the slowest other method, and the text starts with "< ".
    """
    mine = _seconds(found.get(("suggested", data), []), wanted, model)
    others = [found[method, data] for method in OPPONENTS if (method, data) in found]
    if mine is None or not others:
        return "-"
    known = [
        seconds for courses in others if (seconds := _seconds(courses, wanted, model)) is not None
    ]
    if known:
        return f"{mine / min(known):.2f}"
    return f"< {mine / max(_length(courses, model) for courses in others):.2f}"


def _length(courses: Sequence[Course], model: TimeModel) -> float:
    """Return the mean of the person's seconds for a whole run."""
    return float(
        np.mean([course.seconds(model)[-1] if course.gestures else 0.0 for course in courses])
    )


def _draw(found: Found, data: str, model: TimeModel, path: Path) -> None:
    """Draw the curves of a data set into the file `path`, by gestures and by seconds.

    The curves show the share of items that are right, and the share with a right label. A curve is
    the mean of all seeds; a band shows the minimum and the maximum.
    """
    methods = [
        method
        for method in COLOURS
        if any(course.gestures for course in found.get((method, data), []))
    ]
    if not methods:
        return
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "lodespace"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2, 2, figsize=(11, 8), sharex="col", sharey="row", layout="constrained"
    )
    for (share, title), (left, right) in zip(DRAWN.items(), axes, strict=True):
        for method in methods:
            courses = [course for course in found[method, data] if course.gestures]
            style = {
                "color": COLOURS[method],
                "linewidth": 2.2 if method in ("suggested", "sheets") else 1.2,
            }
            longest = max(len(course.gestures) for course in courses)
            gestures = np.arange(1, min(longest, 100) + 1)
            reached = [
                _until(course, share, np.arange(1, len(course.gestures) + 1), gestures)
                for course in courses
            ]
            # Only Markdown needs the backslashes.
            _curve(left, gestures, reached, style, NAMES[method].replace("\\", ""))
            if method in WITH_A_CLOCK:
                seconds = np.linspace(
                    0, min(max(course.seconds(model)[-1] for course in courses), 1200), 240
                )
                reached = [
                    _until(course, share, course.seconds(model), seconds) for course in courses
                ]
                _curve(right, seconds, reached, style, "")
        left.set_ylabel(title)
        for axis in (left, right):
            axis.set_ylim(0.4 if share == "right" else 0.0, 1.0)
            axis.grid(color="#dddddd", linewidth=0.6)
            axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_yticks([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
    axes[1, 0].set_xlabel("gestures")
    axes[1, 1].set_xlabel("seconds of the person (time model of docs/gain.md)")
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=3,
        fontsize=8,
        frameon=False,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _until(course: Course, share: str, when: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the value of the field `share` at each time of `at`.

    Gestures end at the times `when`. The value is that of the last gesture that has ended. It is
    nan before the end of the first gesture and after the end of the last gesture.
    """
    values = np.array([getattr(gesture, share) for gesture in course.gestures])
    index = np.searchsorted(when, at, side="right") - 1
    return np.where((index >= 0) & (at <= when[-1]), values[np.maximum(index, 0)], np.nan)


def _curve(
    axis: Any, x: np.ndarray, values: list[np.ndarray], style: dict[str, Any], name: str
) -> None:
    stacked = np.array(values)
    known = ~np.isnan(stacked).any(axis=0)
    axis.plot(x[known], stacked[:, known].mean(axis=0), label=name, **style)
    axis.fill_between(
        x[known],
        stacked[:, known].min(axis=0),
        stacked[:, known].max(axis=0),
        color=style["color"],
        alpha=0.12,
        linewidth=0,
    )
