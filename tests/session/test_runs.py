"""Replay of a log in runs of events. The state is the same as after a replay event by event. A run
reads and writes only the items of its events."""

import contextlib
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.items.item_set import ItemSet
from lodespace.session import log_check, summaries
from lodespace.session.commands import registry, runs
from lodespace.session.commands.registry import Command
from lodespace.session.event_log import EventLogError
from lodespace.session.events import (
    Event,
    LabelEachEvent,
    LabelEvent,
    RedoEvent,
    StoredProvenance,
    UndoEvent,
)
from lodespace.session.session import AnnotationSession
from samples.event_logs import (
    BEGUN,
    Log,
    N,
    anchor,
    command_id,
    dial,
    label,
    label_each,
    redo,
    undo,
)

PEOPLE = ("anna", "ben", "cem")
PATH = Path("labels.sqlite")


def random_command(dice: np.random.Generator, number: int) -> Command:
    """Return a command: most are gestures, undos and redos."""
    items = np.flatnonzero(dice.random(N) < 0.3).tolist() or [0]
    class_ids = dice.integers(-1, 3, len(items)).tolist()
    weights = np.array([8, 4, 8, 5, 0.3, 0.3, 0.3, 0.2])
    match dice.choice(8, p=weights / weights.sum()):
        case 0:
            return label(number, items, class_ids[0])
        case 1:
            if dice.random() < 0.1:
                return label_each(number, {0: class_ids[0], 1: class_ids[-1]}, blind=True)
            return label_each(number, dict(zip(items, class_ids, strict=True)))
        case 2:
            return undo(number)
        case 3:
            return redo(number)
        case 4:
            return dial(number, beta_kl=float(dice.random()))
        case 5:
            return anchor(number, items, 1.0)
        case 6:
            name = f"class {number}"
            return protocol.EditClass(command_id=command_id(number), class_id=0, name=name)
        case _:
            return protocol.MergeClass(command_id=command_id(number), class_id=1, into=2)


def random_log(seed: int, length: int) -> Log:
    """Return a log of `length` events of three people."""
    dice, log, number = np.random.default_rng(seed), Log(), 0
    while len(log.events) < length:
        number += 1
        with contextlib.suppress(RequestError):
            log.do(random_command(dice, number), PEOPLE[dice.integers(3)])
    return log


def state_of(session: AnnotationSession, events: Sequence[Event]) -> dict[str, object]:
    """Return the parts of the session's state that depend on `events`."""
    history = session.history
    return {
        "labels": session.labels.tolist(),
        "verified": session.verified.tolist(),
        "owner": history.owner.tolist(),
        "undone": [number for number, record in history.gestures.items() if record.undone],
        "gestures": list(history.gestures),
        "sequence": session.sequence,
        "answers": [session.answered(event.command_id) for event in events],
        "missed": [session.labels_since(number) for number in range(len(events) + 1)],
        "classes": session.classes.classes,
        "settings": session.settings,
        "pins": session.held()[0].tolist(),
        "transition": session.undo_log.last_transition,
        "histories": [summaries.history(session, client) for client in PEOPLE],
        "scores": session.scores.uncertainty.margin.tolist(),
    }


