"""Undo and redo of changes to labels, settings, pins, classes, axes and rules."""

from collections.abc import Callable
from typing import NamedTuple

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session import undo_checks
from lodespace.session.commands import axes, classes, labels, pins, rules, settings
from lodespace.session.commands.change import Change
from lodespace.session.events import RedoEvent, UndoEvent, new_header
from lodespace.session.state import SessionState
from lodespace.session.undo_log import ActionKind, UndoableAction, UndoLog


class _Topic(NamedTuple):
    revert: Callable[[SessionState, int], Change]
    restore: Callable[[SessionState, int], Change]


_TOPICS: dict[ActionKind, _Topic] = {
    "label": _Topic(labels.revert, labels.restore),
    "settings": _Topic(settings.revert, settings.restore),
    "anchor": _Topic(pins.revert, pins.restore),
    "unpin": _Topic(pins.revert, pins.restore),
    "class": _Topic(classes.revert, classes.restore),
    "axis": _Topic(axes.revert, axes.restore),
    "rule": _Topic(rules.revert, rules.restore),
}


def plan(
    state: SessionState, command: protocol.Undo | protocol.Redo, client: str
) -> UndoEvent | RedoEvent:
    """Return the event of `command`.

    Raises RequestError when `client` has no action to undo or redo, or when other actions prevent
    the undo or redo. The rights of `client` are not checked here; see `check_author`.
    """
    header = new_header(command.command_id, client)
    if isinstance(command, protocol.Undo):
        number = action_to_undo(state.undo_log, command, client).number
        undo_checks.check_undo(
            number, history=state.history, rules=state.rules, classes=state.classes
        )
        return UndoEvent(**header, gesture=number)
    number = state.undo_log.next_redo(client).number
    undo_checks.check_redo(
        number,
        undo_log=state.undo_log,
        history=state.history,
        rules=state.rules,
        classes=state.classes,
    )
    return RedoEvent(**header, gesture=number)


def action_to_undo(log: UndoLog, command: protocol.Undo, client: str) -> UndoableAction:
    """Return the action that `command` of `client` undoes. Raises RequestError if there is none."""
    if command.gesture:
        return log.newest_of_its_client(command.gesture)
    return log.next_undo_of_owner(client) if command.owners else log.next_undo(client)


def check_author(log: UndoLog, command: protocol.Undo, client: str) -> None:
    """Raise RequestError when `command` could undo an action that `client` did not make."""
    action = log.actions.get(command.gesture)
    if command.owners or (action is not None and action.client != client):
        raise RequestError(
            "Only the owner can undo the gestures of others.", code="not_allowed", status=403
        )


def apply(state: SessionState, event: UndoEvent | RedoEvent) -> Change:
    """Undo or redo the action."""
    number, log = event.gesture, state.undo_log
    topic = _TOPICS[log.actions[number].kind]
    if isinstance(event, UndoEvent):
        log.undo(number, event.sequence, event.client)
        message = undo_checks.map_message(number, "Undone", log)
        return topic.revert(state, number)._replace(message=message)
    log.redo(number, event.sequence)
    message = undo_checks.map_message(number, "Redone", log)
    class_id = log.actions[number].class_id
    return topic.restore(state, number)._replace(class_id=class_id, message=message)
