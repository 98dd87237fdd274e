"""Logs of earlier formats keep their meaning.

`logs/` has one log of each format, written by a version of that format. The JSON file beside
a log is the state that this version had after replaying the log.
"""

import contextlib
import itertools
import json
import os
import resource
import shutil
import signal
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from lodespace import protocol
from lodespace.items.item_set import ItemSet
from lodespace.session import summaries
from lodespace.session.event_log import FORMAT, EventLog, EventLogError
from lodespace.session.events import (
    LabelEachEvent,
    LabelEvent,
    StoredProvenance,
    decode_event,
    encode_event,
)
from lodespace.session.session import AnnotationSession

LOGS = Path(__file__).parent / "logs"
N = 12
FORMATS = (1, 2, 3)
WITH_COLUMNS = (1, 2)
"""Formats with a column per field. The first write converts their table and each of their rows."""
ADDED = LabelEvent(
    command_id="command-added",
    client="anna",
    at=2.0e9,
    items=np.array([1, 5], np.uint32),
    class_id=1,
    provenance=StoredProvenance(tool="lasso"),
)
"""The first event that is appended to a log of an earlier version."""


@pytest.fixture(params=FORMATS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the log of one format."""
    return Path(shutil.copy(LOGS / f"format-{request.param}.sqlite", tmp_path / "labels.sqlite"))


of_columns = pytest.mark.parametrize("log", WITH_COLUMNS, indirect=True)
"""Runs a test with the logs of the formats WITH_COLUMNS only."""


@pytest.fixture
def expected(log: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The state after the last event of `log`."""
    number = request.node.callspec.params["log"]
    expected = json.loads((LOGS / f"format-{number}.json").read_text())
    # Texts of answers are not in the log: later versions may change them.
    for answer in expected["answers"].values():
        answer["message"] = bool(answer["message"])
    return expected


def replayed(path: Path) -> AnnotationSession:
    """The session that the log at `path` describes."""
    items = ItemSet("small", "vector", np.zeros((N, 4), np.float32), ["a", "b", "c"])
    first = protocol.Settings(beta_kl=2.0)
    session = AnnotationSession(items, scene_id=1, settings=first)
    event_log = EventLog(path)
    session.replay(event_log.events())
    event_log.close()
    return session


def state_of(session: AnnotationSession, command_ids: list[str]) -> dict[str, Any]:
    """Everything that replaying a log has to restore, in the types that JSON has."""
    log = session.undo_log
    # Earlier logs do not contain further hyperparameters, whose values come from the preset.
    settings = msgspec.to_builtins(session.settings)
    del settings["more"]
    clients = sorted({action.client for action in log})
    items, targets = session.held()
    return {
        "sequence": session.sequence,
        "labels": session.labels.tolist(),
        "verified": session.verified.tolist(),
        "owner": session.history.owner.tolist(),
        "classes": msgspec.to_builtins(session.classes.classes),
        "pins": dict(zip(map(str, items.tolist()), targets.tolist(), strict=True)),
        "settings": settings,
        "state": log.state_id,
        "last_transition": list(log.last_transition),
        "can_undo": {c: log.next_undo(c).number if log.can_undo(c) else None for c in clients},
        "can_redo": {c: log.next_redo(c).number if log.can_redo(c) else None for c in clients},
        "gestures": msgspec.to_builtins(summaries.history(session, "anna").gestures),
        "answers": {command_id: answer_to(session, command_id) for command_id in command_ids},
    }


def answer_to(session: AnnotationSession, command_id: str) -> dict[str, Any]:
    answer = session.answered(command_id)
    assert answer is not None
    return {**msgspec.to_builtins(answer), "message": bool(answer.message)}


def test_replay_of_an_earlier_log_restores_its_state(log: Path, expected: dict[str, Any]) -> None:
    assert state_of(replayed(log), list(expected["answers"])) == expected


def test_reading_an_earlier_log_does_not_change_the_file(log: Path) -> None:
    before = version_of(log)
    replayed(log)
    replayed(log)
    assert version_of(log) == before and before in FORMATS


def test_the_first_write_migrates_the_whole_log(log: Path, expected: dict[str, Any]) -> None:
    before = events_in(log)
    event_log = EventLog(log)
    written = event_log.append_now(ADDED)
    assert event_log.append_now(msgspec.structs.replace(ADDED, command_id="command-more"))
    event_log.close()
    assert version_of(log) == FORMAT
    number = expected["sequence"] + 1
    assert written.sequence == number
    assert events_in(log)[:number] == [*before, (number, encode_event(ADDED))]
    delete_from(log, number)
    assert state_of(replayed(log), list(expected["answers"])) == expected


def test_a_command_in_an_earlier_log_is_not_written_again(log: Path) -> None:
    event_log = EventLog(log)
    (first, *_) = event_log.events()
    with pytest.raises(EventLogError):
        event_log.append_now(msgspec.structs.replace(ADDED, command_id=first.command_id))
    event_log.close()
    assert version_of(log) in FORMATS, "the log was migrated although the event was not stored"


@pytest.mark.parametrize("class_ids", ["", "AAAA", "no base64!"])
def test_a_damaged_event_of_an_earlier_log_is_named(tmp_path: Path, class_ids: str) -> None:
    path = Path(shutil.copy(LOGS / "format-2.sqlite", tmp_path / "labels.sqlite"))
    detail = json.dumps({"tool": "sheet", "class_ids": class_ids})
    change(path, "UPDATE events SET detail = ? WHERE kind = 'label_each'", detail)
    with pytest.raises(EventLogError, match="event 33 of the label log is damaged"):
        replayed(path)


@of_columns
@pytest.mark.parametrize("detail", ["", '{"targets": "AAAA"}', '{"targets": "no base64!"}'])
def test_an_anchor_damaged_in_an_earlier_log_pins_nothing(log: Path, detail: str) -> None:
    change(log, "UPDATE events SET detail = ? WHERE kind = 'anchor'", detail)
    assert len(replayed(log).held()[0]) == 0


@of_columns
def test_a_log_without_a_version_is_of_format_1(log: Path) -> None:
    """Format 1 created the table before it set the version. A kill between these two steps leaves
    such a log."""
    before = events_in(log)
    change(log, "PRAGMA user_version=0")
    assert events_in(log) == before
    event_log = EventLog(log)
    event_log.append_now(ADDED)
    event_log.close()
    assert version_of(log) == FORMAT and events_in(log)[:-1] == before


def test_a_kill_between_statements_of_a_migration_leaves_one_log(log: Path) -> None:
    before = events_in(log)
    total = statements_of_a_migration(log.with_name("counted.sqlite"), log)
    if version_of(log) in WITH_COLUMNS:
        assert total > len(before), "fewer statements than inserted rows"
    for statement in {1, 2, 3, 4, 5, total // 2, total - 2, total - 1, total}:
        copy = Path(shutil.copy(log, log.with_name(f"{statement}.sqlite")))
        assert write_in_a_fork(copy, kill_before_statement=statement)
        assert check_either(copy, before) == 0, (
            "the event was stored before the last statement, the COMMIT"
        )


@of_columns
def test_a_kill_while_a_migration_is_written_leaves_one_log(log: Path) -> None:
    """The file size limit kills the process in the middle of a write to the write-ahead log."""
    before = events_in(log)
    outcomes = set[int]()
    for size in (2_000, 9_000, 15_000, 21_000, 27_000, 33_000, 39_000, 60_000):
        copy = Path(shutil.copy(log, log.with_name(f"{size}.sqlite")))
        write_in_a_fork(copy, largest_file=size)
        outcomes.add(check_either(copy, before))
    assert outcomes == {0, 1}


@of_columns
def test_a_migration_without_room_on_the_disk_can_be_repeated(log: Path) -> None:
    before = events_in(log)
    child = os.fork()
    if child == 0:
        os._exit(migrate_with_little_room(log))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert check_either(log, before) == 1


def many(number: int, *, each: bool = False) -> LabelEvent | LabelEachEvent:
    """Return an event with so many items that its arrays are packed."""
    items = np.arange(number % 7, 200_000, 3, dtype=np.uint32)
    header = {"command_id": f"command-{number:05d}", "client": "anna", "at": 1.0}
    provenance = StoredProvenance(tool="lasso")
    if not each:
        return LabelEvent(**header, items=items, class_id=1, provenance=provenance)
    class_ids = (np.arange(len(items)) % 11 - 1).astype(np.int16)
    return LabelEachEvent(**header, items=items, class_ids=class_ids, provenance=provenance)


@pytest.mark.parametrize("each", [False, True])
def test_a_large_event_is_packed_and_read_again(tmp_path: Path, each: bool) -> None:
    event, path = many(1, each=each), tmp_path / "labels.sqlite"
    event_log = EventLog(path)
    event_log.append_now(event)
    event_log.close()
    ((_, stored),) = events_in(path)
    assert len(stored) < len(event.items) * (1.6 if each else 0.6)
    again = decode_event(stored, 1)
    assert type(again) is type(event) and np.array_equal(again.items, event.items)
    if isinstance(event, LabelEachEvent):
        assert isinstance(again, LabelEachEvent)
        assert np.array_equal(again.class_ids, event.class_ids)


@pytest.mark.parametrize("length", [1023, 1024])
def test_arrays_that_cannot_be_packed_are_stored_as_they_are(length: int) -> None:
    """Logs can have events that no command makes: the check of a log reports such events."""
    items = np.arange(length, dtype=np.uint32)[::-1]
    class_ids = np.full(length, -5, np.int16)
    event = msgspec.structs.replace(many(1, each=True), items=items, class_ids=class_ids)
    again = decode_event(encode_event(event), 1)
    assert isinstance(again, LabelEachEvent)
    assert np.array_equal(again.items, items) and np.array_equal(again.class_ids, class_ids)


def test_a_damaged_packed_array_is_an_error() -> None:
    stored = encode_event(many(1))
    random = np.random.default_rng(0)
    start = stored.index(b"items") + len("items")
    refused = 0
    for place in [*range(start, start + 20), *random.integers(start, len(stored), 30).tolist()]:
        changed = bytearray(stored)
        changed[place] ^= int(random.integers(1, 256))
        try:
            again = decode_event(bytes(changed), 1)
        except ValueError:
            refused += 1
        else:
            assert isinstance(again, LabelEvent) and again.items.dtype == np.uint32
    assert refused > 15


def test_a_log_of_format_3_is_marked_as_format_4_by_the_first_write(tmp_path: Path) -> None:
    """Its events stay as they are, so that a large log is not rewritten."""
    path = Path(shutil.copy(LOGS / "format-3.sqlite", tmp_path / "labels.sqlite"))
    rows = "SELECT * FROM events ORDER BY sequence"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        before = connection.execute(rows).fetchall()
    event_log = EventLog(path)
    event_log.append_now(many(99_999))
    event_log.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute(rows).fetchall()[:-1] == before
    assert version_of(path) == FORMAT


def migrate_with_little_room(path: Path) -> int:
    """Migrate with a file size limit that is too small, then without a limit.

    Returns 0 if the first attempt fails and the second succeeds.
    """
    event_log = EventLog(path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    try:
        event_log.append_now(ADDED)
    except EventLogError:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        event_log.append_now(ADDED)
        event_log.close()
        return 0
    return 1


def statements_of_a_migration(copy: Path, log: Path) -> int:
    """Return how many statements the first write to a copy of `log` executes."""
    shutil.copy(log, copy)
    event_log = EventLog(copy)
    assert event_log._connection is not None
    statements: list[str] = []
    event_log._connection.set_trace_callback(statements.append)
    event_log.append_now(ADDED)
    event_log.close()
    return len(statements)


def write_in_a_fork(
    path: Path, *, kill_before_statement: int = 0, largest_file: int = resource.RLIM_INFINITY
) -> bool:
    """Append `ADDED` to the log at `path` in a child process that may be killed meanwhile. Return
    whether the child was killed."""
    child = os.fork()
    if child == 0:
        event_log = EventLog(path)
        counter = itertools.count(1)

        def kill(_: str) -> None:
            if next(counter) == kill_before_statement:
                os.kill(os.getpid(), signal.SIGKILL)

        assert event_log._connection is not None
        event_log._connection.set_trace_callback(kill)
        # By default, Python ignores this signal.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
        event_log.append_now(ADDED)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) < 0


def check_either(path: Path, before: list[tuple[int, bytes]]) -> int:
    """Return 0 if the log holds `before`, or 1 if it also holds `ADDED`. Fail otherwise."""
    after = events_in(path)
    assert after[: len(before)] == before
    more = after[len(before) :]
    assert version_of(path) in ((FORMAT,) if more else FORMATS)
    assert more in ([], [(len(before) + 1, encode_event(ADDED))])
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return len(more)


def events_in(path: Path) -> list[tuple[int, bytes]]:
    """Number and encoded form of each event in the log at `path`, in the current format."""
    event_log = EventLog(path)
    found = [(event.sequence, encode_event(event)) for event in event_log.events()]
    event_log.close()
    return found


def version_of(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    return version


def change(path: Path, statement: str, *values: object) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def delete_from(path: Path, number: int) -> None:
    change(path, "DELETE FROM events WHERE sequence >= ?", number)
    change(path, "UPDATE sqlite_sequence SET seq = ?", number - 1)
