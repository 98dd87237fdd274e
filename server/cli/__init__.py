"""The command line, with one module per command."""

import argparse
import io
import logging
import sys
from collections.abc import Sequence
from typing import NoReturn

from lodespace.cli import (
    backup,
    bake,
    export,
    figure2,
    import_data,
    predict,
    repair,
    serve,
    sweep,
    train,
)
from lodespace.cli.log_limit import RepeatLimit
from lodespace.cli.options import with_joined_range
from lodespace.cli.report import FAILED, INTERRUPTED, Problem, Report, json_output
from lodespace.config import VERSION
from lodespace.errors import LodespaceError
from lodespace.items.paths import printable
from lodespace.runs.stopping import Stopped, ending_on_sigterm


class UsageError(Exception):
    """A wrong command line."""

    def __init__(self, parser: argparse.ArgumentParser, message: str) -> None:
        super().__init__(message)
        self.parser = parser
        """Parser of the command, which can print the usage of the command."""


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError, so that --json can report a wrong command line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(self, message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status (docs/training.md)."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may have any bytes
    given = sys.argv[1:] if arguments is None else arguments
    report = Report(command=given[0] if given else "")
    with json_output("--json" in given) as write, ending_on_sigterm():
        status = _run(given, report)
        report.finish(status)
        write(report)
    return status


def _run(given: Sequence[str], report: Report) -> int:
    """Run a command, and set the fields of its report. Returns the exit status."""
    try:
        options = _parser().parse_args(with_joined_range(given))
    except UsageError as error:
        error.parser.print_usage(sys.stderr)
        sys.stderr.write(f"{error.parser.prog}: error: {error}\n")
        report.error = Problem("usage", str(error))
        return FAILED
    options.report = report
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    handler.addFilter(RepeatLimit())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    try:
        return int(options.run(options))
    except LodespaceError as error:
        return _failed(report, error.code, str(error), FAILED)
    except OSError as error:
        if not isinstance(error.filename, str):
            raise
        reason = f"{error.filename}: {error.strerror}; check the path and your permissions"
        return _failed(report, "os_error", reason, FAILED)
    except Stopped as stopped:
        return _failed(report, "stopped", str(stopped), stopped.status)
    except KeyboardInterrupt:
        report.error = Problem("stopped", "stopped by Ctrl-C")
        return INTERRUPTED


def _failed(report: Report, code: str, message: str, status: int) -> int:
    """Print an error, and put it into the report. Returns `status`."""
    sys.stderr.write(f"lodespace: {printable(message)}\n")
    report.error = Problem(code, message)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="lodespace", description="Label data by moving it: a latent space you can grab."
    )
    parser.add_argument("--version", action="version", version=f"lodespace {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module, summary in (
        ("serve", serve, "label in the browser"),
        ("import", import_data, "create a project from data"),
        ("bake", bake, "train without a screen"),
        ("train", train, "train and save a model"),
        ("sweep", sweep, "train with a grid of settings, and compare"),
        ("figure2", figure2, "bake the nine panels of the paper's figure 2"),
        ("export", export, "export labels, model or scene of a project"),
        ("predict", predict, "predict the classes of new items with the model of a project"),
        ("backup", backup, "copy a project into one file, also while it is served"),
        ("repair", repair, "rebuild the damaged files of a project"),
    ):
        command = commands.add_parser(name, help=summary, description=module.DESCRIPTION)
        module.configure(command)
    info = commands.add_parser("info", help="show the contents of a project or a bake")
    export.configure_info(info)
    return parser
