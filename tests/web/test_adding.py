"""Items that are added to a project while it is served: over HTTP, by Python, by a folder."""

import asyncio
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp.test_utils import TestClient

from drivers.lan import Lan
from drivers.servers import ClientOf
from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.importing import addition
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.importing.source import RawItem
from lodespace.items.errors import BadItem
from lodespace.project.opening import open_project
from lodespace.service.folder_watch import FolderWatch
from lodespace.service.service import Service
from lodespace.web.api import SERVICE
from samples.pictures import draw, png

BINARY = {"Content-Type": "application/octet-stream"}
N = 12


def folder_of_pictures(root: Path) -> Path:
    for number in range(N):
        path = root / "ab"[number % 2] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(path)
    return root


async def post(client: TestClient, name: str, content: bytes) -> tuple[int, dict[str, object]]:
    answer = await client.post(f"/api/items?name={name}", data=content, headers=BINARY)
    return answer.status, await answer.json()


async def open_stream(client: TestClient) -> "object":
    origin = str(client.make_url("/")).rstrip("/")
    stream = await client.ws_connect(
        "/api/stream", protocols=(protocol.PROTOCOL_VERSION,), origin=origin
    )
    info = await (await client.get("/api/session")).json()
    await stream.send_json(
        {
            "op": "hello",
            "client_id": "growing-page-01",
            "scene_id": info["scene_id"],
            "revision": info["revision"],
            "sequence": info["sequence"],
        }
    )
    return stream


