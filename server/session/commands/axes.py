"""Commands about the named axes of the map."""

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session.axes import LETTERS, AxisSource, axis_scale
from lodespace.session.commands.change import Change
from lodespace.session.events import RemoveAxisEvent, SetAxisEvent, new_header
from lodespace.session.selections import NO_SELECTIONS, Selections
from lodespace.session.state import SessionState
from lodespace.session.undo_log import UndoableAction


def plan(
    state: SessionState,
    command: protocol.SetAxis | protocol.RemoveAxis,
    client: str,
    selections: Selections = NO_SELECTIONS,
) -> SetAxisEvent | RemoveAxisEvent | None:
    """Return the event of `command`; None when nothing would change.

    Raises RequestError, and the errors of `Selections.item_set`.
    """
    header = new_header(command.command_id, client)
    if isinstance(command, protocol.RemoveAxis):
        if state.axes.source(command.axis) is None:
            return None
        return RemoveAxisEvent(**header, axis=command.axis)
    latent_dim = state.settings.latent_dim or 3
    if LETTERS.index(command.axis) >= latent_dim:
        raise RequestError(
            "the map has two dimensions; choose the axis x or y, or show the map in 3D",
            code="bad_axis",
        )
    few = selections.items(command.few, command.few_selection)
    many = selections.items(command.many, command.many_selection)
    for chosen in (few, many):
        state.check_items(chosen)
    if (command.column is None) == (len(few) + len(many) == 0):
        raise RequestError(
            "an axis shows either a column or two selections of items", code="bad_axis"
        )
    event = SetAxisEvent(
        **header,
        axis=command.axis,
        name=command.name.strip() or command.category or command.column or "few to many",
        column=command.column or "",
        category=command.category or "",
        few=few,
        many=many,
    )
    axis_scale(state.items, AxisSource.of(event))
    return event


def apply(state: SessionState, event: SetAxisEvent | RemoveAxisEvent) -> Change:
    """Change what the map shows along the axis."""
    state.axes.add(event)
    removed = isinstance(event, RemoveAxisEvent)
    note = f"{event.axis} removed" if removed else f"{event.axis}: {event.name}"
    state.undo_log.add(UndoableAction.of(event, "axis", note=note))
    return Change(axes_changed=True)


def revert(state: SessionState, number: int) -> Change:
    """Undo the change of event `number`. `state.undo_log` already lists the event as undone."""
    del number
    return _rebuild(state)


def restore(state: SessionState, number: int) -> Change:
    """Redo the change of event `number`. `state.undo_log` already lists the event as redone."""
    del number
    return _rebuild(state)


def _rebuild(state: SessionState) -> Change:
    state.axes.rebuild(state.undo_log.stands)
    return Change(axes_changed=True)
