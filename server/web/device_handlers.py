"""Handlers of the routes under /api/access: requests, pairing codes, decisions, devices."""

from io import BytesIO

import segno
from aiohttp import hdrs, web

from lodespace import protocol
from lodespace.access.devices import FormerDevice
from lodespace.errors import RequestError
from lodespace.web.bodies import as_json, body_of
from lodespace.web.request_guard import ACCESS, COOKIE, set_cookie


async def request_access(request: web.Request) -> web.Response:
    asked = await body_of(request, protocol.AccessRequest)
    _only_secure(request)
    former = _former(request)
    name = _name(request, asked.name, former)
    return as_json(request.app[ACCESS].request(name, request.remote or "", former))


async def poll_access(request: web.Request) -> web.Response:
    asked = await body_of(request, protocol.AccessPoll)
    _only_secure(request)
    answer, secret = request.app[ACCESS].poll(asked.secret, asked.name.strip())
    response = as_json(answer)
    if secret:
        set_cookie(response, secret)
    return response


async def pair(request: web.Request) -> web.Response:
    asked = await body_of(request, protocol.Pair)
    _only_secure(request)
    former = _former(request)
    name = _name(request, asked.name, former)
    role, secret = request.app[ACCESS].redeem_code(asked.code, name, request.remote or "", former)
    response = as_json(protocol.AccessAnswer(state="allowed", role=role))
    set_cookie(response, secret)
    return response


async def get_access(request: web.Request) -> web.Response:
    return as_json(request.app[ACCESS].overview())


async def decide(request: web.Request) -> web.Response:
    decided = await body_of(request, protocol.Decide)
    request.app[ACCESS].decide(decided.request, decided.role)
    return as_json(request.app[ACCESS].overview())


async def block(request: web.Request) -> web.Response:
    asked = await body_of(request, protocol.BlockAddress)
    request.app[ACCESS].block(asked.address, blocked=asked.blocked)
    return as_json(request.app[ACCESS].overview())


async def make_code(request: web.Request) -> web.Response:
    asked = await body_of(request, protocol.MakeCode)
    if not request.app[ACCESS].addresses:
        raise _not_shared()
    return as_json(request.app[ACCESS].make_code(asked.role))


async def revoke(request: web.Request) -> web.Response:
    asked = await body_of(request, protocol.Revoke)
    request.app[ACCESS].revoke(asked.device)
    return as_json(request.app[ACCESS].overview())


async def get_qr(request: web.Request) -> web.Response:
    """Send the address for other devices as a QR code. The QR code contains no secret."""
    addresses = request.app[ACCESS].addresses
    if not addresses:
        raise _not_shared()
    svg = BytesIO()
    segno.make(addresses[0], error="m").save(
        svg, kind="svg", border=2, dark="#0b1016", light="#ffffff", xmldecl=False
    )
    return web.Response(body=svg.getvalue(), content_type="image/svg+xml")


def _former(request: web.Request) -> FormerDevice | None:
    """Return the device of a visitor whose approval has ended; None for a new device."""
    devices = request.app[ACCESS].devices
    return None if devices is None else devices.former(request.cookies.get(COOKIE, ""))


def _name(request: web.Request, given: str, former: FormerDevice | None) -> str:
    """Return the name of a device: the `given` name, else its former name, else the browser."""
    known = "" if former is None else former.name
    return given.strip() or known or browser_name(request.headers.get(hdrs.USER_AGENT, ""))


def _not_shared() -> RequestError:
    return RequestError(
        "This server is not shared with other devices. Start it with `--lan`.",
        code="not_shared",
        status=404,
    )


def _only_secure(request: web.Request) -> None:
    if not request.secure:
        raise RequestError(
            "Only the owner uses this address. The owner needs no approval. Other devices use the "
            "https address that `--lan` prints.",
            code="not_shared",
            status=404,
        )


_BROWSERS = (
    ("OculusBrowser", "Quest Browser"),
    ("PicoBrowser", "Pico Browser"),
    ("Wolvic", "Wolvic"),
    ("Edg/", "Edge"),
    ("SamsungBrowser", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Quest", "Quest"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Return a name for a device with this User-Agent header. The name is only displayed."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return browser if not system or system in browser else f"{browser} on {system}"
