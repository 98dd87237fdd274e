"""The gesture that a label event made, and a note that says in a few words what it was."""

import sys

from lodespace.session.events import LabelEachEvent, LabelEvent
from lodespace.session.label_history import GestureRecord


def read_gesture(event: LabelEvent | LabelEachEvent) -> tuple[GestureRecord, str]:
    """Return the gesture that `event` made, and its note: "" for a region that got one class."""
    each = isinstance(event, LabelEachEvent)
    record = GestureRecord(
        number=event.sequence,
        class_id=-1 if each else event.class_id,
        items=event.items,
        client=event.client,
        at=event.at,
        revision=event.revision,
        tool=sys.intern(event.provenance.tool),
        class_ids=event.class_ids if each else None,
        verified=event.provenance.verified,
    )
    return record, _note(record, event.provenance.note)


def _note(record: GestureRecord, note: str) -> str:
    if record.tool == "accept" and note:
        return note
    if record.tool != "sheet" and record.class_ids is None:
        return ""
    n, classes = len(record.items), len(record.classes())
    what = "looked at" if record.verified else "items"
    return f"{n:,} {what}, {classes} {'class' if classes == 1 else 'classes'}"
