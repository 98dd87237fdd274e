"""Who may talk to the server, on every route, and what every answer carries."""

import io
from pathlib import Path

import aiohttp
import pytest
from servers import serving

from lodespace.config import ServerConfig
from lodespace.protocol import PROTOCOL_VERSION

WANTED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "lodespace",
}


def addresses(server: serving) -> list[tuple[str, str]]:
    """Every route of the server's own table, so that a new one cannot be forgotten."""
    filled = []
    for route in server.runner.app.router.routes():
        resource = route.resource
        assert resource is not None
        path = resource.canonical.replace("{item}", "0").replace("{page}", "0").replace("{name}", "x.js")
        filled.append((route.method, path))
    return filled


@pytest.fixture
async def every_route(small_data: Path, tmp_path: Path):
    server = serving(small_data, tmp_path / "project", ServerConfig(train=False))
    async with server as url:
        routes = [(method, url.rstrip("/") + path) for method, path in addresses(server) if method != "HEAD"]
        assert len(routes) >= 15
        yield url, routes


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:80", ""])
async def test_a_foreign_host_reaches_no_route(every_route, host: str) -> None:
    _, routes = every_route
    async with aiohttp.ClientSession() as http:
        for method, url in routes:
            async with http.request(method, url, headers={"Host": host}, json={}) as answer:
                assert answer.status == 421, (method, url)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "https://{host}",
        "http://{host}.evil.example",
        "http://evil@{host}",
        "http://{host}:1",
        "file://",
    ],
)
async def test_a_foreign_origin_reaches_no_route(every_route, origin: str) -> None:
    base, routes = every_route
    origin = origin.replace("{host}", base.split("/")[2])
    async with aiohttp.ClientSession() as http:
        for method, url in routes:
            async with http.request(method, url, headers={"Origin": origin}, json={}) as answer:
                assert answer.status == 403, (method, url)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(base + "api/stream", protocols=(PROTOCOL_VERSION,), headers={"Origin": origin})
        assert refused.value.status == 403


async def test_a_stream_without_an_origin_is_refused(served: str) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(served + "api/stream", protocols=(PROTOCOL_VERSION,))
        assert refused.value.status == 403


async def test_every_answer_carries_the_security_headers(every_route) -> None:
    base, routes = every_route
    routes = [*routes, ("GET", base + "no/such/page"), ("PUT", base + "api/labels"), ("GET", base + "api/items/999999")]
    async with aiohttp.ClientSession() as http:
        for method, url in routes:
            async with http.request(method, url, json={} if method != "GET" else None) as answer:
                for name, value in WANTED_HEADERS.items():
                    assert answer.headers.get(name) == value, (method, url, name)
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                if answer.status >= 400 and "websocket" not in url:
                    body = await answer.json()
                    assert set(body) == {"code", "message"} and "Traceback" not in body["message"]


async def test_a_form_of_another_page_cannot_post(served: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.post(served + "api/labels", data="{}", headers={"Content-Type": "text/plain"}) as answer:
            assert answer.status == 415
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        async with http.post(served + "api/labels", json={}, headers=headers) as answer:
            assert answer.status == 403
        async with http.options(served + "api/labels") as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_compressed_and_oversized_bodies_are_refused(served: str) -> None:
    async with aiohttp.ClientSession() as http:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        async with http.post(served + "api/labels", data=b"x", headers=headers) as answer:
            assert answer.status == 415
        large = io.BytesIO(b"x" * ((1 << 20) + 1))
        async with http.post(served + "api/labels", data=large, headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 413

        async def chunks():
            for _ in range(40):
                yield b"x" * 65536

        async with http.post(
            served + "api/labels", data=chunks(), headers={"Content-Type": "application/json"}
        ) as answer:
            assert answer.status == 413


@pytest.mark.parametrize(
    "path", ["..%2f..%2fetc%2fpasswd", "....//x", "%00", "x%2fy.js", ".hidden", "%c0%ae", "//proc/self/environ"]
)
async def test_no_path_leads_out_of_the_page_folder(served: str, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(served + "assets/" + path) as answer:
        assert answer.status in (400, 404)
        assert b"root:" not in await answer.read()
