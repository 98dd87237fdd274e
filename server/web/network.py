"""The part of an application that other devices reach by the network (`--lan`)."""

from aiohttp import web

from lodespace.access.lan_listener import LanListener
from lodespace.access.network import Network
from lodespace.web.access_watch import watch_access

NETWORK = web.AppKey("network", Network)
"""Certificate and devices; present only with `--lan`."""
LISTENER = web.AppKey("listener", list[LanListener])
"""Listeners on the network: one with `--lan`, otherwise an empty list."""


def share(app: web.Application, network: Network | None) -> None:
    """Prepare `app` for other devices. `network` is None if only this machine reaches the server.

    Set the access control of `app` before this call.
    """
    if network is not None:
        app[NETWORK] = network
    app[LISTENER] = []
    app.cleanup_ctx.append(watch_access)
    app.on_shutdown.append(_stop_listeners)


async def _stop_listeners(app: web.Application) -> None:
    for listener in app[LISTENER]:
        await listener.stop()
