"""`lodespace figure2`: the nine panels of the paper's figure 2, and a page with all of them."""

import argparse
import sys
from pathlib import Path

from lodespace.cli.options import add_data_options, data_options_from, natural
from lodespace.items.item_set import bundled_digits_folder

DESCRIPTION = """\
Train the nine panels of the paper's figure 2 and write a new folder: a bake per panel, and a page
that shows all panels side by side and plays them in step. Put the folder on any web server. The
settings are those of the preset `figure2` (docs/reproduction.md)."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data",
        metavar="DATA",
        nargs="?",
        help="data with labels (default: the bundled digits)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="folder to create"
    )
    parser.add_argument(
        "--epochs",
        type=natural,
        default=50,
        help="epochs without labels; the epochs with labels change by the same factor (default: "
        "50, as in the paper)",
    )
    parser.add_argument("--seed", type=natural, default=0, help="seed of the training (default: 0)")
    parser.add_argument(
        "--device",
        default="auto",
        help="device of the model: auto, cpu, cuda, mps (default: auto)",
    )
    parser.add_argument(
        "--threads", type=natural, default=0, help="processor threads of the model (default: all)"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace OUT if this command has made it"
    )
    add_data_options(parser)
    parser.set_defaults(run=_figure2)


def _figure2(options: argparse.Namespace) -> int:
    from lodespace.baking.figure2 import bake_figure2  # imports torch
    from lodespace.models.light_torch import leave_out_compiler

    leave_out_compiler()
    result = bake_figure2(
        options.data or bundled_digits_folder(),
        options.output,
        epochs=max(1, options.epochs),
        seed=options.seed,
        labels=options.labels or "all",
        options=data_options_from(options),
        device=options.device,
        threads=options.threads,
        force=options.force,
        progress=True,
    )
    sys.stdout.write(
        f"baked {result}: put the folder on a web server, or look at it with "
        f"`python -m http.server -d {result}`\n"
    )
    return 0
