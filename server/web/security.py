"""One middleware that no route can skip: who may talk to the server, and what every answer carries.

Also where the server is on this machine only, a page from elsewhere, open in the same browser, could reach it: by a form, by a script,
by a WebSocket, or by a name that resolves here (DNS rebinding). Host and Origin are checked against allow-lists before any handler runs.
Then it is asked who comes: on this machine's own address the owner, by TLS from the network a device with its cookie, and what the route
needs. A route that does not say what it needs is the owner's.
"""

import html
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import msgspec
from aiohttp import hdrs, web

from lodespace.access.devices import KEPT_DAYS
from lodespace.access.pairing import PairingManager, may
from lodespace.errors import LodespaceError
from lodespace.protocol import MAX_MESSAGE_BYTES, ErrorBody, Role

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ACCESS = web.AppKey("access", PairingManager)
COOKIE = "__Host-lodespace"
"""The prefix makes the browser hold it to this host, to TLS and to all paths (RFC 6265bis)."""

NOTEBOOK = web.AppKey("notebook", bool)
_NEEDED = web.AppKey("needed", dict[Handler, Role | None])
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


NOTEBOOKS = "http://localhost:* http://127.0.0.1:* https://localhost:* vscode-webview:"
"""Pages of this machine that may show ours in a frame, when it is served from a notebook."""


def content_security_policy(host: str | None, framed_by: str = "'none'") -> str:
    """For a page of `host` (name and port; None: of no page). ws: is named: not every browser takes 'self' to cover it."""
    streams = "" if host is None else f" ws://{host} wss://{host}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        f"connect-src 'self'{streams}; font-src 'self'; worker-src 'self'; manifest-src 'self'; "
        f"frame-ancestors {framed_by}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


@dataclass(frozen=True)
class Visitor:
    """Who a request is from. `role` None: nobody known. `device`: "" for the owner on this machine."""

    role: Role | None
    device: str = ""


_VISITOR = web.RequestKey("visitor", Visitor)


def visitor_of(request: web.Request) -> Visitor:
    """Who it is, as the guard has found out."""
    return request[_VISITOR]


class Hosts:
    """The values of the Host header that name this server: on this machine, and by TLS from the network."""

    def __init__(self) -> None:
        self._own: frozenset[str] = frozenset()
        self._network: frozenset[str] = frozenset()

    def listen(self, port: int) -> None:
        self._own = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))

    def listen_to_network(self, names: Iterable[str], port: int) -> None:
        """For the `names` of the certificate."""
        bracketed = [f"[{name}]" if ":" in name else name for name in names]
        self._network = frozenset(f"{name}:{port}" for name in bracketed)
        if port == 443:
            self._network |= frozenset(bracketed)

    def of(self, *, secure: bool) -> frozenset[str]:
        return self._network if secure else self._own


HOSTS = web.AppKey("hosts", Hosts)


def protect(app: web.Application, access: PairingManager, *, notebook: bool = False) -> None:
    """Guard all of `app`: the middleware, and the headers on all that it answers."""
    app[ACCESS] = access
    app[HOSTS] = Hosts()
    app[NOTEBOOK] = notebook
    app[_NEEDED] = {}
    app.middlewares.append(_guard)

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        secure(
            response,
            request.headers.get(hdrs.HOST, ""),
            app[HOSTS].of(secure=request.secure),
            notebook=notebook,
        )

    app.on_response_prepare.append(add_headers)


def add_route(
    app: web.Application, method: str, path: str, handler: Handler, needed: Role | None
) -> None:
    """A route and the role that it needs; None: for everybody who reaches the server."""
    app.router.add_route(method, path, handler)
    app[_NEEDED][handler] = needed


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        refuse_foreign(
            request, request.app[HOSTS].of(secure=request.secure), notebook=request.app[NOTEBOOK]
        )
        visitor = _visitor(request)
        request[_VISITOR] = visitor
        _refuse_uninvited(visitor, request.app[_NEEDED].get(request.match_info.handler, "owner"))
        return await handler(request)
    except web.HTTPException as error:
        response = _error(request, error.status, f"http_{error.status}", error.reason)
        if hdrs.ALLOW in error.headers:  # of a method that an address does not take
            response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
        return response
    except LodespaceError as error:
        return _error(request, error.status, error.code, str(error))
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return _error(
            request, 500, "internal_error", "the server made a mistake; its log says which"
        )


