"""Pins: items that were dragged and stay where they were dropped."""

import numpy as np

from lodespace import protocol
from lodespace.session.commands.change import Change
from lodespace.session.events import AnchorEvent, UnpinEvent, new_header
from lodespace.session.pins import Anchor, items_and_targets
from lodespace.session.selections import NO_SELECTIONS, Selections
from lodespace.session.state import SessionState
from lodespace.session.undo_log import UndoableAction


def plan(
    state: SessionState,
    command: protocol.Anchor | protocol.Unpin,
    client: str,
    selections: Selections = NO_SELECTIONS,
) -> AnchorEvent | UnpinEvent | None:
    """Return the event of `command`; None when nothing would change.

    Raises RequestError, and the errors of `Selections.item_set`.
    """
    if isinstance(command, protocol.Unpin):
        return _plan_unpin(state, command, client, selections)
    latent_dim = state.grid.latent_dim
    items, targets = items_and_targets(command, latent_dim, selections)
    state.check_items(items)
    items, first = np.unique(items, return_index=True)
    return AnchorEvent(
        **new_header(command.command_id, client),
        items=items,
        targets=targets[first].reshape(-1) if command.keep else None,
        latent_dim=latent_dim,
        revision=command.revision,
    )


def _plan_unpin(
    state: SessionState, command: protocol.Unpin, client: str, selections: Selections
) -> UnpinEvent | None:
    items = selections.items(command.items, command.selection)
    state.check_items(items)
    pinned, _ = state.held()
    if len(pinned) == 0 or (len(items) and not np.isin(items, pinned).any()):
        return None
    return UnpinEvent(**new_header(command.command_id, client), items=items)


def apply(state: SessionState, event: AnchorEvent | UnpinEvent) -> Change:
    """Pin items, or remove pins. Even an AnchorEvent that pins no items can be undone."""
    points = event.points() if isinstance(event, AnchorEvent) else None
    if points is not None or isinstance(event, UnpinEvent):
        state.pins.add(event.sequence, Anchor(event.items, points))
    action = UndoableAction.of(
        event,
        "anchor" if isinstance(event, AnchorEvent) else "unpin",
        revision=event.revision if isinstance(event, AnchorEvent) else 0,
        count=len(event.items),
        note="let go" if points is None else "",
    )
    state.undo_log.add(action)
    return Change(pins_changed=True, answered=len(event.items) or None)


def revert(state: SessionState, number: int) -> Change:
    """Undo the anchor or unpin event `number`."""
    state.pins.undo(number)
    return Change(pins_changed=True)


def restore(state: SessionState, number: int) -> Change:
    """Redo the anchor or unpin event `number`."""
    state.pins.redo(number)
    return Change(pins_changed=True)
