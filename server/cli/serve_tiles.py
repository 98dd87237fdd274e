"""The part of `lodespace serve` for scenes in tiles."""

import argparse
import asyncio
import contextlib
import sys
import webbrowser
from pathlib import Path

from lodespace.cli.screen import has_screen
from lodespace.config import DEFAULT_PORT, PORTS_TRIED, LanConfig, state_folder
from lodespace.errors import LodespaceError
from lodespace.items.paths import printable


def serve_tiles(options: argparse.Namespace, lan: LanConfig | None, token: str) -> int:
    """Serve the scene in tiles at PATH until Ctrl-C. Returns the exit status.

    With `lan`, other devices also reach the scene. The labels are in the folder --project, by
    default lodespace-NAME in the current folder. If this folder cannot be written, the scene is
    read-only.
    """
    from lodespace.access.network import Network, introduce
    from lodespace.access.owner_token import private_redirect
    from lodespace.project.untrusted import refuse_links
    from lodespace.service.tile_service import TileService
    from lodespace.web.server import run_until_interrupted
    from lodespace.web.tile_app import make_tile_app

    scene = Path(options.path)
    refuse_links(scene)
    network = None if lan is None else Network.open(lan)
    labels = options.project or Path(f"lodespace-{scene.resolve().name}")
    try:
        service = TileService(scene, labels)
        state = f"labels in {labels}"
    except OSError as error:
        service = TileService(scene, None)
        state = f"read-only, because {labels} cannot be written: {error.strerror}"

    def announce(url: str, addresses: list[str], fingerprint: str) -> None:
        if token:
            url += f"?token={token}"
        sys.stdout.write(
            f"lodespace: {printable(service.info.dataset)}, {service.info.items:,} items in "
            f"{service.info.tiles:,} tiles ({state})\nopen {url}\n"
            f"{'' if lan is None else introduce(addresses, fingerprint)}"
            "Ctrl-C stops the server; each label is saved immediately\n"
        )
        sys.stdout.flush()
        if not options.no_browser and has_screen():
            with contextlib.suppress(LodespaceError):
                webbrowser.open(private_redirect(url, state_folder()).as_uri() if token else url)

    ports = (
        range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED) if options.port is None else [options.port]
    )
    app = make_tile_app(service, network, token=token)
    asyncio.run(run_until_interrupted(app, ports, announce))
    return 0
