"""The application: middleware, routes, and what starts and stops with the server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from weakref import WeakSet

from aiohttp import WSCloseCode, web

from lodespace.config import ServerConfig
from lodespace.handlers import SERVICE, STATIC, add_routes
from lodespace.project import Project
from lodespace.protocol import MAX_MESSAGE_BYTES
from lodespace.security import protect
from lodespace.service import Service
from lodespace.stream import SOCKETS, stream

BUILT_PAGE = Path(__file__).parent / "static"
GOODBYE_SECONDS = 1.0


def make_app(config: ServerConfig, project: Project, *, device: str = "auto", threads: int = 0) -> web.Application:
    """The application that serves `project`. Raises StoreError, ProjectError when it cannot be opened for writing."""
    app = web.Application(client_max_size=MAX_MESSAGE_BYTES)
    protect(app, lambda: app[SERVICE].config.port)
    app[SERVICE] = Service(project, config, device=device, threads=threads)
    app[SOCKETS] = WeakSet()
    app[STATIC] = BUILT_PAGE
    add_routes(app)
    app.router.add_route("GET", "/api/stream", stream)
    app.cleanup_ctx.append(_service_context)
    app.on_shutdown.append(_say_goodbye)
    return app


async def _service_context(app: web.Application) -> AsyncIterator[None]:
    await app[SERVICE].start()
    yield
    await app[SERVICE].stop()


async def _say_goodbye(app: web.Application) -> None:
    """All at once, and not longer than GOODBYE_SECONDS: a client that reads nothing does not hold the server up."""
    closing = [
        asyncio.create_task(socket.close(code=WSCloseCode.GOING_AWAY, message=b"the server is stopping"))
        for socket in set(app[SOCKETS])
    ]
    if closing:
        _, late = await asyncio.wait(closing, timeout=GOODBYE_SECONDS)
        for task in late:
            task.cancel()
        for client in app[SERVICE].clients:  # those that are still there
            client.drop()
