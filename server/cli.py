"""The command line: serve, import, bake, export, info."""

import argparse
import asyncio
import dataclasses
import logging
import os
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lodespace.config import (
    DEFAULT_LAN_PORT,
    DEFAULT_PORT,
    PORTS_TRIED,
    VERSION,
    LanConfig,
    ServerConfig,
)
from lodespace.errors import LodespaceError
from lodespace.importing.source import ImportOptions
from lodespace.protocol import PRESETS, Settings

if TYPE_CHECKING:
    from lodespace.project.project import Project


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0, or 2 with one line on standard error."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s: %(message)s", stream=sys.stderr
    )
    try:
        return int(options.run(options))
    except LodespaceError as error:
        sys.stderr.write(f"lodespace: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lodespace", description="Label data by moving it: a latent space you can grab."
    )
    parser.add_argument("--version", action="version", version=f"lodespace {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="label in the browser", description=_SERVE))
    _add_import(commands.add_parser("import", help="make a project of data", description=_IMPORT))
    _add_bake(commands.add_parser("bake", help="train without a screen", description=_BAKE))
    _add_export(
        commands.add_parser("export", help="labels or scene out of a project", description=_EXPORT)
    )
    _add_info(commands.add_parser("info", help="what a project or a bake holds"))
    return parser


_SERVE = """Serve data, a project or a bake to a browser on this machine. Without PATH: the bundled digits. Data are a folder of pictures or
sounds, a table, arrays, or torchvision:NAME (docs/data.md). Labels and training are kept in a project folder, which is opened again the
next time; a bake is shown read-only."""
_IMPORT = """Make a project of data, as `serve` does, without serving it; or, of a project that exists, take labels into it with
--labels-from."""
_BAKE = """Train without a screen and write a new folder: the cloud (scene.glb), the training as an animation (training.glb), a recording,
and a static site of it all, which opens from any web server. `lodespace serve` shows it, `lodespace export` takes from it."""
_EXPORT = """Write the contents of a project or a bake. By the suffix of OUT: labels and predictions
(.csv, .jsonl, .parquet, .npz), Label Studio (.json), the scene (.glb), a point cloud (.ply, .obj),
encoder and head (.onnx), a figure (.png, .svg). By --format, a folder: classes (a folder per
class), model (safetensors), raven, audacity (tables of sounds). docs/data.md describes each."""


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--preset", choices=PRESETS, help="how it trains (default: default; see docs/model.md)"
    )
    parser.add_argument(
        "--latent-dim", type=int, choices=[2, 3], help="dimensions of the latent space (default: 3)"
    )
    parser.add_argument(
        "--device",
        default="auto",
        help="where the model runs: auto, cpu, cuda, mps (default: auto)",
    )
    parser.add_argument(
        "--threads", type=_natural, default=0, help="processor threads of the model (default: all)"
    )


def _natural(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 31:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 on")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port (0 to 65535, 0 for any free one)")
    return int(text)


def _settings(options: argparse.Namespace) -> Settings | None:
    if options.preset is None and options.latent_dim is None:
        return None
    return Settings(preset=options.preset, latent_dim=options.latent_dim)


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "about the data", "found out from the data where they are not given; docs/data.md"
    )
    group.add_argument(
        "--image", metavar="COLUMN", help="column of a table with pictures: paths or bytes"
    )
    group.add_argument("--label", metavar="COLUMN", help="column with labels")
    group.add_argument("--vector", metavar="COLUMN", help="column with vectors (embeddings)")
    group.add_argument(
        "--id", metavar="COLUMN", help="column with ids (default: the path, or the row's number)"
    )
    group.add_argument(
        "--thumbnails", metavar="COLUMN", help="column with pictures that stand for the vectors"
    )
    group.add_argument(
        "--root",
        type=Path,
        help="folder that paths in a table start from, or that holds torchvision's data",
    )
    group.add_argument("--encoding", default="utf-8", help="of a CSV file (default: utf-8)")
    group.add_argument("--split", help="part of a torchvision data set (default: train)")
    group.add_argument("--download", action="store_true", help="let torchvision fetch the data set")
    group.add_argument(
        "--window",
        type=float,
        default=3.0,
        metavar="SECONDS",
        help="length of a sound item (default: 3)",
    )
    group.add_argument(
        "--hop",
        type=float,
        metavar="SECONDS",
        help="from one sound item to the next (default: the window)",
    )
    group.add_argument(
        "--fmin",
        type=float,
        default=50.0,
        metavar="HZ",
        help="lowest frequency shown (default: 50)",
    )
    group.add_argument(
        "--fmax",
        type=float,
        metavar="HZ",
        help="highest frequency shown (default: half the lowest rate)",
    )
    group.add_argument(
        "--size",
        type=int,
        choices=[32, 64, 128],
        help="side of the pictures the model sees (default: by theirs)",
    )
    group.add_argument(
        "--content",
        choices=["symbols", "photos", "spectrograms"],
        help="what pictures are of: photos may be mirrored to learn from (default: photos if they have colour)",
    )
    group.add_argument(
        "--features",
        type=Path,
        metavar="FILE",
        help="one vector an item, which says what is alike (.npy, .npz, table)",
    )
    group.add_argument(
        "--backbone",
        metavar="NAME",
        help="network of torchvision that makes such vectors (resnet18, ...)",
    )
    group.add_argument("--weights", type=Path, metavar="FILE", help="its weights (.safetensors)")
    group.add_argument(
        "--labels",
        help="labels of the data to go on from: none, all, or how many of each class (default: all; none of torchvision's)",
    )


