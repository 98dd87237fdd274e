"""The command line, with one module per command."""

import argparse
import io
import logging
import sys
from collections.abc import Sequence

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
from lodespace.config import VERSION
from lodespace.errors import LodespaceError
from lodespace.items.paths import printable
from lodespace.runs.stopping import Stopped


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0, 2 after an error, 130 after Ctrl-C."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may have any bytes
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(with_joined_range(given))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    handler.addFilter(RepeatLimit())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    try:
        return int(options.run(options))
    except LodespaceError as error:
        sys.stderr.write(f"lodespace: {printable(str(error))}\n")
        return 2
    except OSError as error:
        if not isinstance(error.filename, str):
            raise
        reason = f"{error.filename}: {error.strerror}; check the path and your permissions"
        sys.stderr.write(f"lodespace: {printable(reason)}\n")
        return 2
    except Stopped as stopped:
        sys.stderr.write(f"lodespace: {printable(str(stopped))}\n")
        return stopped.status
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
