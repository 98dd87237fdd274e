"""The message of a refused label names the cause of the failure, and a remedy that fits the
cause."""

import contextlib
import errno
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from lodespace.session.event_log import EventLog, EventLogError
from lodespace.session.events import LabelEvent, StoredProvenance
from lodespace.session.log_errors import LogLostError, cause_of


def event(number: int) -> LabelEvent:
    return LabelEvent(
        command_id=f"command-{number:08d}",
        client="anna",
        at=1.0,
        class_id=1,
        items=np.array([number], np.uint32),
        provenance=StoredProvenance(tool="lasso"),
    )


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("text of SQLite")
    error.sqlite_errorcode = code
    return error


def test_a_locked_log_waits_once_and_names_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lodespace.session.event_log._WAIT_SECONDS", 0.2)
    path = tmp_path / "labels.sqlite"
    log = EventLog(path)

    def wait() -> int:
        assert log._connection is not None
        return log._connection.execute("PRAGMA busy_timeout").fetchone()[0]

    log.append_now(event(1))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            assert wait() in (200, 100)
            with pytest.raises(EventLogError, match="locked by another program") as refused:
                log.append_now(event(2))
            assert "space" not in str(refused.value) and wait() == 100
        other.execute("ROLLBACK")
    assert log.append_now(event(2)).sequence == 2
    assert wait() == 200
    log.close()


@pytest.mark.parametrize(
    ("code", "number", "says", "advises"),
    [
        (sqlite3.SQLITE_BUSY, 0, "locked by another program", "Close the program"),
        (sqlite3.SQLITE_CORRUPT, 0, "is damaged", "every labels.sqlite* file"),
        (sqlite3.SQLITE_NOTADB, 0, "is damaged", "Stop the server"),
        (sqlite3.SQLITE_FULL, 0, "the disk is full", "Free some space"),
        (sqlite3.SQLITE_READONLY, 0, "read-only", "Allow this user to write"),
        (sqlite3.SQLITE_CONSTRAINT, 0, "did not take the event", "Restart the server"),
        (sqlite3.SQLITE_IOERR, 0, "text of SQLite", "Try again"),
        (sqlite3.SQLITE_IOERR, errno.EIO, "reports errors", "Check the disk"),
        (sqlite3.SQLITE_IOERR, errno.EDQUOT, "quota", "larger quota"),
        (sqlite3.SQLITE_CANTOPEN, errno.EROFS, "read-only", "Allow this user to write"),
        (sqlite3.SQLITE_CANTOPEN, errno.EACCES, "read-only", "Allow this user to write"),
        (sqlite3.SQLITE_CANTOPEN, errno.ENOENT, "does not exist", "Mount the disk"),
        (sqlite3.SQLITE_CANTOPEN, errno.ENOSPC, "the disk is full", "Free some space"),
    ],
)
def test_each_cause_has_its_own_remedy(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    number: int,
    says: str,
    advises: str,
) -> None:
    def fail(**_: Any) -> NoReturn:
        raise OSError(number, os.strerror(number))

    if number:
        monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    cause = cause_of(sqlite_error(code | 3 << 8), tmp_path / "labels.sqlite")
    assert says in cause.problem and advises in cause.remedy
    if "full" not in says:
        assert "space" not in cause.remedy


def test_damage_found_while_writing_is_a_lost_log(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    log = EventLog(path)
    log.append_now(event(1))
    assert isinstance(log._error_of(sqlite_error(sqlite3.SQLITE_CORRUPT)), LogLostError)
    log.close()
