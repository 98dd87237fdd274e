"""Security of every route: one middleware checks each request, and adds headers to each answer.

Even if the server listens on this machine only, a foreign page in a browser on this machine can
reach it. The page can use a form, a script, a WebSocket, or a host name that resolves to this
machine (DNS rebinding). The middleware therefore checks Host and Origin against allow-lists before
any handler runs. On the loopback address, the visitor is the owner (local_owner.py). On the
network, the cookie identifies the device of the visitor. A route that was not added by add_route
needs the role `owner`.
"""

import html
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import msgspec
from aiohttp import hdrs, web

from lodespace.access.connections import Connections
from lodespace.access.devices import COOKIE_DAYS
from lodespace.access.pairing import PairingManager
from lodespace.access.roles import may
from lodespace.errors import LodespaceError
from lodespace.protocol import ErrorBody, Role
from lodespace.web import local_owner
from lodespace.web.body_checks import refuse_body

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ACCESS = web.AppKey("access", PairingManager)
"""Access control of the application."""
COOKIE = "__Host-lodespace"
"""Name of the cookie.

Browsers accept a cookie with the prefix `__Host-` only from this host, over TLS and for all paths
(RFC 6265bis).
"""

NOTEBOOK = web.AppKey("notebook", bool)
"""Whether notebooks on this machine may show the page of this server in a frame."""
CONNECTIONS = web.AppKey("connections", Connections)
"""The connections that are open on the network port, with a limit on the rate of requests."""
_NEEDED = web.AppKey("needed", dict[Handler, Role | None])
_UPLOADS = web.AppKey("uploads", dict[Handler, int])

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
"""Origins that may show the page in a frame, if a notebook started the server."""


def content_security_policy(host: str | None, framed_by: str = "'none'") -> str:
    """Return the Content-Security-Policy of an answer.

    Args:
        host: Name and port to which the page may open WebSockets; None allows no WebSocket. The
            policy names `host`, because not every browser includes ws: and wss: in 'self'.
        framed_by: Sources of pages that may show the page in a frame.
    """
    streams = "" if host is None else f" ws://{host} wss://{host}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        f"connect-src 'self'{streams}; font-src 'self'; worker-src 'self'; manifest-src 'self'; "
        f"frame-ancestors {framed_by}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'"
    )


@dataclass(frozen=True)
class Visitor:
    """The sender of a request."""

    role: Role | None
    """Role of the sender; None for an unknown device."""
    device: str = ""
    """Id of the sender's device; empty for the owner on this machine."""


_VISITOR = web.RequestKey("visitor", Visitor)


def visitor_of(request: web.Request) -> Visitor:
    """Return the sender of a request, whom the guard has identified."""
    return request[_VISITOR]


def has_access(request: web.Request) -> bool:
    """Return whether the sender of a request still has the role that the guard has found."""
    return _visitor(request) == visitor_of(request)


def not_approved() -> LodespaceError:
    """Return the error for a device that the owner has not approved, or not any more."""
    text = "This device is not approved. Open the page and request access."
    return LodespaceError(text, code="not_paired", status=401)


class Hosts:
    """Allowed values of the Host header.

    Requests from this machine come without TLS, and requests from the network with TLS. Each of the
    two kinds has its own values.
    """

    def __init__(self) -> None:
        self._own: frozenset[str] = frozenset()
        self._network: frozenset[str] = frozenset()

    def listen(self, port: int) -> None:
        """Accept requests to the loopback names of this machine, with `port`."""
        self._own = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))

    def listen_to_network(self, names: Iterable[str], port: int) -> None:
        """Accept requests whose Host header has `port` and one of `names`.

        `names` are the host names in the certificate.
        """
        bracketed = [f"[{name}]" if ":" in name else name for name in names]
        self._network = frozenset(f"{name}:{port}" for name in bracketed)
        if port == 443:
            self._network |= frozenset(bracketed)

    def of(self, *, secure: bool) -> frozenset[str]:
        """Return the allowed values of the Host header, for connections by TLS if `secure`."""
        return self._network if secure else self._own


HOSTS = web.AppKey("hosts", Hosts)
"""Allowed values of the Host header."""


def protect(
    app: web.Application, access: PairingManager, *, notebook: bool = False, token: str = ""
) -> None:
    """Add the middleware to `app`, and the security headers to all answers of `app`."""
    local_owner.set_up(app, token)
    app[ACCESS] = access
    app[HOSTS] = Hosts()
    app[NOTEBOOK] = notebook
    app[CONNECTIONS] = Connections()
    app[_NEEDED] = {}
    app[_UPLOADS] = {}
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
    app: web.Application,
    method: str,
    path: str,
    handler: Handler,
    needed: Role | None,
    upload: int = 0,
) -> None:
    """Add a route that needs the role `needed`. If `needed` is None, every device may use it.

    `upload` is the largest file that is sent as the body, in bytes; 0 if the body is JSON.
    """
    app.router.add_route(method, path, handler)
    app[_NEEDED][handler] = needed
    if upload:
        app[_UPLOADS][handler] = upload


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        refuse_foreign(
            request, request.app[HOSTS].of(secure=request.secure), notebook=request.app[NOTEBOOK]
        )
        redirect = local_owner.answer_to_token(request)
        if redirect is not None:
            return redirect
        visitor = _visitor(request)
        request[_VISITOR] = visitor
        if request.secure:
            await request.app[CONNECTIONS].next_request(request.protocol, visitor.device)
        needed = request.app[_NEEDED].get(request.match_info.handler, "owner")
        if needed is not None and visitor.role is None and not request.secure:
            raise local_owner.no_token()
        _refuse_uninvited(visitor, needed)
        if request.match_info.http_exception is None:
            refuse_body(request, request.app[_UPLOADS].get(request.match_info.handler, 0))
        return await handler(request)  # if there is no route, the handler raises 404 or 405
    except web.HTTPException as error:
        return http_error(request, error)
    except LodespaceError as error:
        return error_answer(request, error.status, error.code, str(error))
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return error_answer(
            request, 500, "internal_error", "Internal error. Details are in the server log."
        )


