"""A plain web server for static sites, as anybody can have."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class PlainHandler(SimpleHTTPRequestHandler):
    """A simple web server: it knows four kinds of file, and does not serve parts of files."""

    extensions_map = {  # noqa: RUF012
        ".html": "text/html",
        ".js": "text/javascript",
        ".css": "text/css",
        "": "application/octet-stream",
    }

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def plain_server(folder: Path) -> Iterator[str]:
    """Serve the files of `folder` at the yielded address, which has no slash at its end."""
    handler = partial(PlainHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
