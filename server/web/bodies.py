"""JSON bodies of requests and answers."""

import asyncio
from typing import TypeVar

import msgspec
from aiohttp import web

from lodespace.errors import ProtocolError
from lodespace.json_input import JsonError, json_of
from lodespace.protocol import MAX_MESSAGE_BYTES
from lodespace.web.request_guard import CONNECTIONS, visitor_of

BODY_SECONDS = 30.0
"""Longest time for the body of a request to arrive, in seconds."""

_COMPRESSED_FROM = 100_000
"""Size of an answer, in bytes, above which it is compressed."""

T = TypeVar("T")


def as_json(value: msgspec.Struct) -> web.Response:
    """Return an answer with `value` as JSON.

    A large answer is compressed, if the client accepts compression. The numbers of a million items
    take 8 MB, for example.
    """
    body = msgspec.json.encode(value)
    response = web.Response(body=body, content_type="application/json")
    if len(body) > _COMPRESSED_FROM:
        response.enable_compression()
    return response


async def body_of(request: web.Request, kind: type[T]) -> T:
    """Return the body, decoded as the type `kind`. Raises ProtocolError for a wrong field."""
    return decoded(await raw_body(request), kind)


async def raw_body(request: web.Request, most: int = MAX_MESSAGE_BYTES) -> bytes:
    """Return the bytes of the body, after a wait if a device sends much in a short time.

    Raises ProtocolError when the body has more than `most` bytes, or is too slow.
    """
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more := await request.content.read(most + 1 - len(raw)):
                raw += more
    except TimeoutError:
        raise ProtocolError(
            "The body arrived too slowly. Send the request again.", code="too_slow", status=408
        ) from None
    if len(raw) > most:
        raise ProtocolError(f"A body may have at most {most} bytes.", code="too_large", status=413)
    device = visitor_of(request).device
    if device:
        await request.app[CONNECTIONS].received(device, len(raw))
    return bytes(raw)


def decoded(raw: bytes, kind: type[T]) -> T:
    """Return `raw`, decoded as the type `kind`.

    Raises ProtocolError: with status 400 for a body that does not match the schema of `kind`, and
    with status 409 for a body that breaks a rule outside the schema.
    """
    try:
        return json_of(raw, kind)
    except JsonError as error:
        raise ProtocolError(
            f"The body is not valid for this address: {error}",
            status=409 if error.has_right_form else 400,
        ) from error
