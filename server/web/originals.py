"""Handlers that send the picture, sound or shape of an item."""

import asyncio

from aiohttp import web

from lodespace.items import originals, thumbnails
from lodespace.shapes.files import are_shapes, picture_png, shape_bytes
from lodespace.web.api import SERVICE, path_number
from lodespace.web.request_guard import visitor_of


async def get_item(request: web.Request) -> web.Response:
    session, item = request.app[SERVICE].session, path_number(request, "item")
    session.check_item(item)
    draw = picture_png if are_shapes(session.items) else thumbnails.picture_png
    async with request.app[SERVICE].lanes.picture(visitor_of(request).device):
        png = await asyncio.to_thread(draw, session.items, item)
    return web.Response(body=png, content_type="image/png")


async def get_item_shape(request: web.Request) -> web.Response:
    session, item = request.app[SERVICE].session, path_number(request, "item")
    session.check_item(item)
    async with request.app[SERVICE].lanes.picture(visitor_of(request).device):
        shape = await asyncio.to_thread(shape_bytes, session.items, item)
    response = web.Response(body=shape, content_type="application/octet-stream")
    response.enable_compression()
    return response


async def get_item_sound(request: web.Request) -> web.Response:
    session, item = request.app[SERVICE].session, path_number(request, "item")
    session.check_item(item)
    async with request.app[SERVICE].lanes.picture(visitor_of(request).device):
        wav = await asyncio.to_thread(originals.sound, session.items, item)
    return web.Response(body=wav, content_type="audio/wav")
