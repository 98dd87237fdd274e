"""Storage of undo snapshots on a disk that is slower than the gestures."""

import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.training import undo_snapshots
from lodespace.training.undo_snapshots import IN_MEMORY, UndoSnapshots

SIZE = 1000
"""Bytes of a state."""


class SlowDisk:
    """Stops each write until `go` is set, and lists the numbers of the written snapshots."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.began = threading.Event()
        self.written: list[int] = []

    def write(self, state: TrainingState, folder: Path, **options: int) -> None:
        self.began.set()
        assert self.go.wait(60)
        self.written.append(options["number"])
        write_state(state, folder, **options)


write_state = TrainingState.write_snapshot


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDisk]:
    slow = SlowDisk()
    monkeypatch.setattr(
        TrainingState,
        "write_snapshot",
        lambda state, folder, **options: slow.write(state, folder, **options),
    )
    yield slow
    slow.go.set()


def state(state_id: int) -> TrainingState:
    mean = torch.zeros(SIZE // 4, 1)
    none = torch.zeros(0)
    tensors = {"latent_mean": mean, "prediction": none, "confidence": none}
    return TrainingState(tensors, {"tag": state_id})


def numbers(folder: Path) -> list[int]:
    return [number for number, _ in checkpoint.numbered(folder)]


def test_snapshots_that_wait_for_a_slow_disk_count(tmp_path: Path, disk: SlowDisk) -> None:
    snapshots = UndoSnapshots(tmp_path)
    alive: weakref.WeakSet[torch.Tensor] = weakref.WeakSet()
    for event in range(1, 101):
        made = state(event - 1)
        alive.add(made.tensors["latent_mean"])
        snapshots.keep(event, made)
        if event == 1:
            assert disk.began.wait(60)
    del made
    # One snapshot is being written, besides those that may be in memory.
    assert len(alive) <= IN_MEMORY + 1
    disk.go.set()
    snapshots.wait()
    assert disk.written == [1, *range(101 - IN_MEMORY, 101)]
    snapshots.close()


def test_the_size_in_memory_includes_waiting_snapshots(
    tmp_path: Path, disk: SlowDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_snapshots, "MEMORY_BYTES", 4 * SIZE)
    snapshots = UndoSnapshots(tmp_path)
    for event in range(1, 30):
        snapshots.keep(event, state(event - 1))
        assert disk.began.wait(60)
        assert snapshots.bytes <= 4 * SIZE
    disk.go.set()
    snapshots.close(60)
    assert numbers(tmp_path) == [1, 27, 28, 29]


def test_a_snapshot_that_was_given_up_is_not_found(tmp_path: Path, disk: SlowDisk) -> None:
    snapshots = UndoSnapshots(tmp_path)
    for event in range(1, 21):
        snapshots.keep(event, state(event - 1))
        assert disk.began.wait(60)
    assert snapshots.newest(5) is None
    found = snapshots.newest(19)
    assert found is not None and found.state_id == 19
    disk.go.set()
    snapshots.wait()
    found = snapshots.newest(0)  # this snapshot is only on disk
    assert found is not None and found.state_id == 0
    snapshots.close()


def test_a_snapshot_that_would_be_deleted_at_once_is_not_written(
    tmp_path: Path, disk: SlowDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_snapshots, "ON_DISK", 6)
    disk.go.set()
    for number in range(101, 107):
        write_state(state(number), tmp_path, number=number, keep=6, most_bytes=1 << 30)
    snapshots = UndoSnapshots(tmp_path)
    snapshots.keep(7, state(6))
    snapshots.keep(200, state(199))
    snapshots.wait()
    assert disk.written == [200]
    found = snapshots.newest(6)  # this snapshot is in memory
    assert found is not None and found.state_id == 6
    snapshots.close()
    assert numbers(tmp_path) == [102, 103, 104, 105, 106, 200]


def test_closing_does_not_wait_for_a_slow_disk(
    tmp_path: Path, disk: SlowDisk, caplog: pytest.LogCaptureFixture
) -> None:
    snapshots = UndoSnapshots(tmp_path)
    for event in range(1, 6):
        snapshots.keep(event, state(event - 1))
        assert disk.began.wait(60)
    snapshots.close(0)
    assert "5 undo snapshots were not written" in caplog.text


def test_closing_writes_the_newest_snapshots_first(tmp_path: Path, disk: SlowDisk) -> None:
    snapshots = UndoSnapshots(tmp_path)
    for event in range(1, 6):
        snapshots.keep(event, state(event - 1))
        assert disk.began.wait(60)
    closing = threading.Thread(target=snapshots.close, args=(60,))
    closing.start()
    while not snapshots._closed:
        time.sleep(0.001)
    disk.go.set()
    closing.join()
    assert disk.written == [1, 5, 4, 3, 2]


def test_a_full_disk_costs_only_that_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(made: TrainingState, folder: Path, **options: int) -> None:
        if options["number"] == 2:
            raise OSError(28, "No space left on device")
        write_state(made, folder, **options)

    monkeypatch.setattr(TrainingState, "write_snapshot", write)
    snapshots = UndoSnapshots(tmp_path)
    for event in (1, 2, 3):
        snapshots.keep(event, state(event - 1))
    snapshots.close(60)
    assert numbers(tmp_path) == [1, 3]


def test_old_snapshots_go_when_the_disk_limit_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_snapshots, "DISK_BYTES", 10 * SIZE)
    snapshots = UndoSnapshots(tmp_path)
    for event in range(1, 20):
        snapshots.keep(event, state(event - 1))
        snapshots.wait()
    snapshots.close(60)
    kept = numbers(tmp_path)
    assert 4 < len(kept) < 10 and kept[-1] == 19
    assert sum(path.stat().st_size for path in tmp_path.glob("*.safetensors")) <= 10 * SIZE


def test_snapshots_that_share_tensors_count_them_once_in_memory(tmp_path: Path) -> None:
    snapshots = UndoSnapshots(tmp_path)
    edges = torch.zeros(10 * SIZE)
    for event in (1, 2, 3):
        made = state(event)
        snapshots.keep(event, made._replace(tensors={**made.tensors, "edge_head": edges}))
    assert snapshots.bytes == edges.nbytes + 3 * SIZE
    snapshots.close(60)
