"""`lodespace serve`: label in the browser."""

import argparse
import asyncio
import contextlib
import os
import sys
import webbrowser
from pathlib import Path
from urllib.parse import quote

from lodespace.cli.growing import add_new_files, watched_folder
from lodespace.cli.import_data import LabelsFrom, warn_of_unused
from lodespace.cli.options import (
    add_data_options,
    add_label_options,
    data_options_from,
    port,
)
from lodespace.cli.screen import has_screen
from lodespace.cli.serve_tiles import serve_tiles
from lodespace.cli.setting_options import add_setting_options, given_settings
from lodespace.config import (
    DEFAULT_LAN_PORT,
    DEFAULT_PORT,
    PORTS_TRIED,
    LanConfig,
    ServerConfig,
    state_folder,
)
from lodespace.errors import LodespaceError
from lodespace.items.paths import printable
from lodespace.protocol import MAX_NAME_LENGTH
from lodespace.tiles.folder import is_tile_scene

DESCRIPTION = """\
Serve data, a project or a bake to a browser on this machine. Without PATH, serve the bundled
digits. Data are a folder of pictures or sounds, a table, arrays, or torchvision:NAME
(docs/data.md). Labels and training are stored in a project folder. The same command opens the
project again. A bake is shown read-only."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", metavar="PATH", help="data, project or bake")
    parser.add_argument(
        "--project",
        type=Path,
        help="project folder (default: lodespace-NAME in the current folder)",
    )
    parser.add_argument(
        "--port",
        type=port,
        help=f"port to listen on (default: {DEFAULT_PORT}, or the next free port)",
    )
    network = parser.add_argument_group("other devices", "a headset needs HTTPS; see docs/vr.md")
    network.add_argument(
        "--lan",
        action="store_true",
        help="also serve other devices in the network by HTTPS, after you approve each of them",
    )
    network.add_argument(
        "--lan-port",
        type=port,
        help=f"port of --lan (default: {DEFAULT_LAN_PORT}, or the next free port)",
    )
    network.add_argument(
        "--cert",
        type=Path,
        metavar="FILE",
        help="certificate (PEM) for --lan, instead of a generated certificate",
    )
    network.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="private key of the --cert certificate (PEM, unencrypted)",
    )
    parser.add_argument(
        "--name",
        default="",
        metavar="NAME",
        help="your name, which the other people of the project see",
    )
    parser.add_argument(
        "--token",
        action="store_true",
        help="ask each browser and program on this computer for a token, which is printed or taken"
        " from LODESPACE_TOKEN; for computers with several users",
    )
    parser.add_argument(
        "--add",
        action="store_true",
        help="add the files that are new in the folder of an existing project, without a question",
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help="add the files that appear in the folder while the project is served",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    parser.add_argument("--no-training", action="store_true", help="accept labels without training")
    add_setting_options(parser, run=("seed", "labels", "device", "threads", "workers"))
    add_data_options(parser)
    add_label_options(parser)
    parser.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    from lodespace.access.network import introduce
    from lodespace.access.owner_token import private_redirect
    from lodespace.project.opening import open_project
    from lodespace.project.untrusted import unread_originals
    from lodespace.web.server import serve_until_interrupted

    lan, token = _lan(options), _token() if options.token else ""
    if options.path is not None and is_tile_scene(Path(options.path)):
        if options.add or options.watch:
            raise LodespaceError(
                "a scene in tiles cannot grow: bake it again with all data, and serve the new scene"
            )
        return serve_tiles(options, lan, token)
    labels = LabelsFrom(options)
    given = given_settings(options)
    run = given.run_settings()
    project = open_project(
        options.path,
        project_folder=options.project,
        settings=given.settings,
        seed=run.seed,
        options=data_options_from(options),
        labels=run.labels,
        finish=labels.complete,
        progress=True,
    )
    if project.report is not None:
        sys.stdout.write(project.report.summary())
    elif not labels.given:
        warn_of_unused(project, options)
    if given.run.get("seed", project.seed) != project.seed:
        sys.stderr.write(
            f"lodespace: the project was made with the seed {project.seed}, which stays; the seed "
            f"{run.seed} has no effect\n"
        )
    sys.stderr.write(unread_originals(project.items, project.folder))
    try:
        labels.report(project)
        add_new_files(project, options)
        watched = watched_folder(project, options)
    except LodespaceError:
        project.close()
        raise

    def announce(url: str, addresses: list[str], fingerprint: str) -> None:
        if options.port is None and f":{DEFAULT_PORT}/" not in url:
            sys.stdout.write(f"lodespace: port {DEFAULT_PORT} is in use, using another\n")
        what = "read-only" if project.read_only else f"project {project.folder}"
        sys.stdout.write(
            f"lodespace: {printable(project.items.name)}, {len(project.items):,} items ({what})\n"
        )
        if project.obstacle:
            sys.stdout.write(f"nothing can be saved: {project.obstacle}\n")
        if token:
            url += f"?token={token}"
        sys.stdout.write(f"open {url}\n")
        if lan is not None:
            sys.stdout.write(introduce(addresses, fingerprint))
        sys.stdout.write("Ctrl-C stops the server; each label is saved immediately\n")
        sys.stdout.flush()
        if not options.no_browser and has_screen():
            # If the page that opens `url` cannot be written, no browser is started, and the person
            # has to open the printed address.
            with contextlib.suppress(LodespaceError):
                webbrowser.open(private_redirect(url, state_folder()).as_uri() if token else url)

    ports = (
        [options.port]
        if options.port is not None
        else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    )
    try:
        config = ServerConfig(
            train=not options.no_training,
            lan=lan,
            token=token,
            owner_name=options.name.strip()[:MAX_NAME_LENGTH],
            workers=run.workers,
            watch=watched,
        )
        asyncio.run(
            serve_until_interrupted(
                project,
                ports,
                announce,
                device=run.device,
                threads=run.threads,
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
            raise LodespaceError(
                f"--{name.replace('_', '-')} has no effect without --lan; add --lan"
            )
    return None


def _token() -> str:
    """Return the token in LODESPACE_TOKEN, or a random token.

    There is no command-line option for the token, because all users of a computer can read the
    command lines. Raises LodespaceError for a token that could be guessed.
    """
    from lodespace.access.owner_token import MIN_LENGTH, new_token

    given = os.environ.get("LODESPACE_TOKEN", "")
    if given and (len(given) < MIN_LENGTH or quote(given, safe="") != given):
        raise LodespaceError(
            f"LODESPACE_TOKEN must have at least {MIN_LENGTH} characters: letters, digits, - or _."
        )
    return given or new_token()
