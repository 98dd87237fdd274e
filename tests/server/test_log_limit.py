"""Limit on repeated log messages, and limit on the number of open files."""

import logging
import subprocess
import sys

import pytest

from lodespace.cli.log_limit import SAME_SECONDS, SIMILAR_PER_PERIOD, RepeatLimit


class Logged:
    """A logger with a RepeatLimit, whose clock the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.lines: list[str] = []
        self.log = logging.Logger("test")
        handler = logging.Handler()
        handler.emit = self._emit  # type: ignore[method-assign]
        handler.addFilter(RepeatLimit(lambda: self.now))
        self.log.addHandler(handler)

    def _emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def test_repeated_error_is_logged_once_a_minute_with_its_number() -> None:
    logged = Logged()
    for k in range(300):
        logged.log.error("a connection could not be accepted: %s", "Too many open files")
        logged.now += 0.5
        if k == 10:
            logged.log.error("another error")
    assert logged.lines[1] == "another error"
    repeated = [line for line in logged.lines if line != "another error"]
    assert len(repeated) == 3 and repeated[0].endswith("Too many open files")
    assert "(119 similar messages" in repeated[1]


def test_similar_messages_are_logged_up_to_a_number_per_minute() -> None:
    logged = Logged()
    for k in range(5000):
        logged.log.warning("client %s has accepted no data", k)
    assert len(logged.lines) == SIMILAR_PER_PERIOD
    logged.now += SAME_SECONDS
    logged.log.warning("client %s has accepted no data", "last")
    assert f"({5000 - SIMILAR_PER_PERIOD} similar messages" in logged.lines[-1]


def test_a_repeated_message_does_not_hide_a_similar_one() -> None:
    logged = Logged()
    for _ in range(2 * SIMILAR_PER_PERIOD):
        logged.log.warning("client %s has accepted no data", "first")
    logged.log.warning("client %s has accepted no data", "second")
    assert logged.lines == [f"client {name} has accepted no data" for name in ("first", "second")]


def test_errors_of_different_kinds_are_all_logged() -> None:
    logged = Logged()
    for error in (ValueError("a"), ValueError("b"), KeyError("a"), ValueError("a")):
        try:
            raise error
        except Exception:
            logged.log.exception("an operation failed")
    assert len(logged.lines) == 3


def test_command_line_limits_repeated_messages() -> None:
    script = (
        "import logging, lodespace.cli as cli\n"
        "try: cli.main(['info', 'no-such-project'])\n"
        "finally:\n"
        "    for _ in range(50): logging.getLogger('asyncio').error('socket.accept() failed')\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.stderr.count("socket.accept() failed") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_limit_on_open_files_is_raised_to_the_hard_limit() -> None:
    script = (
        "import resource; from lodespace.web.open_files import raise_limit\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 4096))\n"
        "raise_limit(); raise_limit()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.stdout == "(4096, 4096)\n", ran.stderr
