"""recording.lds: complete records can be read, whatever happened to the end of the file."""

import errno
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.playback import replay
from lodespace import protocol
from lodespace.errors import ProjectError
from lodespace.recording.format import (
    FRAME,
    KEYFRAME,
    MAGIC,
    OPERATION,
    Record,
    read_records,
)
from lodespace.recording.recorder import Recorder
from lodespace.recording.writer import RecordingWriter
from samples.moving_sessions import moving_session, publish

HEADER = {"protocol": "lodespace.v1", "dataset": "bärs"}
RECORDS = [
    (KEYFRAME, 0.0, b"scene"),
    (FRAME, 0.1, b"delta" * 50),
    (OPERATION, 0.15, b'{"op":"labels"}'),
    (FRAME, 0.2, b""),
    (KEYFRAME, 0.3, b"scene 2"),
]


def write(path: Path, records: list[tuple[bytes, float, bytes]] = RECORDS) -> None:
    writer = RecordingWriter(path, HEADER)
    for record in records:
        writer.append(*record)
    writer.close()


def header_of(path: Path) -> dict[str, Any]:
    """The JSON header: it follows the magic and the header length (docs/files.md)."""
    (length,) = struct.unpack_from("<I", path.read_bytes(), len(MAGIC))
    start = len(MAGIC) + 4
    return json.loads(path.read_bytes()[start : start + length])


def contents(path: Path) -> list[tuple[bytes, float, bytes]]:
    return [(r.kind, r.time, r.payload) for r in read_records(path)]


def test_records_are_read_as_written(tmp_path: Path) -> None:
    write(tmp_path / "r.lds")
    assert header_of(tmp_path / "r.lds") == HEADER
    assert contents(tmp_path / "r.lds") == RECORDS


def test_a_reopened_recording_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "r.lds")
    writer = RecordingWriter(tmp_path / "r.lds", {"other": 1})
    assert writer.last_time == 0.3
    writer.append(FRAME, 0.4, b"more")
    writer.close()
    assert header_of(tmp_path / "r.lds") == HEADER
    assert contents(tmp_path / "r.lds") == [*RECORDS, (FRAME, 0.4, b"more")]


def test_a_tail_torn_at_any_byte_costs_only_the_last_record(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    write(path)
    whole = path.read_bytes()
    starts = [r.offset for r in read_records(path)]
    for length in range(starts[0], len(whole)):
        path.write_bytes(whole[:length])
        kept = sum(start <= length for start in [*starts[1:], len(whole)])
        assert contents(path) == RECORDS[:kept]
        writer = RecordingWriter(path, HEADER)
        writer.append(OPERATION, 9.0, b"after")
        writer.close()
        assert contents(path) == [*RECORDS[:kept], (OPERATION, 9.0, b"after")]


def test_a_flipped_byte_ends_the_recording_there(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    write(path)
    whole = path.read_bytes()
    starts = [r.offset for r in read_records(path)]
    for position in range(starts[0], len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x40]) + whole[position + 1 :])
        kept = sum(start <= position for start in starts) - 1
        assert contents(path) == RECORDS[:kept]


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", MAGIC, MAGIC + b"\xff\xff\xff\xff{", MAGIC + b"\2\0\0\0no"]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.lds").write_bytes(content)
    with pytest.raises(ProjectError):
        RecordingWriter(tmp_path / "r.lds", HEADER)
    assert (tmp_path / "r.lds").read_bytes() == content


def test_reading_begins_at_any_record(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    write(path)
    offsets = {r.time: r.offset for r in read_records(path) if r.kind == KEYFRAME}
    assert [r.payload for r in read_records(path, offsets[0.3])] == [b"scene 2"]


def test_replay_gives_the_positions_that_were_shown(tmp_path: Path) -> None:
    session = moving_session()
    recorder = Recorder(tmp_path / "r.lds", session, patient=True)
    expected = []
    for k in range(450):
        positions = publish(session, k)
        recorder.positions(0.1 * k)
        expected.append(positions)
    recorder.close()
    shown = replay(tmp_path / "r.lds")
    assert len(shown) == len(expected)
    for (_, got), want in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(got, want)
    assert sum(r.kind == KEYFRAME for r in read_records(tmp_path / "r.lds")) >= 3


def test_frames_come_at_most_ten_a_second_and_the_last_always(tmp_path: Path) -> None:
    session = moving_session()
    recorder = Recorder(tmp_path / "r.lds", session)
    for k in range(40):
        publish(session, k)
        recorder.positions(0.03 * k)
    last = publish(session, 40)
    recorder.positions(1.18, last=True)
    recorder.positions(1.19, last=True)  # no point has moved, so no frame is written
    recorder.close()
    shown = replay(tmp_path / "r.lds")
    assert len(shown) == 11
    np.testing.assert_array_equal(shown[-1][1], last)


def test_a_second_run_counts_on_and_begins_with_a_scene(tmp_path: Path) -> None:
    for _ in range(2):
        session = moving_session()
        recorder = Recorder(tmp_path / "r.lds", session)
        for k in range(5):
            publish(session, k)
            recorder.positions(0.1 * k)
        recorder.operations([protocol.Notice(topic="disk", code="", message="")], 0.5)
        recorder.close()
    records = list(read_records(tmp_path / "r.lds"))
    times = [r.time for r in records]
    assert times == sorted(times)
    assert records[6].kind == KEYFRAME
    assert times[6] == 0.5


def test_a_disk_that_fails_costs_frames_and_never_soundness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = moving_session()
    recorder = Recorder(tmp_path / "r.lds", session)
    append, failing = RecordingWriter.append, False

    def flaky(self: RecordingWriter, kind: bytes, time: float, payload: bytes) -> Record:
        if failing:
            raise OSError(errno.ENOSPC, "no space left on device")
        return append(self, kind, time, payload)

    monkeypatch.setattr(RecordingWriter, "append", flaky)
    expected: dict[float, np.ndarray] = {}
    for k in range(90):
        failing = 30 <= k < 50
        now = round(0.1 * k, 6)
        expected[now] = publish(session, k)
        recorder.positions(now)
        recorder.wait()  # so that the thread meets the failure before the next frame
    recorder.close()
    shown = replay(tmp_path / "r.lds")
    assert 40 < len(shown) < 90
    for time, positions in shown:
        np.testing.assert_array_equal(positions, expected[round(time, 6)])
    assert shown[-1][0] == pytest.approx(8.9)
    assert caplog.text.count("could not be written") == 1


def test_a_damaged_recording_is_kept_beside_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "r.lds").write_bytes(b"not a recording")
    session = moving_session()
    recorder = Recorder(tmp_path / "r.lds", session)
    publish(session, 0)
    recorder.positions(0.0)
    recorder.close()
    assert (tmp_path / "r.lds.damaged").read_bytes() == b"not a recording"
    assert len(replay(tmp_path / "r.lds")) == 1
