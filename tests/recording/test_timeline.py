"""The timeline finds every moment of a recording. The replay of a moment shows the positions that
were shown live."""

from itertools import pairwise
from pathlib import Path

import aiohttp
import msgspec
import numpy as np
import pytest

from drivers.playback import shown_at
from drivers.servers import Serving
from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.models.item_predictions import ItemPredictions
from lodespace.recording.format import KEYFRAME, KEYFRAME_INTERVAL, Record, end_of, read_records
from lodespace.recording.index import MAX_CURVE_POINTS, RecordingIndex, index_of
from lodespace.recording.recorder import Recorder
from samples.moving_sessions import moving_session, publish


def recorded(path: Path, n: int = 130) -> tuple[list[np.ndarray], protocol.Timeline]:
    session = moving_session()
    recorder = Recorder(path, session, patient=True)
    live = []
    for k in range(n):
        live.append(publish(session, k))
        recorder.positions(0.1 * k)
        if k % 5 == 0:
            losses = protocol.Losses(
                step=k, epoch=1.0, terms={"kl": float(k)}, metrics={}, kl_per_dimension=[1.0]
            )
            recorder.operations([protocol.LossesMeasured(losses=losses)], 0.1 * k)
        if k == 77:
            gesture = protocol.Gesture(
                gesture=4,
                kind="label",
                class_id=1,
                count=9,
                by="anna",
                at=0.0,
                revision=0,
                undone=False,
                note="",
            )
            told = protocol.GestureTold(event="made", gesture=gesture, labelled=9)
            recorder.operations([told], 0.1 * k)
    timeline = recorder.timeline().result()
    recorder.close()
    return live, timeline


def test_every_moment_is_what_was_shown_live(tmp_path: Path) -> None:
    live, timeline = recorded(tmp_path / "r.lds")
    assert timeline.moments == len(live)
    assert all(b - a <= KEYFRAME_INTERVAL + 1 for a, b in pairwise(timeline.keyframes.moment))
    for moment in (0, 1, 24, 25, 26, 27, 77, 128, 129):
        np.testing.assert_array_equal(shown_at(tmp_path / "r.lds", timeline, moment), live[moment])


def test_gestures_and_curves_stand_where_they_happened(tmp_path: Path) -> None:
    _, timeline = recorded(tmp_path / "r.lds")
    (tick,) = timeline.ticks
    assert (tick.moment, tick.event, tick.gesture.gesture, tick.labelled) == (77, "made", 4, 9)
    assert timeline.curves.moment == list(range(0, 130, 5))
    assert timeline.curves.values == {"kl": [float(k) for k in range(0, 130, 5)]}


def test_the_index_is_the_same_whether_it_was_kept_or_read(tmp_path: Path) -> None:
    _, timeline = recorded(tmp_path / "r.lds")
    assert index_of(tmp_path / "r.lds") == timeline
    assert timeline.end == (tmp_path / "r.lds").stat().st_size
    session = moving_session()
    again = Recorder(tmp_path / "r.lds", session)
    assert again.timeline().result() == timeline
    publish(session, 3)
    again.positions(1.0)
    assert again.timeline().result().moments == timeline.moments + 1
    again.close()


def test_a_thinned_recording_is_indexed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lodespace.recording.writer import RecordingWriter

    monkeypatch.setattr(
        RecordingWriter.__init__, "__kwdefaults__", {"max_bytes": 20_000, "follow": None}
    )
    _, timeline = recorded(tmp_path / "r.lds")
    assert timeline.moments < 130
    assert index_of(tmp_path / "r.lds") == timeline
    shown_at(tmp_path / "r.lds", timeline, timeline.moments - 1)


def test_long_curves_are_sent_as_few_points() -> None:
    index = RecordingIndex()
    for k in range(10 * MAX_CURVE_POINTS):
        losses = protocol.Losses(
            step=k, epoch=0.0, terms={"kl": float(k)}, metrics={}, kl_per_dimension=[]
        )
        index.add(Record(b"F", 0.1 * k, b"", 0))
        measured = protocol.encode_operation(protocol.LossesMeasured(losses=losses))
        index.add(Record(b"O", 0.1 * k, measured, 0))
    curves = index.timeline().curves
    assert len(curves.moment) <= MAX_CURVE_POINTS
    assert curves.moment[-1] > 9.9 * MAX_CURVE_POINTS and curves.moment == sorted(curves.moment)


def test_a_record_of_another_version_is_passed_over() -> None:
    index = RecordingIndex()
    index.add(Record(b"O", 0.0, b'{"op":"of-tomorrow"}', 0))
    newest = Record(b"O", 0.0, b"\xff", 40)
    index.add(newest)
    assert index.timeline().ticks == [] and index.end == end_of(newest)


async def test_the_timeline_and_a_part_of_the_recording_over_http(
    small_data: Path, tmp_path: Path
) -> None:
    server = Serving(small_data, tmp_path / "project", ServerConfig(train=False))
    async with server as url, aiohttp.ClientSession(url) as http:
        session, recorder = server.service.session, server.service.recorder
        assert recorder is not None
        n = len(session.items)
        random = np.random.default_rng(0)
        for k in range(60):
            mean = random.normal(size=(n, 3)).astype(np.float32)
            session.publish(
                mean,
                ItemPredictions(np.zeros(n, np.int16), np.zeros(n, np.float32)),
                step=k,
                resting=False,
            )
            recorder.positions(0.1 * k)
        answer = await http.get("/api/timeline")
        timeline = msgspec.json.decode(await answer.read(), type=protocol.Timeline)
        assert timeline.moments == 60 and len(timeline.keyframes.moment) >= 3
        start, end = timeline.keyframes.offset[1:3]
        part = await http.get("/api/recording", headers={"Range": f"bytes={start}-{end - 1}"})
        assert part.status == 206
        body = await part.read()
        path = tmp_path / "project" / "recording.lds"
        assert body == path.read_bytes()[start:end]
        first = next(read_records(path, start))
        assert first.kind == KEYFRAME and end_of(first) < end
