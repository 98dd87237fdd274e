"""HTTP handlers, thin: parse, call the service, encode. security.py has checked the request before and finishes the answer."""

import asyncio
import time
from pathlib import Path
from typing import TypeVar, get_args

import msgspec
from aiohttp import web

from lodespace import protocol
from lodespace.errors import ProtocolError, RequestError
from lodespace.exporting import table as export_table
from lodespace.items import originals, search, thumbnails
from lodespace.protocol import MAX_MESSAGE_BYTES, MAX_SEARCH_LENGTH
from lodespace.service.service import Service
from lodespace.web import openapi
from lodespace.web.security import COOKIE, add_route, set_cookie, visitor_of

SERVICE = web.AppKey("service", Service)
STATIC = web.AppKey("static", Path)
API_CLIENT = "api"
"""Who labels through POST /api/labels."""
BODY_SECONDS = 30.0
"""How long the body of a request may take to come."""
_YEAR = "public, max-age=31536000, immutable"

T = TypeVar("T")


class _Named(msgspec.Struct):
    """What a body says it is."""

    op: str = "label"


def as_json(value: msgspec.Struct, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )


async def body_of(request: web.Request, kind: type[T]) -> T:
    """The body as a `kind`. Raises ProtocolError saying which field is wrong."""
    return _decoded(await _raw_body(request), kind)


async def _raw_body(request: web.Request) -> bytes:
    """Raises ProtocolError when it is too much, or takes too long."""
    raw = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more := await request.content.read(MAX_MESSAGE_BYTES + 1 - len(raw)):
                raw += more
    except TimeoutError:
        raise ProtocolError("the body took too long to come", code="too_slow", status=408) from None
    if len(raw) > MAX_MESSAGE_BYTES:
        raise ProtocolError(
            f"a body has at most {MAX_MESSAGE_BYTES} bytes", code="too_large", status=413
        )
    return raw


