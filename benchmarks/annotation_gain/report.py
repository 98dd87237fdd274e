"""Tables and curves from the courses of all runs, printed and written into docs/."""

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from annotation_gain import curves, set_report, summary
from annotation_gain.course import AFTER, Course
from annotation_gain.data_sets import sources
from annotation_gain.plan import METHODS, OPPONENTS, SIZES, Run
from annotation_gain.stored_runs import Found, mean, of_all, read, seconds_to
from annotation_gain.tables import head, row
from annotation_gain.time_model import HAND, TimeModel

LEARNERS = {"lr": "logistic regression", "svc": "SVC"}
NAMES = {
    "suggested": "Lodespace, as it suggests",
    "suggested-server": "Lodespace, as it suggests, on the shipped server",
    "named": "Lodespace, as it suggests, classes added during the run",
    "sheets-alone": "Lodespace, sheets alone",
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
    **{
        method: f"one by one, {choice}, {LEARNERS[learner]} on {view}"
        for method in METHODS
        for learner, _, rest in [method.partition("-")]
        for choice, _, view in [rest.partition("-")]
        if learner in LEARNERS
    },
}
"""Names of the methods in the tables.

In a method with an asterisk, the simulated person sees every picture of a region. The seconds of
this method are not measured.
"""
WITH_A_CLOCK = (
    *("suggested", "suggested-server", "named", "sheets-alone", "samples", *OPPONENTS),
    *("umap-described-samples", "margin-described"),
)
IN_VR = ("suggested", "named")
"""Methods whose table of seconds also has a row with the clock of VR."""
WANTED = (0.9, 0.95, 0.98)


def write(
    results: Path,
    docs: Path | None,
    model: TimeModel,
    planned: Sequence[Run],
    drawn: Path | None = None,
) -> None:
    """Print the tables.

    Args:
        results: folder of the stored runs.
        docs: folder in which to write gain-sets.md, gain-table.md and the summary of gain.md, or
            None.
        model: seconds per act.
        planned: runs to report on.
        drawn: folder in which to draw the curves of each data set, gain-NAME.svg, or None.
    """
    found = read(results, planned)
    if not found:
        raise SystemExit(f"{results} contains no stored runs")
    written = {
        "gain-sets.md": "\n".join(set_report.tables(found, model)),
        "gain-table.md": "\n".join(tables(found, model)),
    }
    print("\n\n".join(written.values()))
    for data in sources() if drawn is not None else ():
        path = drawn / f"gain-{data}.svg"
        curves.draw(found, data, model.known_classes(), path, NAMES, WITH_A_CLOCK)
    if docs is None:
        return
    docs.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (docs / name).write_text(text + "\n")
    page = docs / "gain.md"
    if page.exists():
        page.write_text(with_summary(page.read_text(), found, model))


def with_summary(page: str, found: Found, model: TimeModel) -> str:
    """Return the text of docs/gain.md, with a new summary between its two comments."""
    before, rest = page.split(summary.BEGIN)
    _, after = rest.split(summary.END)
    text = "\n".join(summary.lines(found, model.known_classes()))
    return f"{before}{summary.BEGIN}\n{text}\n{summary.END}{after}"


def tables(found: Found, model: TimeModel) -> Iterable[str]:
    """Yield the lines of docs/gain-table.md."""
    yield "<!-- written by `python benchmarks/annotation_gain` -->"
    yield from _of_gestures(found)
    yield from _of_careful(found)
    yield from _of_seconds(found, model)


def _of_gestures(found: Found) -> Iterable[str]:
    yield "## Gestures\n"
    yield "An asterisk marks regions drawn by a person who sees every picture of the region. A dash"
    yield "marks a goal that was never reached, or a run that had ended before. The columns with"
    yield "numbers give the labels, in sheets of 27; for methods with regions, they give gestures."
    for data in sources():
        if not any(name == data for _, name in found):
            continue
        yield f"\n**{data}**: share of items with the right class. The class of an item is its"
        yield "label, or its prediction if it has no label. In brackets: share of items with a"
        yield "right label\n"
        yield from head(
            "method",
            *(f"after {k}" for k in AFTER),
            "to 0.95",
            "to 0.98",
            "label error at the end",
            "seeds",
        )
        for method, name in NAMES.items():
            courses = found.get((method, data))
            if courses:
                yield row(name, *(_share(courses, k) for k in AFTER), *_ends(courses))


