"""The table and the curves, from the courses of all runs: printed, and written into docs/."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from annotation_gain.course import Course
from annotation_gain.time_model import TimeModel

Found = dict[tuple[str, str], list[Course]]
"""Courses by method (as plan.py calls it) and data."""
NAMES = {
    "suggested": "Lodespace, as it suggests",
    "sheets": "Lodespace, regions then sheets (textures: sheets only)",
    "samples": "Lodespace, sampled regions then sheets",
    "regions": "Lodespace, regions only",
    "careful": "Lodespace, careful regions",
    "paper": "preset paper, retrained",
    "umap": "static UMAP, lasso, SVC",
    "umap-careful": "static UMAP, careful",
    "umap-samples": "static UMAP, lasso by samples, SVC",
    "umap-described": "static UMAP of our descriptor, lasso, SVC",
    "umap-described-samples": "static UMAP of our descriptor, lasso by samples, SVC",
    "static-vae": "static VAE, lasso, SVC",
    "margin": "one by one, margin",
    "random": "one by one, random",
}
OPPONENTS = ("umap", "umap-samples", "margin", "random")
"""Those with a clock. That of "umap" is too kind: what its person sees in the map is not counted."""
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
    "random": "#e377c2",
}
"""Of the methods that are drawn."""
WITH_A_CLOCK = ("suggested", "samples", *OPPONENTS, "umap-described-samples")
DRAWN = {"right": "right (label, else prediction)", "labelled_right": "labelled and correct"}


def write(results: Path, docs: Path, model: TimeModel) -> None:
    """Print the table; write docs/gain-table.md and the pictures beside it."""
    found = read(results)
    if not found:
        raise SystemExit(f"{results} holds no course of any run")
    text = "\n".join(tables(found, model))
    print(text)
    docs.mkdir(parents=True, exist_ok=True)
    (docs / "gain-table.md").write_text(text + "\n")
    for data in ("digits", "sklearn", "textures"):
        _draw(found, data, model, docs / "images" / f"gain-{data}.svg")


def read(results: Path) -> Found:
    """The courses of all runs in a folder."""
    found: Found = defaultdict(list)
    for path in sorted(results.glob("*.json")):
        method, data, _, _ = path.stem.split("--")
        course = Course.read(path)
        if course.gestures:  # else the person found no place that one sample agreed on
            found[method, data].append(course)
    return found


def tables(found: Found, model: TimeModel) -> Iterable[str]:
    """The lines of docs/gain-table.md."""
    yield "<!-- written by `python benchmarks/annotation_gain` -->"
    yield "## Gestures"
    for data, gestures in (
        ("digits", (10, 20, 25, 30, 40, 50)),
        ("sklearn", (5, 10, 15, 20, 30)),
        ("textures", (10, 25, 50, 100)),
    ):
        yield f"\n**{data}**: share of all items that are right, by label or else prediction; in brackets: labelled and correct\n"
        yield _row("method", *(f"after {k}" for k in gestures), "to .95", "to .98", "label error at the end", "seeds")
        yield _row(*["---"] * (len(gestures) + 5))
        for method, name in NAMES.items():
            courses = found.get((method, data))
            if courses:
                yield _row(name, *(_share(courses, k) for k in gestures), *_ends(courses))
    careful = [(name, found[name, "digits"]) for name in ("careful", "umap-careful") if (name, "digits") in found]
    if careful:
        yield "\n**digits, careful** (99 % purity, regions only): labelled and correct\n"
        yield _row("method", "after 25", "after 50", "after 75", "seeds")
        yield _row(*["---"] * 5)
        for name, courses in careful:
            yield _row(NAMES[name], *(f"{_mean(courses, k, 'labelled_right'):.3f}" for k in (25, 50, 75)), len(courses))
    yield "\n## Seconds of the person\n"
    constants = ", ".join(f"{name} {value:g} s" for name, value in vars(model).items() if name != "wait")
    yield f"Time model: {constants}; a second of waiting counts {model.wait:g}.\n"
    yield _row("data", "method", "to .90", "to .95", "to .98", "waited for the model, all in all")
    yield _row(*["---"] * 6)
    for data in sorted({data for _, data in found}, key=_order):
        for method in WITH_A_CLOCK:
            courses = found.get((method, data))
            if courses:
                waits = np.mean([sum(g.rest for g in course.gestures) / len(course.gestures) for course in courses])
                yield _row(
                    data,
                    NAMES[method],
                    *(_time(courses, w, model) for w in (0.9, 0.95, 0.98)),
                    f"{waits:.1f} s a gesture",
                )
    yield "\n**Ratio to the best opponent** (of these; seconds as suggested, over the opponent's)\n"
    yield _row("time model", "digits to .95", "digits to .98")
    yield _row(*["---"] * 3)
    for name, varied in model.varied().items():
        yield _row(name, *(_ratio(found, "digits", wanted, varied) for wanted in (0.95, 0.98)))
    yield "\n**The ratio as items grow**\n"
    yield _row("items", "to .95", "to .98")
    yield _row(*["---"] * 3)
    for data in ("digits-1000", "digits", "digits-20000"):
        if ("suggested", data) in found:
            yield _row(
                found["suggested", data][0].n_items, *(_ratio(found, data, wanted, model) for wanted in (0.95, 0.98))
            )


def _order(data: str) -> tuple[str, int]:
    name, _, n = data.partition("-")
    return name, int(n or 5000)


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _mean(courses: Sequence[Course], gesture: int, figure: str) -> float:
    return float(np.mean([course.at(gesture, figure) for course in courses]))


NOTHING_LEFT = 0.99
"""Share that is labelled, or right, at which a run that ended has nothing more to do: what it had reached stands."""


def _share(courses: Sequence[Course], gesture: int) -> str:
    last = courses[0].gestures[-1]
    if all(len(course.gestures) < gesture for course in courses) and max(last.right, last.labelled) < NOTHING_LEFT:
        return "-"
    return f"{_mean(courses, gesture, 'right'):.3f} ({_mean(courses, gesture, 'labelled_right'):.2f})"


def _ends(courses: Sequence[Course]) -> list[object]:
    error = np.mean([course.gestures[-1].label_error for course in courses])
    firsts = [_of_all([course.first("right", wanted) for course in courses]) for wanted in (0.95, 0.98)]
    return [*("-" if first is None else f"{first:.0f}" for first in firsts), f"{error:.4f}", len(courses)]


def _of_all(values: Sequence[float | None]) -> float | None:
    """Mean; None when a run never came there."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _seconds(courses: Sequence[Course], wanted: float, model: TimeModel) -> float | None:
    return _of_all([course.seconds_to(wanted, model) for course in courses])


