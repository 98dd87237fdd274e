"""One middleware that no route can skip: who may talk to the server, and what every answer carries.

The server is on this machine only, but a page from elsewhere, open in the same browser, could still reach it: by a form, by a script,
by a WebSocket, or by a name that resolves here (DNS rebinding). Host and Origin are checked against allow-lists before any handler runs.
"""

import logging
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from lodespace.errors import LodespaceError
from lodespace.protocol import MAX_MESSAGE_BYTES, ErrorBody

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "xr-spatial-tracking=(self), camera=(), microphone=(), geolocation=()",
    "Server": "lodespace",
}


def content_security_policy(host: str | None) -> str:
    """For a page of `host` (name and port; None: of no page). ws: is named: not every browser takes 'self' to cover it."""
    streams = "" if host is None else f" ws://{host} wss://{host}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        f"connect-src 'self'{streams}; font-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def allowed_hosts(port: int) -> frozenset[str]:
    """Values of the Host header that name this server."""
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def protect(app: web.Application, port_of: Callable[[], int]) -> None:
    """Guard all of `app`: the middleware, and the headers on all that it answers. `port_of` tells the port, known once the server runs."""
    app.middlewares.append(_guard(port_of))

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        secure(response, request.headers.get(hdrs.HOST, ""), allowed_hosts(port_of()))

    app.on_response_prepare.append(add_headers)


def _guard(port_of: Callable[[], int]) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            refuse_foreign(request, allowed_hosts(port_of()))
            return await handler(request)
        except web.HTTPException as error:
            response = _error(error.status, f"http_{error.status}", error.reason)
            if hdrs.ALLOW in error.headers:  # of a method that an address does not take
                response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
            return response
        except LodespaceError as error:
            return _error(error.status, error.code, str(error))
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return _error(500, "internal_error", "the server made a mistake; its log says which")

    return guard


def refuse_foreign(request: web.Request, hosts: frozenset[str]) -> None:
    """Raises LodespaceError unless the request is for this server and from its own page (or from no page at all)."""
    host = request.headers.get(hdrs.HOST, "").lower()
    if host not in hosts:
        raise LodespaceError(
            "this address is not served here; open the address that the server printed", code="bad_host", status=421
        )
    origin = request.headers.get(hdrs.ORIGIN)
    wants_socket = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
    if origin is None and wants_socket:
        raise LodespaceError("a stream needs an Origin header", code="bad_origin", status=403)
    if origin is not None and origin.lower() != f"{request.scheme}://{host}":
        raise LodespaceError("requests from other pages are refused", code="bad_origin", status=403)
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("same-origin", "none") and not _is_navigation(request):
        raise LodespaceError("requests from other pages are refused", code="bad_origin", status=403)
    if hdrs.CONTENT_ENCODING in request.headers:
        raise LodespaceError("compressed bodies are refused", code="bad_encoding", status=415)
    if request.method in _BODY_METHODS and request.content_type != "application/json":
        raise LodespaceError("the body must be application/json", code="bad_content_type", status=415)
    if (request.content_length or 0) > MAX_MESSAGE_BYTES:
        raise LodespaceError(f"a body has at most {MAX_MESSAGE_BYTES} bytes", code="too_large", status=413)


def secure(response: web.StreamResponse, host: str, hosts: frozenset[str]) -> None:
    """Put the security headers on an answer that has not begun. A `host` that is none of ours is not repeated in them."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers["Content-Security-Policy"] = content_security_policy(host if host.lower() in hosts else None)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def _is_navigation(request: web.Request) -> bool:
    """Following a link from elsewhere to the page itself is no attack: it shows the page and sends nothing."""
    return (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )


def _error(status: int, code: str, message: str) -> web.Response:
    body = msgspec.json.encode(ErrorBody(code=code, message=message))
    return web.Response(status=status, body=body, content_type="application/json")
