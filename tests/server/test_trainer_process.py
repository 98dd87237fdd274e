"""The main loop of the worker, run in this process: published frames, checkpoints, commands."""

import io
import itertools
import math
import os
import queue
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.models.snapshot import Snapshot
from lodespace.protocol import Settings
from lodespace.training import event_pipe
from lodespace.training import messages as m
from lodespace.training.event_pipe import EventPipe
from lodespace.training.shared_frames import SharedFrames, anonymous_file, size_for
from lodespace.training.worker import Worker
from samples.training_inputs import inputs

N = 200


class Running:
    """A Worker in this process, the `events` that it sent, and the folder of its `checkpoints`."""

    def __init__(self, folder: Path, data: Path, **changes: object) -> None:
        if not (folder / "data").exists():
            import_data(str(data), folder / "data", ImportOptions())
        self.file = anonymous_file(size_for(N))
        weakref.finalize(self, self.file.close)
        self.ring = SharedFrames(self.file, N)
        self.commands: queue.SimpleQueue[m.Command | None] = queue.SimpleQueue()
        self.pipe = io.BytesIO()
        self.checkpoints = folder / "checkpoints"
        start = m.Start(
            data="data",
            folder=str(folder),
            checkpoints=str(self.checkpoints),
            moments=str(folder / "moments"),
            n_items=N,
            frames_fd=os.dup(self.file.fileno()),
            n_classes=4,
            seed=0,
            settings=Settings(),
            device="cpu",
            threads=1,
            running=True,
        )
        self.process = Worker(
            msgspec.structs.replace(start, **changes), self.commands, EventPipe(self.pipe)
        )

    def events(self) -> list[m.TrainerEvent]:
        data, found = self.pipe.getvalue(), []
        while data:
            (length,) = m.LENGTH.unpack_from(data)
            found.append(m.decode_event(data[4 : 4 + length]))
            data = data[4 + length :]
        return found

    def after(self, turns: int, *commands: m.Command | None) -> None:
        """Run the worker. Send `commands` when the trainer has done `turns` units of work."""
        frames = self.process.trainer.frames

        def counted(epochs: int | None = None) -> Iterator[Snapshot]:
            for k, snapshot in enumerate(frames(epochs)):
                if k == turns:
                    for command in commands:
                        self.commands.put(command)
                yield snapshot

        self.process.trainer.frames = counted
        self.process.run()


@pytest.fixture
def running(tmp_path: Path, small_data: Path) -> Iterator[Running]:
    made = Running(tmp_path, small_data)
    yield made
    made.file.close()


def test_frames_are_published_and_saved_at_the_end(running: Running) -> None:
    running.after(30, m.Stop())
    events = running.events()
    ready = [e.sequence for e in events if isinstance(e, m.FrameReady)]
    assert ready == list(range(1, len(ready) + 1))
    assert running.ring.read(ready[-1]) is not None
    assert any(isinstance(e, m.State) for e in events)
    assert [p.name for p in sorted(running.checkpoints.iterdir())] == [
        "001.json",
        "001.safetensors",
    ]


def test_the_end_of_the_pipe_stops_the_process(running: Running) -> None:
    running.after(3, None)
    assert running.process.handler.stopped


def test_numbers_that_are_not_finite_are_neither_shown_nor_saved(running: Running) -> None:
    loop = running.process.trainer.loop
    turn, turns = loop.turn, itertools.count()

    def diverging() -> bool:
        moved = turn()
        if next(turns) == 10:
            particles = loop.map.particles
            (loop.map.start if particles is None else particles.position)[3, 1] = math.nan
        return moved

    loop.turn = diverging
    with pytest.raises(FloatingPointError, match="latent means"):
        running.process.run()
    for event in running.events():
        if isinstance(event, m.FrameReady):
            frame = running.ring.read(event.sequence)
            assert frame is None or np.isfinite(frame.latent_mean).all()
    assert not running.checkpoints.exists()


