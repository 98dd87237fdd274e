"""The web application: middleware, routes, and parts that start and stop with the server."""

import asyncio
from collections.abc import AsyncIterator
from weakref import WeakSet

from aiohttp import WSCloseCode, web

from lodespace.access.network import Network
from lodespace.access.rate_limit import Limit
from lodespace.config import BUILT_PAGE, ServerConfig
from lodespace.predict.process import PredictionProcess
from lodespace.project.project import Project
from lodespace.protocol import MAX_MESSAGE_BYTES
from lodespace.service.service import Service
from lodespace.web.api import SERVICE
from lodespace.web.bench import REPORTS, REPORTS_PER_DEVICE, REPORTS_PER_MINUTE
from lodespace.web.exports import EXPORTS, WRITTEN
from lodespace.web.network import share
from lodespace.web.pages import STATIC
from lodespace.web.predicting import PREDICTIONS, prediction_context
from lodespace.web.request_guard import protect
from lodespace.web.routes import add_routes
from lodespace.web.websocket import SOCKETS

CLOSE_TIMEOUT_SECONDS = 1.0
"""Longest wait for the closing handshakes of all clients when the server stops."""


def make_app(
    config: ServerConfig, project: Project, *, device: str = "auto", threads: int = 0
) -> web.Application:
    """Return the application that serves `project`.

    Raises EventLogError or ProjectError when the project cannot be opened for writing, and
    LodespaceError when there is no certificate for the network.
    """
    app = web.Application(client_max_size=MAX_MESSAGE_BYTES)
    network = None if config.lan is None else Network.open(config.lan)
    service = Service(project, config, network, device=device, threads=threads)
    protect(app, service.access, notebook=config.notebook, token=config.token)
    app[SERVICE] = service
    app[SOCKETS] = WeakSet()
    app[REPORTS] = Limit(REPORTS_PER_MINUTE, REPORTS_PER_DEVICE)
    app[PREDICTIONS] = PredictionProcess(project, threads=threads)
    app[EXPORTS], app[WRITTEN] = set(), set()
    app[STATIC] = BUILT_PAGE
    add_routes(app)
    share(app, network)
    app.cleanup_ctx.append(_service_context)
    app.cleanup_ctx.append(prediction_context)
    app.on_shutdown.append(_close_websockets)
    return app


async def _service_context(app: web.Application) -> AsyncIterator[None]:
    await app[SERVICE].start()
    yield
    await app[SERVICE].stop()


async def _close_websockets(app: web.Application) -> None:
    """Close all WebSockets at the same time; drop clients that do not answer in time."""
    closing = [
        asyncio.create_task(
            socket.close(code=WSCloseCode.GOING_AWAY, message=b"The server is stopping.")
        )
        for socket in set(app[SOCKETS])
    ]
    if closing:
        _, late = await asyncio.wait(closing, timeout=CLOSE_TIMEOUT_SECONDS)
        for task in late:
            task.cancel()
        for client in app[SERVICE].clients:
            client.drop()
