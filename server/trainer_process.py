"""Main loop of the trainer process: takes commands between units of work, publishes frames, saves checkpoints.

Started by training.py as `python -m lodespace.trainer_process`; commands come on standard input, events go to standard output. It can be
killed at any moment: labels live in the server, and the next process goes on from the last checkpoint. It ends with its server.
"""

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
import torch
from lodespace import datasets, protocol
from lodespace import trainer_messages as m
from lodespace.models.collapse import describe
from lodespace.models.dataset import Dataset
from lodespace.models.snapshot import Snapshot
from lodespace.models.trainer import Trainer
from lodespace.project import load_items
from lodespace.settings import configuration, settings_of
from lodespace.shared_frames import SharedFrames, TrainerFrame

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 30.0
STATE_SECONDS = 0.5
FRAME_SECONDS = 1 / 60
"""Frames closer together than this are not published: nobody shows them."""


class TrainerProcess:
    def __init__(self, start: m.Start, commands: "queue.SimpleQueue[m.Command | None]", events: BinaryIO) -> None:
        self.commands = commands
        self.events = events
        self.checkpoints = Path(start.checkpoints)
        items = load_items(start.data, Path(start.folder))
        with os.fdopen(start.frames_fd, "r+b") as file:
            self.frames = SharedFrames(file, start.n_items)
        dataset = to_dataset(items)
        self.trainer = self._open(dataset, start)
        self.running = start.running
        self.sequence = 0
        self.published_frame = -1
        self.collapse_told = ""
        self.state_sent = 0.0
        self.last_state: tuple[object, ...] = ()
        self.saved_at = time.monotonic()
        self.saved_step = self.trainer.loop.step
        self.recent: list[float] = []
        self.published_at = 0.0

    def _open(self, dataset: Dataset, start: m.Start) -> Trainer:
        """Go on from the newest good checkpoint, if there is one for this data; else begin."""
        try:
            trainer = Trainer.load(self.checkpoints, dataset, device=start.device)
        except ValueError as error:
            if any(self.checkpoints.glob("*.safetensors")):
                log.warning("training begins anew: %s", error)
            config = configuration(start.settings)
            return Trainer(dataset, config, n_classes=start.n_classes, seed=start.seed, device=start.device)
        trainer.configure(configuration(start.settings, trainer.config))
        trainer.set_class_count(max(trainer.n_classes, start.n_classes))
        return trainer

    def run(self) -> None:
        """Until told to stop, or the server is gone."""
        snapshots: Iterator[Snapshot] = self.trainer.frames()
        resting = False
        while True:
            idle = resting or not self.running
            if not self._take_commands(wait=STATE_SECONDS if idle else 0.0):
                self._save()
                return
            if not self.running:
                self._tell_state(None)
                resting = False
                continue
            snapshot = next(snapshots)
            if not np.isfinite(snapshot.latent_mean).all():
                raise FloatingPointError("the latent means are no longer finite numbers")
            self._publish(snapshot)
            self._tell(snapshot)
            if (snapshot.resting and not resting) or (
                time.monotonic() - self.saved_at > CHECKPOINT_SECONDS and self.trainer.settled
            ):
                self._save()
            resting = snapshot.resting

    def _take_commands(self, wait: float) -> bool:
        """Carry out all commands there are; wait for the first at most `wait` seconds. Returns whether to go on."""
        try:
            command = self.commands.get(timeout=wait) if wait else self.commands.get_nowait()
            while True:
                if command is None or isinstance(command, m.Stop):
                    return False
                self._carry_out(command)
                command = self.commands.get_nowait()
        except queue.Empty:
            return True

    def _carry_out(self, command: m.Command) -> None:
        trainer = self.trainer
        match command:
            case m.SetLabels(labels=labels):
                trainer.set_labels(np.frombuffer(labels, "<i2").astype(np.int16))
            case m.SetClassCount(n_classes=n_classes):
                trainer.set_class_count(max(trainer.n_classes, n_classes))
            case m.SetPriority(items=items):
                trainer.set_priority(np.asarray(items, np.int64))
            case m.Configure(settings=settings):
                trainer.configure(configuration(settings, trainer.config))
            case m.Run():
                self.running = True
            case m.Pause():
                self.running = False
            case _:
                pass

    def _publish(self, snapshot: Snapshot) -> None:
        now = time.monotonic()
        if snapshot.frame == self.published_frame and not snapshot.resting:
            return
        if now - self.published_at < FRAME_SECONDS and not snapshot.resting:
            return
        if snapshot.frame != self.published_frame:
            self.recent = [*(t for t in self.recent if now - t < 2), now]
        self.published_at = now
        self.published_frame = snapshot.frame
        self.sequence += 1
        frame = TrainerFrame(
            self.sequence,
            snapshot.step,
            snapshot.latent_mean,
            snapshot.prediction,
            snapshot.confidence,
            snapshot.resting,
        )
        self.frames.write(frame)
        self._send(m.FrameReady(self.sequence))

    def _tell(self, snapshot: Snapshot) -> None:
        due = time.monotonic() - self.state_sent >= STATE_SECONDS
        config = self.trainer.config
        told = "" if not snapshot.collapsed else describe(snapshot.collapsed, config.latent_dim, config.weights.beta_kl)
        if told != self.collapse_told:
            self.collapse_told = told
            self._send(m.Collapsed(told))
        if due:
            losses = protocol.Losses(
                step=snapshot.step,
                epoch=snapshot.epoch,
                terms=snapshot.losses,
                metrics=snapshot.metrics,
                kl_per_dimension=[float(k) for k in np.nan_to_num(snapshot.kl_per_dimension)],
            )
            self._send(m.Measured(losses))
        self._tell_state(snapshot)

    def _tell_state(self, snapshot: Snapshot | None) -> None:
        """Say how training stands, when it changed or the heartbeat is due."""
        now = time.monotonic()
        loop = self.trainer.loop
        phase = "resting" if snapshot is not None and snapshot.resting else loop.phase
        key = (self.running, phase, self.trainer.config)
        if key == self.last_state and now - self.state_sent < STATE_SECONDS:
            return
        self.last_state, self.state_sent = key, now
        rate = len([t for t in self.recent if now - t < 1])
        settings = settings_of(self.trainer.config)
        self._send(m.State(self.running, phase, loop.progress, loop.step, float(rate), settings))

    def _save(self) -> None:
        self.saved_at = time.monotonic()
        if self.trainer.loop.step == self.saved_step or self.trainer.display.shown is None:
            return
        try:
            self.trainer.save(self.checkpoints)
            self.saved_step = self.trainer.loop.step
        except OSError as error:
            log.warning("the checkpoint could not be written: %s; training goes on", error)

    def _send(self, message: msgspec.Struct) -> None:
        self.events.write(m.packed(message))
        self.events.flush()


