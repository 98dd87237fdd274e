"""The report of a command as JSON, for scripts: the option --json.

All commands have the same schema. With --json, standard output has one JSON object and nothing
else; all other texts go to standard error. docs/training.md has a table of the fields.
"""

import argparse
import contextlib
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import msgspec

from lodespace.config import VERSION
from lodespace.protocol import ReportLine

if TYPE_CHECKING:
    from lodespace.session.session import AnnotationSession

SUCCESS, PARTLY_FAILED, FAILED, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses of the commands. The status of a command that SIGTERM stopped is 143."""


class Problem(msgspec.Struct):
    """Why a command, or a part of it, failed."""

    code: str
    """Code of the error, as in the protocol, or "usage" for a wrong command line."""
    message: str
    """Text of the error, which also states what to do."""


class ClassCount(msgspec.Struct):
    """A class, and the number of its labels."""

    name: str
    """Name of the class."""
    labelled: int
    """Number of items with a label of this class."""


class Part(msgspec.Struct):
    """One run of a sweep, or one bake of a queue (`bake --each`)."""

    name: str
    """Settings of the run, or name of the data set."""
    status: Literal["ok", "kept", "failed", "missing"]
    """"ok": the part was made. "kept": it existed before. "failed": it failed. "missing": it was
    not begun."""
    output: str
    """Folder of the part."""
    error: Problem | None = None
    """Why the part failed."""
    measures: dict[str, float] = {}
    """Measures of the part by name."""


class Report(msgspec.Struct, kw_only=True):
    """Result of a command. A field that does not apply is null or empty."""

    schema: int = 1
    """Version of this schema. The number changes only when a field gets another meaning."""
    version: str = VERSION
    """Version of Lodespace."""
    command: str = ""
    """Name of the command."""
    status: Literal["ok", "partly_failed", "failed", "interrupted"] = "ok"
    """The exit status in words."""
    exit_status: int = 0
    """Exit status of the command."""
    error: Problem | None = None
    """Why the command failed."""
    output: str | None = None
    """File or folder that the command wrote."""
    kind: str | None = None
    """Kind of the output folder (project, bake, model, sweep or queue), or format of the export."""
    name: str | None = None
    """Name of the data set."""
    items: int | None = None
    """Number of items."""
    left_out: int | None = None
    """Number of files and items that an import leaves out."""
    classes: list[ClassCount] = []
    """Classes with the number of their labels."""
    lines: list[ReportLine] = []
    """Lines of the report of an import."""
    settings: dict[str, Any] = {}
    """Settings of the training by name, as in settings.toml."""
    measures: dict[str, float] = {}
    """Measures by name (docs/training.md)."""
    parts: list[Part] = []
    """Runs of a sweep, or bakes of a queue."""

    def describe(self, session: "AnnotationSession") -> None:
        """Set name, number of items and classes from a session."""
        self.name, self.items = session.items.name, len(session.items)
        self.classes = [
            ClassCount(info.name, int((session.labels == info.class_id).sum()))
            for info in session.classes.classes
            if not info.removed
        ]

    def finish(self, status: int) -> None:
        """Set the exit status."""
        self.exit_status = status
        if status == PARTLY_FAILED:
            self.status = "partly_failed"
        elif status != SUCCESS:
            self.status = "failed" if status == FAILED else "interrupted"


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add the option --json."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print a report as JSON, and all other texts to standard error",
    )


@contextlib.contextmanager
def json_output(wanted: bool) -> Generator[Callable[[Report], None]]:
    """Yield a function that writes a report as JSON. If not `wanted`, the function does nothing.

    If `wanted`, all texts for standard output go to standard error inside the `with` block.
    """
    if not wanted:
        yield lambda report: None
        return
    output: IO[str] = sys.stdout

    def write(report: Report) -> None:
        output.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
        output.flush()

    with contextlib.redirect_stdout(sys.stderr):
        yield write


def describe_settings(report: Report, folder: Path) -> None:
    """Set the settings of `report` from settings.toml in `folder`. Do nothing if there is no such
    file."""
    from lodespace.session.settings import values_in
    from lodespace.session.settings_file import SETTINGS_FILE, read_settings

    if (folder / SETTINGS_FILE).is_file():
        found = read_settings(folder / SETTINGS_FILE)
        values = {} if found.settings is None else values_in(found.settings)
        report.settings = {**values, **found.run}


def numbers(measures: dict[str, Any]) -> dict[str, float]:
    """Return the measures whose values are numbers."""
    return {name: value for name, value in measures.items() if isinstance(value, int | float)}