def _decoded(raw: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProtocolError(f"the body is not what this address takes: {error}") from error


def _number(request: web.Request, name: str) -> int:
    return int(request.match_info[name])


async def healthz(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    health = protocol.Health(
        status="ok",
        trainer=service.training.state,
        uptime_seconds=time.monotonic() - service.started,
    )
    return as_json(health)


async def get_session(request: web.Request) -> web.Response:
    """The answer renews the cookie: a device is forgotten when it has been away for long, not when it is used."""
    visitor = visitor_of(request)
    response = as_json(
        request.app[SERVICE].info(request.query.get("client", ""), visitor.role or "viewer")
    )
    if visitor.device:
        set_cookie(response, request.cookies[COOKIE])
    return response


async def get_scene(request: web.Request) -> web.Response:
    return web.Response(
        body=request.app[SERVICE].session.scene_glb(), content_type="model/gltf-binary"
    )


async def get_item(request: web.Request) -> web.Response:
    session, item = request.app[SERVICE].session, _number(request, "item")
    session.check_item(item)
    png = await asyncio.to_thread(thumbnails.picture_png, session.items, item)
    return web.Response(body=png, content_type="image/png")


async def get_item_sound(request: web.Request) -> web.Response:
    session, item = request.app[SERVICE].session, _number(request, "item")
    session.check_item(item)
    wav = await asyncio.to_thread(originals.sound, session.items, item)
    return web.Response(body=wav, content_type="audio/wav")


async def get_search(request: web.Request) -> web.Response:
    """Items that match a text: searched here, where the columns are, so that a page need not hold them all."""
    text = request.query.get("q", "")
    if not 0 < len(text) <= MAX_SEARCH_LENGTH:
        message = f"a search has 1 to {MAX_SEARCH_LENGTH} characters"
        raise RequestError(message, code="bad_search")
    found = await asyncio.to_thread(search.matching, request.app[SERVICE].session.items, text)
    return as_json(protocol.Found(items=found))


async def get_item_info(request: web.Request) -> web.Response:
    return as_json(request.app[SERVICE].session.item_info(_number(request, "item")))


async def get_thumbnails(request: web.Request) -> web.Response:
    """A page of the atlas. The browser keeps it and only asks whether it still holds, by its ETag."""
    project, page = request.app[SERVICE].project, _number(request, "page")
    try:
        tag = await asyncio.to_thread(thumbnails.page_tag, project.items, page)
        headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
        if any(known.value == tag for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        png = await asyncio.to_thread(
            thumbnails.page_png,
            project.items,
            page,
            project.thumbnails,
            write=not project.read_only,
        )
    except IndexError:
        raise RequestError(
            f"there is no thumbnail page {page}", code="unknown_page", status=404
        ) from None
    return web.Response(body=png, content_type="image/png", headers=headers)


async def get_labels(request: web.Request) -> web.Response:
    session = request.app[SERVICE].session
    table = export_table.Table.of(
        session
    )  # of one moment; written out in a thread, as it takes a while
    match request.query.get("format", "csv"):
        case "csv":
            write, kind, suffix = export_table.as_csv, "text/csv", "csv"
        case "jsonl":
            write, kind, suffix = export_table.as_jsonl, "application/jsonl", "jsonl"
        case other:
            raise RequestError(
                f"labels can be had as csv or jsonl, not as '{other[:20]}'", code="bad_format"
            )
    text = await asyncio.to_thread(write, table)
    name = f"{session.items.name}-labels"
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}.{suffix}"'}
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=headers)


async def post_labels(request: web.Request) -> web.Response:
    """`op` tells a label_each; a body without it is a label."""
    raw = await _raw_body(request)
    each = _decoded(raw, _Named).op == "label_each"
    label = _decoded(raw, protocol.LabelEach) if each else _decoded(raw, protocol.Label)
    return as_json(await request.app[SERVICE].carry_out(label, API_CLIENT))


async def get_training(request: web.Request) -> web.Response:
    return as_json(request.app[SERVICE].training)


async def post_training(request: web.Request) -> web.Response:
    command = await body_of(request, protocol.SetTraining)
    return as_json(await request.app[SERVICE].set_training(command, API_CLIENT))


async def post_select(request: web.Request) -> web.Response:
    command = await body_of(request, protocol.Resolve)
    return as_json(await request.app[SERVICE].resolve(command, revision=None))


async def get_sheet(request: web.Request) -> web.Response:
    kinds: dict[str, protocol.SheetKind] = {kind: kind for kind in get_args(protocol.SheetKind)}
    kind = kinds.get(request.query.get("kind", ""))
    if kind is None:
        raise RequestError(
            f"a sheet is of kind {' or '.join(kinds)}: ?kind=suspects", code="bad_sheet"
        )
    size = _count(request, "size", protocol.SHEET_SIZE, 1, protocol.MAX_SHEET_SIZE)
    skip = _count(request, "skip", 0, 0, 0x7FFFFFFF)
    return as_json(await request.app[SERVICE].review.sheet(kind, size, skip))


def _count(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    """A number in the query of a sheet. Raises RequestError when it is none, or too small or large."""
    text = request.query.get(name, str(default))
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
    if not least <= number <= most:
        raise RequestError(f"{name} is a number from {least} to {most}", code="bad_sheet")
    return number


async def get_next(request: web.Request) -> web.Response:
    return as_json(await request.app[SERVICE].review.suggestion())


async def get_cue(request: web.Request) -> web.Response:
    """One byte an item."""
    known: dict[str, protocol.Cue] = {cue: cue for cue in get_args(protocol.Cue)}
    cue = known.get(request.match_info["cue"])
    if cue is None:
        raise RequestError(f"the cues are {', '.join(known)}", code="unknown_cue", status=404)
    return web.Response(
        body=await request.app[SERVICE].review.cue(cue), content_type="application/octet-stream"
    )


async def get_recording(request: web.Request) -> web.StreamResponse:
    path = request.app[SERVICE].project.recording_path
    if not path.is_file():
        raise RequestError("there is no recording", code="no_recording", status=404)
    return web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})


