"""The label log keeps every acknowledged event, whatever happens to the process or the disk."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lodespace.session import log_table
from lodespace.session.event_log import EventLog, EventLogError
from lodespace.session.events import (
    Event,
    LabelEachEvent,
    LabelEvent,
    StoredProvenance,
    encode_event,
)
from lodespace.session.log_reading import open_read_only

PROVENANCE = StoredProvenance(tool="lasso")


def event(number: int, items: list[int] | None = None) -> LabelEvent:
    return LabelEvent(
        command_id=f"command-{number:08d}",
        client="anna",
        at=1.0,
        class_id=1,
        items=np.array(items or [number], np.uint32),
        provenance=PROVENANCE,
    )


@contextlib.contextmanager
def opened(path: Path) -> Iterator[EventLog]:
    log = EventLog(path)
    try:
        yield log
    finally:
        log.close()


def on_disk(path: Path) -> list[tuple[int, bytes]]:
    """Number and stored bytes of each event in the log at `path`."""
    with opened(path) as log:
        return stored(log.events())


def stored(events: Iterator[Event] | list[Event]) -> list[tuple[int, bytes]]:
    return [(event.sequence, encode_event(event)) for event in events]


async def test_events_of_a_reopened_log_are_whole_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with opened(path) as log:
        written = [await log.append(event(k, [k, k + 1])) for k in range(20)]
    assert on_disk(path) == stored(written)
    assert [e.sequence for e in written] == list(range(1, 21))
    with opened(path) as log:
        third = list(log.events())[3]
    assert isinstance(third, LabelEvent) and third.items.tolist() == [3, 4]


def test_a_command_sent_twice_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with opened(path) as log:
        log.append_now(event(1))
        with pytest.raises(EventLogError):
            log.append_now(event(1))
    assert len(on_disk(path)) == 1


@pytest.mark.parametrize(
    ("version", "says"), [(99, "newer version"), (1 << 24, "no version.*lodespace repair")]
)
@pytest.mark.parametrize("open_log", [EventLog, open_read_only])
def test_a_log_of_an_unknown_format_is_refused(
    open_log: Callable[[Path], object], version: int, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "labels.sqlite"
    EventLog(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={version}")
    connection.close()
    with pytest.raises(EventLogError, match=says):
        open_log(path)


@pytest.mark.parametrize("has_wal", [False, True])
@pytest.mark.parametrize("open_log", [EventLog, open_read_only])
def test_a_damaged_name_that_is_not_utf8_is_refused(
    open_log: Callable[[Path], object], has_wal: bool, tmp_path: Path
) -> None:
    """SQLite repeats the name in its message, and Python cannot decode the message."""
    path, copy = tmp_path / "labels.sqlite", tmp_path / "copy.sqlite"
    with opened(path) as log:
        log.append_now(event(1))
    with opened(path) as log:
        log.append_now(event(2))
        content = path.read_bytes().replace(b"tableeventsevents", b"table\xd9ventsevents")
        copy.write_bytes(content.replace(b"CREATE TABLE events", b"CREATE TABEL events"))
        if has_wal:
            for end in ("-wal", "-shm"):
                shutil.copy(f"{path}{end}", f"{copy}{end}")
    assert b"\xd9vents" in copy.read_bytes()
    with pytest.raises(EventLogError, match=r"damaged.*not UTF-8"):
        open_log(copy)


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.write_bytes(b"these are not the labels you are looking for" * 100)
    with pytest.raises(EventLogError):
        EventLog(path)


@pytest.mark.parametrize("damage", ["one class missing", "half a number", "cut short", "empty"])
def test_a_damaged_event_is_named_in_the_error(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "labels.sqlite"
    each = LabelEachEvent(
        command_id="command-each",
        client="anna",
        at=1.0,
        items=np.arange(3, dtype=np.uint32),
        class_ids=np.arange(3, dtype=np.int16),
        provenance=PROVENANCE,
    )
    with opened(path) as log:
        log.append_now(each)
    whole = encode_event(each)
    field, classes = b"\xa9class_ids\xc4", each.class_ids.tobytes()
    damaged = {
        "one class missing": whole.replace(field + b"\x06" + classes, field + b"\x04" + bytes(4)),
        "half a number": whole.replace(field + b"\x06" + classes, field + b"\x05" + bytes(5)),
        "cut short": whole[:-3],
        "empty": b"",
    }[damage]
    assert damaged != whole
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE events SET event = ?", (damaged,))
    connection.close()
    with opened(path) as log, pytest.raises(EventLogError, match="event 1 of the label log is dam"):
        list(log.events())


def test_a_damaged_page_of_the_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with opened(path) as log:
        for number in range(20):
            log.append_now(event(number, list(range(1000))))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with opened(path) as log, pytest.raises(EventLogError, match="cannot be read"):
        list(log.events())


def test_a_full_disk_loses_nothing_and_needs_no_restart(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(400_000))
    log = EventLog(small_disk / "labels.sqlite")
    acknowledged: list[Event] = []
    with pytest.raises(EventLogError, match="the disk is full"):
        for number in range(1000):
            acknowledged.append(log.append_now(event(number, list(range(200)))))
    assert acknowledged
    ballast.unlink()
    acknowledged.append(log.append_now(event(5000)))  # the disk has room again
    log.close()
    assert on_disk(small_disk / "labels.sqlite") == stored(acknowledged)


async def test_an_event_is_refused_if_the_file_is_moved_during_the_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write reaches the moved file, so the event is refused. After the file is moved back,
    the event is sent again, and the log has it once."""
    path, elsewhere = tmp_path / "labels.sqlite", tmp_path / "elsewhere.sqlite"

    def insert_into_moved_file(connection: sqlite3.Connection, new: Event, stored: bytes) -> int:
        path.rename(elsewhere)
        return insert(connection, new, stored)

    insert = log_table.insert
    with opened(path) as log:
        await log.append(event(1))
        with monkeypatch.context() as patch:
            patch.setattr(log_table, "insert", insert_into_moved_file)
            with pytest.raises(EventLogError, match="not saved"):
                await log.append(event(2))
        assert log.count == 1
        elsewhere.rename(path)
        await log.append(event(2))
    with opened(path) as log:
        assert [one.command_id for one in log.events()] == ["command-00000001", "command-00000002"]
