"""The listening server, which serves an application on the first free port."""

import asyncio
import errno
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from aiohttp import web

from lodespace.access.lan_listener import LanListener
from lodespace.config import DEFAULT_LAN_PORT, PORTS_TRIED, ServerConfig
from lodespace.errors import LodespaceError
from lodespace.project.project import Project
from lodespace.web.app import make_app
from lodespace.web.http_server import Runner, plain_server
from lodespace.web.network import LISTENER, NETWORK
from lodespace.web.open_files import raise_limit
from lodespace.web.request_guard import ACCESS, CONNECTIONS, HOSTS

SWITCH_SECONDS = 0.0005
"""Longest time that another thread runs Python code while the event loop waits, in seconds."""
KEEPALIVE_SECONDS = 60.0
"""Seconds after which a connection without a complete request is closed."""


class Listening(NamedTuple):
    """A server that listens."""

    runner: web.AppRunner
    """Runner of the application; the caller cleans up the runner."""
    url: str
    """Address for the owner, on this machine."""
    addresses: list[str]
    """Addresses for other devices; empty without `--lan`."""


async def start(app: web.Application, ports: Iterable[int]) -> Listening:
    """Listen on this machine, on the first free port of `ports` (0 for any free port).

    With `--lan`, also listen to the network, with TLS. Raises LodespaceError when all ports are
    taken.
    """
    raise_limit()
    logging.getLogger("aiohttp.server").addFilter(_one_line)
    runner = Runner(app, access_log=None, shutdown_timeout=2.0, keepalive_timeout=KEEPALIVE_SECONDS)
    await runner.setup()
    try:
        await _first_free(
            ports, lambda port: web.TCPSite(runner, "127.0.0.1", port).start(), "--port"
        )
        port = int(runner.addresses[0][1])
        app[HOSTS].listen(port)
        addresses = await _listen_to_network(app, runner)
    except LodespaceError:
        await runner.cleanup()
        raise
    return Listening(runner, f"http://127.0.0.1:{port}/", addresses)


async def _listen_to_network(app: web.Application, runner: web.AppRunner) -> list[str]:
    if NETWORK not in app:
        return []
    network = app[NETWORK]
    listener = LanListener(
        runner, network.certificate.context(), network.names, plain_server, app[CONNECTIONS]
    )
    ports = (
        range(DEFAULT_LAN_PORT, DEFAULT_LAN_PORT + PORTS_TRIED)
        if network.port is None
        else [network.port]
    )

    async def listen(port: int) -> None:
        listener.start(port)

    await _first_free(ports, listen, "--lan-port")
    app[LISTENER].append(listener)
    app[CONNECTIONS].know(device.address for device in network.devices.all())
    app[HOSTS].listen_to_network(network.names, listener.port)
    addresses = network.addresses(listener.port)
    app[ACCESS].listen(addresses)
    return addresses


async def _first_free(
    ports: Iterable[int], listen: Callable[[int], Awaitable[None]], option: str
) -> None:
    tried: list[int] = []
    for port in ports:
        try:
            await listen(port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise LodespaceError(
                    f"Port {port} cannot be used: {error.strerror}. Choose another port with "
                    f"`{option}`.",
                    code="bad_port",
                ) from error
            tried.append(port)
            continue
        return
    taken = ", ".join(map(str, tried))
    raise LodespaceError(
        f"Port {taken} is taken. Choose another port with `{option}`.", code="port_taken"
    )


def _one_line(record: logging.LogRecord) -> bool:
    """Remove the traceback from the log record of a request that is not HTTP.

    This is a filter of `logging`. It returns True, so the record itself is logged.
    """
    record.exc_info = None
    return True


async def serve_until_interrupted(
    project: Project,
    ports: Iterable[int],
    announce: Callable[[str, list[str], str], None],
    *,
    device: str = "auto",
    threads: int = 0,
    config: ServerConfig | None = None,
) -> None:
    """Serve `project` until Ctrl-C or SIGTERM.

    Args:
        project: The opened project.
        ports: Ports to try, in order.
        announce: Called once the server listens, with the owner's address, the addresses for other
            devices, and the fingerprint of the certificate.
        device: Torch device of the trainer.
        threads: Threads of the trainer; 0 for one per processor.
        config: Options of the server.
    """
    app = make_app(config or ServerConfig(), project, device=device, threads=threads)
    await run_until_interrupted(app, ports, announce)


async def run_until_interrupted(
    app: web.Application,
    ports: Iterable[int],
    announce: Callable[[str, list[str], str], None],
) -> None:
    """Serve an application until Ctrl-C or SIGTERM. See `serve_until_interrupted`."""
    # Python code in another thread, such as a region query, keeps the interpreter for the switch
    # interval. The event loop needs the interpreter about fifteen times for one label. With the
    # default interval of 5 ms, these waits would add up.
    sys.setswitchinterval(SWITCH_SECONDS)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner, url, addresses = await start(app, ports)
    try:
        announce(url, addresses, app[ACCESS].fingerprint)
        await stop.wait()
    finally:
        await runner.cleanup()