def _visitor(request: web.Request) -> Visitor:
    """Identify the sender of a request.

    Without TLS, the server listens on the loopback address only. A request to this address has the
    role `owner`. This includes requests of a headset that the owner has connected by cable (adb
    reverse). A request of another user of this computer raises LodespaceError.
    """
    if not request.secure:
        return Visitor("owner" if local_owner.is_owner(request) else None)
    known = request.app[ACCESS].identify(request.cookies.get(COOKIE, ""))
    return Visitor(None) if known is None else Visitor(known.role, known.device)


def _refuse_uninvited(visitor: Visitor, needed: Role | None) -> None:
    if needed is None or may(visitor.role, needed):
        return
    if visitor.role is None:
        raise not_approved()
    raise LodespaceError(
        f"This request needs the role `{needed}`. Ask the owner for this role.",
        code="not_allowed",
        status=403,
    )


def refuse_foreign(request: web.Request, hosts: frozenset[str], *, notebook: bool = False) -> None:
    """Raise LodespaceError for a request with a wrong Host or Origin."""
    host = request.headers.get(hdrs.HOST, "").lower()
    named = {host}
    if not request.raw_path.startswith("/"):
        # If the target of a request is a complete URL, its host replaces Host (RFC 9112, 3.2.2).
        named.add(request.url.raw_authority.lower())
    if not named <= hosts:
        raise LodespaceError(
            "This address is not served here. Open the address that the server printed.",
            code="bad_host",
            status=421,
        )
    origin = request.headers.get(hdrs.ORIGIN)
    wants_socket = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
    if origin is None and wants_socket:
        raise LodespaceError("A WebSocket needs an Origin header.", code="bad_origin", status=403)
    if origin is not None and origin.lower() != f"{request.scheme}://{host}":
        raise LodespaceError(
            "Requests from other pages are refused.", code="bad_origin", status=403
        )
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("same-origin", "none") and not _is_navigation(request, framed=notebook):
        raise LodespaceError(
            "Requests from other pages are refused.", code="bad_origin", status=403
        )


def secure(
    response: web.StreamResponse, host: str, hosts: frozenset[str], *, notebook: bool = False
) -> None:
    """Add the security headers to an answer.

    Args:
        response: The answer.
        host: Host header of the request. If `hosts` contains `host`, the page may open WebSockets
            to it.
        hosts: Allowed values of the Host header.
        notebook: Whether notebooks on this machine may show the answer in a frame.
    """
    for name, value in HEADERS.items():
        response.headers[name] = value
    if notebook:
        del response.headers["X-Frame-Options"]  # this header cannot list origins
    known = host if host.lower() in hosts else None
    response.headers["Content-Security-Policy"] = content_security_policy(
        known, NOTEBOOKS if notebook else "'none'"
    )
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def set_cookie(response: web.StreamResponse, secret: str) -> None:
    """Set the cookie that holds the secret of a device."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_DAYS * 86400,
        path="/",
        secure=True,
        httponly=True,
        samesite="Strict",
    )


def _is_navigation(request: web.BaseRequest, *, framed: bool = False) -> bool:
    """Return whether a browser sent the request to open the address and show the answer.

    A browser does so when a person follows a link, for example. Requests of scripts do not count.

    Args:
        request: The request.
        framed: Whether opening the address in a frame counts as well.
    """
    return (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest")
        in (("document", "iframe") if framed else ("document",))
    )


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="dark light">
<title>Lodespace</title><h1>Lodespace</h1><p>{message}</p></html>
"""


def http_error(request: web.BaseRequest, error: web.HTTPException) -> web.Response:
    """Return the answer to a request that aiohttp refused."""
    response = error_answer(request, error.status, f"http_{error.status}", error.reason)
    if hdrs.ALLOW in error.headers:
        response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
    return response


def error_answer(request: web.BaseRequest, status: int, code: str, message: str) -> web.Response:
    """Return an error as JSON, or as a page when a person opened the address in a browser."""
    if _is_navigation(request) or "text/html" in request.headers.get(hdrs.ACCEPT, ""):
        sentence = html.escape(message[:1].upper() + message[1:])
        return web.Response(
            status=status, text=_PAGE.format(message=sentence), content_type="text/html"
        )
    body = msgspec.json.encode(ErrorBody(code=code, message=message))
    return web.Response(status=status, body=body, content_type="application/json")
