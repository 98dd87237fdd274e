"""A small server for the static sites of bakes, for notebooks on this machine.

It reads files only, and only from the folders that were added. Like the server of a project, it
checks Host and Origin of each request, and serves no other user of this computer.
"""

import asyncio
import secrets
import threading
from pathlib import Path

from aiohttp import web

from lodespace.access.local_users import LocalUsers
from lodespace.errors import LodespaceError, RequestError
from lodespace.web.http_server import Runner
from lodespace.web.request_guard import Handler, Hosts, error_answer, refuse_foreign, secure

_METHODS = frozenset({"GET", "HEAD"})


class SiteServer:
    """Serves folders to browsers on this machine, from a thread that ends with the process."""

    def __init__(self, port: int = 0) -> None:
        """Start the server.

        Args:
            port: Port on the loopback address; 0 for any free port.

        Raises:
            LodespaceError: The port cannot be used.
        """
        self.port = port
        """Port on the loopback address."""
        self._folders: dict[str, Path] = {}
        self._hosts = Hosts()
        self._users = LocalUsers()
        self._loop = asyncio.new_event_loop()
        self._runner: Runner | None = None
        self._error: OSError | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lodespace sites", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise LodespaceError(
                f"Port {port} cannot be used: {self._error.strerror}. Choose another port.",
                code="bad_port",
            ) from self._error

    def address_of(self, folder: Path) -> str:
        """Serve `folder`, and return the address of its page."""
        resolved = folder.resolve()
        name = next((n for n, served in self._folders.items() if served == resolved), None)
        if name is None:
            # Other programs cannot guess the name, so they cannot find out which sites are served.
            name = secrets.token_urlsafe(12)
            self._folders[name] = resolved
        return f"http://127.0.0.1:{self.port}/{name}/"

    def stop(self) -> None:
        """Stop the server. A second call has no effect."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._start())
        except OSError as error:  # `__init__` raises the error again
            self._error = error
        else:
            self._ready.set()
            self._loop.run_forever()
        finally:
            if self._runner is not None:
                self._loop.run_until_complete(self._runner.cleanup())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            self._ready.set()

    async def _start(self) -> None:
        app = web.Application(middlewares=[self._guard])
        app.router.add_route("*", "/{name}/{path:.*}", self._answer)
        app.on_response_prepare.append(self._add_headers)
        self._runner = Runner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = int(self._runner.addresses[0][1])
        self._hosts.listen(self.port)

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        del request
        secure(response, "", frozenset(), notebook=True)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            refuse_foreign(request, self._hosts.of(secure=False), notebook=True)
            if not self._users.serves(request.transport):
                raise _not_found()
            return await handler(request)
        except web.HTTPException as error:
            return error_answer(request, error.status, f"http_{error.status}", error.reason)
        except LodespaceError as error:
            return error_answer(request, error.status, error.code, str(error))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Send a file of a folder."""
        if request.method not in _METHODS:
            raise RequestError("This server only sends files.", code="http_405", status=405)
        folder = self._folders.get(request.match_info["name"])
        if folder is None:
            raise _not_found()
        file = _file_in(folder, request.match_info["path"] or "index.html")
        if file is None:
            raise _not_found()
        return web.FileResponse(file, headers={"Cache-Control": "no-cache"})


def _file_in(folder: Path, path: str) -> Path | None:
    """Return the file at `path` in `folder`; None if there is no such file in the folder.

    A link to a file outside the folder does not count.
    """
    try:
        file = (folder / path).resolve()
        return file if file.is_relative_to(folder) and file.is_file() else None
    except (OSError, ValueError):  # a name that is too long, or contains a zero byte
        return None


def _not_found() -> RequestError:
    return RequestError("There is no such file.", code="not_found", status=404)
