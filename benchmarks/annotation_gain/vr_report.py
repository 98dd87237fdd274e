"""Tables that compare Lodespace in VR with the page.

The gestures are those of the runs on the page. Only the seconds per gesture differ.
"""

import textwrap
from collections.abc import Iterable, Sequence

from annotation_gain.data_sets import sources
from annotation_gain.plan import is_one_by_one
from annotation_gain.stored_runs import Found, opponents_of, ratio, ratio_text, seconds_to
from annotation_gain.tables import figure, head, row
from annotation_gain.time_model import HAND, TimeModel, varied_in_vr

GOALS = (0.95, 0.98)


def tables(found: Found, measured: Sequence[str], model: TimeModel) -> Iterable[str]:
    """Yield the tables for the data sets `measured`. `model` has the seconds per act on the
    page."""
    if not measured:
        return
    yield "\n## In VR\n"
    text = (
        'The gestures of "Lodespace, as it suggests", with the seconds of VR: a press on a sheet '
        f"{HAND.press(HAND.sheet_tile):.1f} s, on the palette {HAND.press(HAND.palette_tile):.1f} "
        f"s, reach {HAND.reach:g} s, carry {HAND.carry:g} s. One-by-one labelling is on the page, "
        "by its fastest method. The ratios are to the best other method on the page."
    )
    yield textwrap.fill(text, 100) + "\n"
    yield from head(
        *("data set", "to", "Lodespace on the page, s", "Lodespace in VR, s", "one by one, s"),
        *("ratio on the page", "ratio in VR", "smallest in VR", "largest in VR"),
    )
    in_vr = model.in_vr(HAND)
    for data in measured:
        for goal in GOALS:
            yield row(
                *(data, goal),
                figure(seconds_to(found["suggested", data], goal, model), 0),
                figure(seconds_to(found["suggested", data], goal, in_vr), 0),
                _one_by_one(found, data, goal, model),
                ratio_text(ratio(found, data, goal, model)),
                ratio_text(ratio(found, data, goal, model, own_clock=in_vr)),
                *_ends(found, data, goal, model),
            )
    for goal in GOALS:
        yield from _sensitivity(found, measured, goal, model)


def _one_by_one(found: Found, data: str, goal: float, model: TimeModel) -> str:
    """Return the seconds of the fastest one-by-one method on the page, and its name."""
    reached = {
        method: seconds
        for method, courses in opponents_of(found, data).items()
        if is_one_by_one(method) and (seconds := seconds_to(courses, goal, model)) is not None
    }
    if not reached:
        return "-"
    fastest = min(reached, key=lambda method: reached[method])
    return f"{reached[fastest]:.0f} ({fastest})"


def _ends(found: Found, data: str, goal: float, model: TimeModel) -> tuple[str, str]:
    """Return the smallest and the largest ratio in VR if a constant is halved or doubled."""
    varied = {
        name: value
        for name, (in_vr, page) in varied_in_vr(model).items()
        if (value := ratio(found, data, goal, page, own_clock=in_vr)) is not None
    }
    if not varied:
        return "-", "-"
    least, most = (pick(varied, key=lambda name: varied[name][0]) for pick in (min, max))
    return f"{ratio_text(varied[least])} ({least})", f"{ratio_text(varied[most])} ({most})"


def _sensitivity(
    found: Found, measured: Sequence[str], goal: float, model: TimeModel
) -> Iterable[str]:
    """Yield the table of the ratios in VR with each constant halved and doubled."""
    if not any(ratio(found, data, goal, model) for data in measured):
        return
    yield f"\n**Ratio in VR to {goal:.2f}, with each constant halved and doubled**\n"
    yield from head("time model", *measured)
    for name, (in_vr, page) in varied_in_vr(model).items():
        if not name.startswith("page: name "):
            yield row(
                name,
                *(ratio_text(ratio(found, d, goal, page, own_clock=in_vr)) for d in measured),
            )


def measured_data(found: Found) -> list[str]:
    """Return the data sets with a run of "Lodespace, as it suggests"."""
    return [data for data in sources() if ("suggested", data) in found]
