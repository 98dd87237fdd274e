"""Recordings of bakes: fewer moments, no authors, packed keyframes, predictions in between."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.playback import replay
from lodespace import protocol
from lodespace.models.item_predictions import ItemPredictions
from lodespace.protocol import Gesture, GestureTold, Labels, Losses, LossesMeasured
from lodespace.recording import published
from lodespace.recording.format import HEAD, WORD, read_records
from lodespace.recording.index import index_of
from lodespace.recording.player import Player
from lodespace.recording.published import LEAST_BYTES, MOST_MOMENTS, SHIFT, SourceRecording
from lodespace.recording.recorder import Recorder
from lodespace.scene.glb import Scene
from lodespace.session.session import AnnotationSession
from samples.moving_sessions import moving_session, publish

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "recording" / "published.json").read_text()
)
N = 50


def gesture(number: int, event: str = "made") -> GestureTold:
    made = Gesture(
        gesture=number,
        kind="label",
        class_id=0,
        count=1,
        by="anna",
        at=1.8e9,
        revision=3,
        undone=False,
        note="",
    )
    return GestureTold(event=event, gesture=made)  # type: ignore[arg-type]


def label(number: int, item: int, class_id: int) -> Labels:
    return Labels(sequence=number, gesture=number, by="anna", items=[item], class_ids=[class_id])


def record(
    path: Path, moments: int, operations: Callable[[int], list[protocol.Operation]]
) -> AnnotationSession:
    """Record `moments` of a session, each followed by the operations of its number."""
    session = moving_session(N)
    recorder = Recorder(path, session, frame_seconds=0.0, patient=True)
    for k in range(moments):
        publish(session, k)
        recorder.positions(float(k))
        made = operations(k)
        for operation in made:
            if isinstance(operation, Labels):
                session.history.labels[operation.items] = operation.class_ids
        recorder.operations(made, float(k))
    recorder.close()
    return session


def kinds(path: Path) -> dict[bytes, int]:
    """Return how often each kind of record occurs in the file."""
    content = path.read_bytes()
    offset, found = next(read_records(path)).offset, dict[bytes, int]()
    while offset < len(content):
        kind, _, length = HEAD.unpack_from(content, offset)
        found[kind] = found.get(kind, 0) + 1
        offset += HEAD.size + length + WORD.size
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_published_records_are_read(vector: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    path.write_bytes(bytes.fromhex(vector["hex"]))
    shown = [positions.tolist() for _, positions in replay(path)]
    assert shown == [moment["position"] for moment in vector["moments"]]
    timeline = index_of(path)
    assert (timeline.moments, timeline.end) == (3, path.stat().st_size)
    assert timeline.keyframes.offset == [vector["first"]]
    player = Player(path, 3)
    list(player.steps())
    scene, last = player.scene, vector["moments"][-1]
    assert scene is not None and len(scene.classes) == 2
    assert scene.labels.tolist() == last["label"]
    assert scene.predictions.tolist() == last["prediction"]
    assert scene.confidence.tolist() == last["confidence"]


def test_a_damaged_packed_keyframe_ends_a_recording(tmp_path: Path) -> None:
    import zlib

    content = bytes.fromhex(VECTORS[0]["hex"])
    first = VECTORS[0]["first"]
    kind, time, length = HEAD.unpack_from(content, first)
    payload = content[first + HEAD.size : first + HEAD.size + length]
    path = tmp_path / "r.lds"
    for bad in (payload[:-4], b"\xff" * 8, b"", WORD.pack(5) + payload[WORD.size :]):
        head = HEAD.pack(kind, time, len(bad))
        path.write_bytes(
            content[:first] + head + bad + WORD.pack(zlib.crc32(bad, zlib.crc32(head)))
        )
        assert list(read_records(path)) == []


def test_a_long_recording_is_thinned_evenly_to_the_limit(tmp_path: Path) -> None:
    def operations(k: int) -> list[protocol.Operation]:
        losses = Losses(step=k, epoch=0.0, terms={"kl": float(k)}, metrics={}, kl_per_dimension=[])
        some = [label(k + 1, k % N, k % 2), gesture(k + 1)] if k % 40 == 0 else []
        return [LossesMeasured(losses=losses), *some]

    session = record(tmp_path / "own.lds", 400, operations)
    final = session.encoder.scene()
    source = SourceRecording(tmp_path / "own.lds", N)
    assert source.last is not None
    np.testing.assert_array_equal(source.last.positions, final.positions)
    own = [positions for _, positions in replay(tmp_path / "own.lds")]
    sizes: list[int] = []
    for limit in (None, 12_000, 6_000):
        path = tmp_path / f"{limit}.lds"
        source.write(path, final, limit=limit)
        sizes.append(path.stat().st_size)
        assert sizes[-1] <= (limit or LEAST_BYTES)
        shown = replay(path)
        np.testing.assert_array_equal(shown[-1][1], final.positions)
        chosen = np.rint(np.linspace(0, 399, len(shown))).astype(int)
        for number, (_, positions) in zip(chosen[:-1], shown, strict=False):
            assert np.abs(positions - own[number]).max() <= (1 << SHIFT) // 2
        np.testing.assert_allclose([time for time, _ in shown], 0.1 * np.arange(len(shown)))
        player = Player(path, N)
        list(player.steps())
        assert (
            player.scene is not None and player.scene.labels.tolist() == source.last.labels.tolist()
        )
        timeline = index_of(path)
        marks = (limit or LEAST_BYTES) // 4 // 180
        made = [k + 1 for k in range(0, 400, 40)]
        assert [t.gesture.gesture for t in timeline.ticks] == made[-marks:]
        assert {(t.gesture.by, t.gesture.at) for t in timeline.ticks} == {("", 0.0)}
        assert len(timeline.curves.moment) >= len(shown) - 1
    assert len(replay(tmp_path / "None.lds")) == MOST_MOMENTS
    assert sizes == sorted(sizes, reverse=True)
    assert b"anna" not in (tmp_path / "None.lds").read_bytes()


def test_the_oldest_marks_are_left_out_when_they_need_too_much(tmp_path: Path) -> None:
    session = record(tmp_path / "own.lds", 10, lambda k: [gesture(10 * k + j) for j in range(10)])
    source = SourceRecording(tmp_path / "own.lds", N)
    source.write(tmp_path / "r.lds", session.encoder.scene(), limit=20_000)
    ticks = index_of(tmp_path / "r.lds").ticks
    assert [t.gesture.gesture for t in ticks] == list(range(100 - len(ticks), 100))
    assert len(ticks) == 20_000 // 4 // 180
    assert (tmp_path / "r.lds").stat().st_size <= 20_000


def test_predictions_change_between_keyframes(tmp_path: Path) -> None:
    session = moving_session(N)
    recorder = Recorder(
        tmp_path / "own.lds", session, frame_seconds=0.0, keyframe_interval=3, patient=True
    )
    session.begin_with(np.array([0, 1] + [-1] * (N - 2), np.int16))
    random = np.random.default_rng(2)
    for k in range(20):
        publish(session, k)
        predicted = np.full(N, k // 10, np.int16)
        confidence = np.full(N, 0.5 + 0.001 * k, np.float32)
        mean = random.normal(size=(N, 3)).astype(np.float32) * 0.01 + session.grid.latent_mean()
        session.publish(
            mean.astype(np.float32), ItemPredictions(predicted, confidence), step=k, resting=False
        )
        recorder.positions(float(k))
    recorder.close()
    final = session.encoder.scene()
    SourceRecording(tmp_path / "own.lds", N).write(tmp_path / "r.lds", final)
    found = kinds(tmp_path / "r.lds")
    # There is a frame when the class changes, and a frame at the end with all small changes of the
    # confidence.
    assert (found[b"Z"], found[b"F"], found[b"P"]) == (1, 19, 2)
    player = Player(tmp_path / "r.lds", N)
    list(player.steps())
    assert player.scene is not None
    np.testing.assert_array_equal(player.scene.predictions, final.predictions)
    np.testing.assert_array_equal(player.scene.confidence, final.confidence)


def test_a_new_box_or_dimension_begins_with_a_keyframe(tmp_path: Path) -> None:
    session = moving_session(N)
    recorder = Recorder(tmp_path / "own.lds", session, frame_seconds=0.0, patient=True)
    random = np.random.default_rng(0)
    means = random.normal(size=(N, 3)).astype(np.float32)
    for k in range(30):
        shown = (means * (100 if k >= 20 else 1))[:, : 2 if k < 10 else 3]
        session.publish(
            shown * np.float32(1 + 0.01 * k),
            ItemPredictions(np.zeros(N, np.int16), np.zeros(N, np.float32)),
            step=k,
            resting=False,
        )
        recorder.positions(float(k))
    recorder.close()
    final = session.encoder.scene()
    source = SourceRecording(tmp_path / "own.lds", N)
    source.write(tmp_path / "r.lds", final)
    assert kinds(tmp_path / "r.lds")[b"Z"] == 3
    np.testing.assert_array_equal(replay(tmp_path / "r.lds")[-1][1], final.positions)
    shapes = [means.shape for means in source.latent_means(10, final)]
    assert shapes == [(N, 2)] * 3 + [(N, 3)] * 7
    other = dataclasses.replace(final, scene_id=5)
    source.write(tmp_path / "other.lds", other)
    assert kinds(tmp_path / "other.lds")[b"Z"] == 4


def test_moments_after_the_checkpoint_are_left_out(tmp_path: Path) -> None:
    session = record(tmp_path / "own.lds", 30, lambda k: [label(k + 1, k, 1)])
    source = SourceRecording(tmp_path / "own.lds", N)
    final: Scene = dataclasses.replace(session.encoder.scene(), step=19)
    source.write(tmp_path / "r.lds", final)
    assert len(replay(tmp_path / "r.lds")) == 20
    player = Player(tmp_path / "r.lds", N)
    list(player.steps())
    assert player.scene is not None and int((player.scene.labels == 1).sum()) == 30


def test_a_recording_of_other_items_has_no_moment(tmp_path: Path) -> None:
    session = record(tmp_path / "own.lds", 3, lambda k: [])
    for path, n in ((tmp_path / "own.lds", N + 1), (tmp_path / "none.lds", N)):
        source = SourceRecording(path, n)
        assert source.last is None
        final = dataclasses.replace(session.encoder.scene(), step=0)
        source.write(tmp_path / "r.lds", final)
        assert len(replay(tmp_path / "r.lds")) == 1
    assert published.largest_size(5_000) == 445_000
    assert published.largest_size(20_000) == 1_780_000
