"""The table and the curves, from the courses of all runs: printed, and written into docs/."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
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
COLOURS = (
    "#1f77b4",
    "#0b3d91",
    "#17becf",
    "#2ca02c",
    "#98df8a",
    "#9467bd",
    "#ff7f0e",
    "#8c564b",
    "#d62728",
    "#e377c2",
    "#7f7f7f",
    "#bcbd22",
    "#aec7e8",
    "#ffbb78",
)


def write(results: Path, docs: Path, model: TimeModel) -> None:
    """Print the table; write docs/gain-table.md and the pictures beside it."""
    found = _read(results)
    if not found:
        raise SystemExit(f"{results} holds no course of any run")
    text = "\n".join(_tables(found, model))
    print(text)
    (docs / "gain-table.md").write_text(text + "\n")
    for data in ("digits", "sklearn", "textures"):
        _draw(found, data, model, docs / "images" / f"gain-{data}.svg")


def _read(results: Path) -> Found:
    found: Found = defaultdict(list)
    for path in sorted(results.glob("*.json")):
        method, data, _, _ = path.stem.split("--")
        course = Course.read(path)
        if course.gestures:  # else the person found no place that one sample agreed on
            found[method, data].append(course)
    return found


def _tables(found: Found, model: TimeModel) -> Iterable[str]:
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
        for method in ("suggested", "samples", *OPPONENTS, "umap-described-samples"):
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


def _share(courses: Sequence[Course], gesture: int) -> str:
    if all(len(course.gestures) < gesture for course in courses) and courses[0].gestures[-1].right < 0.99:
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
    """Two curves a method: right against gestures, and against the person's seconds; the mean of all seeds and their range."""
    methods = [method for method in NAMES if (method, data) in found and "careful" not in method]
    if not methods:
        return
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "lodespace"
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
    colours = dict(zip((m for m in NAMES if "careful" not in m), COLOURS, strict=True))
    for method in methods:
        courses = found[method, data]
        style = {"color": colours[method], "linewidth": 2.2 if method in ("suggested", "sheets") else 1.2}
        longest = max(len(course.gestures) for course in courses)
        gestures = np.arange(1, min(longest, 100) + 1)
        _curve(
            left,
            gestures,
            [_until(course, lambda c: np.arange(1, len(c.gestures) + 1), gestures) for course in courses],
            style,
            NAMES[method],
        )
        if method in ("suggested", "samples", *OPPONENTS, "umap-described-samples"):
            last = max(course.seconds(model)[-1] for course in courses)
            seconds = np.linspace(0, min(last, 1200), 240)
            _curve(
                right, seconds, [_until(course, lambda c: c.seconds(model), seconds) for course in courses], style, ""
            )
    left.set_xlabel("gestures")
    right.set_xlabel("seconds of the person (time model of docs/gain.md)")
    left.set_ylabel("right (label, else prediction)")
    for axis in (left, right):
        axis.set_ylim(0.4, 1.0)
        axis.set_yticks([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0])
        axis.grid(color="#dddddd", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    left.legend(fontsize=8, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _until(course: Course, reached: Callable[[Course], np.ndarray], at: np.ndarray) -> np.ndarray:
    """What was right when the last gesture at or before each place of `at` was done; nan before the first and after the last."""
    when = reached(course)
    values = np.array([gesture.right for gesture in course.gestures])
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
