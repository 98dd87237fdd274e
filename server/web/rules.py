"""Handlers about rules: the list with its figures, the items of a rule, the votes on an item."""

from aiohttp import web

from lodespace.web.api import SERVICE, path_number
from lodespace.web.bodies import as_json
from lodespace.web.request_guard import visitor_of


async def get_rules(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    return as_json(await service.rule_figures.rules(visitor_of(request).device))


async def get_conflicts(request: web.Request) -> web.Response:
    """Send the items with votes for different classes that nobody has decided, as a packed set."""
    service = request.app[SERVICE]
    found = await service.rule_figures.conflicts(visitor_of(request).device)
    return web.Response(body=found, content_type="application/octet-stream")


async def get_rule_items(request: web.Request) -> web.Response:
    """Send the items on which a rule votes, as a packed set."""
    found = request.app[SERVICE].rule_figures.items_of(path_number(request, "rule"))
    return web.Response(body=found, content_type="application/octet-stream")


async def get_why(request: web.Request) -> web.Response:
    """Send the votes on an item, and the weight of each."""
    service, item = request.app[SERVICE], path_number(request, "item")
    return as_json(await service.rule_figures.why(item, visitor_of(request).device))
