"""`lodespace sweep`: train once for each combination of a grid of settings."""

import argparse
import sys
from pathlib import Path

from lodespace.cli.options import add_data_options, data_options_from
from lodespace.cli.report import (
    PARTLY_FAILED,
    SUCCESS,
    Part,
    Problem,
    add_json_option,
    numbers,
)
from lodespace.cli.setting_options import add_setting_options, command_line_settings
from lodespace.session.run_settings import RUN_SETTINGS
from lodespace.session.settings_file import GRID, SEEDS, GivenSettings, read_toml

DESCRIPTION = """\
Train once for each combination of values of some settings, and for each seed. The result is a table
(sweep.csv) and a page with the figures of all runs (index.html). The same command continues a sweep
that was interrupted: finished runs are kept (docs/training.md)."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="DATA", help="data, or a project to train with the labels in it"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="folder of the sweep"
    )
    parser.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="NAME=V,V,...",
        help="values of a setting, such as beta_kl=1,3,20; may be given several times. Lists of "
        "numbers are separated by `;`, such as model_channels='8,16,32;4,8'",
    )
    parser.add_argument(
        "--seeds",
        metavar="N",
        help="number of seeds per combination, of which --seed is the first; or a list of seeds "
        "such as 0,5,7 (default: 1)",
    )
    parser.add_argument(
        "--force", action="store_true", help="remove an earlier sweep in OUT, and start again"
    )
    add_json_option(parser)
    add_setting_options(parser, run=tuple(RUN_SETTINGS))
    add_data_options(parser)
    parser.set_defaults(run=_sweep)


def _sweep(options: argparse.Namespace) -> int:
    from lodespace.importing.importer import reference_of
    from lodespace.models.light_torch import leave_out_compiler
    from lodespace.runs.grid import grid_of
    from lodespace.runs.sweep import sweep  # imports torch
    from lodespace.runs.sweep_table import aligned, summary
    from lodespace.runs.training_run import RunOptions

    content = None if options.settings is None else read_toml(options.settings)
    file = GivenSettings() if content is None else content.settings(GRID, SEEDS)
    given = file.updated(command_line_settings(options))
    grid = grid_of(options.grid, content, options.seeds, given.run_settings().seed)
    leave_out_compiler()
    made = sweep(
        options.data,
        reference_of(options.data),
        options.output,
        given,
        grid,
        data_options_from(options),
        RunOptions(progress=True),
        force=options.force,
    )
    report = options.report
    report.output, report.kind, report.name = str(options.output), "sweep", made.name
    words = {"finished": "ok", "failed": "failed", "missing": "missing"}
    report.parts = [
        Part(
            result.point.title,
            words[result.state],  # pyright: ignore[reportArgumentType]
            str(options.output / result.folder),
            Problem("training_failed", result.error) if result.error else None,
            numbers(result.measures),
        )
        for result in made.results
    ]
    sys.stdout.write(aligned(summary(made)))
    sys.stdout.write(f"wrote {options.output / 'index.html'} and {options.output / 'sweep.csv'}\n")
    return PARTLY_FAILED if made.failed else SUCCESS
