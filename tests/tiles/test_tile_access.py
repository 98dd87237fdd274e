"""Access to a scene in tiles: roles of devices, foreign pages, and bodies, on every route."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drivers.lan import Lan, status
from drivers.tile_scene import PROVENANCE, bake_table, rectangle
from lodespace.access.network import Network
from lodespace.config import LanConfig
from lodespace.protocol import MAX_MESSAGE_BYTES
from lodespace.service.tile_service import TileService
from lodespace.web.server import start
from lodespace.web.tile_app import make_tile_app

COMMANDS = ("labels", "undo", "redo", "classes")
PUBLIC = ("/", "/check", "/icon.svg", "/healthz", "/assets/", "/models/")
PAIRING = ("/api/access/request", "/api/access/poll", "/api/access/pair")


class Served:
    """A scene in tiles with `--lan`, in this process."""

    def __init__(self, site: Path, folder: Path) -> None:
        self.service = TileService(site, folder / "labels")
        network = Network.open(LanConfig(port=0, state=folder / "state"))
        self.app = make_tile_app(self.service, network)

    async def __aenter__(self) -> str:
        self.runner, url, self.addresses = await start(self.app, [0])
        return url

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()

    def routes(self) -> list[tuple[str, str]]:
        """Return the method and path of each route."""
        filled = {"item": "0", "tile": "0", "handle": "abcdefgh", "path": "tileset.json"}
        found = []
        for route in self.app.router.routes():
            path = route.resource.canonical if route.resource else ""
            for name, value in filled.items():
                path = path.replace(f"{{{name}}}", value)
            if route.method != "HEAD":
                found.append((route.method, path.replace("{name}", "x.js")))
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bake_table(tmp_path_factory.mktemp("site"))


@pytest.fixture
async def lan(site: Path, tmp_path: Path) -> AsyncIterator[Lan]:
    server = Served(site, tmp_path)
    async with server as own:
        made = Lan(server, own, tmp_path / "state")
        yield made
        for session in made.sessions:
            await session.close()


def url_of(base: str, path: str) -> str:
    return base.rstrip("/") + path


async def test_unknown_device_reaches_only_the_page_and_pairing(lan: Lan) -> None:
    device, checked = lan.device(), 0
    for method, path in lan.server.routes():
        if path in PAIRING or path in PUBLIC or path.startswith(PUBLIC[-2:]):
            continue
        async with device.request(method, url_of(lan.url, path), json={}) as answer:
            assert answer.status == 401, (method, path)
            assert (await answer.json())["code"] == "not_paired"
        checked += 1
    assert checked >= 15
    assert [await status(device, url_of(lan.url, path)) for path in PUBLIC[:4]] == [200] * 4


async def test_foreign_origin_and_host_reach_no_route(lan: Lan) -> None:
    async with aiohttp.ClientSession() as http:
        for method, path in lan.server.routes():
            url = url_of(lan.own, path)
            for headers, expected in (
                ({"Origin": "https://evil.example"}, 403),
                ({"Host": "evil.example"}, 421),
                ({"Sec-Fetch-Site": "cross-site"}, 403),
            ):
                async with http.request(method, url, headers=headers, json={}) as answer:
                    assert answer.status == expected, (method, path, headers)


async def status_of_length(own: str, path: str, length: int) -> int:
    """Return the status of a POST request that announces a body of `length` bytes."""
    host = own.split("/")[2]
    reader, writer = await asyncio.open_connection(*host.split(":"))
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode())
    line = await asyncio.wait_for(reader.readline(), 20)
    writer.close()
    return int(line.split()[1])


async def test_bodies_are_limited_and_json(lan: Lan) -> None:
    async with aiohttp.ClientSession() as http:
        for path in ("select", *COMMANDS):
            url = f"{lan.own}api/{path}"
            async with http.post(url, data=b"{}", headers={"Content-Type": "text/plain"}) as answer:
                assert answer.status == 415, path
            async with http.post(url, json={}, headers={"Content-Encoding": "gzip"}) as answer:
                assert answer.status == 415, path
            json_type = {"Content-Type": "application/json"}
            assert await status_of_length(lan.own, f"/api/{path}", MAX_MESSAGE_BYTES + 1) == 413
            async with http.post(url, data=b"[" * 5000, headers=json_type) as answer:
                assert answer.status == 400, path


async def test_viewer_sees_and_annotator_labels(lan: Lan) -> None:
    viewer, annotator = await lan.approved("viewer"), await lan.approved("annotator")
    async with viewer.get(url_of(lan.url, "/api/session")) as answer:
        assert (await answer.json())["role"] == "viewer"
        assert "Set-Cookie" in answer.headers  # each use renews the cookie
    assert await status(viewer, url_of(lan.url, "/tiles/0/0.glb")) == 200
    async with viewer.post(url_of(lan.url, "/api/select"), json=rectangle(0, 1)) as answer:
        handle = (await answer.json())["handle"]
    for path in COMMANDS:
        async with viewer.post(url_of(lan.url, f"/api/{path}"), json={}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (403, "not_allowed")
    body = {"op": "label_selected", "command_id": "label-00001", "handle": handle}
    body |= {"class_id": 0, "provenance": PROVENANCE}
    address = url_of(lan.url, "/api/{}?client=page-of-quest")
    async with annotator.post(address.format("labels"), json=body) as answer:
        assert (await answer.json())["sequence"] == 1
    # A device undoes its own gestures, and the owner those of all.
    other = await lan.approved("annotator")
    for undo, code in (
        ({}, "nothing_to_undo"),
        ({"gesture": 1}, "not_allowed"),
        ({"owners": True}, "not_allowed"),
    ):
        undo |= {"op": "undo", "command_id": "undo-00001"}
        async with other.post(address.format("undo"), json=undo) as answer:
            assert (await answer.json())["code"] == code
    undo = {"op": "undo", "command_id": "undo-00002", "gesture": 1}
    assert (await lan.owner("POST", "api/undo", undo))["sequence"] == 2


async def changes(device: aiohttp.ClientSession, base: str, query: str) -> Any:
    async with device.get(url_of(base, f"/api/tiles/changes?{query}")) as answer:
        return answer.status, await answer.json()


async def test_waiting_pages_learn_of_requests_and_revocation(lan: Lan) -> None:
    async with aiohttp.ClientSession() as owner:
        _, first = await changes(owner, lan.own, "since=0")
        assert first["access"]["waiting"] == [] and first["access"]["addresses"]
        version = first["access_version"]
        waiting = asyncio.create_task(changes(owner, lan.own, f"wait=30&access={version}"))
        device = lan.device()
        async with device.post(url_of(lan.url, "/api/access/request"), json={}) as answer:
            code = (await answer.json())["code"]
        _, news = await asyncio.wait_for(waiting, 20)
        assert [asked["code"] for asked in news["access"]["waiting"]] == [code]
    annotator = await lan.approved("annotator")
    waiting = asyncio.create_task(changes(annotator, lan.url, "wait=30"))
    await asyncio.sleep(0.1)
    (known,) = (await lan.owner("GET", "api/access"))["devices"]
    assert known["connected"]
    await lan.owner("POST", "api/access/revoke", {"device": known["device"]})
    answered, body = await asyncio.wait_for(waiting, 20)
    assert (answered, body["code"]) == (401, "not_paired")


async def test_server_with_waiting_pages_stops_at_once(lan: Lan) -> None:
    annotator = await lan.approved("annotator")
    waiting = asyncio.create_task(changes(annotator, lan.url, "wait=30"))
    await asyncio.sleep(0.1)
    lan.server.service.waiting.close()
    assert (await asyncio.wait_for(waiting, 20))[0] == 200
