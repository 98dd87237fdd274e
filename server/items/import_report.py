"""The report of an import: its lines in dataset.json, and its text for a terminal."""

from collections.abc import Sequence
from typing import Any

import msgspec

from lodespace.items.paths import printable
from lodespace.protocol import ReportLine

LONGEST = 400
"""Largest number of characters of a text in the report."""
MOST_LINES = 40
"""Largest number of lines in the report."""
_MARK = "?"
"""First character of a line that a person should check."""


def shortened(text: str) -> str:
    """Return `text` as one line of at most LONGEST characters."""
    line = " ".join(text[: 2 * LONGEST].split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def stored_lines(stated: Any) -> tuple[ReportLine, ...]:
    """Return the lines in the value `stated` of dataset.json, which other people may have written.

    Returns no line if the value is not a report.
    """
    try:
        lines = msgspec.convert(stated[:MOST_LINES], list[ReportLine])
    except (msgspec.ValidationError, TypeError, KeyError):
        return ()
    return tuple(
        ReportLine(
            topic=shortened(line.topic),
            text=shortened(line.text),
            doubtful=line.doubtful,
            option=shortened(line.option),
        )
        for line in lines
    )


def as_text(lines: Sequence[ReportLine]) -> str:
    """Return the report as text for a terminal. Doubtful lines begin with a question mark."""
    width = max((len(_name(line)) for line in lines), default=0)
    out: list[str] = []
    topic = ""
    for line in lines:
        name = "" if line.topic == topic else _name(line)
        topic = line.topic
        out.append(f"{_MARK if line.doubtful else ' '} {name:<{width}}  {with_option(line)}")
    if any(line.doubtful for line in lines):
        out.append(f"Lines with {_MARK} are doubtful: check them before you label.")
    return printable("\n".join(out)) + "\n" if out else ""


def with_option(line: ReportLine) -> str:
    """Return the text of a line, followed by the option that changes how the data are read."""
    if not line.option:
        return line.text
    return f"{line.text}; {line.option}?" if line.doubtful else f"{line.text} (or {line.option})"


def _name(line: ReportLine) -> str:
    return line.topic.replace("_", " ")
