"""`lodespace bake`: train without a screen."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from lodespace.cli.options import add_data_options, data_options_from
from lodespace.cli.report import (
    PARTLY_FAILED,
    SUCCESS,
    Part,
    Problem,
    add_json_option,
    describe_settings,
)
from lodespace.cli.setting_options import add_setting_options, given_settings
from lodespace.project.offline import open_offline
from lodespace.session.run_settings import RUN_SETTINGS
from lodespace.tiles.folder import is_tile_scene

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
        help="train nothing: publish the current map, labels, predictions, pins, recording and "
        "model of the project DATA; a server may serve the project at the same time",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="folder to create"
    )
    parser.add_argument(
        "--parts",
        metavar="LIST",
        help="parts to write, separated by commas: scene,training,recording,site,model,"
        "checkpoint,video (default: all except checkpoint and video). Training can continue from "
        "the checkpoint",
    )
    parser.add_argument(
        "--video",
        action="store_true",
        help="also write a video of the recording, training.webm; this takes about a minute. "
        "First install the extra: pip install 'lodespace[video]'",
    )
    parser.add_argument(
        "--base-url",
        metavar="URL",
        default="",
        help="address at which the site will be, so that previews of links show its poster",
    )
    parser.add_argument(
        "--tiles",
        action=argparse.BooleanOptionalAction,
        help="write a scene in tiles, which shows millions of items (docs/tiles.md): of a project "
        "as it is, or of a table with --position. Without the option, projects of more than "
        "300,000 items that are baked as they are become scenes in tiles",
    )
    parser.add_argument(
        "--position",
        metavar="COLUMNS",
        help="columns of a Parquet table with the positions, such as x,y,z or x,y, or a column of "
        "lists; DATA is a Parquet file or a folder of them, and nothing is trained",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="MODEL",
        help="project, bake or exported model that gives the vectors of a Parquet table (--vector) "
        "their positions in its map, and their predictions; writes a scene in tiles",
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it is a bake")
    parser.add_argument(
        "--each",
        action="store_true",
        help="DATA is a folder of data sets: bake each of them into a folder in OUT. Without "
        "--each, the subfolders of a folder are classes",
    )
    add_json_option(parser)
    add_setting_options(parser, run=tuple(RUN_SETTINGS))
    add_data_options(parser)
    parser.set_defaults(run=_bake)


def _bake(options: argparse.Namespace) -> int:
    from lodespace.baking.bake import bake  # imports torch
    from lodespace.baking.parts import DEFAULT_PARTS
    from lodespace.models.light_torch import leave_out_compiler
    from lodespace.models.workers.launch import follow_launched, launched_rank

    given = given_settings(options)
    run = given.run_settings()
    leave_out_compiler()
    if launched_rank():
        follow_launched(run.device, run.threads)
        return SUCCESS
    parts = DEFAULT_PARTS
    if options.parts is not None:
        parts = tuple(part.strip() for part in options.parts.split(","))
    if options.video:
        parts = (*parts, "video")

    def one(data: str | Path, output: Path) -> Path:
        if options.position or options.model or options.tiles is not False:
            made = _bake_tiles(options, Path(data), output, seed=run.seed)
            if made is not None:
                return made
        return bake(
            data,
            output,
            epochs=run.epochs,
            seed=run.seed,
            settings=given.settings,
            labels=run.labels,
            options=data_options_from(options),
            parts=parts,
            device=run.device,
            threads=run.threads,
            workers=run.workers,
            ray=run.ray,
            force=options.force,
            progress=True,
            as_is=options.as_is,
            base_url=options.base_url,
        )

    if options.each:
        return _each(options, one)
    result = one(options.data, options.output)
    report = options.report
    report.output, report.kind = str(result), "bake"
    if options.json and not is_tile_scene(result):
        project, session = open_offline(result)
        project.close()
        report.describe(session)
        describe_settings(report, result)
    sys.stdout.write(
        f"baked {result}: open it with `lodespace serve {result}`, or host the folder\n"
    )
    return SUCCESS


def _bake_tiles(options: argparse.Namespace, data: Path, output: Path, *, seed: int) -> Path | None:
    """Bake a scene in tiles. Returns None if DATA is to be baked without tiles."""
    from lodespace.baking import tile_bake

    if options.position or options.model:
        given, encoder = options.position or options.vector, None
        columns = tuple(name.strip() for name in (given or "").split(",") if name.strip())
        if options.model:
            from lodespace.baking.encoded_points import encoder_of  # imports torch
            from lodespace.models.light_torch import leave_out_compiler

            leave_out_compiler()
            encoder = encoder_of(options.model)
            columns = columns or encoder.columns or ("vector",)
        return tile_bake.bake_points(
            data,
            output,
            columns,
            encoder=encoder,
            options=data_options_from(options),
            seed=seed,
            force=options.force,
            progress=True,
        )
    if not options.tiles and not (options.as_is and tile_bake.is_large_project(data)):
        return None
    root = data_options_from(options).root
    return tile_bake.bake_project(data, output, root=root, force=options.force, progress=True)


def _each(options: argparse.Namespace, one: Callable[[Path, Path], Path]) -> int:
    """Bake every data set in a folder."""
    from lodespace.runs.queue import bake_each

    results = bake_each(Path(options.data), options.output, one, force=options.force)
    report = options.report
    report.output, report.kind = str(options.output), "queue"
    report.parts = [
        Part(r.name, r.state, str(r.output), Problem("failed", r.error) if r.error else None)
        for r in results
    ]
    failed = sum(r.state == "failed" for r in results)
    for r in results:
        sys.stdout.write(f"{r.name}: {r.error or r.output}{' (kept)' * (r.state == 'kept')}\n")
    sys.stdout.write(f"baked {len(results) - failed} of {len(results)} data sets\n")
    return PARTLY_FAILED if failed else SUCCESS
