"""The command that changes the training settings, and its undo."""

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session.commands.change import Change
from lodespace.session.events import SettingsEvent, new_header
from lodespace.session.settings import (
    describe,
    fixed_changes,
    merge,
    settings_from,
    values_in,
    with_defaults,
)
from lodespace.session.state import SessionState
from lodespace.session.undo_log import UndoableAction


def plan(state: SessionState, command: protocol.SetTraining, client: str) -> SettingsEvent | None:
    """Return the event of `command`; None when nothing would change. Raises RequestError."""
    try:
        changes = settings_from(values_in(command.settings or protocol.Settings()))
        changed = with_defaults(merge(state.settings, changes))
    except ValueError as error:
        raise RequestError(f"invalid setting: {error}", code="bad_setting") from error
    fixed = fixed_changes(state.settings, changes)
    if fixed:
        raise RequestError(
            f"{next(iter(fixed))} is fixed when training starts. To change it, start a new project "
            "with the labels of this project (--labels-from)",
            code="bad_setting",
        )
    if changed == state.settings:
        return None
    return SettingsEvent(**new_header(command.command_id, client), changes=changes)


def apply(state: SessionState, event: SettingsEvent) -> Change:
    """Change the settings."""
    latent_dim = state.settings.latent_dim
    state.settings_history.add(event.sequence, event.changes)
    state.undo_log.add(UndoableAction.of(event, "settings", note=describe(event.changes)))
    return Change(pins_changed=state.settings.latent_dim != latent_dim)


def revert(state: SessionState, number: int) -> Change:
    """Undo the change of settings that event `number` made.

    `state.undo_log` already contains the undo of this event.
    """
    del number
    return _rebuild(state)


def restore(state: SessionState, number: int) -> Change:
    """Redo the change of event `number`. `state.undo_log` already lists the event as redone."""
    del number
    return _rebuild(state)


def _rebuild(state: SessionState) -> Change:
    latent_dim = state.settings.latent_dim
    state.settings_history.rebuild(state.undo_log.stands)
    return Change(pins_changed=state.settings.latent_dim != latent_dim)
