"""The port for other devices, which serves HTTPS and redirects plain HTTP to HTTPS.

For an address without https://, most browsers send plain HTTP to the same port. The first byte of a
connection distinguishes HTTPS from plain HTTP: a TLS handshake starts with byte 22, and no HTTP
method does.

Anybody in the network can open connections, so the work for new connections is limited. Connections
are accepted in small groups. They wait in a queue that serves the IP addresses in turn, and begin
their handshake at a limited pace. connections.py limits the number of connections that are open.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine

from aiohttp import hdrs, web

from lodespace.access.connections import Connection, Connections
from lodespace.access.fair_queue import FairQueue
from lodespace.access.pace import Pace
from lodespace.errors import LodespaceError

log = logging.getLogger(__name__)

TLS_HANDSHAKE = 22
"""First byte of a TLS handshake."""
FIRST_BYTE_SECONDS = 3.0
"""Longest time that the server waits for the first byte of a connection, in seconds."""
HANDSHAKE_SECONDS = 10.0
"""Longest duration of a TLS handshake, in seconds."""
MAX_WAITING = 128
"""Largest number of accepted connections whose first byte the server has not read yet."""
MAX_WAITING_AND_ADDRESS = 32
"""Largest number of connections from one IP address whose first byte the server has not
read yet.
"""
GREETINGS_PER_SECOND = 30.0
"""Largest number of connections per second that the server begins to serve. A TLS handshake keeps
the event loop busy for about 2 ms."""
GREETINGS_AT_ONCE = 64
"""Number of connections that the server may begin to serve at once after a pause.

Later connections begin at the rate GREETINGS_PER_SECOND.
"""
KNOWN_GREETINGS_PER_SECOND = 20.0
"""Largest number of new connections per second from one known address that skip the queue.

An address is known if an approved device has used it. Connections that skip the queue do not wait
for the connections of other addresses.
"""
_ACCEPTED_AT_ONCE = 16
"""Largest number of connections that are accepted in one turn of the event loop."""
_ACCEPT_SECONDS = 0.01
"""Seconds from one call of `_accept` to the next, while connections arrive."""
PLAIN_SECONDS = 3.0
"""Longest time from the first byte of plain HTTP to the end of the headers, in seconds."""
MAX_PLAIN = 32
"""Largest number of plain HTTP connections. A further connection ends the oldest connection. Plain
connections only receive a redirect, so they must not use up the server's file descriptors."""
_PAUSE_SECONDS = 0.5
"""Seconds for which the server accepts no connection after an attempt to accept one has failed."""
_LOGGED_EVERY = 60.0
"""Seconds between two warnings that connections cannot be accepted."""

