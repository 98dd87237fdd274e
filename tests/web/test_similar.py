"""Search for similar items over HTTP: by items, and by an example file."""

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
from aiohttp.test_utils import TestClient

from drivers.lan import Lan
from drivers.servers import ClientOf
from lodespace.features.search_space import space_of
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.items.item_set import ItemSet
from lodespace.models.features.nearest import SearchSpace
from lodespace.protocol import MAX_EXAMPLE_BYTES
from lodespace.service import similarity
from lodespace.service.service import Service
from lodespace.web.api import SERVICE

BINARY = {"Content-Type": "application/octet-stream"}


def standardised(data: Path) -> np.ndarray:
    rows = np.load(data)["X"].astype(np.float64)
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


def bytes_of(rows: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, rows)
    return file.getvalue()


async def refused(client: TestClient, body: dict[str, object]) -> tuple[int, str]:
    answer = await client.post("/api/similar", json=body)
    return answer.status, (await answer.json())["code"]


async def test_similar_items_are_the_nearest_of_the_selection(
    client_of: ClientOf, small_data: Path, tmp_path: Path
) -> None:
    client = await client_of(small_data, tmp_path / "project")
    answer = await client.post("/api/similar", json={"items": [0, 4], "count": 30})
    found = await answer.json()
    rows = standardised(small_data)
    truth = np.linalg.norm(rows[:, None] - rows[[0, 4]], axis=2).min(axis=1)
    truth[[0, 4]] = np.inf
    assert found["items"] == np.argsort(truth)[:30].tolist()
    np.testing.assert_allclose(found["distances"], np.sort(truth)[:30], rtol=1e-4)
    assert (found["space"], found["examples"]) == ("vectors", 2)
    # Without `count`, the answer fills a contact sheet.
    default = await (await client.post("/api/similar", json={"items": [0]})).json()
    assert len(default["items"]) == 27
    assert await refused(client, {"items": [200]}) == (404, "unknown_item")
    assert await refused(client, {"items": [1], "count": 0}) == (400, "malformed_message")
    for body in ({}, {"items": [], "words": " "}, {"items": [1], "words": "one"}):
        assert await refused(client, body) == (409, "malformed_message")


async def test_a_project_without_trainer_searches_places_on_the_map(
    client_of: ClientOf, tmp_path: Path
) -> None:
    client = await client_of(None, tmp_path / "digits")
    found = await (await client.post("/api/similar", json={"items": [3]})).json()
    assert found["space"] == "places on the map" and len(found["items"]) == 27
    session = await (await client.get("/api/session")).json()
    assert session["searches_files"] and not session["searches_words"]
    answer = await client.post("/api/similar", json={"words": "round"})
    assert answer.status == 409 and "searched by words" in (await answer.json())["message"]


async def test_items_that_are_added_during_a_search_are_found_later(
    client_of: ClientOf, small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await client_of(small_data, tmp_path / "project")
    service: Service = client.server.app[SERVICE]
    loop, new = asyncio.get_running_loop(), from_arrays("new", np.load(small_data)["X"][:1])

    def with_addition(items: ItemSet) -> SearchSpace | None:
        if len(items) == 200:
            adding = service.growth.add(new)
            asyncio.run_coroutine_threadsafe(adding, loop).result(30)
        return space_of(items)

    monkeypatch.setattr(similarity, "space_of", with_addition)
    await client.post("/api/similar", json={"items": [0]})
    assert len(service.session.items) == 201
    answer = await client.post("/api/similar", json={"items": [200], "count": 1})
    assert (await answer.json())["items"] == [0]


@pytest.mark.slow
async def test_a_file_of_vectors_is_an_example_and_is_not_stored(
    client_of: ClientOf, small_data: Path, tmp_path: Path
) -> None:
    client = await client_of(small_data, tmp_path / "project")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "project").rglob("*.*y")}
    rows = np.load(small_data)["X"]
    path = "/api/similar/file?name=a.npy&count=5"
    answer = await client.post(path, data=bytes_of(rows[[9, 10]]), headers=BINARY)
    found = await answer.json()
    assert found["items"][:2] == [9, 10] and found["examples"] == 2 and len(found["items"]) == 5
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "project").rglob("*.*y")}
    assert after == before and before
    for name, content, words in (
        ("a.npy", b"", "empty"),
        ("a.npy", b"\x93NUMPY damaged", "the file is not a plain numpy array"),
        ("a.png", b"\x89PNG", "project are vectors"),
        ("noname", b"abc", "without a suffix"),
        ("a.npy", bytes_of(rows[:1, :3]), "has 3 numbers"),
    ):
        answer = await client.post(f"/api/similar/file?name={name}", data=content, headers=BINARY)
        told = await answer.json()
        assert answer.status == 409 and words in told["message"], (name, told)
        assert str(tmp_path) not in told["message"] and "/tmp" not in told["message"]


async def test_example_files_need_the_right_kind_and_size_of_body(
    client_of: ClientOf, small_data: Path, tmp_path: Path
) -> None:
    client = await client_of(small_data, tmp_path / "project")
    answer = await client.post("/api/similar/file?name=a.npy", json={})
    assert (answer.status, (await answer.json())["code"]) == (415, "bad_content_type")
    answer = await client.post("/api/similar", data=b"{}", headers=BINARY)
    assert answer.status == 415
    answer = await client.post("/api/similar/file?count=0", data=b"a", headers=BINARY)
    assert (answer.status, (await answer.json())["code"]) == (400, "bad_search")
    # The server refuses a file by its stated size, without reading it, and ends the connection.
    length = {**BINARY, "Content-Length": str(MAX_EXAMPLE_BYTES + 1)}
    answer = await client.post("/api/similar/file?name=a.npy", data=b"", headers=length)
    assert answer.status == 413


async def test_viewers_search_by_items_and_may_not_upload(lan: Lan) -> None:
    viewer = await lan.approved("viewer")
    async with viewer.post(lan.url + "api/similar", json={"items": [1]}) as answer:
        assert answer.status == 200
    path = lan.url + "api/similar/file?name=a.npy"
    async with viewer.post(path, data=b"abc", headers=BINARY) as answer:
        assert (answer.status, (await answer.json())["code"]) == (403, "not_allowed")
