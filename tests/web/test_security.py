"""Tests of the request checks on every route and of the security headers of every answer."""

import asyncio
import io
import json
from pathlib import Path

import aiohttp
import pytest

from drivers.servers import Serving
from lodespace.config import ServerConfig
from lodespace.protocol import PROTOCOL_VERSION
from lodespace.web import bodies, request_guard, server

WANTED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "lodespace",
}


def addresses(server: Serving) -> list[tuple[str, str]]:
    """Return the method and path of each route in the router, so that new routes are tested."""
    filled = []
    for route in server.runner.app.router.routes():
        resource = route.resource
        assert resource is not None
        path = (
            resource.canonical.replace("{item}", "0")
            .replace("{page}", "0")
            .replace("{name}", "x.js")
        )
        filled.append((route.method, path))
    return filled


@pytest.fixture
async def every_route(small_data: Path, tmp_path: Path):
    server = Serving(small_data, tmp_path / "project", ServerConfig(train=False))
    async with server as url:
        routes = [
            (method, url.rstrip("/") + path)
            for method, path in addresses(server)
            if method != "HEAD"
        ]
        assert len(routes) >= 15
        yield url, routes


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:80", ""]
)
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
            await http.ws_connect(
                base + "api/stream", protocols=(PROTOCOL_VERSION,), headers={"Origin": origin}
            )
        assert refused.value.status == 403


async def test_a_stream_without_an_origin_is_refused(served: str) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(served + "api/stream", protocols=(PROTOCOL_VERSION,))
        assert refused.value.status == 403


async def test_every_answer_carries_the_security_headers(every_route) -> None:
    base, routes = every_route
    routes = [
        *routes,
        ("GET", base + "no/such/page"),
        ("PUT", base + "api/labels"),
        ("GET", base + "api/items/999999"),
    ]
    async with aiohttp.ClientSession() as http:
        for method, url in routes:
            async with http.request(method, url, json={} if method != "GET" else None) as answer:
                for name, value in WANTED_HEADERS.items():
                    assert answer.headers.get(name) == value, (method, url, name)
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                assert {part.split()[0] for part in policy.split(";") if "blob:" in part} <= {
                    "img-src"
                }
                if answer.status >= 400 and "websocket" not in url:
                    body = await answer.json()
                    assert set(body) == {"code", "message"} and "Traceback" not in body["message"]