def _time(courses: Sequence[Course], wanted: float, model: TimeModel) -> str:
    seconds = _seconds(courses, wanted, model)
    return "-" if seconds is None else f"{seconds:.0f}"


def _ratio(found: Found, data: str, wanted: float, model: TimeModel) -> str:
    mine = _seconds(found.get(("suggested", data), []), wanted, model) if ("suggested", data) in found else None
    others = [_seconds(found[method, data], wanted, model) for method in OPPONENTS if (method, data) in found]
    known = [other for other in others if other is not None]
    return f"{mine / min(known):.2f}" if mine is not None and known else "-"


def _draw(found: Found, data: str, model: TimeModel, path: Path) -> None:
    """What is right, and what is labelled and correct, each against gestures and against the person's seconds: the mean of all seeds and
    their range.
    """
    methods = [method for method in COLOURS if (method, data) in found]
    if not methods:
        return
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "lodespace"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(11, 8), sharex="col", sharey="row", layout="constrained")
    for (share, said), (left, right) in zip(DRAWN.items(), axes, strict=True):
        for method in methods:
            courses = found[method, data]
            style = {"color": COLOURS[method], "linewidth": 2.2 if method in ("suggested", "sheets") else 1.2}
            longest = max(len(course.gestures) for course in courses)
            gestures = np.arange(1, min(longest, 100) + 1)
            reached = [_until(course, share, np.arange(1, len(course.gestures) + 1), gestures) for course in courses]
            _curve(left, gestures, reached, style, NAMES[method])
            if method in WITH_A_CLOCK:
                seconds = np.linspace(0, min(max(course.seconds(model)[-1] for course in courses), 1200), 240)
                reached = [_until(course, share, course.seconds(model), seconds) for course in courses]
                _curve(right, seconds, reached, style, "")
        left.set_ylabel(said)
        for axis in (left, right):
            axis.set_ylim(0.4 if share == "right" else 0.0, 1.0)
            axis.grid(color="#dddddd", linewidth=0.6)
            axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_yticks([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
    axes[1, 0].set_xlabel("gestures")
    axes[1, 1].set_xlabel("seconds of the person (time model of docs/gain.md)")
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8, frameon=False
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _until(course: Course, share: str, when: np.ndarray, at: np.ndarray) -> np.ndarray:
    """That share when the last gesture at or before each place of `at` was done, gestures being done at `when`; nan before the first and
    after the last.
    """
    values = np.array([getattr(gesture, share) for gesture in course.gestures])
    index = np.searchsorted(when, at, side="right") - 1
    return np.where((index >= 0) & (at <= when[-1]), values[np.maximum(index, 0)], np.nan)


def _curve(axis: object, x: np.ndarray, values: list[np.ndarray], style: dict[str, object], name: str) -> None:
    stacked = np.array(values)
    known = ~np.isnan(stacked).any(axis=0)
    axis.plot(x[known], stacked[:, known].mean(axis=0), label=name, **style)  # pyright: ignore[reportAttributeAccessIssue]
    axis.fill_between(
        x[known],
        stacked[:, known].min(axis=0),
        stacked[:, known].max(axis=0),
        color=style["color"],
        alpha=0.12,
        linewidth=0,
    )  # pyright: ignore[reportAttributeAccessIssue]