def _visitor(request: web.Request) -> Visitor:
    """Without TLS the server listens on the loopback address alone: who is there is the owner, or has the owner's cable (adb reverse)."""
    if not request.secure:
        return Visitor("owner")
    known = request.app[ACCESS].identify(request.cookies.get(COOKIE, ""))
    return Visitor(None) if known is None else Visitor(known.role, known.device)


def _refuse_uninvited(visitor: Visitor, needed: Role | None) -> None:
    if needed is None or may(visitor.role, needed):
        return
    if visitor.role is None:
        raise LodespaceError(
            "this device was not let in; open the page and ask the owner",
            code="not_paired",
            status=401,
        )
    raise LodespaceError(
        f"only an {needed} may do that; ask the owner", code="not_allowed", status=403
    )


def refuse_foreign(request: web.Request, hosts: frozenset[str], *, notebook: bool = False) -> None:
    """Raises LodespaceError unless the request is for this server and from its own page (or from no page at all)."""
    host = request.headers.get(hdrs.HOST, "").lower()
    if host not in hosts:
        raise LodespaceError(
            "this address is not served here; open the address that the server printed",
            code="bad_host",
            status=421,
        )
    origin = request.headers.get(hdrs.ORIGIN)
    wants_socket = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
    if origin is None and wants_socket:
        raise LodespaceError("a stream needs an Origin header", code="bad_origin", status=403)
    if origin is not None and origin.lower() != f"{request.scheme}://{host}":
        raise LodespaceError("requests from other pages are refused", code="bad_origin", status=403)
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("same-origin", "none") and not _is_navigation(request, framed=notebook):
        raise LodespaceError("requests from other pages are refused", code="bad_origin", status=403)
    if hdrs.CONTENT_ENCODING in request.headers:
        raise LodespaceError("compressed bodies are refused", code="bad_encoding", status=415)
    if request.method in _BODY_METHODS and request.content_type != "application/json":
        raise LodespaceError(
            "the body must be application/json", code="bad_content_type", status=415
        )
    if (request.content_length or 0) > MAX_MESSAGE_BYTES:
        raise LodespaceError(
            f"a body has at most {MAX_MESSAGE_BYTES} bytes", code="too_large", status=413
        )


def secure(
    response: web.StreamResponse, host: str, hosts: frozenset[str], *, notebook: bool = False
) -> None:
    """Put the security headers on an answer that has not begun. A `host` that is none of ours is not repeated in them."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    if notebook:
        del response.headers["X-Frame-Options"]  # which knows no list
    known = host if host.lower() in hosts else None
    response.headers["Content-Security-Policy"] = content_security_policy(
        known, NOTEBOOKS if notebook else "'none'"
    )
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def set_cookie(response: web.StreamResponse, secret: str) -> None:
    """Give a device its secret to keep."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=KEPT_DAYS * 86400,
        path="/",
        secure=True,
        httponly=True,
        samesite="Strict",
    )


def _is_navigation(request: web.Request, *, framed: bool = False) -> bool:
    """Following a link from elsewhere to the page itself is no attack: it shows the page and sends nothing."""
    return (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest")
        in (("document", "iframe") if framed else ("document",))
    )


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="dark light">
<title>Lodespace</title><h1>Lodespace</h1><p>{message}</p></html>
"""


def _error(request: web.Request, status: int, code: str, message: str) -> web.Response:
    """For a program as JSON; a person who has followed an address reads the same sentence as a page."""
    if _is_navigation(request) or "text/html" in request.headers.get(hdrs.ACCEPT, ""):
        sentence = html.escape(message[:1].upper() + message[1:])
        return web.Response(
            status=status, text=_PAGE.format(message=sentence), content_type="text/html"
        )
    body = msgspec.json.encode(ErrorBody(code=code, message=message))
    return web.Response(status=status, body=body, content_type="application/json")