def _add_resume_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels-from",
        type=Path,
        metavar="FILE",
        help="labels to go on from: a table with ids, Label Studio's .json, or an earlier project",
    )
    parser.add_argument(
        "--conflicts",
        choices=["keep", "replace"],
        help="where an item has another label already: keep it, or replace it (default: list them, and change nothing)",
    )


def _tell_unused(project: "Project", options: argparse.Namespace) -> None:
    """What is said about data that were imported long ago has no effect; that should not go unnoticed."""
    told = _data_options(options)
    if project.report is None and (told != ImportOptions() or options.labels is not None):
        sys.stderr.write(
            f"lodespace: {project.folder} is there already, with its data; what you say about them is not used. To import them "
            "anew, give another folder\n"
        )


def _data_options(options: argparse.Namespace) -> ImportOptions:
    names = [field.name for field in dataclasses.fields(ImportOptions)]
    return ImportOptions(**{name: getattr(options, name) for name in names})


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="DATA", help="data, or a project")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="PROJECT",
        help="project folder (default: lodespace-NAME)",
    )
    parser.add_argument("--seed", type=_natural, default=0, help="of the new project (default: 0)")
    _add_data_options(parser)
    _add_resume_options(parser)
    parser.set_defaults(run=_import)


def _import(options: argparse.Namespace) -> int:
    from lodespace.importing.report import summary
    from lodespace.project.project import open_project

    project = open_project(
        options.path,
        project_folder=options.output,
        seed=options.seed,
        options=_data_options(options),
        labels=options.labels,
        progress=True,
    )
    try:
        if project.report is None and options.labels_from is None:
            raise LodespaceError(
                f"{project.folder} is a project already; serve it with `lodespace serve {project.folder}`"
            )
        if project.report is not None:
            sys.stdout.write(summary(project.report))
        _take_labels(project, options)
    finally:
        project.close()
    sys.stdout.write(f"project {project.folder}: see it with `lodespace serve {project.folder}`\n")
    return 0


