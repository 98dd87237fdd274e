"""Command-line options for training settings, generated from the tables of settings."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lodespace.models.config_table import HYPERPARAMETERS
from lodespace.models.hyperparameters.hyperparameter import Hyperparameter
from lodespace.session.run_settings import RUN_SETTINGS, note_of
from lodespace.session.settings_file import GivenSettings, read_settings

_METAVARS = {int: "N", float: "X", str: "NAME", tuple: "N,N,..."}


def add_setting_options(parser: argparse.ArgumentParser, run: Sequence[str]) -> None:
    """Add --settings, an option per hyperparameter, and an option per name of RunSettings in `run`.

    A command whose `run` includes "epochs" trains without a screen. It has no options for the
    hyperparameters that only sessions use. An option that is not given has the value None, so that
    it does not override the value of a file or of a project.
    """
    group = parser.add_argument_group(
        "settings of model and training",
        "docs/training.md describes them; an option overrides the value of --settings",
    )
    group.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="read settings from a TOML file, such as the settings.toml beside each result",
    )
    # `add_data_options` adds the option `--labels`.
    rows = [RUN_SETTINGS[name] for name in run if name != "labels"]
    rows += [row for row in HYPERPARAMETERS.values() if not row.in_sessions or "epochs" not in run]
    for row in rows:
        _add(group.add_argument, row)
    parser.set_defaults(run_settings=tuple(run))


def _add(add_argument: Callable[..., object], row: Hyperparameter) -> None:
    option = f"--{row.name.replace('_', '-')}"
    note = note_of(row.name)
    if row.choices:  # argparse lists the choices itself
        note = note.removeprefix(f"{row.range}; ")
    summary = row.summary.rstrip(".")
    text = f"{summary[:1].lower()}{summary[1:]} ({note})".replace("%", "%%")
    if row.kind is bool:
        add_argument(option, action=argparse.BooleanOptionalAction, help=text)
    elif row.choices:
        add_argument(option, type=row.kind, choices=row.choices, help=text)
    else:
        add_argument(option, type=_parser_of(row), metavar=_METAVARS[row.kind], help=text)


def _parser_of(row: Hyperparameter) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            return row.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse


def command_line_settings(options: argparse.Namespace) -> GivenSettings:
    """Return the settings on the command line, without those in the file of --settings."""
    names = (*HYPERPARAMETERS, *options.run_settings)
    values = {name: getattr(options, name, None) for name in names}
    return GivenSettings.of({name: value for name, value in values.items() if value is not None})


def given_settings(options: argparse.Namespace) -> GivenSettings:
    """Return the settings in the file of --settings, updated with those on the command line.

    Raises SettingsError.
    """
    command_line = command_line_settings(options)
    if options.settings is None:
        return command_line
    given = read_settings(options.settings).updated(command_line)
    unused = [name for name in given.run if name not in options.run_settings]
    if unused:
        sys.stderr.write(
            f"lodespace: {', '.join(unused)} in {options.settings} has no effect on this command\n"
        )
    return given
