"""Tests of the route table: roles, agreement with the router and with docs/protocol.md."""

from pathlib import Path

import pytest
from aiohttp import web

from lodespace.access.pairing import PairingManager
from lodespace.web.request_guard import protect
from lodespace.web.route_record import Route
from lodespace.web.routes import ROUTES, add_routes

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
TABLE = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.address)
def test_every_route_is_listed_in_the_docs(route: Route) -> None:
    assert f"`{route.address}`" in TABLE or f"`{route.address}?" in TABLE


def test_router_has_every_route_once() -> None:
    app = web.Application()
    protect(app, PairingManager())
    add_routes(app)
    served = [
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.method != "HEAD" and route.resource is not None
    ]
    assert sorted(served) == sorted(route.address for route in ROUTES)


def test_only_the_page_and_pairing_need_no_role() -> None:
    assert {route.address for route in ROUTES if route.role is None} == {
        "GET /",
        "GET /check",
        "GET /icon.svg",
        "GET /assets/{name}",
        "GET /models/{name}",
        "GET /healthz",
        "POST /api/access/request",
        "POST /api/access/poll",
        "POST /api/access/pair",
    }


def test_viewers_change_nothing_and_only_owners_manage_access_and_data() -> None:
    roles = {route.address: route.role for route in ROUTES if route.role is not None}
    posted = {address: role for address, role in roles.items() if address.startswith("POST ")}
    managing = {address for address in roles if "/api/access" in address}
    assert {address for address, role in posted.items() if role == "viewer"} == {
        "POST /api/select",
        "POST /api/similar",
        "POST /api/whose",
        "POST /api/bench",  # writes to the log of the server only
    }
    assert {address for address, role in roles.items() if role == "owner"} == {
        *managing,
        "POST /api/items",
    }


def test_router_path_holds_the_pattern_of_each_parameter() -> None:
    (route,) = [route for route in ROUTES if route.address == "GET /api/items/{item}/info"]
    assert route.pattern == r"/api/items/{item:\d{1,9}}/info"
