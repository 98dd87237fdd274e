"""A scene in tiles over HTTP: selection, labels, undo, search, and the labels after a restart."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from aiohttp.test_utils import TestClient

from drivers.tile_scene import (
    PROVENANCE,
    N,
    ask,
    bake_table,
    label,
    labels_of,
    rectangle,
    serve,
    table,
)
from lodespace.errors import ProjectError
from lodespace.service import tile_service
from lodespace.service.tile_label_files import BEFORE
from lodespace.service.tile_labels import TileLabels
from lodespace.service.tile_service import TileService
from lodespace.tiles import item_table
from lodespace.tiles.build import LABELS, ROWS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bake_table(tmp_path_factory.mktemp("site"))


@pytest.fixture
async def client(site: Path, tmp_path: Path) -> AsyncIterator[TestClient]:
    async with serve(site, tmp_path / "labels") as client:
        yield client


async def test_bake_has_a_site_with_the_classes_of_the_table(
    client: TestClient, site: Path
) -> None:
    session = await ask(client, "/api/session")
    assert (session["tiles"], session["n_items"]) == ("tiles/tileset.json", N)
    assert [c["name"] for c in session["classes"]] == ["Left"]
    assert not session["read_only"]
    tileset = await ask(client, "/tiles/tileset.json")
    assert tileset["extras"]["lodespace"]["items"] == N
    glb = await client.get("/tiles/0/0.glb")
    assert (glb.status, glb.content_type) == (200, "model/gltf-binary")
    assert (site / "session.json").is_file() and (site / "poster.jpg").is_file()
    assert 'data-site="baked"' in (site / "index.html").read_text()
    first = await ask(client, "/tiles/0/0.json")
    rows = np.load(site / "index" / ROWS)
    assert first["ids"][:3] == [f"item {row}" for row in rows[:3]]
    assert set(first["columns"]) == {"kind", "colour"}


async def test_selection_is_labelled_and_undone(client: TestClient, site: Path) -> None:
    x = np.asarray(table(N)["x"])[np.load(site / "index" / ROWS)]
    given = np.load(site / "index" / LABELS)
    assert np.array_equal(given, np.where(x < 0, 0, -1))
    tiles = (await ask(client, "/tiles/tileset.json"))["extras"]["lodespace"]["tiles"]
    created = await ask(
        client, "/api/classes", {"op": "add_class", "command_id": "class-0001", "name": "Wide"}
    )
    chosen = await ask(client, "/api/select", rectangle(-3, 5))
    inside = (x >= -3) & (x <= 5)
    assert abs(chosen["count"] - inside.sum()) < 5  # rounding to the grid
    assert len(chosen["items"]) == 27 and inside[chosen["items"]].mean() > 0.9
    done = await label(client, chosen["handle"], created["class_id"])
    assert (done["count"], done["class_id"], done["sequence"]) == (chosen["count"], 1, 2)
    assert await label(client, chosen["handle"], created["class_id"]) == done  # sent again
    current = await labels_of(client, tiles)
    assert (current == 1).sum() == chosen["count"]
    assert ((current == 1) == inside).mean() > 0.999
    assert np.array_equal(current[current != 1], given[current != 1])
    changes = await ask(client, "/api/tiles/changes?since=1")
    assert changes["sequence"] == 2 and 0 in changes["tiles"]
    mask = await (await client.get(f"/api/tiles/selection/{chosen['handle']}/0")).read()
    assert np.array_equal(np.frombuffer(mask, np.uint8) == 1, current[: len(mask)] == 1)
    undone = await ask(client, "/api/undo", {"op": "undo", "command_id": "undo-00001"})
    assert undone["count"] == chosen["count"]
    assert np.array_equal(await labels_of(client, tiles), given)
    nothing = {"op": "undo", "command_id": "undo-00002"}
    assert (await ask(client, "/api/undo", nothing, 409))["code"] == "nothing_to_undo"


@pytest.mark.parametrize("with_file", [True, False])
async def test_search_finds_ids_and_columns(
    site: Path, tmp_path: Path, with_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not with_file:
        monkeypatch.setattr(item_table, "SEARCH", "missing")
    async with serve(site, tmp_path / "labels") as client:
        await check_search(client)


async def check_search(client: TestClient) -> None:
    found = await ask(client, "/api/search?q=ITEM 2999")
    assert found["count"] == 11  # 2999 and 29990 to 29999
    ids = {(await ask(client, f"/api/items/{k}/info"))["id"] for k in found["items"]}
    assert ids == {"item 2999", *(f"item {k}" for k in range(29_990, 30_000))}
    assert (await ask(client, "/api/search?q=kind:left"))["count"] > 10_000
    assert (await ask(client, "/api/search?q=id:left"))["count"] == 0
    assert (await ask(client, "/api/search?q=colour:4"))["count"] > 4000
    assert (await ask(client, "/api/search?q=colour:x4"))["count"] == 0
    assert (await ask(client, "/api/search?q=%27%22;--"))["count"] == 0
    assert (await ask(client, "/api/search?q=id:EM 1234"))["count"] == 11
    assert (await ask(client, "/api/search?q=id:1234"))["count"] == 13


async def test_requests_that_cannot_be_carried_out_are_refused(client: TestClient) -> None:
    chosen = await ask(client, "/api/select", rectangle(0, 1))
    body = {
        "op": "label_selected",
        "command_id": "label-00001",
        "handle": "unknown-handle",
        "class_id": 0,
        "provenance": PROVENANCE,
    }
    assert (await ask(client, "/api/labels", body, 404))["code"] == "unknown_selection"
    body |= {"handle": chosen["handle"], "class_id": 7}
    assert (await ask(client, "/api/labels", body, 404))["code"] == "unknown_class"
    assert (await ask(client, "/api/tiles/labels/9999", status=404))["code"] == "unknown_tile"
    assert (await ask(client, f"/api/items/{N}/info", status=404))["code"] == "unknown_item"
    for path in ("/tiles/../session.json", "/tiles/0/../../session.json", "/tiles/0/99.glb"):
        assert (await client.get(path)).status == 404
    for _ in range(16):
        await ask(client, "/api/select", rectangle(0, 1))
    assert (await ask(client, "/api/labels", body | {"class_id": 0}, 404))["code"]


async def test_large_selections_are_forgotten_first(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await ask(client, "/api/select", rectangle(0, 1))
    monkeypatch.setattr(tile_service, "KEPT_BYTES", 100)
    second = await ask(client, "/api/select", rectangle(0, 1))
    assert (await client.get(f"/api/tiles/selection/{first['handle']}/0")).status == 404
    assert (await client.get(f"/api/tiles/selection/{second['handle']}/0")).status == 200


async def test_read_only_scene_refuses_labels(site: Path) -> None:
    async with serve(site, None) as client:
        assert (await ask(client, "/api/session"))["read_only"]
        chosen = await ask(client, "/api/select", rectangle(0, 1))
        body = {"op": "undo", "command_id": "undo-00001"}
        assert (await ask(client, "/api/undo", body, 409))["code"] == "read_only"
        assert chosen["count"] > 0


async def test_labels_survive_a_kill_and_a_lost_array(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    async with serve(site, folder) as client:
        for number, (low, high) in enumerate([(-8, 0), (-2, 4), (1, 8)]):
            chosen = await ask(client, "/api/select", rectangle(low, high))
            await label(client, chosen["handle"], [0, -1, 0][number], f"label-0000{number}")
        await ask(client, "/api/undo", {"op": "undo", "command_id": "undo-00001"})
        expected = np.load(folder / LABELS)
        # A copy of the files while the server runs is what a kill leaves.
        killed = tmp_path / "killed"
        await asyncio.to_thread(_copy, folder, killed)
    scene = TileService(site, None)
    for change in ("none", "array", "garbage"):
        if change == "array":
            (killed / LABELS).unlink()
        elif change == "garbage":  # the system has written a part of the array too early
            array = np.load(killed / LABELS)
            array[::2] = 0
            np.save(killed / LABELS, array)
        labels = TileLabels(killed, site, scene.info, scene.tree)
        assert np.array_equal(labels.current, expected)
        assert labels.sequence == 4
        labels.close() if change == "array" else _drop(labels)
        if change == "array":
            (killed / "tiles.json").write_bytes(
                (killed / "tiles.json").read_bytes().replace(b'"sequence":4', b'"sequence":0')
            )


async def test_undo_without_the_stored_labels_reads_the_log(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    given = np.load(site / "index" / LABELS)
    async with serve(site, folder) as client:
        for number, (low, high) in enumerate([(-8, 0), (-2, 4)]):
            chosen = await ask(client, "/api/select", rectangle(low, high))
            await label(client, chosen["handle"], -1, f"label-0000{number}")
        for file in (folder / BEFORE).iterdir():
            file.unlink()
        for number in range(2):
            await ask(client, "/api/undo", {"op": "undo", "command_id": f"undo-0000{number}"})
        assert np.array_equal(np.load(folder / LABELS), given)


def test_folder_of_another_scene_or_with_other_files_is_refused(site: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    with pytest.raises(ProjectError, match="other content"):
        TileService(site, tmp_path / "other")
    service = TileService(site, tmp_path / "labels")
    with pytest.raises(ProjectError, match="open in another server"):
        TileService(site, tmp_path / "labels")
    service.close()
    state = tmp_path / "labels" / "tiles.json"
    state.write_bytes(state.read_bytes().replace(b'"scene":"', b'"scene":"0'))
    with pytest.raises(ProjectError, match="another scene"):
        TileService(site, tmp_path / "labels")


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    for name in ("tiles.json", LABELS):
        (target / name).write_bytes((source / name).read_bytes())
    with (
        sqlite3.connect(source / "labels.sqlite") as log,
        sqlite3.connect(target / "labels.sqlite") as copy,
    ):
        log.backup(copy)
    log.close()
    copy.close()


def _drop(labels: TileLabels) -> None:
    """Close without writing the array, as a kill does."""
    labels.log.close()
    labels._lock.close()