def test_a_loss_that_is_not_finite_ends_it_too(running: Running) -> None:
    loop = running.process.trainer.loop
    turn = loop.turn

    def diverging() -> bool:
        moved = turn()
        loop.state.losses["kl"] = math.inf
        return moved

    loop.turn = diverging
    with pytest.raises(FloatingPointError, match="kl"):
        running.process.run()


def test_heartbeats_go_on_while_a_slow_disk_saves_at_the_end(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = running.process

    def wait_for_heartbeat(*_: object) -> None:
        before = sum(isinstance(event, m.Alive) for event in running.events())
        end = time.monotonic() + 30
        while sum(isinstance(event, m.Alive) for event in running.events()) == before:
            assert time.monotonic() < end, "no heartbeat"
            time.sleep(0.01)

    monkeypatch.setattr(event_pipe, "ALIVE_SECONDS", 0.01)
    process.events.start_heartbeat()
    monkeypatch.setattr(process.trainer, "save", wait_for_heartbeat)
    monkeypatch.setattr(process.snapshots, "close", wait_for_heartbeat)
    running.after(3, m.Stop())


def test_labels_that_name_no_class_are_an_error(running: Running) -> None:
    with pytest.raises(ValueError, match="class"):
        running.after(2, inputs(N, np.full(N, 9)), m.Stop())


def test_invalid_settings_are_ignored(running: Running) -> None:
    good = inputs(N, settings=Settings(stiffness=0.9), step=(1, 0, 1))
    bad = msgspec.structs.replace(
        good, settings=Settings(stiffness=7.0), event=2, from_state=1, to_state=2
    )
    flat = inputs(N, settings=Settings(stiffness=0.9, latent_dim=2), step=(3, 2, 3))
    running.after(2, good, bad, flat, m.Pause(), m.Stop())
    assert running.process.trainer.config.stiffness == 0.9
    assert running.process.trainer.config.latent_dim == 2
    assert running.process.handler.event == 3 and running.process.trainer.state_id == 3


def test_more_classes_and_priority_are_taken(running: Running) -> None:
    labels = np.full(N, -1, "<i2")
    labels[:20] = 5
    running.after(2, inputs(N, labels, n_classes=6), m.SetPriority([1, 2]), m.Stop())
    assert running.process.trainer.n_classes == 6


def test_a_new_process_continues_from_the_checkpoint(
    tmp_path: Path, small_data: Path, running: Running
) -> None:
    running.after(40, m.Stop())
    step = running.process.trainer.loop.step
    shown = running.process.trainer.snapshot().latent_mean
    again = Running(tmp_path, small_data)
    assert again.process.trainer.loop.step == step
    np.testing.assert_array_equal(again.process.trainer.snapshot().latent_mean, shown)
    again.file.close()


def test_a_damaged_checkpoint_is_passed_over(
    tmp_path: Path, small_data: Path, running: Running
) -> None:
    running.after(40, m.Stop())
    path = running.checkpoints / "001.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    again = Running(tmp_path, small_data)
    assert again.process.trainer.loop.step == 0
    again.file.close()


def test_training_continues_and_reports_a_full_disk(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lodespace.training.checkpoint_saver.CHECKPOINT_SECONDS", -1.0)

    def full(folder: Path) -> Path:
        raise OSError(28, "No space left on device")

    save, calls = running.process.trainer.save, []

    def flaky(folder: Path) -> Path:
        calls.append(folder)
        return full(folder) if len(calls) < 3 else save(folder)

    monkeypatch.setattr(running.process.trainer, "save", flaky)
    running.after(60, m.Stop())
    told = [e.message for e in running.events() if isinstance(e, m.NotSaved)]
    assert len(told) == 2
    assert "the disk is full" in told[0]
    assert told[1] == ""


def test_the_former_training_is_freed_when_items_are_added(
    tmp_path: Path, small_data: Path
) -> None:
    running = Running(tmp_path, small_data, n_items=N - 20)
    worker = running.process
    frames = worker.trainer.frames()
    for _ in range(20):
        next(frames)
    frames.close()
    former = weakref.ref(worker.trainer.loop)
    del frames
    worker.grow(m.Grow(data="data", n_items=N))
    assert len(worker.trainer.dataset) == N
    assert former() is None
