"""Suggested next gesture: the region or contact sheet that corrects the most items per second."""

from collections.abc import Callable, Iterator
from typing import Literal

from lodespace.protocol import SHEET_SIZE, UNLABELED, Sheet, Suggestion, SuggestionKind
from lodespace.review.contact_sheets import is_exploring, sheet
from lodespace.review.effort import region_seconds, sheet_seconds
from lodespace.review.islands import unknown
from lodespace.review.quality import FEWEST_LABELS, share_right
from lodespace.review.region import Region, best_region
from lodespace.review.sheet_size import labelled_singly, sheet_size
from lodespace.session.item_state import ItemState

RIGHT_ENOUGH = 0.99
"""No gesture is suggested if at least this share of the items is right."""
LEAST_GAIN = 1.0
"""Smallest number of items that a suggested gesture is expected to correct.

For a contact sheet, this is the number if the sheet has SHEET_SIZE pictures, and less if it has
fewer. A sheet that shows places without a label is suggested whatever is expected, because the
model may be wrong there without any doubt.
"""
WORTH_DRAWING = 2 * SHEET_SIZE
"""Smallest number of items in a suggested region.

If the region is smaller, a contact sheet is suggested instead. A contact sheet gains more than a
small region, because its items differ more from one another (docs/gain.md).
"""
REGIONS_FROM = 2 * SHEET_SIZE
"""A region is suggested only if at least this number of items has labels of their own.

Before that, the doubt is large everywhere, not only where a cluster has no label, and little is
known about how well the classes agree with the clusters. On segments and vehicle
(`python benchmarks/tuning_sets.py`), most regions of this time had several classes, and one that
was taken with a wrong label in every fourth item lowered the share right by 0.05.
"""
WORTH_SEARCHING = SHEET_SIZE
"""An overview is suggested only if one island has at least this number of items that are probably
of a new class. Fewer items may be the rim of an island in which many items have labels.
"""
LEARNED = 4.0
"""Number of predictions that become right for each picture corrected on a contact sheet.

The model learns from the picture, so predictions of other items change. The number was 4.1 on
segments (2nd to 10th sheet) and 4.2 on digits (2nd to 8th sheet).
"""


def suggest(state: ItemState, class_name: Callable[[int], str]) -> Suggestion:
    """Return the gesture with the largest expected gain per second.

    While a listed class has no label, no gain is known. The function then suggests an overview of
    places without a label. Some of their items probably belong to a class without labels.

    Args:
        state: State of all items, with calibrated probabilities.
        class_name: Function that returns the name of a class id.
    """
    if state.labelled.any() and not state.scorable:
        return _next_class(state)
    right = share_right(state)
    enough = int(state.labelled.sum()) >= min(FEWEST_LABELS, len(state.labels))
    if right is not None and right >= RIGHT_ENOUGH and enough:
        return _done(
            f"about {_percent(right)} of all items are right (estimated); no gesture is needed"
        )
    if not state.predicted.any():
        first = sheet(state, "overview", sheet_size(state))
        if first.items:
            n, groups = len(first.items), _groups(len(first.groups))
            return _sheet_of_groups(
                first,
                "overview",
                f"{n} items from all over the map, in {groups}: name each group, and the model "
                "learns all classes",
                gain=float(n),
            )
    candidates = [
        (worth, found) for worth, found in _candidates(state, class_name) if _gains(state, found)
    ]
    if not candidates:
        return _done(_nothing_to_gain(state))
    return max(candidates, key=lambda candidate: candidate[0])[1]


def _gains(state: ItemState, found: Suggestion) -> bool:
    """Return whether a gesture is expected to correct enough items, or shows unknown places."""
    if found.kind == "uncertain" and is_exploring(state, found.size):
        return True
    of_sheet = found.kind in ("suspects", "uncertain")
    return (found.gain or 0) >= LEAST_GAIN * (sheet_size(state) / SHEET_SIZE if of_sheet else 1)


