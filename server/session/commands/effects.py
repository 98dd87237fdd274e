"""The labels that change with an event, in a session with rules or weighed votes."""

from collections.abc import Callable

import numpy as np

from lodespace.session.commands.change import NO_ITEMS, Change, Unweighed
from lodespace.session.events import (
    AnchorEvent,
    Event,
    Items,
    LabelEachEvent,
    LabelEvent,
    RedoEvent,
    RemoveAxisEvent,
    SetAxisEvent,
    SettingsEvent,
    UndoEvent,
    UnpinEvent,
)
from lodespace.session.fitted_votes import FittedVotes
from lodespace.session.state import SessionState

_LABELS_STAY = (SettingsEvent, AnchorEvent, UnpinEvent, SetAxisEvent, RemoveAxisEvent)


def with_rules(state: SessionState, event: Event, apply: Callable[[], Change]) -> Change:
    """Carry out `event` by `apply` in a session with rules or weighed votes. Return the change.

    A topic does not know whether a rule covers the labels that it changes, so the labels are
    compared before and after the event. If votes are weighed, the caller then calls `weighed`.
    """
    weighs = state.weighing.on
    items = _affected(state, event, weighed=weighs or isinstance(event, SettingsEvent))
    before = state.labels_of(items)
    change = apply()
    if change.classes_changed:
        state.rules.vote(state.classes.resolve)
        change = change._replace(rules_changed=len(state.rules) > 0)
    if (weighs or state.weighs) and not state.replays:
        own = NO_ITEMS
        if weighs and isinstance(event, LabelEvent | LabelEachEvent):
            own = event.items
            change = change._replace(answered=len(own))
        return change._replace(items=NO_ITEMS, unweighed=Unweighed(items, before, own))
    return change._replace(items=items[before != state.labels_of(items)])


def weighed(state: SessionState, change: Change, found: FittedVotes | None) -> Change:
    """Set the labels by the label model `found`, or by the newest labels if it is None.

    Returns `change` with the items whose label changed.

    Labels that a reader can have seen after the event, but before this call, count as changed, too.
    """
    if change.unweighed is None:
        return change
    items, before, own = change.unweighed
    between = state.labels_of(items)
    state.weighing.take(None if found is None else found.model, on=state.weighs)
    now = state.labels_of(items)
    told = (before != now) | (between != now)
    told[np.searchsorted(items, own)] = True
    return change._replace(items=items[told], unweighed=None)


def _affected(state: SessionState, event: Event, *, weighed: bool) -> Items:
    """Return the items whose label `event` may change."""
    everything = np.arange(len(state.items), dtype=np.uint32)
    if weighed:
        return everything
    match event:
        case LabelEvent() | LabelEachEvent():
            return event.items
        case UndoEvent(gesture=number) | RedoEvent(gesture=number):
            record = state.history.gestures.get(number)
            if record is not None:
                return record.items
        case _ if isinstance(event, _LABELS_STAY):
            return NO_ITEMS
        case _:
            pass
    return everything
