"""The web application of a scene in tiles: the page, the files of the scene, and the HTTP API.

docs/tiles.md describes the addresses. There is no stream: a page asks for changes.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from aiohttp import web

from lodespace import protocol
from lodespace.access.network import Network
from lodespace.access.pairing import PairingManager
from lodespace.access.rate_limit import Limit
from lodespace.config import BUILT_PAGE
from lodespace.errors import RequestError
from lodespace.protocol import MAX_MESSAGE_BYTES, MAX_SEARCH_LENGTH
from lodespace.service.tile_service import TileService
from lodespace.session.authors import author
from lodespace.tiles.folder import TILES
from lodespace.web.api import API_CLIENT
from lodespace.web.bench import REPORTS, REPORTS_PER_DEVICE, REPORTS_PER_MINUTE, post_bench
from lodespace.web.bodies import as_json, body_of
from lodespace.web.device_routes import ACCESS_ROUTES
from lodespace.web.network import share
from lodespace.web.pages import STATIC
from lodespace.web.request_guard import (
    ACCESS,
    COOKIE,
    add_route,
    has_access,
    not_approved,
    protect,
    set_cookie,
    visitor_of,
)
from lodespace.web.routes import PAGE_ROUTES, add_routes

TILE_SERVICE = web.AppKey("tile service", TileService)
"""The service of the scene that is served."""
_KINDS = {".glb": "model/gltf-binary", ".json": "application/json", ".webp": "image/webp"}
_FILE = r"tileset\.json|\d{1,6}/\d{1,8}(?:\.glb|\.json|-\d{1,3}\.webp)"
_LONGEST_WAIT = 30
"""Longest time that a request for changes waits, in seconds."""


def make_tile_app(
    service: TileService, network: Network | None = None, *, token: str = ""
) -> web.Application:
    """Return the application that serves a scene in tiles.

    Args:
        service: The service of the scene.
        network: Certificate and devices of a server that other devices reach; None without `--lan`.
        token: The owner's token, or "".
    """
    app = web.Application(client_max_size=MAX_MESSAGE_BYTES)
    protect(app, _pairing(service, network), token=token)
    share(app, network)
    app[TILE_SERVICE] = service
    app[STATIC] = BUILT_PAGE
    app[REPORTS] = Limit(REPORTS_PER_MINUTE, REPORTS_PER_DEVICE)
    add_routes(app, (*PAGE_ROUTES, *ACCESS_ROUTES))
    add_route(app, "POST", "/api/bench", post_bench, "viewer")
    add_route(app, "GET", "/healthz", healthz, None)
    add_route(app, "GET", f"/{TILES}/{{path:{_FILE}}}", get_file, "viewer")
    add_route(app, "GET", "/api/session", get_session, "viewer")
    add_route(app, "GET", "/api/search", get_search, "viewer")
    add_route(app, "POST", "/api/select", post_select, "viewer")
    add_route(app, "POST", "/api/labels", post_labels, "annotator")
    add_route(app, "POST", "/api/undo", post_undo, "annotator")
    add_route(app, "POST", "/api/redo", post_redo, "annotator")
    add_route(app, "POST", "/api/classes", post_classes, "annotator")
    add_route(app, "GET", r"/api/tiles/labels/{tile:\d{1,8}}", get_labels, "viewer")
    add_route(app, "GET", "/api/tiles/changes", get_changes, "viewer")
    add_route(
        app, "GET", r"/api/tiles/selection/{handle:[\w-]{8,64}}/{tile:\d{1,8}}", get_mask, "viewer"
    )
    add_route(app, "GET", r"/api/items/{item:\d{1,10}}", get_picture, "viewer")
    add_route(app, "GET", r"/api/items/{item:\d{1,10}}/info", get_info, "viewer")
    app.on_shutdown.append(_answer_waiting)
    app.cleanup_ctx.append(_close_service)
    return app


def _pairing(service: TileService, network: Network | None) -> PairingManager:
    if network is None:
        return PairingManager(streams=service.waiting)
    return PairingManager(
        network.devices,
        streams=service.waiting,
        fingerprint=network.certificate.fingerprint,
    )


async def _answer_waiting(app: web.Application) -> None:
    app[TILE_SERVICE].waiting.close()


async def _close_service(app: web.Application) -> AsyncIterator[None]:
    yield
    await asyncio.to_thread(app[TILE_SERVICE].close)


async def healthz(request: web.Request) -> web.Response:
    del request
    return as_json(protocol.Health(status="ok", trainer="absent", uptime_seconds=0.0))


async def get_file(request: web.Request) -> web.StreamResponse:
    """Send a file of the tiles."""
    path = _checked(request.app[TILE_SERVICE].folder / TILES / request.match_info["path"])
    headers = {"Content-Type": _KINDS[path.suffix], "Cache-Control": "private, no-cache"}
    return web.FileResponse(path, headers=headers)


def _checked(path: Path) -> Path:
    """Return `path`. Raises RequestError for a missing file or a symbolic link."""
    if not path.is_file() or path.is_symlink():
        raise RequestError("There is no such file.", code="not_found", status=404)
    return path


async def get_session(request: web.Request) -> web.Response:
    """Send the session, and renew the cookie, so that it does not expire while a device is used."""
    visitor = visitor_of(request)
    service = request.app[TILE_SERVICE]
    response = as_json(await service.session(visitor.role or "viewer", _author(request)))
    if visitor.device:
        set_cookie(response, request.cookies[COOKIE])
    return response


async def get_search(request: web.Request) -> web.Response:
    text = request.query.get("q", "")
    if not 0 < len(text) <= MAX_SEARCH_LENGTH:
        message = f"Search for a text of 1 to {MAX_SEARCH_LENGTH} characters."
        raise RequestError(message, code="bad_search")
    return as_json(await request.app[TILE_SERVICE].search(text, visitor_of(request).device))


async def post_select(request: web.Request) -> web.Response:
    command = await body_of(request, protocol.Resolve)
    service = request.app[TILE_SERVICE]
    return as_json(await service.select(command.regions, visitor_of(request).device))


async def post_labels(request: web.Request) -> web.Response:
    command = await body_of(request, protocol.LabelSelected)
    return as_json(await request.app[TILE_SERVICE].label(command, _author(request)))


async def post_undo(request: web.Request) -> web.Response:
    command = await body_of(request, protocol.Undo)
    owner = visitor_of(request).role == "owner"
    return as_json(await request.app[TILE_SERVICE].undo(command, _author(request), owner=owner))


async def post_redo(request: web.Request) -> web.Response:
    command = await body_of(request, protocol.Redo)
    return as_json(await request.app[TILE_SERVICE].redo(command, _author(request)))


async def post_classes(request: web.Request) -> web.Response:
    command = await body_of(request, protocol.AddClass)
    return as_json(await request.app[TILE_SERVICE].add_class(command, _author(request)))


async def get_labels(request: web.Request) -> web.Response:
    data = request.app[TILE_SERVICE].labels_of(int(request.match_info["tile"]))
    tag = hashlib.sha256(data).hexdigest()[:16]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    if any(known.value == tag for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=data, content_type="application/octet-stream", headers=headers)


async def get_changes(request: web.Request) -> web.Response:
    """Send what has changed. With `wait`, answer as soon as there is a change."""
    since, known, seconds = (_number(request, name) for name in ("since", "access", "wait"))
    service, visitor = request.app[TILE_SERVICE], visitor_of(request)
    owner = visitor.role == "owner"

    def more() -> bool:
        return (owner and service.waiting.access_version != known) or not has_access(request)

    if seconds:
        await service.wait_for_change(since, visitor.device, more, min(seconds, _LONGEST_WAIT))
    changes = await service.changes(since, _author(request))
    if not has_access(request):
        raise not_approved()
    if owner:
        changes.access_version = service.waiting.access_version
        if known != changes.access_version:
            changes.access = request.app[ACCESS].overview()
    return as_json(changes)


def _number(request: web.Request, name: str) -> int:
    """Return a number in the query; 0 by default."""
    text = request.query.get(name, "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise RequestError(f"`{name}` must be a number.", code="bad_format")
    return int(text)


async def get_mask(request: web.Request) -> web.Response:
    match = request.match_info
    data = request.app[TILE_SERVICE].mask_of(match["handle"], int(match["tile"]))
    return web.Response(body=data, content_type="application/octet-stream")


async def get_picture(request: web.Request) -> web.Response:
    service, item = request.app[TILE_SERVICE], int(request.match_info["item"])
    async with service.lanes.picture(visitor_of(request).device):
        png = await asyncio.to_thread(service.picture, item)
    return web.Response(body=png, content_type="image/png")


async def get_info(request: web.Request) -> web.Response:
    service, item = request.app[TILE_SERVICE], int(request.match_info["item"])
    info = await service.lanes.run(visitor_of(request).device, lambda: service.item_info(item))
    return web.Response(body=msgspec.json.encode(info), content_type="application/json")


def _author(request: web.Request) -> str:
    """Return the client id for the gestures of a request.

    It is the id that the page has sent. Programs that send no id share one id.
    """
    client = request.query.get("client", API_CLIENT)
    if client != API_CLIENT:
        try:
            msgspec.convert(client, protocol.CommandId)
        except msgspec.ValidationError:
            raise RequestError(
                "`client` must have 8 to 64 characters: letters, digits, - or _.", code="bad_format"
            ) from None
    return author(visitor_of(request).device, client)
