"""`lodespace predict`: predict the classes of new items with the model of a project."""

import argparse
import sys
from pathlib import Path

from lodespace.cli.options import add_data_options, data_options_from
from lodespace.items.paths import printable

DESCRIPTION = """\
Predict the classes of new items as the page of a project would show them. DATA may be anything that
`lodespace import` reads. Pictures, sounds and arrays are read with the scale, size and padding of
the project's items."""

MOST_SHOWN = 20
"""Largest number of left-out items that are named in the terminal."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "project",
        type=Path,
        metavar="PROJECT",
        help="project, bake, or exported model; with --rules a file of rules",
    )
    parser.add_argument("data", metavar="DATA", help="new items")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="table to write: .csv, .jsonl or .parquet",
    )
    parser.add_argument(
        "--probabilities", action="store_true", help="add one column per class with its probability"
    )
    parser.add_argument(
        "--rules",
        action="store_true",
        help="PROJECT is a file of rules (lodespace export --format rules), which are applied "
        "instead of a model",
    )
    add_data_options(parser, labels=False)
    parser.set_defaults(run=_predict)


def _predict(options: argparse.Namespace) -> int:
    # These import torch at the first prediction.
    from lodespace.predict.table import write_by_rules, write_predictions

    report = (write_by_rules if options.rules else write_predictions)(
        options.project,
        options.data,
        options.output,
        data_options_from(options),
        probabilities=options.probabilities,
    )
    sys.stdout.write(f"wrote {report.imported:,} predictions to {options.output}\n")
    for line in report.lines:
        sys.stderr.write(printable(f"check the numbers of the pictures: {line.text}") + "\n")
    if report.left_out:
        sys.stderr.write(printable(f"left out {report.left_out:,} items:\n"))
        for bad in report.bad[:MOST_SHOWN]:
            sys.stderr.write(printable(f"  {bad.name}: {bad.reason}") + "\n")
    return 0
