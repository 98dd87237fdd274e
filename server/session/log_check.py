"""Replay of a label log, with a check that each event fits the state before it."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from lodespace import protocol
from lodespace.errors import LodespaceError
from lodespace.protocol import MAX_CLASSES, UNLABELED, ClassInfo
from lodespace.session.class_colours import palette_colour
from lodespace.session.commands.runs import GestureEvent, is_of_gestures, runs_of
from lodespace.session.events import (
    AddClassEvent,
    AddRuleEvent,
    AnchorEvent,
    ClassIds,
    DeleteClassEvent,
    DeleteRuleEvent,
    EditClassEvent,
    EditRuleEvent,
    Event,
    Items,
    LabelEachEvent,
    LabelEvent,
    MergeClassEvent,
    RedoEvent,
    RemoveAxisEvent,
    RuleVotesEvent,
    SetAxisEvent,
    SettingsEvent,
    UndoEvent,
    UnpinEvent,
)
from lodespace.session.log_reading import damaged_event
from lodespace.session.rule_events import StoredVotes
from lodespace.session.session import AnnotationSession
from lodespace.session.settings import merge, with_defaults
from lodespace.session.state import SessionState
from lodespace.session.undo_log import UndoLog

_OVERLOOKED = (LodespaceError, IndexError, KeyError, TypeError, OverflowError)
"""Errors that `carry_out` raises for an impossible event that the checks did not find."""


def replay(session: AnnotationSession, events: Iterable[Event], path: Path) -> None:
    """Carry out the events of the log at `path` in `session`.

    Raises EventLogError for the first event that does not fit the state before it.
    """
    with session.replaying():
        for run in runs_of(session, events):
            if is_of_gestures(run) and _make_sense(session, run):
                session.carry_out_run(run)
                continue
            for event in run:
                try:
                    carry_out(session, event)
                except ValueError as error:
                    raise damaged_event(path, event.sequence, error) from error


def carry_out(session: AnnotationSession, event: Event) -> None:
    """Carry out one event of a log in `session`. The scores of relabelled items do not change.

    Raises ValueError for an event that does not fit the state. `check` runs before the first
    change, so in most cases an error leaves `session` unchanged.
    """
    check(session, event)
    try:
        session.carry_out(event)
    except _OVERLOOKED as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _make_sense(state: SessionState, run: Sequence[GestureEvent]) -> bool:
    """Return whether each event of a run passes `check` in the state before the event."""
    labels = [event for event in run if isinstance(event, LabelEvent | LabelEachEvent)]
    return _labels_make_sense(state, labels) and _undos_make_sense(state.undo_log, run)


def _labels_make_sense(state: SessionState, events: Sequence[LabelEvent | LabelEachEvent]) -> bool:
    """Return whether `_check_items` and `_check_class` accept all items and classes of `events`."""
    if not events:
        return True
    items = np.concatenate([event.items for event in events])
    ascending = np.ones(len(items) + 1, np.bool_)
    ascending[1:-1] = items[1:] > items[:-1]
    # The order is checked within each event, not from one event to the next.
    ascending[np.cumsum([len(event.items) for event in events])] = True
    class_ids = {UNLABELED}
    for event in events:
        if isinstance(event, LabelEvent):
            class_ids.add(event.class_id)
        else:
            class_ids.update(np.unique(event.class_ids).tolist())
    return (
        bool(ascending.all())
        and int(items.max(initial=0)) < len(state.items)
        and min(class_ids) == UNLABELED
        and max(class_ids) < len(state.classes)
    )


def _undos_make_sense(log: UndoLog, run: Sequence[GestureEvent]) -> bool:
    """Return whether each undo and redo of `run` is possible after the events before it.

    An undo needs an action that is not undone, and a redo needs an action that is undone.
    """
    undone: dict[int, bool] = {}
    for event in run:
        if isinstance(event, LabelEvent | LabelEachEvent):
            undone[event.sequence] = False
            continue
        action = log.actions.get(event.gesture)
        before = undone.get(event.gesture, None if action is None else action.undone)
        if before is not isinstance(event, RedoEvent):
            return False
        undone[event.gesture] = not before
    return True


def check(state: SessionState, event: Event) -> None:
    """Raise ValueError when no command could have made `event` in `state`."""
    match event:
        case LabelEvent():
            _check_items(state, event.items)
            _check_class(state, event.class_id)
        case LabelEachEvent():
            _check_items(state, event.items)
            for class_id in np.unique(event.class_ids).tolist():
                _check_class(state, class_id)
        case SettingsEvent():
            with_defaults(merge(state.settings, event.changes))
        case AnchorEvent():
            _check_items(state, event.items)
            if event.targets is not None and not np.isfinite(event.targets).all():
                raise ValueError("a pin is not at a finite position")
            if event.latent_dim not in (2, 3):
                raise ValueError(
                    f"the latent space has {event.latent_dim} dimensions instead of 2 or 3"
                )
        case UnpinEvent():
            _check_items(state, event.items)
        case SetAxisEvent():
            _check_items(state, event.few)
            _check_items(state, event.many)
        case RemoveAxisEvent():
            pass
        case UndoEvent() | RedoEvent():
            _check_undo(state, event)
        case AddRuleEvent() | EditRuleEvent():
            _check_votes(state, event.votes, event.class_id)
        case DeleteRuleEvent():
            pass  # a rule that was undone meanwhile is not there to delete
        case RuleVotesEvent():
            _check_added_votes(state, event)
        case _:
            _check_class_event(state, event)


def _check_items(state: SessionState, items: Items) -> None:
    if (items[1:] <= items[:-1]).any():
        raise ValueError("the items are not in ascending order")
    if len(items) and int(items[-1]) >= len(state.items):
        raise ValueError(
            f"the event refers to item {int(items[-1])}, but the items are 0 to "
            f"{len(state.items) - 1}"
        )


def _check_votes(state: SessionState, votes: StoredVotes | None, class_id: int | None) -> None:
    if class_id is not None:
        _check_class(state, class_id)
    if votes is None:
        return
    _check_items(state, votes.items)
    if votes.class_ids is not None:
        _check_classes(state, votes.items, votes.class_ids)


def _check_classes(state: SessionState, items: Items, class_ids: ClassIds) -> None:
    if len(class_ids) != len(items):
        raise ValueError(f"it has {len(items)} items, but {len(class_ids)} classes for them")
    for each in np.unique(class_ids).tolist():
        _check_class(state, each)


def _check_added_votes(state: SessionState, event: RuleVotesEvent) -> None:
    counts = np.array([0, *event.counts], np.int64)
    lengths = {len(event.rules), len(event.versions), len(event.counts)}
    if len(lengths) > 1 or (counts < 0).any():
        raise ValueError("it does not have one number of items per rule")
    ends = np.cumsum(counts)
    if ends[-1] != len(event.items):
        raise ValueError(f"it has {len(event.items)} items instead of {int(ends[-1])}")
    for start, end in itertools.pairwise(ends.tolist()):
        _check_items(state, event.items[start:end])
    if event.class_ids is not None:
        _check_classes(state, event.items, event.class_ids)


def _check_class(state: SessionState, class_id: int) -> None:
    if class_id != UNLABELED and not 0 <= class_id < len(state.classes):
        raise ValueError(_no_class(class_id, len(state.classes)))


def _no_class(class_id: int, count: int) -> str:
    return f"the event refers to class {class_id}, but there are {count} classes, numbered from 0"


def _check_undo(state: SessionState, event: UndoEvent | RedoEvent) -> None:
    action = state.undo_log.actions.get(event.gesture)
    if action is None:
        raise ValueError(
            f"the event undoes or redoes event {event.gesture}, which is not an action"
        )
    if action.undone != isinstance(event, RedoEvent):
        raise ValueError(
            f"the event undoes event {event.gesture}, which is undone already"
            if action.undone
            else f"the event redoes event {event.gesture}, which is not undone"
        )


def _check_class_event(
    state: SessionState,
    event: AddClassEvent | EditClassEvent | MergeClassEvent | DeleteClassEvent,
) -> None:
    classes, class_id = state.classes, event.class_id
    if isinstance(event, AddClassEvent):
        if class_id != len(classes) or class_id >= MAX_CLASSES:
            raise ValueError(
                f"the event creates class {class_id}, but there are {len(classes)} earlier classes"
            )
        _check_info(class_id, event.name, event.colour)
        return
    if not 0 <= class_id < len(classes):
        raise ValueError(_no_class(class_id, len(classes)))
    if isinstance(event, MergeClassEvent):
        if not 0 <= event.into < len(classes) or event.into == class_id:
            raise ValueError(
                f"the event merges class {class_id} into class {event.into}, which "
                + ("is the same class" if event.into == class_id else "does not exist")
            )
    elif isinstance(event, EditClassEvent):
        _check_info(class_id, event.name or "name", event.colour)


def _check_info(class_id: int, name: str, colour: str | None) -> None:
    """Raise ValueError for a name or colour that the protocol does not allow."""
    info = ClassInfo(class_id=class_id, name=name, colour=colour or palette_colour(class_id))
    msgspec.convert(msgspec.to_builtins(info), protocol.ClassInfo)