def _next_class(state: ItemState) -> Suggestion:
    """Return the suggestion for a state in which a listed class has no label."""
    n, lacking = len(state.classes), len(state.lacking)
    known = f"{n - lacking} of {n} classes have labels" if lacking else "only one class is listed"
    free = ~state.labelled & ~state.locked
    kind: Literal["overview", "uncertain"] = "overview" if free.any() else "uncertain"
    found = sheet(state, kind, sheet_size(state))
    if not found.items:
        return _done(f"{known}, and no item is left to look at")
    new = sum(group.may_be_new for group in found.groups)
    where = f"; {_groups(new)} may be a new class" if new else ""
    return _sheet_of_groups(
        found,
        kind,
        f"{known}. Look for the others among these {len(found.items)} items{where}",
        gain=None,
    )


def _candidates(
    state: ItemState, class_name: Callable[[int], str]
) -> Iterator[tuple[float, Suggestion]]:
    """Yield gestures, each with the number of items per second that it is expected to correct."""
    strangers = unknown(state)
    strange = int((strangers.items & ~state.locked).sum())
    if strange > 0 and strangers.largest >= WORTH_SEARCHING:
        found = sheet(state, "overview", sheet_size(state))
        yield (
            strange / _seconds_by_group(found),
            _sheet_of_groups(
                found,
                "overview",
                f"{strange:,} items close together have no label: they may be a new class",
                gain=float(strange),
            ),
        )
    region = best_region(state) if labelled_singly(state) >= REGIONS_FROM else None
    if region is not None and len(region.items) >= WORTH_DRAWING:
        seconds = region_seconds()
        yield (
            region.gain / seconds,
            Suggestion(
                kind="region",
                items=region.items.tolist(),
                class_id=region.class_id,
                reason=_why_region(region, class_name),
                gain=round(region.gain, 1),
                seconds=round(seconds, 1),
                size=0,
            ),
        )
    kinds: tuple[Literal["suspects", "uncertain"], ...] = ("suspects", "uncertain")
    for kind in kinds:
        found = sheet(state, kind, sheet_size(state))
        if found.expected_wrong is None or not found.items:
            continue
        n, wrong = len(found.items), max(1, round(found.expected_wrong))
        what = "labels the model doubts" if kind == "suspects" else "items between two classes"
        if kind == "uncertain" and is_exploring(state, n):
            what += ", or far from every label"
        seconds = sheet_seconds(n, found.expected_wrong)
        yield (
            LEARNED * found.expected_wrong / seconds,
            Suggestion(
                kind=kind,
                items=[],
                class_id=UNLABELED,
                reason=f"{n} {what}: about {wrong} of them {'is' if wrong == 1 else 'are'} wrong",
                gain=round(found.expected_wrong, 1),
                seconds=round(seconds, 1),
                size=n,
            ),
        )


def _sheet_of_groups(
    found: Sheet, kind: SuggestionKind, reason: str, gain: float | None
) -> Suggestion:
    """Return the suggestion to open a sheet on which each group gets a class.

    A model that has learned only some of the classes predicts one of them for every item, with high
    confidence, so no prediction points to the other classes.
    """
    return Suggestion(
        kind=kind,
        items=[],
        class_id=UNLABELED,
        reason=reason,
        gain=gain,
        seconds=round(_seconds_by_group(found), 1),
        size=len(found.items),
    )


def _seconds_by_group(found: Sheet) -> float:
    return sheet_seconds(len(found.items), len(found.groups))


def _groups(count: int) -> str:
    return "1 group" if count == 1 else f"{count} groups"


def _why_region(region: Region, class_name: Callable[[int], str]) -> str:
    share, name = _percent(region.agreement), class_name(region.class_id)
    predicted = f"the model predicts {name} for {share} of them, but with low confidence"
    return f"{len(region.items):,} unlabelled items close together: {predicted}"


def _nothing_to_gain(state: ItemState) -> str:
    if not state.predicted.any() and state.labelled.all():
        return "every item is labelled, and the model reports no doubts"
    return "no region and no contact sheet is expected to correct further items"


def _done(reason: str) -> Suggestion:
    return Suggestion(
        kind="done", items=[], class_id=UNLABELED, reason=reason, gain=0.0, seconds=None, size=0
    )


def _percent(share: float) -> str:
    return f"{int(100 * share)} %"