@pytest.mark.parametrize(("seed", "longest"), [(1, 1000), (2, 1000), (3, 7), (4, 2)])
def test_runs_give_the_state_of_single_events(
    seed: int, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_EVENTS", longest)
    log = random_log(seed, 300)
    again = AnnotationSession(log.items, scene_id=1, settings=BEGUN)
    log_check.replay(again, log.events, PATH)
    expected = state_of(log.session, log.events)
    assert state_of(again, log.events) == expected
    # Commands after the replay meet the same tables.
    for number, command in enumerate([undo(900), label(901, [1, 2], 0), undo(902), redo(903)], 301):
        for session in (log.session, again):
            event = registry.plan(session, command, "anna")
            assert event is not None
            session.apply(msgspec.structs.replace(event, sequence=number))
        assert again.labels.tolist() == log.session.labels.tolist()


def sequences(commands: Sequence[Command]) -> list[list[int]]:
    """Return the numbers of the events of `commands`, by the runs of their replay."""
    log, found = Log(), list[list[int]]()
    for command in commands:
        log.do(command, "anna")
    session = AnnotationSession(log.items, scene_id=1, settings=BEGUN)
    for run in runs.runs_of(session, log.events):
        found.append([event.sequence for event in run])
        session.carry_out_run(run)
    return found


def test_a_run_ends_after_many_items_and_at_other_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_ITEMS", 3)
    commands = [
        label(1, [0, 1], 1),
        label(2, [1, 2], 2),
        undo(3),
        dial(4, beta_kl=1.0),
        undo(5),
        label(6, [3], 1),
        undo(7),
    ]
    # Event 5 undoes a setting, and event 7 a gesture.
    assert sequences(commands) == [[1, 2], [3], [4], [5], [6, 7]]


def test_only_events_on_items_of_blind_gestures_are_runs_of_their_own() -> None:
    commands = [
        label_each(1, {0: 1, 1: 1}, blind=True),
        label(2, [2], 1),
        label(3, [3], 1),
        undo(4),
        label(5, [1], 1),
        undo(6),
        label(7, [2], 1),
    ]
    assert sequences(commands) == [[1], [2, 3, 4], [5], [6], [7]]


def header(number: int) -> dict[str, Any]:
    return {"command_id": command_id(number), "client": "anna", "at": 0.0, "sequence": number}


def labelled(number: int, items: list[int], class_id: int = 1) -> LabelEvent:
    return LabelEvent(
        **header(number),
        items=np.array(items, np.uint32),
        class_id=class_id,
        provenance=StoredProvenance(tool="lasso"),
    )


def each(number: int, class_ids: list[int]) -> LabelEachEvent:
    return LabelEachEvent(
        **header(number),
        items=np.arange(len(class_ids), dtype=np.uint32),
        class_ids=np.array(class_ids, np.int16),
        provenance=StoredProvenance(tool="sheet"),
    )


def undone(number: int, gesture: int) -> UndoEvent:
    return UndoEvent(**header(number), gesture=gesture)


FAULTS: dict[str, tuple[Event, str]] = {
    "item out of range": (
        labelled(3, [1, N]),
        f"the event refers to item {N}, but the items are 0 to {N - 1}",
    ),
    "items not ascending": (labelled(3, [2, 1]), "the items are not in ascending order"),
    "item twice": (labelled(3, [2, 2]), "the items are not in ascending order"),
    "class out of range": (
        labelled(3, [1], 3),
        "the event refers to class 3, but there are 3 classes, numbered from 0",
    ),
    "class below UNLABELED": (
        labelled(3, [1], -2),
        "the event refers to class -2, but there are 3 classes, numbered from 0",
    ),
    "one of many classes": (
        each(3, [0, 7]),
        "the event refers to class 7, but there are 3 classes, numbered from 0",
    ),
    "undo of nothing": (
        undone(3, 77),
        "the event undoes or redoes event 77, which is not an action",
    ),
    "undo of a later gesture": (
        undone(3, 4),
        "the event undoes or redoes event 4, which is not an action",
    ),
    "undo of itself": (undone(3, 3), "the event undoes or redoes event 3, which is not an action"),
}


@pytest.mark.parametrize(("event", "message"), FAULTS.values(), ids=FAULTS)
def test_the_first_fault_in_a_run_is_reported(event: Event, message: str) -> None:
    session = Log().session
    events = [labelled(1, [5, 6]), labelled(2, [0]), event, labelled(4, [3]), labelled(5, [99])]
    with pytest.raises(EventLogError, match=f"event 3 of the label log is damaged \\({message}\\)"):
        log_check.replay(session, events, PATH)


def test_an_undo_of_an_undone_gesture_in_a_run_is_reported() -> None:
    events = [labelled(1, [1]), labelled(2, [1]), undone(3, 2), undone(4, 2)]
    with pytest.raises(
        EventLogError, match=r"event 4 .* is damaged \(the event undoes event 2, which is undone"
    ):
        log_check.replay(Log().session, events, PATH)


def test_a_fault_before_an_unreadable_event_is_reported_first() -> None:
    def events(first: LabelEvent) -> Iterator[Event]:
        yield first
        yield labelled(2, [1])
        raise EventLogError("event 3 cannot be read")

    with pytest.raises(EventLogError, match="event 1 of the label log is damaged"):
        log_check.replay(Log().session, events(labelled(1, [99])), PATH)
    session = Log().session
    with pytest.raises(EventLogError, match="event 3 cannot be read"):
        log_check.replay(session, events(labelled(1, [0])), PATH)
    assert session.labels.tolist()[:3] == [1, 1, -1]


class Counted(np.ndarray):
    """An array over all items that counts the elements that are read, written or copied."""

    touched = 0

    def __getitem__(self, key: Any) -> Any:
        found = np.asarray(self)[key]
        Counted.touched += np.size(found)
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        np.asarray(self)[key] = value
        Counted.touched += np.size(np.asarray(self)[key])

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "at":
            Counted.touched += np.size(inputs[1])
        else:
            Counted.touched += sum(np.size(value) for value in inputs)
        plain = [np.asarray(v) if isinstance(v, Counted) else v for v in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        del types
        Counted.touched += sum(v.size for v in args if isinstance(v, Counted))
        return function(*(np.asarray(v) if isinstance(v, Counted) else v for v in args), **kwargs)


def _counting(name: str) -> Callable[..., Any]:
    def method(self: Counted, *args: Any, **kwargs: Any) -> Any:
        Counted.touched += self.size
        return getattr(np.asarray(self), name)(*args, **kwargs)

    return method


for _name in ("copy", "astype", "nonzero", "tolist", "argsort", "ravel", "sort", "take", "repeat"):
    setattr(Counted, _name, _counting(_name))


def many_items(n: int, copies: int) -> tuple[AnnotationSession, list[Event]]:
    """Return a session of `n` items, and the same list of events `copies` times in a row.

    The events concern only the first ten items.
    """
    items = ItemSet("many", "vector", np.zeros((n, 1), np.float32), ["a", "b", "c"])
    log, moved = random_log(12, 60), list[Event]()
    kinds = {type(event).__name__ for event in log.events}
    assert {"LabelEvent", "LabelEachEvent", "UndoEvent", "RedoEvent", "EditClassEvent"} <= kinds
    # The work for these events grows with the number of items, so the log must contain none.
    assert not {"MergeClassEvent", "SettingsEvent"} & kinds
    for first in range(0, copies * len(log.events), len(log.events)):
        for event in log.events:
            number = first + event.sequence
            changes: dict[str, Any] = {"sequence": number, "command_id": command_id(number)}
            if isinstance(event, UndoEvent | RedoEvent):
                changes["gesture"] = first + event.gesture
            moved.append(msgspec.structs.replace(event, **changes))
    return AnnotationSession(items, scene_id=1), moved


def touched(n: int, copies: int) -> int:
    """Return how many array elements a replay of `many_items(n, copies)` reads or writes."""
    session, events = many_items(n, copies)
    history = session.history
    for name in ("labels", "owner", "verified", "_newest"):
        setattr(history, name, getattr(history, name).view(Counted))
    session._labelled_at = session._labelled_at.view(Counted)
    Counted.touched = 0
    log_check.replay(session, events, PATH)
    assert Counted.touched > 0 and session.sequence == len(events)
    return Counted.touched


def test_the_work_for_an_event_does_not_grow_with_the_items() -> None:
    few = touched(100, 6) - touched(100, 1)
    many = touched(100_000, 6) - touched(100_000, 1)
    assert few == many


@pytest.mark.parametrize("longest", [1, 1000])
def test_the_memory_for_an_event_does_not_grow_with_the_items(
    longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_EVENTS", longest)
    n = 1_000_000
    session, events = many_items(n, 1)
    tracemalloc.start()
    try:
        for run in runs.runs_of(session, events):
            session.carry_out_run(run)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The peak in bytes is below the size of a mask of all items.
    assert peak < n
