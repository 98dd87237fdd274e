"""One port of the network that speaks HTTPS, and tells who comes by plain HTTP to do so too.

Typed without https://, an address goes out as plain HTTP to the same port in most browsers. The first byte tells the two apart: a TLS
handshake begins with 22, no HTTP method does.
"""

import asyncio
import contextlib
import logging
import socket
import ssl

from aiohttp import hdrs, web

log = logging.getLogger(__name__)

TLS_HANDSHAKE = 22
FIRST_BYTE_SECONDS = 3.0
HANDSHAKE_SECONDS = 10.0
MAX_GREETING = 256
"""Connections at a time that have not shown yet what they speak."""
PLAIN_SECONDS = 3.0
"""From the first byte of plain HTTP to the end of its headers. Counted from the start: bytes that trickle in give no more time."""
MAX_PLAIN = 32
"""Plain connections at a time; one more ends the oldest. They lead to a redirect only, and their file descriptors are the owner's too."""
_PAUSE_SECONDS = 0.5


class LanListener:
    """Listens on `port` of all IPv4 addresses (0: any), for the application of `runner`. `names`: where plain HTTP may be sent on to."""

    def __init__(
        self, runner: web.AppRunner, context: ssl.SSLContext, names: tuple[str, ...]
    ) -> None:
        self._runner = runner
        self._context = context
        self._names = frozenset(names)
        # A body that does not come is not waited for either: nothing here reads it.
        self._redirecting = web.Server(
            self._redirect, access_log=None, keepalive_timeout=PLAIN_SECONDS, lingering_time=0.0
        )
        self._plain: list[asyncio.Transport] = []
        self._greeting = asyncio.Semaphore(MAX_GREETING)
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None
        self.port = 0

    def start(self, port: int) -> None:
        """Raises OSError when the port cannot be had."""
        self._socket = socket.create_server(("0.0.0.0", port), backlog=128)  # noqa: S104  (it is meant for the network)
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self._accepting = asyncio.create_task(self._accept(self._socket))

    async def stop(self) -> None:
        """Take no more connections; those there are end with the runner."""
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
            except OSError as error:  # too many open files, mostly: later there may be fewer
                log.warning("a connection could not be taken: %s", error)
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
        except (
            OSError,
            TimeoutError,
        ):  # ssl.SSLError is an OSError: a browser that does not know the certificate yet
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise
        finally:
            self._greeting.release()

    def _hold(self, transport: asyncio.Transport) -> None:
        """The oldest goes, not the newest: a person who comes is answered at once, who only holds on makes room."""
        self._plain = [*(one for one in self._plain if not one.is_closing()), transport]
        for oldest in self._plain[:-MAX_PLAIN]:
            oldest.abort()

    async def _redirect(self, request: web.BaseRequest) -> web.StreamResponse:
        """308 to the same path by HTTPS, and nothing else: the connection ends with it."""
        response = self._elsewhere(request)
        response.force_close()
        return response

    def _elsewhere(self, request: web.BaseRequest) -> web.Response:
        name = request.headers.get(hdrs.HOST, "").rsplit(":", 1)[0].lower()
        if name not in self._names:
            return web.Response(status=421, text="this address is not served here\n")
        port = "" if self.port == 443 else f":{self.port}"
        path = request.path_qs if request.path_qs.startswith("/") else "/"
        return web.Response(status=308, headers={hdrs.LOCATION: f"https://{name}{port}{path}"})


async def _peek(connection: socket.socket) -> bytes:
    """The first byte, left where it is; b"" when there will be none."""
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
