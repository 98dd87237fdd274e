"""`lodespace backup`: copy a project into one file."""

import argparse
import sys
from pathlib import Path

DESCRIPTION = """\
Copy a project into a .zip file, with every label that was saved before the end of the copy. A
server may have opened the project. To restore the backup, unpack the file and serve the folder in
it."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PROJECT", help="project folder")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="file to write (.zip)"
    )
    parser.set_defaults(run=_backup)


def _backup(options: argparse.Namespace) -> int:
    from lodespace.project.backup import backup

    sys.stdout.write(backup(options.project, options.output))
    return 0