async def test_answers_without_a_handler_carry_the_headers(served: str) -> None:
    """Sends an unknown Expect header, which aiohttp refuses before any middleware runs."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(served, headers={"Expect": "tea"}) as answer,
    ):
        assert answer.status == 417
        for name, value in WANTED_HEADERS.items():
            assert answer.headers.get(name) == value


async def raw_answer(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send `request` as it is. Return status, headers (names in lower case) and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    status, *lines = head.decode("latin-1").split("\r\n")[:-2]
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = await asyncio.wait_for(reader.readexactly(int(headers.get("content-length", 0))), 20)
    writer.close()
    return int(status.split(" ")[1]), headers, body


NOT_HTTP = [
    b"nonsense\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: {host}\r\n\r\n",
]
"""Requests that aiohttp answers itself, without the application. `{host}`: host of the server."""
OTHERS = {
    b"GET / HTTP/1.1\r\nHost: {host}\r\nExpect: tea\r\n\r\n": 417,
    b"GET /no/page HTTP/1.1\r\nHost: {host}\r\nExpect: tea\r\n\r\n": 417,
    b"GET /no/page HTTP/1.1\r\nHost: {host}\r\n\r\n": 404,
    b"TRACE / HTTP/1.1\r\nHost: {host}\r\n\r\n": 405,
    b"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n": 404,
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: {host}\r\n\r\n": 421,
    b"GET http://evil.example/healthz HTTP/1.1\r\nHost: {host}\r\n\r\n": 421,
    b"GET http://evil@{host}/healthz HTTP/1.1\r\nHost: {host}\r\n\r\n": 421,
    b"GET http://{host}/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n": 421,
    b"GET http://{host}/healthz HTTP/1.1\r\nHost: {host}\r\n\r\n": 200,
    b"GET /api/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\r\n": 400,
    b"GET /api/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket"
    b"\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n": 101,
}
"""Requests with the status of the expected answer. `{host}` stands for the right host."""


async def test_every_refusal_is_json_without_versions(served: str) -> None:
    host = served.split("/")[2]
    for text, status in (*((text, 400) for text in NOT_HTTP), *OTHERS.items()):
        sent = text.replace(b"{host}", host.encode())
        found, headers, body = await raw_answer(int(host.split(":")[1]), sent)
        assert found == status, text
        for name, value in WANTED_HEADERS.items():
            assert headers.get(name.lower()) == value, text
        if status >= 400:
            assert headers["content-type"].startswith("application/json"), text
            assert set(json.loads(body)) == {"code", "message"}, text
            assert b"evil" not in body


async def test_exception_outside_of_a_handler_is_json(
    served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("secret")

    monkeypatch.setattr(request_guard, "http_error", fail)
    host = served.split("/")[2]
    text = f"GET /no/page HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    status, headers, body = await raw_answer(int(host.split(":")[1]), text)
    assert status == 500 and headers["server"] == "lodespace"
    assert json.loads(body)["code"] == "internal_error" and b"secret" not in body


async def test_a_foreign_host_is_not_repeated_in_the_policy(served: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(served, headers={"Host": "evil.example; script-src *"}) as answer,
    ):
        assert answer.status in (400, 421)
        assert "evil" not in answer.headers.get("Content-Security-Policy", "")


async def test_browser_gets_a_sentence_and_no_internal_detail(served: str) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml", "Host": "evil.example<script>"}
    async with aiohttp.ClientSession() as http:
        for path, host in (("", headers["Host"]), ("no/such/page", None)):
            sent = {**headers, **({"Host": host} if host else {})}
            if host is None:
                del sent["Host"]
            async with http.get(served + path, headers=sent) as answer:
                text = await answer.text()
                assert answer.status in (400, 404, 421)
                if answer.status != 400:  # 400: aiohttp refused the malformed Host
                    assert answer.content_type == "text/html" and "<p>" in text
                assert "<script" not in text and "evil" not in text and "Traceback" not in text


async def test_answer_to_a_wrong_method_lists_the_allowed_ones(served: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.delete(served + "api/training", json={}) as answer,
    ):
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(",")) == {"GET", "POST"}


async def test_endless_headers_are_cut_off(
    small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "KEEPALIVE_SECONDS", 0.3)
    async with Serving(small_data, tmp_path / "project", ServerConfig(train=False)) as url:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", int(url.split(":")[2].strip("/"))
        )
        writer.write(b"GET / HTTP/1.1\r\nHost: ")
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()


async def test_endless_body_is_cut_off(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)

    async def endless():
        yield b"{"
        await asyncio.sleep(60)

    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(served + "api/labels", data=endless(), headers=headers) as a,
    ):
        assert a.status == 408 and (await a.json())["code"] == "too_slow"


async def test_a_form_of_another_page_cannot_post(served: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.post(
            served + "api/labels", data="{}", headers={"Content-Type": "text/plain"}
        ) as answer:
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
        async with http.post(
            served + "api/labels", data=large, headers={"Content-Type": "application/json"}
        ) as answer:
            assert answer.status == 413

        async def chunks():
            for _ in range(40):
                yield b"x" * 65536

        async with http.post(
            served + "api/labels", data=chunks(), headers={"Content-Type": "application/json"}
        ) as answer:
            assert answer.status == 413


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2fetc%2fpasswd",
        "....//x",
        "%00",
        "x%2fy.js",
        ".hidden",
        "%c0%ae",
        "//proc/self/environ",
    ],
)
async def test_paths_stay_in_the_folder_of_the_page(served: str, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(served + "assets/" + path) as answer:
        assert answer.status in (400, 404)
        assert b"root:" not in await answer.read()
