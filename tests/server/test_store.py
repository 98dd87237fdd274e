"""The label log: what was acknowledged is there, whatever happens."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lodespace.session.event_log import Event, Store, StoreError


def event(number: int, items: list[int] | None = None) -> Event:
    blob = np.array(items or [number], "<u4").tobytes()
    return Event(
        command_id=f"command-{number:08d}",
        kind="gesture",
        client="anna",
        at=1.0,
        class_id=1,
        items=blob,
    )


async def test_events_come_back_in_order_and_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "labels.sqlite")
    written = [await store.append(event(k, [k, k + 1])) for k in range(20)]
    store.close()
    again = Store(tmp_path / "labels.sqlite")
    assert list(again.events()) == written
    assert [e.sequence for e in written] == list(range(1, 21))
    assert written[3].item_array().tolist() == [3, 4]
    again.close()


def test_the_same_command_is_written_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "labels.sqlite")
    store.append_now(event(1))
    with pytest.raises(StoreError):
        store.append_now(event(1))
    assert len(list(store_events(store, tmp_path))) == 1


def store_events(store: Store, folder: Path) -> list[Event]:
    store.close()
    again = Store(folder / "labels.sqlite")
    events = list(again.events())
    again.close()
    return events


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "labels.sqlite"
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        Store(path)


def version_of(path: Path) -> int:
    import sqlite3

    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return version


def test_versions_of_before_a_class_an_item_open_a_log_as_long_as_they_understand_it(
    tmp_path: Path,
) -> None:
    """They would pass over such events, and so lose labels: a log that holds one is of a newer format, which they refuse."""
    path = tmp_path / "labels.sqlite"
    store = Store(path)
    store.append_now(event(1))
    store.close()
    assert version_of(path) == 1
    store = Store(path)
    each = Event(
        command_id="command-each", kind="label_each", client="anna", at=1.0, items=bytes(8)
    )
    store.append_now(each)
    store.close()
    assert version_of(path) == 2
    assert [e.kind for e in store_events(Store(path), tmp_path)] == ["gesture", "label_each"]
    assert version_of(path) == 2


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.write_bytes(b"these are not the labels you are looking for" * 100)
    with pytest.raises(StoreError):
        Store(path)


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of 1 MB. Needs root, as CI has it; elsewhere /dev/full could not take its part."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_nothing_and_recovers_without_a_restart(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(400_000))
    store = Store(small_disk / "labels.sqlite")
    acknowledged: list[Event] = []
    with pytest.raises(StoreError, match="could not be saved"):
        for number in range(1000):
            acknowledged.append(store.append_now(event(number, list(range(200)))))
    assert acknowledged
    ballast.unlink()
    acknowledged.append(store.append_now(event(5000)))  # room was made: it goes on
    assert store_events(store, small_disk) == acknowledged
