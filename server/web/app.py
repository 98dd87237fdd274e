"""The application: middleware, routes, and what starts and stops with the server."""

import asyncio
from collections.abc import AsyncIterator
from weakref import WeakSet

from aiohttp import WSCloseCode, web

from lodespace.access.lan_listener import LanListener
from lodespace.access.network import Network
from lodespace.access.pairing import Access
from lodespace.config import BUILT_PAGE, ServerConfig
from lodespace.project.project import Project
from lodespace.protocol import MAX_MESSAGE_BYTES
from lodespace.service.service import Service
from lodespace.web.access_watch import watching_the_door
from lodespace.web.api import SERVICE
from lodespace.web.pages import STATIC
from lodespace.web.routes import add_routes
from lodespace.web.security import protect
from lodespace.web.websocket import SOCKETS

GOODBYE_SECONDS = 1.0
NETWORK = web.AppKey("network", Network)
"""Only where other devices are served."""
LISTENER = web.AppKey("listener", list[LanListener])
"""What listens to the network, if anything."""


def make_app(
    config: ServerConfig, project: Project, *, device: str = "auto", threads: int = 0
) -> web.Application:
    """The application that serves `project`. Raises EventLogError, ProjectError when it cannot be opened for writing,
    LodespaceError when there is no certificate for the network."""
    app = web.Application(client_max_size=MAX_MESSAGE_BYTES)
    network = None if config.lan is None else Network.open(config.lan)
    access = Access(None if network is None else network.devices)
    protect(app, access, notebook=config.notebook)
    if network is not None:
        access.fingerprint = network.certificate.fingerprint
        app[NETWORK] = network
    app[SERVICE] = Service(project, config, access, device=device, threads=threads)
    app[SOCKETS] = WeakSet()
    app[LISTENER] = []
    app[STATIC] = BUILT_PAGE
    add_routes(app)
    app.cleanup_ctx.append(watching_the_door)
    app.cleanup_ctx.append(_service_context)
    app.on_shutdown.append(_close_the_door)
    app.on_shutdown.append(_say_goodbye)
    return app


async def _close_the_door(app: web.Application) -> None:
    for listener in app[LISTENER]:
        await listener.stop()


async def _service_context(app: web.Application) -> AsyncIterator[None]:
    await app[SERVICE].start()
    yield
    await app[SERVICE].stop()


async def _say_goodbye(app: web.Application) -> None:
    """All at once, and not longer than GOODBYE_SECONDS: a client that reads nothing does not hold the server up."""
    closing = [
        asyncio.create_task(
            socket.close(code=WSCloseCode.GOING_AWAY, message=b"the server is stopping")
        )
        for socket in set(app[SOCKETS])
    ]
    if closing:
        _, late = await asyncio.wait(closing, timeout=GOODBYE_SECONDS)
        for task in late:
            task.cancel()
        for client in app[SERVICE].clients:  # those that are still there
            client.drop()
