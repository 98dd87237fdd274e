"""Labels of a scene in tiles: undo and redo per person, several pages, and a killed server."""

import asyncio
import threading
import urllib.error
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from aiohttp.test_utils import TestClient

from drivers.servers import ServerProcess
from drivers.tile_scene import PROVENANCE, N, ask, bake_table, label, rectangle, serve
from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.service.tile_labels import TileLabels
from lodespace.service.tile_service import TileService
from lodespace.session.events import StoredProvenance, new_header
from lodespace.session.label_history import GestureRecord, LabelHistory

PEOPLE = ("page-of-owner", "device.page-one", "device.page-two")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bake_table(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def scene(site: Path) -> TileService:
    return TileService(site, None)


@pytest.fixture
async def client(site: Path, tmp_path: Path) -> AsyncIterator[TestClient]:
    async with serve(site, tmp_path / "labels") as client:
        yield client


def opened(folder: Path, scene: TileService) -> TileLabels:
    return TileLabels(folder, scene.folder, scene.info, scene.tree)


def drop(labels: TileLabels) -> None:
    """Close without writing the array, as a kill does."""
    labels.log.close()
    labels._lock.close()


def expected(history: LabelHistory, given: np.ndarray) -> np.ndarray:
    return np.where(history.owner > 0, history.labels, given)


@pytest.mark.parametrize("seed", range(4))
def test_labels_are_those_of_a_project(scene: TileService, tmp_path: Path, seed: int) -> None:
    """Gestures of three people with undo and redo in any order, and restarts in between."""
    random = np.random.default_rng(seed)
    labels = opened(tmp_path, scene)
    given = np.array(labels.current)
    history = LabelHistory(N)
    kinds = {"label": 0, "undo": 0, "redo": 0}
    for step in range(60):
        kind = str(random.choice(list(kinds), p=(0.3, 0.35, 0.35)))
        head = new_header(f"command-{step:04d}", str(random.choice(PEOPLE)))
        try:
            if kind == "label":
                first = int(random.integers(0, N - 3000))
                items = np.arange(first, first + int(random.integers(1, 3000)), dtype=np.uint32)
                class_id = int(random.integers(-1, 1))
                done = labels.label(items, class_id, StoredProvenance(), head)
                record = GestureRecord(done.sequence, class_id, items, head["client"], 0, 0, "")
                history.add(record)
            elif kind == "undo":
                number = labels.undo_log.next_undo(head["client"]).number
                labels.undo(protocol.Undo(command_id=head["command_id"]), head)
                history.undo(number)
            else:
                number = labels.undo_log.next_redo(head["client"]).number
                assert labels.redo(head).class_id == history.gestures[number].class_id
                history.redo(number)
        except RequestError:
            continue
        kinds[kind] += 1
        assert np.array_equal(labels.current, expected(history, given)), (step, kind)
        if step % 9 == 8:
            changed = labels.changed.copy()
            drop(labels) if step % 2 else labels.close()
            labels = opened(tmp_path, scene)
            assert np.array_equal(labels.current, expected(history, given))
            assert np.array_equal(labels.changed, changed)
    assert min(kinds.values()) >= 3
    labels.close()


async def test_pages_undo_and_redo_their_own_gestures(client: TestClient) -> None:
    chosen = (await ask(client, "/api/select", rectangle(-8, 4)))["handle"]
    for number, page in enumerate(("page-one", "page-two")):
        body = {"op": "label_selected", "handle": chosen, "class_id": -number}
        body |= {"command_id": f"label-{page}", "provenance": PROVENANCE}
        await ask(client, f"/api/labels?client={page}", body)
    session = await ask(client, "/api/session?client=page-one")
    assert [g["by"] for g in session["history"]["gestures"]] == ["page-one", "page-two"]
    assert session["history"]["can_undo"] and not session["history"]["can_redo"]
    redo = {"op": "redo", "command_id": "redo-00001"}
    assert (await ask(client, "/api/redo?client=page-one", redo, 409))["code"] == "nothing_to_redo"
    undo = {"op": "undo", "command_id": "undo-00001"}
    assert (await ask(client, "/api/undo?client=page-one", undo))["sequence"] == 3
    item = (await ask(client, "/api/select", rectangle(-8, 4)))["items"][0]
    assert (await ask(client, f"/api/items/{item}/info"))["class_id"] == -1  # of page-two
    answer = await ask(client, "/api/redo?client=page-one", redo)
    assert (answer["sequence"], answer["class_id"]) == (4, 0)
    assert await ask(client, "/api/redo?client=page-one", redo) == answer  # sent again
    undo |= {"command_id": "undo-00002", "gesture": 2}
    assert (await ask(client, "/api/undo?client=page-one", undo))["sequence"] == 5
    assert (await ask(client, f"/api/items/{item}/info"))["class_id"] == 0
    for wrong in ("a.page-one", "short", "x" * 65, "page-one%0A"):
        assert (await ask(client, f"/api/undo?client={wrong}", undo, 400))["code"] == "bad_format"


async def test_waiting_page_is_answered_when_another_page_labels(client: TestClient) -> None:
    waiting = asyncio.create_task(ask(client, "/api/tiles/changes?since=0&wait=30&access=1"))
    chosen = await ask(client, "/api/select", rectangle(0, 1))
    created = {"op": "add_class", "command_id": "class-0001", "name": "New"}
    assert not waiting.done()
    class_id = (await ask(client, "/api/classes?client=page-one", created))["class_id"]
    changes = await asyncio.wait_for(waiting, 20)
    assert (changes["sequence"], changes["tiles"]) == (1, [])
    assert [info["name"] for info in changes["classes"]] == ["Left", "New"]
    waiting = asyncio.create_task(ask(client, "/api/tiles/changes?since=1&wait=30&access=1"))
    await label(client, chosen["handle"], class_id)
    changes = await asyncio.wait_for(waiting, 20)
    assert changes["sequence"] == 2 and changes["tiles"] and changes["classes"] is None
    assert changes["history"]["gestures"][0]["count"] == chosen["count"]
    nothing = await ask(client, "/api/tiles/changes?since=2")
    assert (nothing["sequence"], nothing["tiles"], nothing["history"]) == (2, [], None)


@pytest.mark.slow
def test_acknowledged_labels_survive_kill_minus_nine(
    site: Path, scene: TileService, tmp_path: Path, server_process: type[ServerProcess]
) -> None:
    """A server that labels without a pause is killed in the middle of a label."""
    server = server_process(str(site), "--project", str(tmp_path / "labels"))
    server.start()
    server.wait_until_ready()
    handles = [
        server.request("api/select", rectangle(low, low + 5))["handle"] for low in (-8, -5, 0)
    ]
    acknowledged: list[tuple[str, int]] = []
    enough = threading.Event()

    def annotate() -> None:
        for number in range(10_000):
            command = f"label-{number:05d}"
            body = {"op": "label_selected", "handle": handles[number % 3], "class_id": -1}
            body |= {"command_id": command, "provenance": PROVENANCE}
            path = "api/labels"
            if number % 4 == 3:
                path, body = "api/undo", {"op": "undo", "command_id": command}
            try:
                acknowledged.append((command, server.request(path, body)["sequence"]))
            except (OSError, urllib.error.URLError):
                return
            if number == 12:
                enough.set()

    thread = threading.Thread(target=annotate)
    thread.start()
    assert enough.wait(60)
    server.kill()
    thread.join()
    labels = opened(tmp_path / "labels", scene)
    events = [(event.command_id, event.sequence) for event in labels.log.events()]
    assert events[: len(acknowledged)] == acknowledged
    assert len(events) - len(acknowledged) <= 1  # the last one was on disk before its answer
    labels._stored = 0
    replayed = np.array(labels._given)
    standing = labels._standing()
    for event in labels.log.events():
        if event.sequence in standing:
            replayed[event.items] = event.class_id  # type: ignore[union-attr]
    assert np.array_equal(labels.current, replayed)
    assert (labels.current != labels._given).any()
    labels.close()