def _of_careful(found: Found) -> Iterable[str]:
    yield "\n**digits, careful** (99 % purity, regions only): share of items with a right label\n"
    yield from head("method", "after 25", "after 50", "after 75", "seeds")
    for name in ("careful", "umap-careful"):
        courses = found.get((name, "digits"))
        if courses:
            yield row(
                NAMES[name],
                *(f"{mean(courses, k, 'labelled_right'):.3f}" for k in (25, 50, 75)),
                len(courses),
            )


def _of_seconds(found: Found, model: TimeModel) -> Iterable[str]:
    yield "\n## Seconds of the person\n"
    constants = ", ".join(
        f"{name} {value:g} s" for name, value in vars(model).items() if name != "wait"
    )
    text = f"Time model: {constants}. One second of waiting counts as {model.wait:g} s."
    yield textwrap.fill(text, 100) + "\n"
    yield from head("data", "method", "to 0.90", "to 0.95", "to 0.98", "time of the model", "seeds")
    for data in [*sources(), *(f"digits-{size}" for size in SIZES)]:
        for method in WITH_A_CLOCK:
            clock = model if method == "named" else model.known_classes()
            courses = found.get((method, data))
            if not courses:
                continue
            clocks = {NAMES[method]: clock}
            if method in IN_VR:
                clocks[f"{NAMES[method]}, in VR"] = clock.in_vr(HAND)
            for name, seconds in clocks.items():
                yield row(
                    data,
                    name,
                    *(_time(courses, wanted, seconds) for wanted in WANTED),
                    _rest(courses),
                    len(courses),
                )


def _rest(courses: Sequence[Course]) -> str:
    gestures = [gesture.rest for course in courses for gesture in course.gestures]
    return f"{np.mean(gestures):.1f} s per gesture" if gestures else "-"


NOTHING_LEFT = 0.99
"""Share of labelled or right items at which a run counts as finished.

A run is finished if this share of the items has a label. It is also finished if this share of the
items has a right label or, without a label, a right prediction. For larger numbers of gestures, the
table repeats the last result of a finished run.
"""


def _share(courses: Sequence[Course], k: int) -> str:
    """Return the table cell with the share right, with the labels of k sheets."""
    if any(not course.gestures for course in courses):
        return "-"
    if any(gesture.kind == "region" for course in courses for gesture in course.gestures):
        return _after_gestures(courses, k)
    gestures = [course.after_sheets(k) for course in courses]
    known = [(g.right, g.labelled_right) for g in gestures if g is not None]
    if len(known) < len(courses):
        return "-"
    right, labelled = np.mean(known, axis=0)
    return f"{right:.3f} ({labelled:.2f})"


def _after_gestures(courses: Sequence[Course], gesture: int) -> str:
    ended = [course.gestures[-1] for course in courses if len(course.gestures) < gesture]
    if any(max(last.right, last.labelled) < NOTHING_LEFT for last in ended):
        return "-"
    return f"{mean(courses, gesture, 'right'):.3f} ({mean(courses, gesture, 'labelled_right'):.2f})"


def _ends(courses: Sequence[Course]) -> list[object]:
    errors = [course.gestures[-1].label_error for course in courses if course.gestures]
    firsts = [
        of_all([course.first("right", wanted) for course in courses]) for wanted in WANTED[1:]
    ]
    error = f"{np.mean(errors):.4f}" if errors else "no region found"
    return [*("-" if first is None else f"{first:.0f}" for first in firsts), error, len(courses)]


def _time(courses: Sequence[Course], wanted: float, model: TimeModel) -> str:
    seconds = seconds_to(courses, wanted, model)
    return "-" if seconds is None else f"{seconds:.0f}"
