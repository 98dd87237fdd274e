"""Sheets, cues, suggestions and quality over HTTP: with a trainer, without one, and for a bake."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from aiohttp.test_utils import TestClient

from drivers.servers import ClientOf, eventually
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.models.item_predictions import ItemPredictions
from lodespace.review import review
from lodespace.web.api import SERVICE

CUES = ("uncertainty", "density", "diversity", "coverage")
N = 200


@pytest.fixture
async def http(
    client_of: ClientOf, small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> TestClient:
    """A client of a server without a trainer: the tests publish the frames."""
    monkeypatch.setattr(review, "QUALITY_SECONDS", 0.01)
    return await client_of(small_data, tmp_path / "project")


def stream_of(http: TestClient) -> StreamClient:
    return StreamClient(str(http.make_url("/")))


def newest(client: StreamClient, figure: str) -> Any:
    """Return the field `figure` of the newest quality message that the client received; None if
    there is no message."""
    received = client.seen(protocol.QualityChanged)
    return getattr(received[-1].quality, figure) if received else None


def train(
    http: TestClient, prediction: np.ndarray, confidence: np.ndarray, **known: np.ndarray
) -> None:
    """Publish a frame as the trainer does: four clusters of positions, and predictions."""
    random = np.random.default_rng(0)
    mean = random.normal(0, 0.1, (N, 3)) + np.eye(4, 3)[np.arange(N) % 4]
    http.app[SERVICE].session.publish(
        mean.astype(np.float32),
        ItemPredictions(prediction.astype(np.int16), confidence.astype(np.float32), **known),
        step=1,
        resting=True,
    )
    http.app[SERVICE].review.predicted()


async def label_all_classes(client: StreamClient) -> None:
    for class_id in range(4):
        await client.label(list(range(class_id, 20, 4)), class_id)


def every_one(items: list[int], class_ids: list[int]) -> protocol.LabelEach:
    """Return the command that labels each item on a sheet."""
    return protocol.LabelEach(
        command_id=f"look-at-{len(items)}",
        items=items,
        class_ids=class_ids,
        revision=0,
        provenance=protocol.Provenance(tool="sheet", verified=True),
    )


async def json_of(http: TestClient, path: str, status: int = 200) -> Any:
    answer = await http.get(path)
    assert answer.status == status, await answer.text()
    return await answer.json()


async def test_every_review_address_answers_before_training(http: TestClient) -> None:
    sheet = await json_of(http, "/api/sheet?kind=suspects")
    nothing = {"items": [], "groups": [], "total": 0, "expected_wrong": None}
    assert sheet == {"kind": "suspects", **nothing}
    for kind in ("overview", "uncertain"):
        overview = await json_of(http, f"/api/sheet?kind={kind}")
        assert len(overview["items"]) == 27 and overview["total"] == N
        assert {entry["prediction"] for entry in overview["items"]} == {-1}
        assert sum(group["size"] for group in overview["groups"]) == N
    suggestion = await json_of(http, "/api/next")
    assert suggestion["kind"] == "overview" and suggestion["reason"].startswith(
        "9 items from all over the map"
    )
    for cue in CUES:
        answer = await http.get(f"/api/cues/{cue}")
        assert answer.content_type == "application/octet-stream" and len(await answer.read()) == N
    quality = (await json_of(http, "/api/session"))["quality"]
    assert quality["labelled"] == 0 and quality["right"] is None


async def test_labels_and_predictions_reach_sheets_and_quality(http: TestClient) -> None:
    truth = np.arange(N) % 4
    async with stream_of(http) as anna:
        for class_id in range(4):
            wrong = [1] if class_id == 0 else []  # the true class of item 1 is 1
            await anna.label([*range(class_id, 40, 4), *wrong], class_id)
        await anna.label([1], 0)
        train(http, truth, np.full(N, 0.96))
        await eventually(lambda: newest(anna, "right") is not None)
        quality = anna.seen(protocol.QualityChanged)[-1].quality
        assert (quality.labelled, quality.verified, quality.suspects) == (40, 0, 1)
        assert quality.label_error == pytest.approx((39 * 0.05 + 0.95) / 40, abs=0.02)
        assert quality.label_error_interval.low < quality.label_error
        sheet = await json_of(http, "/api/sheet?kind=suspects&size=3")
        assert sheet["total"] == 1 and len(sheet["items"]) == 3
        (suspect,) = [s for s in sheet["items"] if s["item"] == 1]
        assert (suspect["class_id"], suspect["prediction"]) == (0, 1) and suspect[
            "doubt"
        ] == pytest.approx(0.95, abs=0.02)
        more = await json_of(http, "/api/sheet?kind=suspects&size=3&skip=3")
        assert not {s["item"] for s in sheet["items"]} & {s["item"] for s in more["items"]}
        found = await json_of(http, "/api/next")
        assert (
            found["kind"] in ("region", "suspects", "uncertain")
            and found["gain"] > 1
            and found["reason"]
        )
        # Confirm the sheet in one gesture. The doubt of its items is then 0.
        items = [s["item"] for s in sheet["items"]]
        provenance = protocol.Provenance(tool="sheet", verified=True)
        ack = await anna.command(
            protocol.LabelEach(
                command_id="gone-through-it",
                items=items,
                class_ids=[int(truth[item]) for item in items],
                revision=0,
                provenance=provenance,
            )
        )
        assert ack.count == 1
        await eventually(lambda: newest(anna, "verified") == 3)
        quality = anna.seen(protocol.QualityChanged)[-1].quality
        assert quality.suspects == 0 and quality.sheets == 1
        assert quality.label_error == pytest.approx(37 * 0.05 / 40, abs=0.02)
        assert (await json_of(http, "/api/session"))["quality"] == msgspec.to_builtins(quality)
        sheet = await json_of(http, "/api/sheet?kind=suspects&size=200")
        assert len(sheet["items"]) == 37 and not {s["item"] for s in sheet["items"]} & set(items)
        await anna.command(protocol.Undo(command_id="undo-the-sheet"))
        await eventually(lambda: newest(anna, "suspects") == 1)


async def test_margins_and_doubts_of_the_trainer_are_used(http: TestClient) -> None:
    async with stream_of(http) as anna:
        await label_all_classes(anna)
        margin, doubt = np.full(N, 0.9, np.float32), np.full(N, 0.01, np.float32)
        margin[7], doubt[7], doubt[0] = 0.1, 0.45, 0.77
        train(http, np.arange(N) % 4, np.full(N, 0.55), margin=margin, doubt=doubt)
        sheet = await json_of(http, "/api/sheet?kind=uncertain&size=1")
        assert sheet["total"] == 1 and [s["item"] for s in sheet["items"]] == [7]
        assert sheet["items"][0]["doubt"] == pytest.approx(0.45, abs=0.05)
        suspects = await json_of(http, "/api/sheet?kind=suspects&size=1")
        assert suspects["items"][0]["item"] == 0 and suspects["total"] == 1
        uncertainty = await (await http.get("/api/cues/uncertainty")).read()
        assert uncertainty[7] == round(255 * 0.9) and uncertainty[8] == round(255 * 0.1)


async def test_review_answers_with_one_class_or_all_verified(http: TestClient) -> None:
    async with stream_of(http) as anna:
        await anna.label([0, 1, 2], 0)
        train(http, np.zeros(N), np.ones(N))
        overview = await json_of(http, "/api/sheet?kind=uncertain")
        assert {entry["prediction"] for entry in overview["items"]} == {
            -1
        }  # with labels of only one class, there are no predictions
        found = await json_of(http, "/api/next")
        assert found["kind"] == "overview" and found["gain"] is None
        assert found["reason"].startswith("1 of 4 classes have labels")
        every = protocol.LabelEach(
            command_id="label-them-all",
            items=list(range(N)),
            class_ids=[item % 4 for item in range(N)],
            revision=0,
            provenance=protocol.Provenance(tool="sheet", verified=True),
        )
        await anna.command(every)
        train(http, np.zeros(N), np.ones(N))
        await eventually(lambda: newest(anna, "right") == 1.0)
        quality = anna.seen(protocol.QualityChanged)[-1].quality
        assert (
            quality.label_error,
            quality.suspects,
            quality.uncertain,
        ) == (
            0.0,
            0,
            0,
        )
        assert (await json_of(http, "/api/next"))["kind"] == "done"
        for kind in ("suspects", "uncertain"):
            assert (await json_of(http, f"/api/sheet?kind={kind}"))["total"] == 0


async def test_items_of_a_locked_class_are_on_no_sheet(http: TestClient) -> None:
    async with stream_of(http) as anna:
        await anna.label([0, 4], 0)
        await anna.label([1, 5], 1)
        await anna.command(every_one([2, 3], [2, 3]))
        train(http, np.full(N, 1), np.full(N, 0.6))
        await anna.command(protocol.EditClass(command_id="lock-class-0", class_id=0, locked=True))
        sheet = await json_of(http, "/api/sheet?kind=suspects")
        assert {s["item"] for s in sheet["items"]} == {1, 5}
        await anna.command(protocol.EditClass(command_id="lock-class-1", class_id=1, locked=True))
        # The predictions of the other items are the locked class.
        assert (await json_of(http, "/api/sheet?kind=uncertain"))["items"] == []


async def test_quality_is_sent_only_when_it_changed(http: TestClient) -> None:
    async with stream_of(http) as anna:
        await label_all_classes(anna)
        train(http, np.arange(N) % 4, np.full(N, 0.96))
        await eventually(lambda: newest(anna, "right") is not None)
        many = len(anna.seen(protocol.QualityChanged))
        for _ in range(5):
            train(http, np.arange(N) % 4, np.full(N, 0.96))
            http.app[SERVICE].review.labelled()
            await asyncio.sleep(0.03)
        assert len(anna.seen(protocol.QualityChanged)) == many


async def test_accuracy_is_sent_once_every_class_has_a_label(http: TestClient) -> None:
    losses = protocol.Losses(
        step=1,
        epoch=1.0,
        terms={},
        metrics={"label_accuracy": 0.875, "held_out": 16.0},
        kl_per_dimension=[],
    )

    def accuracies() -> list[float | None]:
        measured = anna.seen(protocol.LossesMeasured)
        return [told.losses.metrics.get("label_accuracy") for told in measured]

    async with stream_of(http) as anna:
        await eventually(lambda: bool(anna.seen(protocol.Welcome)))
        await anna.label([0, 4], 0)
        await anna.label([1, 5], 1)
        train(http, np.arange(N) % 4, np.full(N, 0.9))
        http.app[SERVICE].training_events.on_losses(losses)
        await eventually(lambda: newest(anna, "classes_labelled") == 2 and accuracies())
        assert set(accuracies()) == {None}
        assert newest(anna, "held_out_accuracy") is newest(anna, "right") is None
        await label_all_classes(anna)
        http.app[SERVICE].training_events.on_losses(losses)
        await eventually(lambda: newest(anna, "held_out_accuracy") == 0.875)
        assert newest(anna, "held_out") == 16 and accuracies()[-1] == 0.875


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/sheet", 400, "bad_sheet"),
        ("/api/sheet?kind=bedsheet", 400, "bad_sheet"),
        ("/api/sheet?kind=suspects&size=0", 400, "bad_sheet"),
        ("/api/sheet?kind=suspects&size=201", 400, "bad_sheet"),
        ("/api/sheet?kind=suspects&size=many", 400, "bad_sheet"),
        ("/api/sheet?kind=suspects&size=%C2%B2", 400, "bad_sheet"),
        ("/api/sheet?kind=uncertain&skip=-1", 400, "bad_sheet"),
        ("/api/sheet?kind=uncertain&skip=99999999999999999999", 400, "bad_sheet"),
        ("/api/cues/beauty", 404, "unknown_cue"),
    ],
)
async def test_wrong_review_query_is_refused_with_the_valid_values(
    http: TestClient, path: str, status: int, code: str
) -> None:
    body = await json_of(http, path, status)
    assert body["code"] == code and len(body["message"]) > 20
    assert (await json_of(http, "/api/sheet?kind=uncertain&skip=1000000"))["items"] == []


async def test_review_of_a_bake_uses_its_scene(
    client_of: ClientOf, small_data: Path, tmp_path: Path
) -> None:
    from lodespace.baking.bake import bake

    parts = ("scene",)
    folder = bake(
        small_data, tmp_path / "baked", epochs=2, seed=3, labels="10", threads=1, parts=parts
    )
    http = await client_of(folder, folder, ServerConfig())
    session = await json_of(http, "/api/session")
    assert session["read_only"] and session["quality"]["labelled"] == 40
    assert 0 <= session["quality"]["right"] <= 1 and session["quality"]["held_out_accuracy"] is None
    sheet = await json_of(http, "/api/sheet?kind=uncertain&size=5")
    assert len(sheet["items"]) == 5 and all(0 <= s["doubt"] <= 1 for s in sheet["items"])
    assert (await json_of(http, "/api/next"))["kind"] in (
        "region",
        "overview",
        "suspects",
        "uncertain",
        "done",
    )
    for cue in CUES:
        assert len(await (await http.get(f"/api/cues/{cue}")).read()) == N
