"""Labels: gestures that give all selected items the same class, or each item its own class."""

import sys

import numpy as np

from lodespace import protocol
from lodespace.errors import ProtocolError, RequestError
from lodespace.session.commands.change import Change
from lodespace.session.events import (
    ClassIds,
    Items,
    LabelEachEvent,
    LabelEvent,
    Seen,
    StoredProvenance,
    new_header,
)
from lodespace.session.label_history import GestureRecord
from lodespace.session.selections import NO_SELECTIONS, Selections
from lodespace.session.state import SessionState
from lodespace.session.undo_log import UndoableAction


def plan(
    state: SessionState,
    command: protocol.Label | protocol.LabelEach,
    client: str,
    selections: Selections = NO_SELECTIONS,
) -> LabelEvent | LabelEachEvent:
    """Return the event of `command`.

    Raises RequestError when an item cannot get its label, and the errors of `Selections.item_set`.
    """
    if isinstance(command, protocol.Label):
        items = selections.items(command.items, command.selection)
        return _plan_one_class(state, command, client, items, command.class_id)
    items, class_ids = _classes_of(command, selections)
    given = np.unique(class_ids).tolist()
    if len(given) == 1:
        return _plan_one_class(state, command, client, items, given[0])
    _check(state, items, given)
    return LabelEachEvent(
        **new_header(command.command_id, client),
        items=items,
        class_ids=class_ids,
        provenance=StoredProvenance.of(command.provenance, _seen(state, items, command.provenance)),
        revision=command.revision,
    )


def _classes_of(command: protocol.LabelEach, selections: Selections) -> tuple[Items, ClassIds]:
    """Return the items of `command` (K,), ascending, and their classes (K,)."""
    if command.selection is None:
        items, first = np.unique(np.asarray(command.items, np.uint32), return_index=True)
        return items, np.asarray(command.class_ids, np.int16)[first]
    found = selections.item_set(command.selection)
    if found.class_ids is None:
        raise ProtocolError("The selection of `label_each` has no class per item.")
    return found.items, found.class_ids


def _plan_one_class(
    state: SessionState,
    command: protocol.Label | protocol.LabelEach,
    client: str,
    items: Items,
    class_id: int,
) -> LabelEvent:
    _check(state, items, [class_id])
    return LabelEvent(
        **new_header(command.command_id, client),
        items=items,
        class_id=class_id,
        provenance=StoredProvenance.of(command.provenance, _seen(state, items, command.provenance)),
        revision=command.revision,
    )


def _seen(state: SessionState, items: Items, provenance: protocol.Provenance) -> Seen | None:
    """Return the state of `items` (K,) if the gesture confirms a contact sheet, else None."""
    if not (provenance.verified and provenance.tool == "sheet") or provenance.blind:
        return None
    index = items.astype(np.intp)
    return Seen(
        labels=state.labels[index],
        predictions=state.scores.prediction[index],
        confidences=state.scores.probability[index],
        doubts=state.scores.uncertainty.doubt[index],
    )


def _check(state: SessionState, items: Items, class_ids: list[int]) -> None:
    """Raise RequestError when `items` (K,) may not get labels of the classes `class_ids`.

    The error is raised when there are no items, when an item or a class does not exist, when a
    class is locked, or when an item has a label of a locked class.
    """
    if len(items) == 0:
        raise RequestError("the selection is empty; select items first", code="unknown_item")
    state.check_items(items)
    for class_id in class_ids:
        if class_id != protocol.UNLABELED:
            state.classes.require(class_id)
            state.classes.require_unlocked(class_id)
    locked = int(state.locked(items).sum())
    if locked:
        raise RequestError(
            f"{locked} of these items are of locked classes; leave them out, or unlock the classes",
            code="class_locked",
            status=409,
        )


def apply(state: SessionState, event: LabelEvent | LabelEachEvent) -> Change:
    """Label the items."""
    record = record_of(event)
    state.undo_log.add(action_of(event, record))
    if not record.blind:
        changed = state.blind.update(state.history, record.items, lambda: state.history.add(record))
        return change_of(record, changed)
    changed = state.blind.add(state.history, record)
    shown = record.shown()
    message = _WAITING
    if shown is not None:
        which = (
            "these" if len(shown.items) == len(record.items) else f"{len(shown.items):,} of these"
        )
        message = _SHOWN.format(which=which)
    return change_of(record, changed)._replace(answered=len(record.items), message=message)


def record_of(event: LabelEvent | LabelEachEvent) -> GestureRecord:
    """Return the gesture of `event`."""
    each = isinstance(event, LabelEachEvent)
    return GestureRecord(
        number=event.sequence,
        class_id=protocol.UNLABELED if each else event.class_id,
        items=event.items,
        client=event.client,
        at=event.at,
        revision=event.revision,
        tool=sys.intern(event.provenance.tool),
        class_ids=event.class_ids if each else None,
        verified=event.provenance.verified,
        accepted=event.provenance.tool == "accept" and not event.provenance.verified,
        seen=event.provenance.seen,
        blind=event.provenance.blind,
    )


def action_of(event: LabelEvent | LabelEachEvent, record: GestureRecord) -> UndoableAction:
    """Return the entry of the undo log for `event`, whose gesture is `record`."""
    return UndoableAction(
        record.number,
        "label",
        record.client,
        record.at,
        record.revision,
        # Others see the actions, and must not see the class of a hidden label.
        protocol.UNLABELED if record.blind else record.class_id,
        len(record.items),
        _note(record, event.provenance.note),
    )


def change_of(record: GestureRecord, changed: Items) -> Change:
    """Return the change that the gesture `record` made.

    `changed` (K,) are the items that got another label than before.
    """
    return Change(changed, class_id=record.class_id)


_WAITING = "These labels are hidden until another person has labelled the same items."
_SHOWN = "Another person has labelled {which} items, too. The labels of both are shown now."


def _note(record: GestureRecord, note: str) -> str:
    """Return a short description of the gesture.

    Return "" if the gesture gives one class and does not come from a contact sheet, because class
    and number of items then describe the gesture. Classes of a blind gesture may be hidden.
    """
    n, what = len(record.items), "looked at" if record.verified else "items"
    if record.blind:
        return f"{n:,} {what}, blind"
    if record.tool == "accept" and note:
        return note
    if record.tool != "sheet" and record.class_ids is None:
        return ""
    classes = len(record.classes())
    return f"{n:,} {what}, {classes} {'class' if classes == 1 else 'classes'}"


def revert(state: SessionState, number: int) -> Change:
    """Undo gesture `number`."""
    return Change(_marked(state, number, undone=True))


def restore(state: SessionState, number: int) -> Change:
    """Redo gesture `number`."""
    return Change(_marked(state, number, undone=False))


def _marked(state: SessionState, number: int, *, undone: bool) -> Items:
    """Undo or redo gesture `number`. Returns the items whose label changed."""
    history, blind = state.history, state.blind
    if number in blind:
        return blind.mark(history, number, undone=undone)
    change = history.undo if undone else history.redo
    return blind.update(history, history.gestures[number].items, lambda: change(number))
