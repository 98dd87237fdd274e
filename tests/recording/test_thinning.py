"""A recording that reaches its size limit: the file stays below the limit, and stays readable."""

import errno
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lodespace import protocol
from lodespace.files import atomic_write
from lodespace.recording import recorder as recorder_module
from lodespace.recording import thinning, writer
from lodespace.recording.format import FRAME, KEYFRAME, OPERATION, Record, read_records
from lodespace.recording.recorder import Recorder
from lodespace.recording.writer import GROWTH, RecordingFullError, RecordingWriter
from samples.moving_sessions import moving_session, publish

HEADER = {"protocol": "lodespace.v1"}


def contents(path: Path) -> list[tuple[bytes, float, bytes]]:
    return [(r.kind, r.time, r.payload) for r in read_records(path)]


def labels_message(sequence: int, items: list[int], class_id: int) -> bytes:
    message = protocol.Labels(
        sequence=sequence,
        gesture=sequence,
        by="anna",
        items=items,
        class_ids=[class_id] * len(items),
    )
    return protocol.encode_operation(message)


def labels_in(path: Path) -> dict[int, int]:
    """Class per item after all `labels` operations of the recording."""
    labels: dict[int, int] = {}
    for record in read_records(path):
        if record.kind == OPERATION and record.payload.startswith(b'{"op":"labels"'):
            message = msgspec.json.decode(record.payload, type=protocol.Labels)
            items, class_ids = message.changes(1 << 20)
            labels.update(zip(items.tolist(), class_ids.tolist(), strict=True))
    return labels


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list of sizes.

    When a writer or a thinning reads the whole file, the list gets the size of the file.
    """
    sizes: list[int] = []

    def counted(path: Path, start: int | None = None) -> Iterator[Record]:
        if start is None:
            sizes.append(path.stat().st_size)
        return read_records(path, start)

    for module in (writer, thinning):
        monkeypatch.setattr(module, "read_records", counted)
    return sizes


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kinds=st.lists(
        st.sampled_from([KEYFRAME, FRAME, FRAME, FRAME, OPERATION, b"losses"]), max_size=300
    ),
    seed=st.integers(0, 9),
)
def test_a_full_recording_is_thinned_and_stays_sound(
    tmp_path: Path, kinds: list[bytes], seed: int
) -> None:
    """The file stays below its size limit, and keeps all labels. Each frame still follows its
    keyframe."""
    path = tmp_path / f"{seed}.lds"
    path.unlink(missing_ok=True)
    recording = RecordingWriter(path, HEADER, max_bytes=4000)
    written: list[tuple[bytes, float, bytes]] = []
    labels: dict[int, int] = {}
    needs_keyframe = False
    for k, kind in enumerate([KEYFRAME, *kinds]):
        payload = b"x" * 100
        if kind == OPERATION:
            payload = labels_message(k, [k % 7, k % 5], k % 3)
            labels.update(dict.fromkeys([k % 7, k % 5], k % 3))
        elif kind == b"losses":
            kind, payload = OPERATION, b'{"op":"losses"}'
        if kind == FRAME and needs_keyframe:
            continue
        try:
            recording.append(kind, float(k), payload)
        except RecordingFullError:
            needs_keyframe = True
            continue
        needs_keyframe = needs_keyframe and kind != KEYFRAME
        written.append((kind, float(k), payload))
        assert path.stat().st_size <= 4000 * GROWTH
    recording.close()
    kept = contents(path)
    assert kept[0] == written[0]
    assert kept[-1] == written[-1]
    assert labels_in(path) == labels
    moving = [r for r in written if r[0] != OPERATION]
    follows = {after[1]: before[1] for before, after in pairwise(moving)}
    shown = [r for r in kept if r[0] != OPERATION]
    for before, after in pairwise(shown):
        if after[0] == FRAME:
            assert follows[after[1]] == before[1]


def test_a_recording_of_frames_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=10_000)
    for k in range(2000):
        recording.append(KEYFRAME if k % 20 == 0 else FRAME, float(k), b"x" * 50)
        assert path.stat().st_size <= 10_000 + 100
    recording.close()
    kept = contents(path)
    assert kept[0][1] == 0.0
    assert kept[-1][1] == 1999.0
    newest = [time for _, time, _ in kept if time >= 1960]
    assert newest == [float(k) for k in range(1960, 2000)]


def test_a_recording_of_operations_is_bounded_and_keeps_the_labels(
    tmp_path: Path, reads: list[int]
) -> None:
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=50_000)
    dice = np.random.default_rng(0)
    labels: dict[int, int] = {}
    recording.append(KEYFRAME, 0.0, b"x" * 2000)
    reads.clear()
    written = 0
    for k in range(1, 500):
        items, class_id = dice.choice(500, 100, replace=False).tolist(), k % 9
        labels.update(dict.fromkeys(items, class_id))
        payload = labels_message(k, items, class_id)
        recording.append(OPERATION, float(k), payload)
        recording.append(OPERATION, float(k), b'{"op":"losses"}')
        written += len(payload)
        assert path.stat().st_size <= 50_000
    recording.close()
    assert labels_in(path) == labels
    assert contents(path)[0] == (KEYFRAME, 0.0, b"x" * 2000)
    # All appends together read about as many bytes as they write, not the whole file per append.
    assert written > 300_000
    assert sum(reads) < 20 * written


def test_packed_labels_are_merged(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=30_000)
    dice = np.random.default_rng(0)
    labels: dict[int, int] = {}
    for k in range(1, 30):
        items = np.flatnonzero(dice.random(9000) < 0.4).astype(np.uint32)
        class_ids = np.full(len(items), k % 5 - 1, np.int16)
        message = protocol.Labels.of(items, class_ids, sequence=k, gesture=k, by="anna")
        assert message.packed and not message.items
        labels.update(zip(items.tolist(), class_ids.tolist(), strict=True))
        recording.append(OPERATION, float(k), protocol.encode_operation(message))
        assert path.stat().st_size <= 30_000
    recording.close()
    assert labels_in(path) == labels
    assert len(contents(path)) < 29


def test_labels_that_cannot_be_decoded_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=4000)
    wrong = [
        b'{"op":"labels"}',
        b'{"op":"labels","items":' + b"[" * 1500,
        labels_message(1, [7], 2),
    ]
    for k in range(60):
        recording.append(OPERATION, float(k), wrong[k % 3])
    recording.close()
    assert path.stat().st_size <= 4000 * GROWTH
    assert contents(path)[-1][2] == wrong[2]


def test_the_newest_half_keeps_every_single_change_of_labels(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=20_000)
    payloads = [labels_message(k, [k % 50], k % 3) for k in range(600)]
    for k, payload in enumerate(payloads):
        recording.append(OPERATION, float(k), payload)
    recording.close()
    newest = payloads[-50:]
    assert [payload for _, _, payload in contents(path)][-50:] == newest


def test_a_file_that_cannot_be_thinned_is_read_seldom(tmp_path: Path, reads: list[int]) -> None:
    """The first scene of this recording is larger than the size limit of the file."""
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=1000)
    recording.append(KEYFRAME, 0.0, b"x" * 5000)
    reads.clear()
    for k in range(200):
        recording.append(OPERATION, float(k), b'{"op":"losses"}')
    recording.close()
    assert len(reads) < 20


def test_frames_without_a_keyframe_wait_for_the_next(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=2000)
    recording.append(KEYFRAME, 0.0, b"scene")
    with pytest.raises(RecordingFullError):
        for k in range(1, 100):
            recording.append(FRAME, float(k), b"x" * 50)
    recording.append(KEYFRAME, 200.0, b"scene")
    for k in range(201, 221):
        recording.append(FRAME, float(k), b"x" * 50)
    recording.close()
    assert path.stat().st_size <= 2000 * GROWTH
    assert contents(path)[0] == (KEYFRAME, 0.0, b"scene")
    assert [time for _, time, _ in contents(path)][-21:] == [float(k) for k in range(200, 221)]


def test_an_error_while_thinning_leaves_an_index_of_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: list[int]
) -> None:
    indexed: list[Record] = []

    def follow(records: Iterator[Record]) -> None:
        indexed[:] = records

    failing = True
    attempts: list[Path] = []

    def flaky(path: Path, content: Callable[[IO[bytes]], object]) -> None:
        attempts.append(path)
        if failing:
            raise OSError(errno.ENOSPC, "no space left on device")
        atomic_write(path, content)

    monkeypatch.setattr(writer, "atomic_write", flaky)
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=4000, follow=follow)
    with pytest.raises(OSError, match="no space"):
        for k in range(50):
            recording.append(KEYFRAME, float(k), b"x" * 100)
            indexed.append(Record(KEYFRAME, float(k), b"x" * 100, 0))
    assert [r.time for r in indexed] == [r.time for r in read_records(path)]
    # The next attempt waits until the file has grown.
    recording.append(KEYFRAME, 60.0, b"x" * 100)
    assert len(attempts) == 1
    failing = False
    for k in range(61, 66):
        recording.append(KEYFRAME, float(k), b"x" * 100)
    recording.close()
    assert len(attempts) == 2 and path.stat().st_size < 4000


def test_a_file_that_cannot_be_opened_after_thinning_is_opened_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=4000)

    def fail(_: Path) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(writer, "start_of", fail)
        with pytest.raises(OSError, match="too many"):
            for k in range(50):
                recording.append(KEYFRAME, float(k), b"x" * 100)
    written = recording.append(KEYFRAME, 60.0, b"newest")
    recording.close()
    assert list(read_records(path))[-1] == written


def test_closing_ends_a_long_thinning(tmp_path: Path) -> None:
    path = tmp_path / "r.lds"
    recording = RecordingWriter(path, HEADER, max_bytes=4000)
    for k in range(30):
        recording.append(KEYFRAME, float(k), b"x" * 100)
    before = contents(path)
    recording.stop_thinning()
    with pytest.raises(InterruptedError):
        for k in range(30, 40):
            recording.append(KEYFRAME, float(k), b"x" * 100)
            before.append((KEYFRAME, float(k), b"x" * 100))
    recording.close()
    assert contents(path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["r.lds"]


class HeldWriter:
    """Lets a recorder write only when the test allows it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import threading

        self.go = threading.Event()
        append = RecordingWriter.append

        def held(self_: RecordingWriter, kind: bytes, time: float, payload: bytes) -> Record:
            assert self.go.wait(60)
            return append(self_, kind, time, payload)

        monkeypatch.setattr(RecordingWriter, "append", held)


