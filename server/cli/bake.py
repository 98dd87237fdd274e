"""`lodespace bake`: train without a screen."""

import argparse
import sys
from pathlib import Path

from lodespace.cli.options import add_data_options, data_options_from
from lodespace.cli.setting_options import add_setting_options, given_settings
from lodespace.session.run_settings import RUN_SETTINGS

DESCRIPTION = """\
Train without a screen and write a new folder: the cloud (scene.glb), the training as an
animation (training.glb), a recording, and a static site for any web server. With --as-is, publish
the map and the session of a project instead. `lodespace serve` shows the folder, and `lodespace
export` exports from it."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="DATA", help="data, or a project to bake with the labels in it"
    )
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="train nothing: publish the map, labels, predictions, pins, recording and model that "
        "the project DATA has now, also while it is served",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="folder to create"
    )
    parser.add_argument(
        "--parts",
        metavar="LIST",
        help="parts to write, separated by commas: scene,training,recording,site,model,checkpoint "
        "(default: all except the checkpoint, from which training can continue)",
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it is a bake")
    add_setting_options(parser, run=tuple(RUN_SETTINGS))
    add_data_options(parser)
    parser.set_defaults(run=_bake)


def _bake(options: argparse.Namespace) -> int:
    from lodespace.baking.bake import bake  # imports torch
    from lodespace.baking.parts import DEFAULT_PARTS
    from lodespace.models.light_torch import leave_out_compiler

    given = given_settings(options)
    run = given.run_settings()
    leave_out_compiler()
    result = bake(
        options.data,
        options.output,
        epochs=run.epochs,
        seed=run.seed,
        settings=given.settings,
        labels=run.labels,
        options=data_options_from(options),
        parts=DEFAULT_PARTS
        if options.parts is None
        else [part.strip() for part in options.parts.split(",")],
        device=run.device,
        threads=run.threads,
        force=options.force,
        progress=True,
        as_is=options.as_is,
    )
    sys.stdout.write(
        f"baked {result}: open it with `lodespace serve {result}`, or host the folder\n"
    )
    return 0
