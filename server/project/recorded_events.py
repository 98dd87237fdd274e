"""Reconstruction of label log events from a recording."""

import contextlib
from collections.abc import Sequence

import numpy as np

from lodespace.errors import ProtocolError
from lodespace.protocol import UNLABELED, ClassInfo, Labels
from lodespace.recording.salvage import RecordedEvent
from lodespace.session.events import (
    AddClassEvent,
    ClassIds,
    DeleteClassEvent,
    EditClassEvent,
    Event,
    Header,
    Items,
    LabelEachEvent,
    LabelEvent,
    MergeClassEvent,
    RedoEvent,
    SettingsEvent,
    StoredProvenance,
    UndoEvent,
)
from lodespace.session.settings import described
from lodespace.session.state import SessionState

_MOST_ITEMS = 1 << 27
"""Largest number of items of a recorded message. It limits the memory that a damaged message
takes."""


def event_from(recorded: RecordedEvent, state: SessionState) -> Event | None:
    """Return the event that `recorded` describes; None if the recording contains too little.

    The event can be incomplete. A recording contains neither the regions of a gesture nor the
    positions of pins. It does not state which labels are verified. It also does not list items that
    already had the class of the gesture.

    Args:
        recorded: What the recording states about the event.
        state: The state before the event.
    """
    told, labels = recorded.told, recorded.labels
    by = labels.by if labels is not None else "" if told is None else told.gesture.by
    header = Header(
        command_id=f"recorded-{recorded.sequence:08d}",
        client=by or "recording",
        at=0.0 if told is None else told.gesture.at,
    )
    changes = _changes_of(labels)
    if labels is not None and changes is None:
        return None
    if labels is not None and changes is not None and labels.gesture == 0:
        # The thinning of a large recording has merged several events into one.
        return _label_event(recorded, changes, header)
    gesture = told.gesture.gesture if told is not None else labels.gesture if labels else 0
    if gesture not in (0, recorded.sequence):
        action = state.undo_log.actions.get(gesture)
        if action is None:
            return None
        kind = RedoEvent if action.undone else UndoEvent
        return kind(**header, sequence=recorded.sequence, gesture=gesture)
    if recorded.classes is not None:
        return _class_event(recorded, changes, state.classes.classes, header)
    if told is not None and told.gesture.kind == "settings":
        with contextlib.suppress(ValueError):
            changes = described(told.gesture.note)
            return SettingsEvent(**header, sequence=recorded.sequence, changes=changes)
        return None
    if changes is None or (told is not None and told.gesture.kind not in ("label", "rule")):
        return None
    of_gesture = told is not None and told.gesture.kind == "label"
    if len(changes[0]) == 0 and not of_gesture:
        return None
    return _label_event(recorded, changes, header)


def _changes_of(labels: Labels | None) -> tuple[Items, ClassIds] | None:
    """Return the items and classes of a recorded message; None if it is missing or malformed."""
    if labels is None:
        return None
    try:
        return labels.changes(_MOST_ITEMS)
    except (ProtocolError, ValueError, OverflowError):
        return None


def _label_event(recorded: RecordedEvent, changes: tuple[Items, ClassIds], header: Header) -> Event:
    told = recorded.told
    order = np.argsort(changes[0], kind="stable")
    items, class_ids = changes[0][order], changes[1][order]
    provenance = StoredProvenance(tool="api", note="" if told is None else told.gesture.note)
    given = np.unique(class_ids).tolist()
    if len(given) > 1:
        return LabelEachEvent(
            **header,
            sequence=recorded.sequence,
            items=items,
            class_ids=class_ids,
            provenance=provenance,
            revision=0 if told is None else told.gesture.revision,
        )
    class_id = given[0] if given else UNLABELED if told is None else told.gesture.class_id
    return LabelEvent(
        **header,
        sequence=recorded.sequence,
        items=items,
        class_id=class_id,
        provenance=provenance,
        revision=0 if told is None else told.gesture.revision,
    )


def _class_event(
    recorded: RecordedEvent,
    changes: tuple[Items, ClassIds] | None,
    before: Sequence[ClassInfo],
    header: Header,
) -> Event | None:
    """Return the event that changed the classes `before` to the recorded classes.

    Returns None if no single event can have made this change.
    """
    assert recorded.classes is not None
    after, number = recorded.classes.classes, recorded.sequence
    if len(after) == len(before) + 1:
        info = after[-1]
        return AddClassEvent(
            **header, sequence=number, class_id=info.class_id, name=info.name, colour=info.colour
        )
    changed = [(old, new) for old, new in zip(before, after, strict=False) if old != new]
    removed = [new.class_id for old, new in changed if new.removed and not old.removed]
    if removed:
        into = {UNLABELED} if changes is None else set(np.unique(changes[1]).tolist())
        if len(into) == 1 and UNLABELED not in into:
            return MergeClassEvent(**header, sequence=number, class_id=removed[0], into=into.pop())
        return DeleteClassEvent(**header, sequence=number, class_id=removed[0])
    if len(changed) != 1 or len(after) != len(before):
        return None
    old, new = changed[0]
    return EditClassEvent(
        **header,
        sequence=number,
        class_id=new.class_id,
        name=new.name if new.name != old.name else None,
        colour=new.colour if new.colour != old.colour else None,
        locked=new.locked if new.locked != old.locked else None,
    )
