"""Handlers about the people of a session."""

import numpy as np
from aiohttp import web

from lodespace import protocol
from lodespace.errors import ProtocolError, RequestError
from lodespace.protocol.item_sets import of_text, unpack
from lodespace.session.authors import OWNER
from lodespace.web.api import SERVICE
from lodespace.web.bodies import as_json, body_of
from lodespace.web.request_guard import visitor_of
from lodespace.web.route_record import Route


async def get_agreement(request: web.Request) -> web.Response:
    """Send the people of the session, and how far their labels agree."""
    service = request.app[SERVICE]
    return as_json(await service.people.agreement(visitor_of(request).device))


async def post_whose(request: web.Request) -> web.Response:
    """Send whose labels some items have, for a person who is about to label them."""
    asked = await body_of(request, protocol.AskWhose)
    service, device = request.app[SERVICE], visitor_of(request).device
    n = len(service.session.items)
    try:
        items = unpack(of_text(asked.packed), n).items if asked.packed else np.unique(asked.items)
    except ProtocolError as error:
        raise RequestError(str(error), code="malformed_message", status=409) from error
    return as_json(service.people.whose(items.astype(np.uint32), device or OWNER))


PEOPLE_ROUTES = (
    Route(
        "GET /api/agreement",
        get_agreement,
        "viewer",
        "The people who label, and how far their labels agree.",
        answer=protocol.Agreement,
    ),
    Route(
        "POST /api/whose",
        post_whose,
        "viewer",
        "The people whose labels some items have.",
        body=(protocol.AskWhose,),
        answer=protocol.Whose,
        errors=(404, 409),
    ),
)
