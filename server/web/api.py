"""Handlers of the HTTP API. Each parses a request, calls the service and encodes the answer.

request_guard.py checks every request before its handler, and adds headers to every answer.
"""

import asyncio
import base64
import time
from collections.abc import Iterable
from typing import get_args

import msgspec
from aiohttp import web

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.exporting import table as export_table
from lodespace.items import thumbnails
from lodespace.protocol import MAX_SEARCH_LENGTH
from lodespace.service.service import Service
from lodespace.session import summaries
from lodespace.session.authors import OWNER, author
from lodespace.web.bodies import as_json, body_of, decoded, raw_body
from lodespace.web.request_guard import COOKIE, set_cookie, visitor_of

SERVICE = web.AppKey("service", Service)
"""The service of the project that is served."""
API_CLIENT = "api"
"""Client id of gestures that are made over HTTP. On an approved device, the server puts the id of
the device before this id."""


class _OperationName(msgspec.Struct):
    """The field of a request body that names the operation."""

    op: str = "label"


def path_number(request: web.Request, name: str) -> int:
    """Return the parameter `name` of the path, a number."""
    return int(request.match_info[name])


def _author(request: web.Request) -> str:
    """Return the client id of gestures that the sender of a request makes over HTTP."""
    return author(visitor_of(request).device, API_CLIENT)


def file_name(text: str) -> str:
    """Return `text` as a part of a file name that every system allows: ASCII, without spaces."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in text)


async def healthz(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    health = protocol.Health(
        status="ok",
        trainer=service.trainer.training.state,
        uptime_seconds=time.monotonic() - service.started,
    )
    return as_json(health)


async def get_session(request: web.Request) -> web.Response:
    """Send the session, and renew the cookie, so that it does not expire while a device is used."""
    visitor = visitor_of(request)
    client = author(visitor.device, request.query.get("client", ""))
    response = as_json(request.app[SERVICE].info(client, visitor.role or "viewer"))
    if visitor.device:
        set_cookie(response, request.cookies[COOKIE])
    return response


async def get_scene(request: web.Request) -> web.Response:
    return web.Response(
        body=request.app[SERVICE].session.encoder.scene_glb(), content_type="model/gltf-binary"
    )


async def get_search(request: web.Request) -> web.Response:
    """Send the items whose id, path or columns contain a text.

    The server searches, because a page does not have all columns.
    """
    text = request.query.get("q", "")
    if not 0 < len(text) <= MAX_SEARCH_LENGTH:
        message = f"Search for a text of 1 to {MAX_SEARCH_LENGTH} characters."
        raise RequestError(message, code="bad_search")
    service = request.app[SERVICE]
    items = service.session.items
    found, exact = await service.lanes.run(
        visitor_of(request).device, lambda: (items.matching(text), items.with_id(text))
    )
    return as_json(protocol.Found(items=found, exact=exact))


async def get_axes(request: web.Request) -> web.Response:
    """Send the columns whose values an axis can show."""
    # Imported here, because the import of pyarrow takes 0.1 s.
    from lodespace.items.column_values import value_columns

    service = request.app[SERVICE]
    # The query runs in a thread, because it reads all values of the columns.
    columns = await service.lanes.run(
        visitor_of(request).device,
        lambda: [
            protocol.AxisColumn(name=name, kind=found.kind, categories=list(found.categories))
            for name, found in value_columns(service.session.items)
        ],
    )
    return as_json(protocol.AxisColumns(columns=columns))


async def get_column(request: web.Request) -> web.Response:
    """Send the values of a column, in a few bins."""
    # Imported here, because the import of pyarrow takes 0.1 s.
    from lodespace.items.column_bins import Bins, binned
    from lodespace.items.column_values import column_values

    service, name = request.app[SERVICE], request.query.get("name", "")
    if len(name) > protocol.MAX_COLUMN_NAME:
        raise RequestError("No column has such a long name.", code="unknown_column", status=404)

    def read() -> Bins | None:
        table = service.session.items.table
        values = None if table is None else column_values(table, name)
        return None if values is None else binned(values)

    found = await service.lanes.run(visitor_of(request).device, read)
    if found is None:
        raise RequestError(
            f"There is no column '{name}' with numbers, dates or categories.",
            code="unknown_column",
            status=404,
        )
    codes = base64.b64encode(found.codes.tobytes()).decode()
    return as_json(
        protocol.ColumnBins(name=name, kind=found.kind, bins=list(found.names), codes=codes)
    )


async def get_ranks(request: web.Request) -> web.Response:
    """Send the rank of each item by a column or by the item's id, as four bytes per item."""
    # Imported here, because the import of pyarrow takes 0.1 s.
    from lodespace.items.column_ranks import ranks

    service, name = request.app[SERVICE], request.query.get("name", "")
    if len(name) > protocol.MAX_COLUMN_NAME:
        raise RequestError("No column has such a long name.", code="unknown_column", status=404)
    by = None if request.query.get("by") == "id" else name
    found = await service.lanes.run(
        visitor_of(request).device, lambda: ranks(service.session.items, by)
    )
    if found is None:
        message = f"There is no column '{name}' by which items can be sorted."
        raise RequestError(message, code="unknown_column", status=404)
    content = found.astype("<u4").tobytes()
    return web.Response(body=content, content_type="application/octet-stream")


