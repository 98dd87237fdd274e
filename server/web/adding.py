"""Handler of the addition of items that a client sends."""

import asyncio
import tempfile
from pathlib import Path

from aiohttp import web

from lodespace import protocol
from lodespace.errors import DatasetError, RequestError
from lodespace.importing.addition import Addition
from lodespace.service.growth import Growth
from lodespace.web.api import SERVICE
from lodespace.web.bodies import as_json, raw_body
from lodespace.web.request_guard import visitor_of

UPLOADS = "uploads"
"""Name of the temporary folder with the file. The ids of pictures begin with this name."""
_MOST_LISTED = 100
_LONGEST_NAME = 200


async def post_items(request: web.Request) -> web.Response:
    """Add the items of a file to the project: a picture, or a table or array of several items."""
    name = Path(request.query.get("name", "")).name[-_LONGEST_NAME:]
    if not name or name.startswith(".") or not name.isprintable():
        raise RequestError(
            "Give the name of the file: `?name=FILE`.",
            code="bad_items",
            status=409 if request.query.get("name") else 400,
        )
    service = request.app[SERVICE]
    async with service.lanes.turn(visitor_of(request).device):
        content = await raw_body(request, protocol.MAX_ADDED_BYTES)
        if not content:
            raise RequestError("The file is empty.", code="bad_items", status=409)
        # The file is needed until it is added, even if the client has disconnected.
        added = await asyncio.shield(asyncio.ensure_future(_add(service.growth, name, content)))
    return as_json(answer_of(added))


async def _add(growth: Growth, name: str, content: bytes) -> Addition:
    """Add the items of a file `name` with the bytes `content`. Raises LodespaceError."""
    with tempfile.TemporaryDirectory(prefix="lodespace-") as folder:
        file = Path(folder) / UPLOADS / name
        file.parent.mkdir()
        file.write_bytes(content)
        try:
            return await growth.add(str(file))
        except DatasetError as error:
            text = str(error).replace(f"{file.parent}/", "")
            raise RequestError(text, code="bad_items", status=409) from error


def answer_of(added: Addition) -> protocol.ItemsAdded:
    """Return the answer to a client that has added items."""
    return protocol.ItemsAdded(
        first=added.first,
        count=added.count,
        n_items=len(added.items),
        known=added.known,
        left_out=[
            protocol.LeftOut(name=bad.name, reason=bad.reason)
            for bad in added.report.bad[:_MOST_LISTED]
        ],
        notes=list(added.notes[:_MOST_LISTED]),
    )
