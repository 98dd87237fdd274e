"""The web application of a scene in tiles: files of the page and of the scene, and its requests.

docs/tiles.md describes the addresses. There is no stream: a page asks for changes.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from aiohttp import web

from lodespace import protocol
from lodespace.access.pairing import PairingManager
from lodespace.config import BUILT_PAGE
from lodespace.errors import RequestError
from lodespace.protocol import MAX_MESSAGE_BYTES, MAX_SEARCH_LENGTH
from lodespace.service.tile_service import TileService
from lodespace.session.authors import author
from lodespace.tiles.folder import TILES
from lodespace.web import pages
from lodespace.web.bodies import as_json, body_of
from lodespace.web.pages import STATIC
from lodespace.web.security import add_route, protect, visitor_of

TILE_SERVICE = web.AppKey("tile service", TileService)
"""The service of the scene that is served."""
_KINDS = {".glb": "model/gltf-binary", ".json": "application/json", ".webp": "image/webp"}
_FILE = r"tileset\.json|\d{1,6}/\d{1,8}(?:\.glb|\.json|-\d{1,3}\.webp)"
_CLIENT = "api"


def make_tile_app(service: TileService, *, token: str = "") -> web.Application:
    """Return the application that serves a scene in tiles. `token` is the owner's token, or ""."""
    app = web.Application(client_max_size=MAX_MESSAGE_BYTES)
    protect(app, PairingManager(), token=token)
    app[TILE_SERVICE] = service
    app[STATIC] = BUILT_PAGE
    add_route(app, "GET", "/", pages.get_page, None)
    add_route(app, "GET", "/check", pages.get_check, None)
    add_route(app, "GET", "/icon.svg", pages.get_icon, None)
    add_route(app, "GET", "/assets/{name}", pages.get_static, None)
    add_route(
        app, "GET", r"/models/{name:[\w-]+(?:\.json|/[\w-]+\.(?:json|glb))}", pages.get_model, None
    )
    add_route(app, "GET", "/healthz", healthz, None)
    add_route(app, "GET", f"/{TILES}/{{path:{_FILE}}}", get_file, "viewer")
    add_route(app, "GET", "/api/session", get_session, "viewer")
    add_route(app, "GET", "/api/search", get_search, "viewer")
    add_route(app, "POST", "/api/select", post_select, "viewer")
    add_route(app, "POST", "/api/labels", post_labels, "annotator")
    add_route(app, "POST", "/api/undo", post_undo, "annotator")
    add_route(app, "POST", "/api/classes", post_classes, "annotator")
    add_route(app, "GET", r"/api/tiles/labels/{tile:\d{1,8}}", get_labels, "viewer")
    add_route(app, "GET", "/api/tiles/changes", get_changes, "viewer")
    add_route(
        app, "GET", r"/api/tiles/selection/{handle:[\w-]{8,64}}/{tile:\d{1,8}}", get_mask, "viewer"
    )
    add_route(app, "GET", r"/api/items/{item:\d{1,10}}", get_picture, "viewer")
    add_route(app, "GET", r"/api/items/{item:\d{1,10}}/info", get_info, "viewer")
    app.cleanup_ctx.append(_close_service)
    return app


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
    return as_json(request.app[TILE_SERVICE].session(visitor_of(request).role or "viewer"))


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
    return as_json(await request.app[TILE_SERVICE].undo(command, _author(request)))


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
    text = request.query.get("since", "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise RequestError("`since` must be the number of an event.", code="bad_format")
    return as_json(request.app[TILE_SERVICE].changes(int(text)))


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
    return author(visitor_of(request).device, _CLIENT)