_Redirect = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class LanListener:
    """Listens on one port, on all IPv4 addresses of the machine.

    Args:
        runner: Runner of the application that answers requests by HTTPS.
        context: TLS context with the certificate.
        names: Host names to which plain HTTP may be redirected.
        plain_server: Function that returns the server for plain HTTP. Its arguments are the
            function that answers requests, and the longest time in seconds until the headers of a
            request are complete.
        connections: List of the open connections, with limits on their number.
    """

    def __init__(
        self,
        runner: web.AppRunner,
        context: ssl.SSLContext,
        names: tuple[str, ...],
        plain_server: Callable[[_Redirect, float], web.Server],
        connections: Connections,
    ) -> None:
        self._runner = runner
        self._context = context
        self._names = frozenset(names)
        self._redirecting = plain_server(self._redirect, PLAIN_SECONDS)
        self._plain: list[asyncio.Transport] = []
        self._connections = connections
        self._waiting = FairQueue[socket.socket](
            MAX_WAITING, MAX_WAITING_AND_ADDRESS, socket.socket.close
        )
        self._known_pace = Pace(KNOWN_GREETINGS_PER_SECOND, MAX_WAITING_AND_ADDRESS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: socket.socket | None = None
        self._resumes: asyncio.TimerHandle | None = None
        self._failed_at = -_LOGGED_EVERY
        self.port = 0
        """Port on which the server listens; 0 before `start`."""

    def start(self, port: int) -> None:
        """Listen on `port`; if `port` is 0, on any free port. Raises OSError if `port` is taken."""
        everywhere = "0.0.0.0"  # noqa: S104  (the network is served on purpose)
        self._socket = socket.create_server((everywhere, port), backlog=128)
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self._listen()
        self._start(self._greet_all())

    async def stop(self) -> None:
        """Accept no more connections, and end all connections that do not use TLS.

        The application's `AppRunner` ends the connections that use TLS.
        """
        loop = asyncio.get_running_loop()
        if self._resumes is not None:
            self._resumes.cancel()
        if self._socket is not None:
            loop.remove_reader(self._socket)
            self._socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._waiting.clear()
        await self._redirecting.shutdown(1.0)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _listen(self) -> None:
        assert self._socket is not None
        asyncio.get_running_loop().add_reader(self._socket, self._accept, self._socket)

    def _accept(self, listener: socket.socket) -> None:
        """Accept some connections. Then let the event loop do other work."""
        loop, pause = asyncio.get_running_loop(), _ACCEPT_SECONDS
        try:
            for _ in range(_ACCEPTED_AT_ONCE):
                connection, (address, _) = listener.accept()
                connection.setblocking(False)
                known = self._connections.knows(address)
                if known and self._known_pace.wait(address, loop.time()) == 0:
                    self._begin(address, connection)
                else:
                    self._waiting.put(address, connection)
        except BlockingIOError:
            return  # there is no further connection to accept
        # The usual cause is that too many files are open. `_accept` tries again later.
        except OSError as error:
            pause = _PAUSE_SECONDS
            if loop.time() - self._failed_at >= _LOGGED_EVERY:
                self._failed_at = loop.time()
                log.warning("a connection could not be accepted: %s", error)
        loop.remove_reader(listener)
        self._resumes = loop.call_later(pause, self._listen)

    async def _greet_all(self) -> None:
        """Begin to serve the connections that wait, at a limited pace."""
        loop, pace = asyncio.get_running_loop(), Pace(GREETINGS_PER_SECOND, GREETINGS_AT_ONCE)
        while True:
            await asyncio.sleep(pace.wait("", loop.time()))
            address, accepted = await self._waiting.get()
            self._begin(address, accepted)

    def _begin(self, address: str, accepted: socket.socket) -> None:
        """Begin to serve a connection."""
        connection = Connection(address, accepted.close, lambda: False)
        task = self._start(self._greet(accepted, connection))
        connection.drop, connection.closed = task.cancel, task.done
        # A task that is cancelled before its first step does not close the socket itself.
        task.add_done_callback(lambda done: accepted.close() if done.cancelled() else None)
        self._connections.add(connection)

    async def _greet(self, accepted: socket.socket, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(FIRST_BYTE_SECONDS):
                first = await _peek(accepted)
            if not first:
                accepted.close()
            elif first[0] == TLS_HANDSHAKE:
                await self._serve(accepted, connection)
            else:
                self._connections.remove(connection)
                transport, _ = await loop.connect_accepted_socket(self._redirecting, accepted)
                self._hold(transport)
        except (OSError, TimeoutError):
            # Includes ssl.SSLError: a browser ends the handshake if the certificate is unknown.
            accepted.close()
        except asyncio.CancelledError:
            accepted.close()
            raise

    async def _serve(self, accepted: socket.socket, connection: Connection) -> None:
        """Do the TLS handshake, and pass the connection to the application."""
        server = self._runner.server
        assert server is not None
        protocol = server()
        # The protocol is connected before the handshake, because the first request can arrive
        # together with the end of the handshake.
        self._connections.serve(connection, protocol)
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: protocol,
            accepted,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )
        connection.drop = transport.abort
        connection.closed = lambda: protocol.transport is None

    def _hold(self, transport: asyncio.Transport) -> None:
        """Add a plain HTTP connection.

        If there are now more than MAX_PLAIN plain connections, end the oldest.
        """
        self._plain = [*(other for other in self._plain if not other.is_closing()), transport]
        for oldest in self._plain[:-MAX_PLAIN]:
            oldest.abort()

    async def _redirect(self, request: web.BaseRequest) -> web.StreamResponse:
        """Redirect to the same path by HTTPS, with status 308.

        Raises LodespaceError if the Host header has no name of this machine.
        """
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
