"""The port for other devices, which serves HTTPS and redirects plain HTTP to HTTPS.

For an address without https://, most browsers send plain HTTP to the same port. The first byte of a
connection distinguishes HTTPS from plain HTTP: a TLS handshake starts with byte 22, and no HTTP
method does.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from lodespace.errors import LodespaceError

log = logging.getLogger(__name__)

TLS_HANDSHAKE = 22
"""First byte of a TLS handshake."""
FIRST_BYTE_SECONDS = 3.0
"""Longest time that the server waits for the first byte of a connection."""
HANDSHAKE_SECONDS = 10.0
"""Longest duration of a TLS handshake."""
MAX_GREETING = 256
"""Largest number of connections that have not sent a byte, or are in the TLS handshake."""
PLAIN_SECONDS = 3.0
"""Longest time from the first byte of plain HTTP to the end of the headers."""
MAX_PLAIN = 32
"""Largest number of plain HTTP connections. A further connection ends the oldest connection. Plain
connections only receive a redirect, so they must not use up the server's file descriptors."""
_PAUSE_SECONDS = 0.5
"""Pause before the next attempt, after the server could not accept a connection."""

_Redirect = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class LanListener:
    """Listens on one port, on all IPv4 addresses of the machine.

    Args:
        runner: Runner of the application that answers requests by HTTPS.
        context: TLS context with the certificate.
        names: Host names to which plain HTTP may be redirected.
        plain_server: Returns the server for plain HTTP, given the function that answers requests,
            and the longest time until the headers of a request are complete, in seconds.
    """

    def __init__(
        self,
        runner: web.AppRunner,
        context: ssl.SSLContext,
        names: tuple[str, ...],
        plain_server: Callable[[_Redirect, float], web.Server],
    ) -> None:
        self._runner = runner
        self._context = context
        self._names = frozenset(names)
        self._redirecting = plain_server(self._redirect, PLAIN_SECONDS)
        self._plain: list[asyncio.Transport] = []
        self._greeting = asyncio.Semaphore(MAX_GREETING)
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None
        self.port = 0
        """Port on which the server listens; 0 before `start`."""

    def start(self, port: int) -> None:
        """Listen on `port`; if `port` is 0, on any free port. Raises OSError if `port` is taken."""
        everywhere = "0.0.0.0"  # noqa: S104  (the network is served on purpose)
        self._socket = socket.create_server((everywhere, port), backlog=128)
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self._accepting = asyncio.create_task(self._accept(self._socket))

    async def stop(self) -> None:
        """Stop accepting, and end plain connections. The runner ends the HTTPS connections."""
        tasks = [task for task in (self._accepting, *self._tasks) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
        await self._redirecting.shutdown(1.0)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._greeting.acquire()
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as error:  # usually too many open files: try again later
                log.warning("a connection could not be accepted: %s", error)
                self._greeting.release()
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            except asyncio.CancelledError:
                self._greeting.release()
                raise
            task = asyncio.create_task(self._greet(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _greet(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        try:
            async with asyncio.timeout(FIRST_BYTE_SECONDS):
                first = await _peek(connection)
            if not first:
                connection.close()
            elif first[0] == TLS_HANDSHAKE:
                assert self._runner.server is not None
                await loop.connect_accepted_socket(
                    self._runner.server,
                    connection,
                    ssl=self._context,
                    ssl_handshake_timeout=HANDSHAKE_SECONDS,
                )
            else:
                transport, _ = await loop.connect_accepted_socket(self._redirecting, connection)
                self._hold(transport)
        except (OSError, TimeoutError):
            # Includes ssl.SSLError: a browser ends the handshake if the certificate is unknown.
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise
        finally:
            self._greeting.release()

    def _hold(self, transport: asyncio.Transport) -> None:
        """Add a plain connection, and abort the oldest when there are more than MAX_PLAIN."""
        self._plain = [*(other for other in self._plain if not other.is_closing()), transport]
        for oldest in self._plain[:-MAX_PLAIN]:
            oldest.abort()

    async def _redirect(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer 308 to the same path by HTTPS. Raises LodespaceError for a foreign host."""
        name = request.headers.get(hdrs.HOST, "").rsplit(":", 1)[0].lower()
        if name not in self._names:
            raise LodespaceError(
                "This address is not served here. Open the address that the server printed.",
                code="bad_host",
                status=421,
            )
        port = "" if self.port == 443 else f":{self.port}"
        path = request.path_qs if request.path_qs.startswith("/") else "/"
        return web.Response(status=308, headers={hdrs.LOCATION: f"https://{name}{port}{path}"})


async def _peek(connection: socket.socket) -> bytes:
    """Return the first byte without consuming it; b"" if the connection ends without a byte."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()

    def ready() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(connection, ready)
    try:
        await readable
    finally:
        loop.remove_reader(connection)
    with contextlib.suppress(ConnectionError):
        return connection.recv(1, socket.MSG_PEEK)
    return b""
