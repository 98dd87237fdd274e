"""`lodespace bake`: train without a screen."""

import argparse
import sys
from pathlib import Path

from lodespace.cli.options import (
    add_data_options,
    add_model_options,
    data_options_from,
    natural,
    settings_from,
)
from lodespace.protocol import Settings

DESCRIPTION = """\
Train without a screen and write a new folder: the cloud (scene.glb), the training as an
animation (training.glb), a recording, and a static site for any web server. `lodespace serve` shows
the folder, and `lodespace export` exports from it."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="DATA", help="data, or a project to bake with the labels in it"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="folder to create"
    )
    parser.add_argument(
        "--epochs",
        type=natural,
        default=30,
        help="passes of the encoder over the data (default: 30)",
    )
    parser.add_argument(
        "--seed",
        type=natural,
        default=0,
        help="seed of the training; the same seed gives the same bytes on the same kind of machine "
        "(default: 0)",
    )
    parser.add_argument(
        "--parts",
        metavar="LIST",
        help="parts to write, separated by commas: scene,training,recording,site,model,checkpoint "
        "(default: all except the checkpoint, from which training can continue)",
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it is a bake")
    add_model_options(parser)
    add_data_options(parser)
    parser.set_defaults(run=_bake)


def _bake(options: argparse.Namespace) -> int:
    from lodespace.baking.bake import bake  # imports torch
    from lodespace.baking.parts import DEFAULT_PARTS
    from lodespace.models.light_torch import leave_out_compiler

    leave_out_compiler()
    result = bake(
        options.data,
        options.output,
        epochs=options.epochs,
        seed=options.seed,
        settings=settings_from(options) or Settings(),
        labels=options.labels,
        options=data_options_from(options),
        parts=DEFAULT_PARTS
        if options.parts is None
        else [part.strip() for part in options.parts.split(",")],
        device=options.device,
        threads=options.threads,
        force=options.force,
        progress=True,
    )
    sys.stdout.write(
        f"baked {result}: open it with `lodespace serve {result}`, or host the folder\n"
    )
    return 0