async def test_an_upload_lies_beside_its_twin_and_pages_get_the_scene(
    client_of: ClientOf, tmp_path: Path
) -> None:
    data = folder_of_pictures(tmp_path / "pictures")
    client = await client_of(data, tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    session = service.session
    places = np.random.default_rng(0).normal(size=(N, 3)).astype(np.float32)
    session.grid.publish(places, step=0, resting=True)
    labels = session.labels.tolist()
    stream = await open_stream(client)
    before = session.grid.grid.copy()
    twin = png(draw(5))
    status, answer = await post(client, "twin.png", twin)
    assert status == 200
    assert answer == {
        "first": N,
        "count": 1,
        "n_items": N + 1,
        "known": 0,
        "left_out": [],
        "notes": [],
    }
    items = list(service.project.items.ids)  # sorted: a/00, a/02, ..., b/01, ...
    near = items.index("b/05.png")
    assert items[N] == "uploads/twin.png"
    assert np.array_equal(session.grid.grid[:N], before), "no other item moves"
    assert np.array_equal(session.grid.grid[N], before[near]), "it lies beside its twin"
    assert session.labels.tolist() == [*labels, -1]
    async with asyncio.timeout(10):
        while (await stream.receive_json())["op"] != "resync":  # type: ignore[attr-defined]
            pass
    info = await (await client.get("/api/session")).json()
    assert info["n_items"] == N + 1
    body = {
        "op": "label",
        "command_id": "label-the-new-one",
        "items": [N],
        "class_id": 1,
        "revision": info["revision"],
        "provenance": {"tool": "pick"},
    }
    assert (await client.post("/api/labels", json=body)).status == 200
    assert session.labels[N] == 1
    picture = await client.get(f"/api/items/{N}")
    assert picture.status == 200
    assert (await client.get(f"/api/items/{N + 1}")).status == 404


async def test_uploads_that_cannot_be_added_change_nothing(
    client_of: ClientOf, tmp_path: Path
) -> None:
    client = await client_of(folder_of_pictures(tmp_path / "pictures"), tmp_path / "project")
    rows = io.BytesIO()
    np.save(rows, np.ones((3, 4)))
    twin = png(draw(5))
    assert (await post(client, "x.png", twin))[0] == 200
    cases = {
        ("x.png", twin): "uploads has no item that the project does not have already",
        ("bad.png", b"no picture"): "bad.png: the file is not a picture",
        ("rows.npy", rows.getvalue()): "contains vectors; give pictures",
        ("text.docx", b"text"): "text.docx: files of the kind '.docx' cannot be read",
        ("empty.png", b""): "The file is empty.",
        (".hidden", b"x"): "Give the name of the file",
    }
    for (name, content), reason in cases.items():
        status, answer = await post(client, name, content)
        assert status in (400, 409), name
        assert reason in str(answer["message"]), answer
        assert "/tmp" not in str(answer["message"])
    info = await (await client.get("/api/session")).json()
    assert info["n_items"] == N + 1


def are_due(service: Service) -> bool:
    """Return whether dataset.json states that labels of added items are due."""
    return "labels_due" in (service.project.folder / "data" / "dataset.json").read_text()


async def test_labels_that_cannot_be_given_are_notes(
    client_of: ClientOf, tmp_path: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_project(small_data, project_folder=tmp_path / "project").close()
    client = await client_of(small_data, tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    for command in (
        protocol.MergeClass(command_id="merged-class", class_id=0, into=1),
        protocol.DeleteClass(command_id="deleted-class", class_id=2),
        protocol.EditClass(command_id="locked-class", class_id=3, locked=True),
    ):
        await service.commands.carry_out(command, "test")
    with np.load(small_data) as arrays:
        vectors, labels = arrays["X"], arrays["y"]
    rows = [int(np.flatnonzero(labels == class_id)[0]) for class_id in (0, 1, 2, 3)]

    async def added(name: str, scale: float) -> object:
        file = io.BytesIO()
        ids = [f"{name}-{row}" for row in rows]
        np.savez(file, X=vectors[rows] * scale, y=labels[rows], ids=ids)
        status, answer = await post(client, f"{name}.npz", file.getvalue())
        assert (status, answer["count"]) == (200, 4), answer
        return answer["notes"]

    reasons = ["the class '2' was deleted", "the class '3' is locked"]
    missing = "no label for 1 added item: "
    assert await added("first", 0.9) == [missing + reason for reason in reasons]
    assert service.session.labels[200:].tolist() == [1, 1, -1, -1]
    assert not are_due(service), "no label waits for the next start"

    async def refuse(*_: object) -> None:
        raise RequestError("there is no class 1", code="unknown_class", status=404)

    monkeypatch.setattr(service.commands, "carry_out", refuse)
    refused = "no label for 2 added items: there is no class 1"
    assert await added("second", 1.1) == [*(missing + reason for reason in reasons), refused]
    assert are_due(service), "the next start tries again"


async def test_only_the_owner_may_add_items(lan: Lan) -> None:
    annotator = await lan.approved("annotator")
    path = lan.url + "api/items?name=x.png"
    async with annotator.post(path, data=png(draw(1)), headers=BINARY) as answer:
        assert (answer.status, (await answer.json())["code"]) == (403, "not_allowed")


async def test_a_watched_folder_is_read_when_files_are_complete(
    client_of: ClientOf, tmp_path: Path
) -> None:
    from lodespace.service import folder_watch

    data = folder_of_pictures(tmp_path / "pictures")
    client = await client_of(data, tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    watch = FolderWatch(service.project, service.growth, service.notices, data)
    assert watch._ready() == []
    whole = png(draw(40))
    (data / "a" / "new.png").write_bytes(whole[:50])
    assert watch._ready() == [], "the file may still be written"
    (data / "a" / "new.png").write_bytes(whole)
    assert watch._ready() == []
    watch._seen = {path: (stamp, at - 60) for path, (stamp, at) in watch._seen.items()}
    ready = watch._ready()
    assert ready == [b"a/new.png"]
    await watch._add(ready)
    assert service.session.items.ids[N] == "a/new.png"
    assert service.session.labels[N] == -1, "the project began without the labels of its data"
    (data / "a" / "bad.png").write_bytes(b"no picture")
    for _ in range(2):
        watch._ready()
        watch._seen = {path: (stamp, at - 60) for path, (stamp, at) in watch._seen.items()}
    await watch._add(watch._ready())
    assert len(service.session.items) == N + 1
    assert watch._ready() == [], "a file is tried again only when it changes"
    assert folder_watch.STILL_SECONDS > 0


async def test_a_stop_waits_for_items_that_are_being_written(
    client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await client_of(folder_of_pictures(tmp_path / "pictures"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    began, go, order = threading.Event(), threading.Event(), list[str]()
    add, close = addition.append_items, service.project.close

    def slow(*arguments: object, **options: object) -> object:
        began.set()
        assert go.wait(10)
        added = add(*arguments, **options)  # type: ignore[arg-type]
        order.append("added")
        return added

    def closed() -> None:
        order.append("closed")
        close()

    monkeypatch.setattr(addition, "append_items", slow)
    monkeypatch.setattr(service.project, "close", closed)
    answer = asyncio.create_task(post(client, "new.png", png(draw(40))))
    assert await asyncio.to_thread(began.wait, 10)
    answer.cancel()  # the client disconnects
    stopping = asyncio.create_task(service.stop())
    await asyncio.sleep(0.05)
    go.set()
    await stopping
    assert order == ["added", "closed"]
    assert service.project.items.ids[N] == "uploads/new.png"
    with pytest.raises(RequestError, match="is stopping"):
        await service.growth.add(str(tmp_path / "pictures"))


class Endless:
    """Yields pictures without an end. Implements Source."""

    def __init__(self) -> None:
        self._one = from_arrays("endless", np.zeros((1, 28, 28), np.uint8))
        self.began = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._one, name)

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        while True:
            yield from self._one
            self.began.set()


async def test_a_server_that_stops_ends_a_long_addition(
    client_of: ClientOf, tmp_path: Path
) -> None:
    client = await client_of(folder_of_pictures(tmp_path / "pictures"), tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    source, described = Endless(), tmp_path / "project" / "data" / "dataset.json"
    before = described.read_bytes()
    adding = asyncio.create_task(service.growth.add(source))
    assert await asyncio.to_thread(source.began.wait, 10)
    async with asyncio.timeout(10):
        await service.stop()
    with pytest.raises(RequestError, match="is stopping, and no item was added"):
        await adding
    assert described.read_bytes() == before and len(service.session.items) == N
    assert not list((tmp_path / "project").glob(".adding*"))
