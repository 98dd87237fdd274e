"""`lodespace repair`: rebuild the damaged files of a project."""

import argparse
import sys
from pathlib import Path

from lodespace.cli.options import add_data_options, data_options_from
from lodespace.errors import LodespaceError
from lodespace.importing.source import ImportOptions

DESCRIPTION = """\
Rebuild the damaged or lost files of a project from the other files: labels from what is left of
the label log, from the recording, from checkpoints and from snapshots for undo. The damaged files
are kept in a new folder in the project. The report lists the files that were used and the events
that are lost. An intact project is not changed."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PROJECT", help="project folder")
    parser.add_argument(
        "--data",
        metavar="DATA",
        help="data to import again in place of damaged data; the labels stay",
    )
    add_data_options(parser, labels=False)
    parser.set_defaults(run=_repair)


def _repair(options: argparse.Namespace) -> int:
    from lodespace.project.repair import repair

    given = data_options_from(options)
    if options.data is None and given != ImportOptions():
        raise LodespaceError(
            "the options about the data have no effect without --data; give the data with --data"
        )
    sys.stdout.write(repair(options.project, options.data, given))
    return 0
