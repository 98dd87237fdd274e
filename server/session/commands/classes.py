"""Classes: adding, editing, merging and deleting."""

from typing import Any

import numpy as np

from lodespace import protocol
from lodespace.items.class_lookup import lookup
from lodespace.protocol import UNLABELED
from lodespace.session.commands.change import NO_ITEMS, Change
from lodespace.session.events import (
    AddClassEvent,
    ClassEvent,
    DeleteClassEvent,
    EditClassEvent,
    MergeClassEvent,
    new_header,
)
from lodespace.session.state import SessionState
from lodespace.session.undo_log import UndoableAction

ClassCommand = protocol.AddClass | protocol.EditClass | protocol.MergeClass | protocol.DeleteClass


def plan(state: SessionState, command: ClassCommand, client: str) -> ClassEvent | None:
    """Return the event of `command`; None when nothing would change. Raises RequestError."""
    classes, header = state.classes, new_header(command.command_id, client)
    match command:
        case protocol.AddClass():
            classes.require_new_name(command.name)
            return AddClassEvent(
                **header, class_id=len(classes), name=command.name, colour=command.colour
            )
        case protocol.EditClass():
            old = classes.require(command.class_id)
            if command.name is not None and command.name != old.name:
                classes.require_new_name(command.name)
            given: dict[str, Any] = {
                "name": command.name,
                "colour": command.colour,
                "locked": command.locked,
            }
            changed = {k: v for k, v in given.items() if v is not None and v != getattr(old, k)}
            if not changed:
                return None
            return EditClassEvent(**header, class_id=command.class_id, **changed)
        case protocol.MergeClass():
            for class_id in (command.class_id, command.into):
                classes.require(class_id)
                classes.require_unlocked(class_id)
            if command.class_id == command.into:
                return None
            return MergeClassEvent(**header, class_id=command.class_id, into=command.into)
        case protocol.DeleteClass():
            classes.require(command.class_id)
            classes.require_unlocked(command.class_id)
            return DeleteClassEvent(**header, class_id=command.class_id)


def apply(state: SessionState, event: ClassEvent) -> Change:
    """Change the list of classes, and the labels of the items of a removed class."""
    note = state.classes.change(event)
    action = UndoableAction.of(event, "class", class_id=event.class_id, note=note)
    # The model learns from the items of each class, not from names, colours and locks.
    learned = isinstance(event, MergeClassEvent | DeleteClassEvent)
    state.undo_log.add(action, learned=learned)
    return _rebuild(state)._replace(class_id=event.class_id)


def revert(state: SessionState, number: int) -> Change:
    """Rebuild the classes without the change of event `number`.

    `state.undo_log` already contains the undo of this event.
    """
    del number
    return _rebuild(state)


def restore(state: SessionState, number: int) -> Change:
    """Redo the change of classes that event `number` made.

    `state.undo_log` already contains the redo of this event.
    """
    del number
    return _rebuild(state)


def _rebuild(state: SessionState) -> Change:
    classes, before = state.classes.classes, state.classes.counted_as()
    state.classes.rebuild(state.undo_log.stands)
    after = state.classes.counted_as()[: len(before)]
    items = NO_ITEMS
    if not np.array_equal(before, after):
        # All items are compared only if `before` and `after` differ, because a new name, colour or
        # lock changes no label.
        given = state.history.labels
        changed = lookup(before, given, UNLABELED) != lookup(after, given, UNLABELED)
        items = np.flatnonzero(changed).astype(np.uint32)
    return Change(items, classes_changed=state.classes.classes != classes)
