"""Runs of events: several gestures, undos and redos that are applied in one step.

A run saves time, because NumPy takes about as long for the 20 items of a gesture as for 1,000
items.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard

from lodespace.session.commands import labels, registry, undo_by_topic
from lodespace.session.commands.change import Change
from lodespace.session.events import Event, LabelEachEvent, LabelEvent, RedoEvent, UndoEvent
from lodespace.session.state import SessionState

MOST_EVENTS = 1000
"""Largest number of events in a run."""
MOST_ITEMS = 100_000
"""A run ends when its events have more than this number of items in total. This limits the memory
for a run."""

GestureEvent = LabelEvent | LabelEachEvent | UndoEvent | RedoEvent
_LABELS = (LabelEvent, LabelEachEvent)


def runs_of(state: SessionState, events: Iterable[Event]) -> Iterator[list[Event]]:
    """Yield `events` in runs.

    A run is either one event of any kind, or several events, each of which is a gesture, an undo of
    a gesture or a redo of a gesture. Blind gestures, events on items of blind gestures, and all
    events in a session with rules are runs of their own.

    The caller applies each run to `state` before it requests the next run. If `events` raises an
    error, the events before the error are yielded first.
    """
    run, items = list[Event](), 0
    source, gestures = iter(events), state.history.gestures
    while True:
        try:
            event = next(source, None)
        except Exception:
            if run:
                yield run
            raise
        if isinstance(event, _LABELS):
            # The labels that change are compared per event (blind_labels.py).
            alone = event.provenance.blind or state.blind.touches(event.items)
            count = -1 if alone else len(event.items)
        elif isinstance(event, UndoEvent | RedoEvent) and (
            event.gesture in gestures or (run and event.gesture >= run[0].sequence)
        ):
            known = gestures.get(event.gesture)
            count = -1 if known is not None and state.blind.touches(known.items) else 0
        else:
            count = -1
        if state.rules.any_event:
            count = -1  # the labels that change are compared per event (effects.py)
        if run and (count < 0 or len(run) == MOST_EVENTS or items > MOST_ITEMS):
            yield run
            run, items = [], 0
        if event is None:
            return
        if count < 0:
            yield [event]
        else:
            run.append(event)
            items += count


def is_of_gestures(run: Sequence[Event]) -> TypeGuard[Sequence[GestureEvent]]:
    """Return whether a run consists of several events.

    `runs_of` puts several events into a run only if all of them are GestureEvents.
    """
    return len(run) > 1


def apply_run(state: SessionState, run: Sequence[Event]) -> list[Change]:
    """Carry out the events of a run, which are already on disk. Returns the change per event."""
    records = [labels.record_of(event) for event in run if isinstance(event, _LABELS)]
    if len(run) == 1 or not records:
        return [registry.apply(state, event) for event in run]
    state.history.prepare(records)
    waiting = iter(records)
    changes: list[Change | None] = []
    for event in run:
        if isinstance(event, UndoEvent | RedoEvent):
            changes.append(undo_by_topic.apply(state, event))
        elif isinstance(event, _LABELS):
            record = next(waiting)
            state.history.add_prepared(record)
            state.undo_log.add(labels.action_of(event, record))
            changes.append(None)
    made = map(labels.change_of, records, state.history.changes())
    return [next(made) if change is None else change for change in changes]