async def get_timeline(request: web.Request) -> web.Response:
    return as_json(await request.app[SERVICE].timeline())


async def get_openapi(request: web.Request) -> web.Response:
    del request
    return web.Response(
        body=msgspec.json.encode(openapi.document()), content_type="application/json"
    )


async def get_page(request: web.Request) -> web.StreamResponse:
    return _built_page(request, "index.html")


async def get_check(request: web.Request) -> web.StreamResponse:
    return _built_page(request, "check.html")


def _built_page(request: web.Request, name: str) -> web.StreamResponse:
    page = request.app[STATIC] / name
    if not page.is_file():
        message = "the page has not been built: run `make client`, or install with `pip install .`"
        raise RequestError(message, code="no_page", status=503)
    return web.FileResponse(page, headers={"Cache-Control": "no-cache"})


async def get_static(request: web.Request) -> web.StreamResponse:
    """A file of the built page. Only plain names of the one folder assets/ are served, and no links are followed."""
    name = request.match_info["name"]
    path = request.app[STATIC] / "assets" / name
    if "/" in name or name.startswith(".") or not path.is_file() or path.is_symlink():
        raise RequestError("there is no such file", code="not_found", status=404)
    return web.FileResponse(path, headers={"Cache-Control": _YEAR})


async def get_model(request: web.Request) -> web.StreamResponse:
    """A controller's or hand's model: of the folders that were copied from @webxr-input-profiles/assets when the page was built."""
    path = request.app[STATIC] / "models" / request.match_info["name"]
    if not path.is_file() or path.is_symlink():
        raise RequestError("there is no such file", code="not_found", status=404)
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})


async def get_icon(request: web.Request) -> web.StreamResponse:
    path = request.app[STATIC] / "icon.svg"
    if not path.is_file():
        raise RequestError("there is no such file", code="not_found", status=404)
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})


def add_routes(app: web.Application) -> None:
    add_route(app, "GET", "/", get_page, None)
    add_route(app, "GET", "/check", get_check, None)
    add_route(app, "GET", "/icon.svg", get_icon, None)
    add_route(app, "GET", "/assets/{name}", get_static, None)
    add_route(app, "GET", r"/models/{name:[\w-]+(\.json|/[\w-]+\.(json|glb))}", get_model, None)
    add_route(app, "GET", "/healthz", healthz, None)
    add_route(app, "GET", "/api/session", get_session, "viewer")
    add_route(app, "GET", "/api/scene.glb", get_scene, "viewer")
    add_route(app, "GET", r"/api/items/{item:\d{1,9}}", get_item, "viewer")
    add_route(app, "GET", r"/api/items/{item:\d{1,9}}/info", get_item_info, "viewer")
    add_route(app, "GET", r"/api/items/{item:\d{1,9}}/sound", get_item_sound, "viewer")
    add_route(app, "GET", "/api/search", get_search, "viewer")
    add_route(app, "GET", r"/api/thumbnails/{page:\d{1,6}}.png", get_thumbnails, "viewer")
    add_route(app, "GET", "/api/labels", get_labels, "viewer")
    add_route(app, "POST", "/api/labels", post_labels, "annotator")
    add_route(app, "POST", "/api/select", post_select, "viewer")
    add_route(app, "GET", "/api/sheet", get_sheet, "viewer")
    add_route(app, "GET", "/api/next", get_next, "viewer")
    add_route(app, "GET", "/api/cues/{cue}", get_cue, "viewer")
    add_route(app, "GET", "/api/training", get_training, "viewer")
    add_route(app, "POST", "/api/training", post_training, "annotator")
    add_route(app, "GET", "/api/recording", get_recording, "viewer")
    add_route(app, "GET", "/api/timeline", get_timeline, "viewer")
    add_route(app, "GET", "/api/openapi.json", get_openapi, "viewer")
