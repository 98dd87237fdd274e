"""Handlers of searches for similar items, by items, by words, or by an example file."""

import numpy as np
from aiohttp import web

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.features.search_space import NO_WORDS, searches_words
from lodespace.predict.messages import Example, ExampleRead
from lodespace.service.service import Service
from lodespace.web.api import SERVICE, count_in
from lodespace.web.bodies import as_json, body_of, raw_body
from lodespace.web.predicting import PREDICTIONS
from lodespace.web.request_guard import visitor_of

_LONGEST_NAME = 200
"""Number of characters of a file's name that are used, from its end."""


async def post_similar(request: web.Request) -> web.Response:
    """Send the items that are most similar to some items, or that words describe best."""
    asked = await body_of(request, protocol.Similar)
    service, device = request.app[SERVICE], visitor_of(request).device
    if not asked.words:
        items = np.array(asked.items, np.uint32)
        return as_json(await service.similarity.to_items(items, asked.count, device))
    # This is checked here, because the process that reads words takes seconds to start.
    if not searches_words(service.session.items):
        raise RequestError(NO_WORDS, code="bad_items", status=409)
    async with service.lanes.turn(device):
        read = await request.app[PREDICTIONS].read_example(Example(words=asked.words.strip()))
    return as_json(await _similar_to(service, read, asked.count, device))


async def post_similar_file(request: web.Request) -> web.Response:
    """Send the items that are most similar to the items of a file, which is not stored."""
    count = count_in(request, "count", protocol.SIMILAR, 1, protocol.MAX_SIMILAR, "bad_search")
    name = request.query.get("name", "")
    service, device = request.app[SERVICE], visitor_of(request).device
    # The body is read in the client's turn, so that a client has one file in memory at a time.
    async with service.lanes.turn(device):
        content = await raw_body(request, protocol.MAX_EXAMPLE_BYTES)
        if not content:
            raise RequestError("The file is empty.", code="bad_items", status=409)
        example = Example(name=name[-_LONGEST_NAME:], content=content)
        read = await request.app[PREDICTIONS].read_example(example)
    return as_json(await _similar_to(service, read, count, device))


async def _similar_to(
    service: Service, read: ExampleRead, count: int, device: str
) -> protocol.SimilarItems:
    if read.pictures:
        pictures = np.frombuffer(read.pictures, np.uint8).reshape(read.shape)
        return await service.similarity.to_pictures(pictures, count, device)
    rows = np.frombuffer(read.features, "<f4").reshape(read.shape)
    return await service.similarity.to_features(rows, count, device)