def to_dataset(items: datasets.ItemSet) -> Dataset:
    return Dataset.from_images(items.data) if items.kind == "image" else Dataset.from_vectors(items.data)


def _read_commands(pipe: BinaryIO, commands: "queue.SimpleQueue[m.Command | None]") -> None:
    """Thread: from the pipe into the queue. The end of the pipe is the end of the server: None."""
    while (command := m.read_command(pipe)) is not None:
        commands.put(command)
    commands.put(None)


def main() -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="trainer: %(message)s")
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints goes to standard error: standard output is the pipe of events
    start = m.read_command(sys.stdin.buffer)
    if not isinstance(start, m.Start):
        return 2
    torch.set_num_threads(start.threads)
    commands: queue.SimpleQueue[m.Command | None] = queue.SimpleQueue()
    threading.Thread(target=_read_commands, args=(sys.stdin.buffer, commands), daemon=True).start()
    try:
        TrainerProcess(start, commands, events).run()
    except BrokenPipeError:
        return 1  # the server is gone
    except (ValueError, datasets.DatasetError) as error:
        _say_failed(events, str(error), fatal=True)
        return 2
    except Exception as error:
        log.exception("training failed")
        _say_failed(events, f"{type(error).__name__}: {error}", fatal=False)
        return 1
    return 0


def _say_failed(events: BinaryIO, message: str, *, fatal: bool) -> None:
    events.write(m.packed(m.Failed(message, fatal)))
    events.flush()


if __name__ == "__main__":
    sys.exit(main())
