"""Listening: an application on the first free port, until it is told to stop."""

import asyncio
import dataclasses
import errno
import logging
import signal
from collections.abc import Callable, Iterable

from aiohttp import web

from lodespace.app import make_app
from lodespace.config import ServerConfig
from lodespace.errors import LodespaceError
from lodespace.handlers import SERVICE
from lodespace.project import Project

KEEPALIVE_SECONDS = 60.0
"""A connection without a request, also one whose headers never end, is closed after so long."""


async def start(app: web.Application, ports: Iterable[int]) -> tuple[web.AppRunner, str]:
    """Listen on the first of `ports` that is free (0: any). Returns the runner, to be cleaned up, and the address.

    Raises LodespaceError when all are taken.
    """
    logging.getLogger("aiohttp.server").addFilter(_one_line)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0, keepalive_timeout=KEEPALIVE_SECONDS)
    await runner.setup()
    tried: list[int] = []
    for port in ports:
        site = web.TCPSite(runner, app[SERVICE].config.host, port)
        try:
            await site.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                await runner.cleanup()
                raise LodespaceError(f"port {port} cannot be used: {error.strerror}", code="bad_port") from error
            tried.append(port)
            continue
        actual = int(runner.addresses[0][1])
        app[SERVICE].config = dataclasses.replace(app[SERVICE].config, port=actual)
        return runner, f"http://127.0.0.1:{actual}/"
    await runner.cleanup()
    raise LodespaceError(f"port {', '.join(map(str, tried))} is taken; give another one with --port", code="port_taken")


def _one_line(record: logging.LogRecord) -> bool:
    """What aiohttp logs itself are requests that are no HTTP: no fault of ours, and their tracebacks help nobody."""
    record.exc_info = None
    return True


async def serve_until_interrupted(
    project: Project,
    ports: Iterable[int],
    announce: Callable[[str], None],
    *,
    device: str = "auto",
    threads: int = 0,
    config: ServerConfig | None = None,
) -> None:
    """Serve `project`, say where by `announce`, and end cleanly on Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    app = make_app(config or ServerConfig(), project, device=device, threads=threads)
    runner, url = await start(app, ports)
    try:
        announce(url)
        await stop.wait()
    finally:
        await runner.cleanup()