async def get_words(request: web.Request) -> web.Response:
    """Send the texts of columns that can name classes."""
    # Imported here, because the import of pyarrow takes 0.1 s.
    from lodespace.items.class_words import class_words

    service = request.app[SERVICE]
    words = await service.lanes.run(
        visitor_of(request).device, lambda: class_words(service.session.items)
    )
    return as_json(protocol.ClassWords(words=words))


async def get_item_info(request: web.Request) -> web.Response:
    return as_json(summaries.item_info(request.app[SERVICE].session, path_number(request, "item")))


async def get_thumbnails_png(request: web.Request) -> web.Response:
    return await _thumbnails(request, "png")


async def get_thumbnails_webp(request: web.Request) -> web.Response:
    return await _thumbnails(request, "webp")


async def _thumbnails(request: web.Request, kind: thumbnails.PageKind) -> web.Response:
    """Send a page of the atlas. A browser caches the page, and validates it by its ETag."""
    project, page = request.app[SERVICE].project, path_number(request, "page")
    try:
        tag = await asyncio.to_thread(thumbnails.page_tag, project.items, page)
        headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
        if any(known.value == tag for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        async with request.app[SERVICE].lanes.picture(visitor_of(request).device):
            encoded = await asyncio.to_thread(
                thumbnails.page_file,
                project.items,
                page,
                kind,
                project.thumbnails,
                write=not project.read_only,
            )
    except IndexError:
        raise RequestError(
            f"There is no thumbnail page {page}.", code="unknown_page", status=404
        ) from None
    return web.Response(body=encoded, content_type=f"image/{kind}", headers=headers)


async def get_labels(request: web.Request) -> web.StreamResponse:
    session = request.app[SERVICE].session
    # A thread makes the text in parts, because the text may have 100 MB and takes a while. The
    # table is a copy for this thread.
    table = export_table.Table.of(session)
    match request.query.get("format", "csv"):
        case "csv":
            parts, kind, suffix = export_table.csv_parts(table), "text/csv", "csv"
        case "jsonl":
            parts, kind, suffix = export_table.jsonl_parts(table), "application/jsonl", "jsonl"
        case other:
            raise RequestError(
                f"Labels are available as `csv` or `jsonl`, not as `{other[:20]}`.",
                code="bad_format",
            )
    name = file_name(f"{session.items.name}-labels")
    headers = {"Content-Disposition": f'attachment; filename="{name}.{suffix}"'}
    response = web.StreamResponse(headers=headers)
    response.content_type, response.charset = kind, "utf-8"
    lanes, device = request.app[SERVICE].lanes, visitor_of(request).device
    # The first part is made before the header is sent, so that an error in this part can still
    # become an error answer.
    part = await lanes.run(device, lambda: next(parts, None))
    await response.prepare(request)
    while part is not None:
        await response.write(part.encode())
        part = await lanes.run(device, lambda: next(parts, None))
    await response.write_eof()
    return response


async def post_labels(request: web.Request) -> web.Response:
    """Label items. A body without `op` is the operation `label`."""
    raw = await raw_body(request)
    each = decoded(raw, _OperationName).op == "label_each"
    label = decoded(raw, protocol.LabelEach) if each else decoded(raw, protocol.Label)
    return as_json(await request.app[SERVICE].commands.carry_out(label, _author(request)))


async def get_training(request: web.Request) -> web.Response:
    return as_json(request.app[SERVICE].trainer.training)


async def post_training(request: web.Request) -> web.Response:
    command = await body_of(request, protocol.SetTraining)
    return as_json(await request.app[SERVICE].commands.set_training(command, _author(request)))


async def post_select(request: web.Request) -> web.Response:
    command = await body_of(request, protocol.Resolve)
    device = visitor_of(request).device
    return as_json(await request.app[SERVICE].resolve(command, revision=None, device=device))


async def get_sheet(request: web.Request) -> web.Response:
    kinds: dict[str, protocol.SheetKind] = {kind: kind for kind in get_args(protocol.SheetKind)}
    kind = kinds.get(request.query.get("kind", ""))
    if kind is None:
        raise RequestError(
            f"`kind` must be {_quoted(kinds, ' or ')}, as in `?kind=suspects`.",
            code="bad_sheet",
        )
    size = count_in(request, "size", protocol.SHEET_SIZE, 1, protocol.MAX_SHEET_SIZE)
    skip = count_in(request, "skip", 0, 0, 0x7FFFFFFF)
    service = request.app[SERVICE]
    device = visitor_of(request).device
    async with service.lanes.turn(device):
        return as_json(await service.review.sheet(kind, size, skip, device or OWNER))


def count_in(
    request: web.Request,
    name: str,
    default: int,
    least: int,
    most: int,
    code: str = "bad_sheet",
) -> int:
    """Return parameter `name` of the query.

    Raises RequestError with `code` unless the parameter is a number from `least` to `most`.
    """
    text = request.query.get(name, str(default))
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
    if not least <= number <= most:
        raise RequestError(f"`{name}` must be a number from {least} to {most}.", code=code)
    return number


def _quoted(names: Iterable[str], separator: str) -> str:
    """Return the names in backticks, joined by `separator`."""
    return separator.join(f"`{name}`" for name in names)


async def get_next(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    async with service.lanes.turn(visitor_of(request).device):
        return as_json(await service.review.suggestion())


async def get_cue(request: web.Request) -> web.Response:
    """Send the values of a cue, one byte per item."""
    known: dict[str, protocol.Cue] = {cue: cue for cue in get_args(protocol.Cue)}
    cue = known.get(request.match_info["cue"])
    if cue is None:
        raise RequestError(
            f"There is no such cue. The cues are {_quoted(known, ', ')}.",
            code="unknown_cue",
            status=404,
        )
    service = request.app[SERVICE]
    async with service.lanes.turn(visitor_of(request).device):
        values = await service.review.cue(cue)
    return web.Response(body=values, content_type="application/octet-stream")


async def get_recording(request: web.Request) -> web.StreamResponse:
    path = request.app[SERVICE].project.recording_path
    if not path.is_file():
        raise RequestError("There is no recording.", code="no_recording", status=404)
    return web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})


async def get_timeline(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    async with service.lanes.turn(visitor_of(request).device):
        return as_json(await service.timeline())