def notice(text: str) -> protocol.Notice:
    return protocol.Notice(topic="disk", code="", message=text)


def test_operations_that_wait_for_a_slow_disk_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_MAX_WAITING_BYTES", 10_000)
    disk = HeldWriter(monkeypatch)
    session = moving_session()
    recorder = Recorder(tmp_path / "r.lds", session)
    for k in range(100):
        recorder.operations([notice("x" * 1000)], 0.1 * k)
    disk.go.set()
    recorder.wait()
    publish(session, 1)
    recorder.positions(20.0)
    recorder.close()
    kinds = [kind for kind, _, _ in contents(tmp_path / "r.lds")]
    assert kinds == [OPERATION] * 9 + [KEYFRAME]


def test_a_patient_recorder_waits_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "_MAX_WAITING_BYTES", 2000)
    recorder = Recorder(tmp_path / "r.lds", moving_session(), patient=True)
    for k in range(20):
        recorder.operations([notice("x" * 1000)], 0.1 * k)
    recorder.close()
    assert len(contents(tmp_path / "r.lds")) == 20


def test_closing_does_not_wait_for_a_slow_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recorder_module, "CLOSE_SECONDS", 0.0)
    disk = HeldWriter(monkeypatch)
    recorder = Recorder(tmp_path / "r.lds", moving_session())
    for k in range(20):
        recorder.operations([notice("x")], 0.1 * k)
    stop_thinning = RecordingWriter.stop_thinning
    monkeypatch.setattr(
        RecordingWriter, "stop_thinning", lambda self: (stop_thinning(self), disk.go.set())
    )
    while recorder._writer is None:
        pass
    recorder.close()
    assert len(contents(tmp_path / "r.lds")) == 1
    assert "the disk is slow" in caplog.text
