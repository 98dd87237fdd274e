"""The labels that change with an event, in a session with rules or weighed votes."""

from collections.abc import Callable

import numpy as np

from lodespace.session.commands.change import NO_ITEMS, Change
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
from lodespace.session.sources import weigh
from lodespace.session.state import SessionState

_LABELS_STAY = (SettingsEvent, AnchorEvent, UnpinEvent, SetAxisEvent, RemoveAxisEvent)


def with_rules(state: SessionState, event: Event, apply: Callable[[], Change]) -> Change:
    """Carry out `event` by `apply` in a session with rules or weighed votes. Return the change.

    A topic does not know whether a rule covers the labels that it changes, so the labels are
    compared before and after the event.
    """
    weighed = state.weighing.on
    items = _affected(state, event, weighed=weighed or isinstance(event, SettingsEvent))
    before = state.labels_of(items)
    change = apply()
    if change.classes_changed:
        state.rules.vote(state.classes.resolve)
        change = change._replace(rules_changed=len(state.rules) > 0)
    if (weighed or state.weighs) and not state.replays:
        weigh(state)
    told = before != state.labels_of(items)
    if weighed and isinstance(event, LabelEvent | LabelEachEvent):
        # A page shows the labels of a gesture at once. It has to receive those that differ.
        told[event.items] = True
        change = change._replace(answered=len(event.items))
    return change._replace(items=items[told])


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
