"""The command line: serve, bake, export, info."""

import argparse
import asyncio
import logging
import os
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from lodespace import __version__
from lodespace.config import DEFAULT_LAN_PORT, DEFAULT_PORT, PORTS_TRIED, LanConfig, ServerConfig
from lodespace.errors import LodespaceError
from lodespace.protocol import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0, or 2 with one line on standard error."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s", stream=sys.stderr)
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
    parser.add_argument("--version", action="version", version=f"lodespace {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="label in the browser", description=_SERVE))
    _add_bake(commands.add_parser("bake", help="train without a screen", description=_BAKE))
    _add_export(commands.add_parser("export", help="labels or scene out of a project", description=_EXPORT))
    _add_info(commands.add_parser("info", help="what a project or a bake holds"))
    return parser


_SERVE = """Serve a data set, a project or a bake to a browser on this machine. Without PATH: the bundled digits. Labels and training
are kept in a project folder, which is opened again the next time; a bake is shown read-only."""
_BAKE = """Train on a data set without a screen and write a scene (glTF), a checkpoint and a recording into a new folder, which
`lodespace serve` shows."""
_EXPORT = "Write what a project or a bake holds: labels (.csv, .jsonl) or the scene (.glb)."


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--preset", choices=["default", "calm", "paper"], help="how it trains (default: default; see docs/model.md)"
    )
    parser.add_argument("--latent-dim", type=int, choices=[2, 3], help="dimensions of the latent space (default: 3)")
    parser.add_argument("--device", default="auto", help="where the model runs: auto, cpu, cuda, mps (default: auto)")
    parser.add_argument("--threads", type=_natural, default=0, help="processor threads of the model (default: all)")


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


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help="data set, project or bake")
    parser.add_argument("--project", type=Path, help="project folder (default: lodespace-NAME in the current folder)")
    parser.add_argument("--port", type=_port, help=f"port to listen on (default: {DEFAULT_PORT}, or the next free one)")
    network = parser.add_argument_group("other devices", "a headset needs HTTPS; docs/vr.md")
    network.add_argument(
        "--lan", action="store_true", help="also serve the network, by HTTPS, to devices that you allow"
    )
    network.add_argument(
        "--lan-port", type=_port, help=f"port of --lan (default: {DEFAULT_LAN_PORT}, or the next free one)"
    )
    network.add_argument(
        "--cert", type=Path, metavar="FILE", help="certificate (PEM) for --lan, instead of one made here"
    )
    network.add_argument("--key", type=Path, metavar="FILE", help="its key (PEM, unencrypted)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    parser.add_argument("--seed", type=_natural, default=0, help="of a new project (default: 0)")
    parser.add_argument("--no-training", action="store_true", help="take labels, train nothing")
    _add_model_options(parser)
    parser.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    from lodespace.network import introduce
    from lodespace.project import open_project
    from lodespace.running import serve_until_interrupted

    lan = _lan(options)
    project = open_project(options.path, project_folder=options.project, settings=_settings(options), seed=options.seed)

    def announce(url: str, addresses: list[str], fingerprint: str) -> None:
        if options.port is None and f":{DEFAULT_PORT}/" not in url:
            sys.stdout.write(f"lodespace: port {DEFAULT_PORT} is taken, using another\n")
        what = "read-only" if project.read_only else f"project {project.folder}"
        sys.stdout.write(f"lodespace: {project.items.name}, {len(project.items):,} items ({what})\n")
        sys.stdout.write(f"open {url}\n")
        if lan is not None:
            sys.stdout.write(introduce(addresses, fingerprint))
        sys.stdout.write("Ctrl-C stops; labels are saved as you make them\n")
        sys.stdout.flush()
        if not options.no_browser and _browser_about():
            webbrowser.open(url)

    ports = [options.port] if options.port is not None else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    try:
        config = ServerConfig(train=not options.no_training, lan=lan)
        asyncio.run(
            serve_until_interrupted(
                project, ports, announce, device=options.device, threads=options.threads, config=config
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
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _add_bake(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, metavar="DATA", help="data set")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="folder to make")
    parser.add_argument("--epochs", type=_natural, default=30, help="passes of the encoder over the data (default: 30)")
    parser.add_argument(
        "--seed", type=_natural, default=0, help="same seed, same bytes, on one kind of machine (default: 0)"
    )
    parser.add_argument(
        "--labels",
        default="none",
        help="labels of the data set to train with: none, all, or how many of each class (default: none)",
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it is a bake")
    _add_model_options(parser)
    parser.set_defaults(run=_bake)


def _bake(options: argparse.Namespace) -> int:
    from lodespace.baking import bake  # imports torch

    result = bake(
        options.data,
        options.output,
        epochs=options.epochs,
        seed=options.seed,
        settings=_settings(options) or Settings(),
        labels=options.labels,
        device=options.device,
        threads=options.threads,
        force=options.force,
        progress=True,
    )
    sys.stdout.write(f"baked {result}: see it with `lodespace serve {result}`\n")
    return 0


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PROJECT", help="project or bake")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".csv, .jsonl or .glb")
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    from lodespace.offline import export_file

    rows = export_file(options.project, options.output)
    sys.stdout.write(f"wrote {rows:,} items to {options.output}\n")
    return 0


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PATH", help="project or bake")
    parser.set_defaults(run=_info)


def _info(options: argparse.Namespace) -> int:
    from lodespace.offline import describe

    sys.stdout.write(describe(options.project))
    return 0
