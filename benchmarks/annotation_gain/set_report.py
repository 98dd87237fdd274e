"""Tables across all data sets.

They compare Lodespace with the best other method, and the estimates on the page with the truth.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from annotation_gain import summary, vr_report
from annotation_gain.comparison import compare
from annotation_gain.course import AFTER, HIGH_GOAL, MOST_OF_THEM, Course, Gesture
from annotation_gain.data_sets import TUNING, sources
from annotation_gain.plan import SIZES
from annotation_gain.stored_runs import Found, ratio, ratio_text, seconds_to
from annotation_gain.summary import ENOUGH
from annotation_gain.tables import figure, head, row
from annotation_gain.time_model import TimeModel
from lodespace.protocol import SHEET_SIZE

ESTIMATED_AFTER = (1, 2, 3, 5, 10)
GOAL = 0.95
SHOWN_FROM = 5


def tables(found: Found, model: TimeModel) -> Iterable[str]:
    """Yield the lines of docs/gain-sets.md."""
    measured = vr_report.measured_data(found)
    known = model.known_classes()
    yield "<!-- written by `python benchmarks/annotation_gain` -->"
    yield "# Gain on every data set\n"
    yield from summary.lines(found, known)
    yield "\n## Goals\n"
    yield from summary.goals(found, known)
    yield "\n## Runs\n"
    yield from _runs(found)
    yield from _same_labels(found, measured)
    yield from _ratios(found, measured, known)
    yield from vr_report.tables(found, measured, known)
    yield from _sizes(found, known)
    yield from _regions(found, known)
    yield from _named(found, model)
    yield from _estimates(found, measured)
    yield from _suspects(found)


def _runs(found: Found) -> Iterable[str]:
    """Yield the table of the data sets, with the commits of Lodespace that the runs used."""
    yield "Constants of Lodespace may be chosen on the data sets marked *tuning*. Every run on"
    yield "another data set is listed in `benchmarks/annotation_gain/register.jsonl`.\n"
    yield from head("data set", "content", "items", "seeds", "commit of Lodespace")
    for data, source in sources().items():
        courses = found.get(("suggested", data), [])
        if courses:
            yield row(
                f"{data} (tuning)" if data in TUNING else data,
                source.content,
                courses[0].n_items,
                len(courses),
                ", ".join(sorted({course.commit or "unknown" for course in courses})),
            )


def _same_labels(found: Found, measured: Sequence[str]) -> Iterable[str]:
    yield "\n## Right with the same number of labels\n"
    yield 'Share of items that are right: "Lodespace, as it suggests" / the best other method with'
    yield "as many labels; in brackets the difference, and two standard errors of it. In bold"
    yield "cells, Lodespace is behind by more than 0.02 and two standard errors. Both methods have"
    yield "the labels of the given number of sheets of 27 or, if the sheets are smaller, at"
    yield f"least {100 * MOST_OF_THEM:.0f} % of them.\n"
    yield from head("data set", *(f"after {k}" for k in AFTER))
    for data in measured:
        yield row(data, *(_against_best(found, data, k) for k in AFTER))


def _against_best(found: Found, data: str, k: int) -> str:
    """Return the table cell that compares Lodespace after k gestures with the best other method."""
    value = compare(found, data, k)
    if value is None:
        return "-"
    if value.other is None or value.difference is None:
        return figure(value.mine, 3)
    error = "" if value.error is None else f" ± {value.error:.3f}"
    text = f"{value.mine:.3f} / {value.other:.3f} {value.best} ({value.difference:+.3f}{error})"
    return f"**{text}**" if value.behind else text


def _ratios(found: Found, measured: Sequence[str], model: TimeModel) -> Iterable[str]:
    yield "\n## Time against the best other method\n"
    yield 'Seconds of "Lodespace, as it suggests", divided by the seconds of the best method that'
    yield "uses no part of Lodespace. `<` marks an upper bound: no other method reaches the goal."
    yield "The last two columns have the smallest and the largest ratio if a constant of the time"
    yield "model is halved or doubled.\n"
    yield from head("data set", "to", "Lodespace, s", "ratio", "smallest", "largest")
    for data in measured:
        for goal in (GOAL, HIGH_GOAL):
            varied = {
                name: value
                for name, clock in model.varied().items()
                if (value := ratio(found, data, goal, clock)) is not None
            }
            ends = ["-", "-"]
            if varied:
                names = [pick(varied, key=lambda n: varied[n][0]) for pick in (min, max)]
                ends = [f"{ratio_text(varied[name])} ({name})" for name in names]
            yield row(
                data,
                goal,
                figure(seconds_to(found["suggested", data], goal, model), 0),
                ratio_text(ratio(found, data, goal, model)),
                *ends,
            )
    for goal in (GOAL, HIGH_GOAL):
        if not any(ratio(found, data, goal, model) for data in measured):
            continue
        yield f"\n**Ratio to {goal:.2f}, with each constant halved and doubled**\n"
        yield from head("time model", *measured)
        for name, clock in model.varied().items():
            if not name.startswith("name "):
                yield row(name, *(ratio_text(ratio(found, d, goal, clock)) for d in measured))


def _sizes(found: Found, model: TimeModel) -> Iterable[str]:
    if not any(data.startswith("digits-") for _, data in found):
        return
    yield "\n**Ratio by number of digits**\n"
    yield from head("items", "to 0.95", "to 0.98", "seeds")
    for data in (f"digits-{SIZES[0]}", "digits", *(f"digits-{size}" for size in SIZES[1:])):
        courses = found.get(("suggested", data))
        if courses:
            ratios = (ratio_text(ratio(found, data, goal, model)) for goal in (GOAL, HIGH_GOAL))
            yield row(courses[0].n_items, *ratios, len(courses))


def _regions(found: Found, model: TimeModel) -> Iterable[str]:
    """Yield the table of the time with and without regions."""
    both = [d for d in sources() if ("suggested", d) in found and ("sheets-alone", d) in found]
    if not both:
        return
    yield "\n## Regions and sheets\n"
    yield "Seconds to 0.95: of a person who only goes through sheets and corrects single pictures,"
    yield "and of a person who follows the suggestions and gives classes to regions on sheets.\n"
    yield from head("data set", "sheets alone, s", "as suggested, s", "ratio", "seeds")
    for data in both:
        alone, mine = found["sheets-alone", data], found["suggested", data]
        before, after = seconds_to(alone, GOAL, model), seconds_to(mine, GOAL, model)
        yield row(
            *(data, figure(before, 0), figure(after, 0)),
            f"{after / before:.2f}" if before and after else "-",
            min(len(alone), len(mine)),
        )


def _named(found: Found, model: TimeModel) -> Iterable[str]:
    """Yield the table of the runs that start without a list of classes."""
    if not any(method == "named" for method, _ in found):
        return
    yield "\n## Classes added during the run\n"
    yield "The server does not have the list of classes: the person adds a class with its first"
    yield "label. Each cell has the share that is right, and the number of classes with a label."
    yield f"For every method, {model.name:g} s count for the name of each class.\n"
    yield from head(
        *("data set", *(f"after {k}" for k in AFTER)),
        *("s to 0.95", "ratio", "ratio, name half", "ratio, name double"),
    )
    varied = model.varied()
    for data in sources():
        courses = found.get(("named", data))
        if courses:
            yield row(
                data,
                *(_right_and_classes(courses, k) for k in AFTER),
                figure(seconds_to(courses, GOAL, model), 0),
                *(
                    ratio_text(ratio(found, data, GOAL, varied[name], "named"))
                    for name in ("as stated", "name half", "name double")
                ),
            )


def _right_and_classes(courses: Sequence[Course], k: int) -> str:
    """Return the table cell with the share right and the classes, with the labels of k sheets."""
    gestures = [course.after_sheets(k) for course in courses]
    known = [(g.right, g.classes) for g in gestures if g is not None]
    if len(known) < len(courses):
        return "-"
    right, classes = np.mean(known, axis=0)
    return f"{right:.3f}; {classes:.0f}"


def _estimates(found: Found, measured: Sequence[str]) -> Iterable[str]:
    """Yield the tables that compare the estimates on the page with the true values."""
    yield "\n## Estimates on the page, and true values\n"
    yield "The columns with numbers give the labels, in sheets of 27. Each of their cells has the"
    yield "share of items that are right, estimated / true; the mean difference of the two; and the"
    yield "expected calibration error of items without a label (ten bins).\n"
    yield "- from 3 on: mean difference of the two shares, with the labels of three sheets or more"
    yield "- largest: largest difference of the two shares after any gesture"
    yield "- shown: share of gestures, from the fifth on, after which the page shows an estimate"
    yield "- interval: share of gestures after which the interval on the page contains the truth"
    yield "- promise: mean difference between promised and true number of mistakes on a sheet\n"
    yield from head(
        *("data set", "classes", *(f"after {k}" for k in ESTIMATED_AFTER)),
        *("from 3 on", "largest", "shown", "interval", "promise"),
    )
    for data in measured:
        for method, classes in (("suggested", "known"), ("named", "added during the run")):
            courses = found.get((method, data))
            if courses:
                gestures = [g for c in courses for g in c.looked_at().gestures]
                yield row(
                    *(data, classes),
                    *(_estimate(courses, k) for k in ESTIMATED_AFTER),
                    *_differences(courses),
                    *(_shown(courses), _interval(gestures), _promise(gestures)),
                )


def _estimate(courses: Sequence[Course], k: int) -> str:
    """Return the table cell with mean estimates and true values, with the labels of k sheets.

    Runs that have accepted predictions by then are left out.
    """
    gestures = [course.after_sheets(k) for course in courses]
    known = [(g, g.told) for g in gestures if g is not None and g.told is not None]
    if not known:
        return "-"
    shown = [(t.right, g.right, abs(t.right - g.right)) for g, t in known if t.right is not None]
    told, true, distance = np.mean(shown, axis=0) if shown else (None, None, None)
    error = float(np.mean([page.calibration_error for _, page in known]))
    return f"{figure(told, 3)} / {figure(true, 3)}; {figure(distance, 3)}; {error:.3f}"


def _differences(courses: Sequence[Course]) -> tuple[str, str]:
    """Return the table cells with the mean and the largest difference of estimate and truth.

    The mean is over the gestures that leave the labels of three sheets, or more.
    """
    pairs = [
        (round(g.labelled * course.n_items), abs(g.told.right - g.right))
        for course in courses
        for g in course.looked_at().gestures
        if g.told is not None and g.told.right is not None
    ]
    later = [difference for labels, difference in pairs if labels >= 3 * SHEET_SIZE * ENOUGH]
    largest = max((difference for _, difference in pairs), default=None)
    return figure(float(np.mean(later)) if later else None, 3), figure(largest, 3)


def _shown(courses: Sequence[Course]) -> str:
    """Return the share of gestures after which the page shows an estimate.

    The first SHOWN_FROM - 1 gestures of each course do not count.
    """
    shown = [
        gesture.told.right is not None
        for course in courses
        for gesture in course.gestures[SHOWN_FROM - 1 :]
        if gesture.told is not None
    ]
    return f"{np.mean(shown):.2f}" if shown else "-"


def _interval(gestures: Sequence[Gesture]) -> str:
    inside = [
        told.right_low <= gesture.right <= told.right_high
        for gesture in gestures
        if (told := gesture.told) is not None
        and told.right_low is not None
        and told.right_high is not None
    ]
    return f"{np.mean(inside):.2f} of {len(inside)}" if inside else "-"


def _promise(gestures: Sequence[Gesture]) -> str:
    distances = [
        abs(gesture.promised - gesture.corrected)
        for gesture in gestures
        if gesture.promised is not None and gesture.corrected is not None
    ]
    return f"{np.mean(distances):.1f}" if distances else "-"


def _suspects(found: Found) -> Iterable[str]:
    yield "\n## Wrong labels found\n"
    yield "All items have labels. 5 % of the labels are wrong, and no label is verified. The table"
    yield "gives the number of wrong labels on each of the first two sheets of 27 suspects. The"
    yield "column `promised` has the number that Lodespace expects on each sheet. The other method"
    yield "combines 5-fold logistic regression with the agreement of 15 neighbours.\n"
    yield from head("data set", "wrong", "Lodespace", "promised", "other method", "seeds")
    for data in sources():
        courses = found.get(("suspects", data))
        others = found.get(("suspects-folds", data), [])
        if courses:
            yield row(
                data,
                round(0.05 * courses[0].n_items),
                _hits(courses),
                _per_sheet([[g.promised for g in c.gestures] for c in courses]),
                _hits(others),
                len(courses),
            )


def _hits(courses: Sequence[Course]) -> str:
    return _per_sheet([[gesture.corrected for gesture in course.gestures] for course in courses])


def _per_sheet(values: Sequence[Sequence[float | None]]) -> str:
    """Return the mean over the runs, per sheet. A sheet that a run does not have counts as 0."""
    most = max((len(run) for run in values), default=0)
    sheets = [[(run[k] if k < len(run) else 0) or 0 for run in values] for k in range(most)]
    return ", ".join(f"{np.mean(sheet):.1f}" for sheet in sheets) or "none"