def _take_labels(project: "Project", options: argparse.Namespace) -> None:
    """Those of --labels-from. Raises LodespaceError when there are conflicts that nobody has decided."""
    if options.labels_from is None:
        return
    from lodespace.project import label_import

    if project.read_only:
        raise LodespaceError(f"{project.folder} is a bake; labels are taken into a project")
    resumed = label_import.take_labels(
        project,
        label_import.read_labels(options.labels_from, _data_options(options)),
        options.conflicts,
    )
    text = label_import.summary(resumed, options.conflicts)
    if resumed.conflicts and options.conflicts is None:
        raise LodespaceError(text.strip())
    sys.stdout.write(text)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", metavar="PATH", help="data, project or bake")
    parser.add_argument(
        "--project",
        type=Path,
        help="project folder (default: lodespace-NAME in the current folder)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        help=f"port to listen on (default: {DEFAULT_PORT}, or the next free one)",
    )
    network = parser.add_argument_group("other devices", "a headset needs HTTPS; docs/vr.md")
    network.add_argument(
        "--lan",
        action="store_true",
        help="also serve the network, by HTTPS, to devices that you allow",
    )
    network.add_argument(
        "--lan-port",
        type=_port,
        help=f"port of --lan (default: {DEFAULT_LAN_PORT}, or the next free one)",
    )
    network.add_argument(
        "--cert",
        type=Path,
        metavar="FILE",
        help="certificate (PEM) for --lan, instead of one made here",
    )
    network.add_argument("--key", type=Path, metavar="FILE", help="its key (PEM, unencrypted)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    parser.add_argument("--seed", type=_natural, default=0, help="of a new project (default: 0)")
    parser.add_argument("--no-training", action="store_true", help="take labels, train nothing")
    _add_model_options(parser)
    _add_data_options(parser)
    _add_resume_options(parser)
    parser.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    from lodespace.access.network import introduce
    from lodespace.importing.report import summary
    from lodespace.project.project import open_project
    from lodespace.web.server import serve_until_interrupted

    lan = _lan(options)
    project = open_project(
        options.path,
        project_folder=options.project,
        settings=_settings(options),
        seed=options.seed,
        options=_data_options(options),
        labels=options.labels,
        progress=True,
    )
    if project.report is not None:
        sys.stdout.write(summary(project.report))
    elif options.labels_from is None:
        _tell_unused(project, options)
    try:
        _take_labels(project, options)
    except LodespaceError:
        project.close()
        raise

    def announce(url: str, addresses: list[str], fingerprint: str) -> None:
        if options.port is None and f":{DEFAULT_PORT}/" not in url:
            sys.stdout.write(f"lodespace: port {DEFAULT_PORT} is taken, using another\n")
        what = "read-only" if project.read_only else f"project {project.folder}"
        sys.stdout.write(
            f"lodespace: {project.items.name}, {len(project.items):,} items ({what})\n"
        )
        sys.stdout.write(f"open {url}\n")
        if lan is not None:
            sys.stdout.write(introduce(addresses, fingerprint))
        sys.stdout.write("Ctrl-C stops; labels are saved as you make them\n")
        sys.stdout.flush()
        if not options.no_browser and _browser_about():
            webbrowser.open(url)

    ports = (
        [options.port]
        if options.port is not None
        else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    )
    try:
        config = ServerConfig(train=not options.no_training, lan=lan)
        asyncio.run(
            serve_until_interrupted(
                project,
                ports,
                announce,
                device=options.device,
                threads=options.threads,
                config=config,
            )
        )
    finally:
        project.close()
    return 0


def _lan(options: argparse.Namespace) -> LanConfig | None:
    if options.lan:
        return LanConfig(port=options.lan_port, certificate=options.cert, key=options.key)
    for name in ("lan_port", "cert", "key"):
        if getattr(options, name) is not None:
            raise LodespaceError(f"--{name.replace('_', '-')} goes with --lan")
    return None


def _browser_about() -> bool:
    """Whether a browser could be shown. Text browsers would take over the terminal: they do not count."""
    return sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def _add_bake(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="DATA", help="data, or a project, which is baked with its labels"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="folder to make"
    )
    parser.add_argument(
        "--epochs",
        type=_natural,
        default=30,
        help="passes of the encoder over the data (default: 30)",
    )
    parser.add_argument(
        "--seed",
        type=_natural,
        default=0,
        help="same seed, same bytes, on one kind of machine (default: 0)",
    )
    parser.add_argument(
        "--parts",
        metavar="LIST",
        help="what to write, of scene,training,recording,site,model,checkpoint (default: all but the checkpoint, from which training "
        "could go on)",
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it is a bake")
    _add_model_options(parser)
    _add_data_options(parser)
    parser.set_defaults(run=_bake)


def _bake(options: argparse.Namespace) -> int:
    from lodespace.baking.bake import DEFAULT_PARTS, bake  # imports torch

    result = bake(
        options.data,
        options.output,
        epochs=options.epochs,
        seed=options.seed,
        settings=_settings(options) or Settings(),
        labels=options.labels,
        options=_data_options(options),
        parts=DEFAULT_PARTS
        if options.parts is None
        else [part.strip() for part in options.parts.split(",")],
        device=options.device,
        threads=options.threads,
        force=options.force,
        progress=True,
    )
    sys.stdout.write(
        f"baked {result}: see it with `lodespace serve {result}`, or host the folder\n"
    )
    return 0


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PROJECT", help="project or bake")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="file or folder to write"
    )
    parser.add_argument(
        "--format", metavar="F", help="what to write (default: what the suffix of OUT says)"
    )
    parser.add_argument(
        "--excel",
        action="store_true",
        help="csv: an apostrophe before what a spreadsheet would run as a formula",
    )
    parser.add_argument(
        "--predictions",
        action="store_true",
        help="classes, raven, audacity: items without a label count as what is predicted",
    )
    parser.add_argument(
        "--files",
        choices=["copy", "link", "manifest"],
        default="copy",
        help="classes: copy the files, make hard links, or only list them (default: copy)",
    )
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    from lodespace.exporting.formats import ExportOptions, export

    wanted = ExportOptions(
        excel=options.excel, predictions=options.predictions, files=options.files
    )
    rows = export(options.project, options.output, options.format, wanted)
    sys.stdout.write(f"wrote {rows:,} items to {options.output}\n")
    return 0


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PATH", help="project or bake")
    parser.set_defaults(run=_info)


def _info(options: argparse.Namespace) -> int:
    from lodespace.project.offline import describe

    sys.stdout.write(describe(options.project))
    return 0
