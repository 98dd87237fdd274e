"""recording.lds: complete records can be read, whatever happened to the end of the file."""

import errno
import json
import struct
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.playback import replay
from lodespace import protocol
from lodespace.errors import ProjectError
from lodespace.files import atomic_write
from lodespace.recording.format import (
    FRAME,
    KEYFRAME,
    MAGIC,
    OPERATION,
    Record,
    RecordingWriter,
    read_records,
)
from lodespace.recording.recorder import Recorder
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


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kinds=st.lists(st.sampled_from([KEYFRAME, FRAME, FRAME, FRAME, OPERATION]), max_size=300),
    seed=st.integers(0, 9),
)
def test_a_full_recording_is_thinned_and_stays_sound(
    tmp_path: Path, kinds: list[bytes], seed: int
) -> None:
    """The file keeps its size limit and all operations. Each frame still follows its keyframe."""
    path = tmp_path / f"{seed}.lds"
    path.unlink(missing_ok=True)
    writer = RecordingWriter(path, HEADER, max_bytes=4000)
    written: list[tuple[bytes, float, bytes]] = []
    for k, kind in enumerate([KEYFRAME, *kinds]):
        payload = b"x" * (20 if kind == OPERATION else 100)
        written.append((kind, float(k), payload))
        writer.append(*written[-1])
    writer.close()
    kept = contents(path)
    assert [r for r in kept if r[0] == OPERATION] == [r for r in written if r[0] == OPERATION]
    assert kept[0] == written[0]
    moving = [r for r in written if r[0] != OPERATION]
    follows = {after[1]: before[1] for before, after in pairwise(moving)}
    shown = [r for r in kept if r[0] != OPERATION]
    for before, after in pairwise(shown):
        if after[0] == FRAME:
            assert follows[after[1]] == before[1]


def test_a_recording_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    writer = RecordingWriter(path, HEADER, max_bytes=10_000)
    for k in range(5000):
        writer.append(KEYFRAME if k % 20 == 0 else FRAME, float(k), b"x" * 50)
        assert path.stat().st_size <= 10_000 + 100
    writer.close()
    kept = contents(path)
    assert kept[0][1] == 0.0
    assert kept[-1][1] == 4999.0
    newest = [time for _, time, _ in kept if time >= 4960]
    assert newest == [float(k) for k in range(4960, 5000)]


def test_an_error_while_thinning_leaves_an_index_of_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first pass drops frames; the second, which would drop keyframes, fails."""
    indexed: list[Record] = []

    def follow(records: Iterator[Record]) -> None:
        indexed[:] = records

    passes: list[Path] = []

    def fail_in_the_second_pass(path: Path, content: Callable[[IO[bytes]], object]) -> None:
        passes.append(path)
        if len(passes) == 2:
            raise OSError(errno.ENOSPC, "no space left on device")
        atomic_write(path, content)

    monkeypatch.setattr("lodespace.recording.format.atomic_write", fail_in_the_second_pass)
    path = tmp_path / "r.lds"
    writer = RecordingWriter(path, HEADER, max_bytes=4000, follow=follow)
    with pytest.raises(OSError, match="no space"):
        for k in range(50):
            writer.append(FRAME if k % 5 == 1 else KEYFRAME, float(k), b"x" * 100)
    writer.close()
    assert len(passes) == 2
    assert indexed == list(read_records(path))


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
