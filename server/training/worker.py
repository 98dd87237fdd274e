"""Main loop of the trainer process: commands, one unit of training, publishing, checkpoints.

`process_main.py` starts the loop. The process can be killed at any moment. The server keeps the
labels, and the next process continues from the newest checkpoint.
"""

import gc
import logging
import os
import queue
import time
from collections.abc import Iterator
from pathlib import Path

from lodespace.models.dataset import Dataset
from lodespace.models.display.tempo import Tempo
from lodespace.models.free_memory import return_free_memory
from lodespace.models.shared_items import shared
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.growth import grown
from lodespace.models.training.newest_checkpoint import load_trainer
from lodespace.models.training.trainer import Trainer
from lodespace.models.workers.team import Team
from lodespace.project.project import load_items
from lodespace.session.settings import configuration
from lodespace.training import messages as m
from lodespace.training import query_messages as q
from lodespace.training.checkpoint_saver import CheckpointSaver
from lodespace.training.command_handler import CommandHandler
from lodespace.training.dataset import to_dataset
from lodespace.training.event_pipe import EventPipe
from lodespace.training.frame_publisher import FRAME_SECONDS, FramePublisher
from lodespace.training.shared_frames import SharedFrames
from lodespace.training.state_reporter import STATE_SECONDS, StateReporter
from lodespace.training.undo_snapshots import UndoSnapshots

log = logging.getLogger(__name__)

REWIND_SECONDS = 1 / 50
"""Seconds between two frames of a motion that is played backward."""

Commands = queue.SimpleQueue[m.Command | None]


class Worker:
    """Runs training in units of work. Between units, carries out commands and publishes frames."""

    def __init__(
        self, start: m.Start, commands: Commands, events: EventPipe, team: Team | None = None
    ) -> None:
        self.commands = commands
        self.events = events
        self.folder = Path(start.folder)
        self.ring = os.dup(start.frames_fd)
        """Descriptor of the file of the ring, in which a larger ring can begin."""
        with os.fdopen(start.frames_fd, "r+b") as file:
            ring = SharedFrames(file, start.n_items)
        dataset = _dataset(start.data, self.folder, start.n_items)
        self.trainer = _open_trainer(shared(dataset, team), start)
        self.snapshots = UndoSnapshots(Path(start.moments))
        self.publisher = FramePublisher(self.trainer, ring, events)
        self.reporter = StateReporter(self.trainer, events)
        self.saver = CheckpointSaver(self.trainer, Path(start.checkpoints), events)
        self.handler = CommandHandler(
            self.trainer,
            self.snapshots,
            self.publisher,
            events,
            running=start.running,
            grow=self.grow,
        )
        self.resting = False
        """Whether the published points are at rest and nothing is left to learn."""
        self._tempo = Tempo(time.monotonic())
        self._frames: Iterator[Snapshot] = iter(())

    def run(self) -> None:
        """Run until a command stops the process or the server has ended."""
        self._frames = self.trainer.frames()
        while not self.handler.stopped:
            self.events.turns += 1
            self._take_commands(self._wait_seconds())
            if self.handler.stopped:
                break
            if self._idle:
                self._report_state()
                continue
            self._advance()
            if self.resting or self.saver.overdue:
                self.saver.save()
        self.saver.save()
        self.snapshots.close()

    def grow(self, command: m.Grow) -> None:
        """Continue with more items, and publish a frame of all items."""
        self.trainer = grown(self.trainer, _dataset(command.data, self.folder, command.n_items))
        with os.fdopen(os.dup(self.ring), "r+b") as file:
            self.publisher.continue_with(self.trainer, SharedFrames(file, command.n_items))
        self.reporter.trainer = self.trainer
        self.saver.continue_with(self.trainer)
        self.handler.replace_trainer(self.trainer)
        self._frames = self.trainer.frames()
        self.events.send(m.Grown(command.n_items))
        self.publisher.publish(self.trainer.snapshot(), exact=True)
        # The former training is in cycles of references, which the collector would find much later:
        # its tensors took 80 MB after 30 additions to 200 pictures. They also leave gaps.
        gc.collect()
        return_free_memory()

    @property
    def _idle(self) -> bool:
        return self.resting or not (self.handler.running or self.handler.rewinding)

    def _wait_seconds(self) -> float:
        """Return how long to wait for a command before the next unit of work, in seconds."""
        if self.handler.running and not self.resting and self.trainer.loop.resting:
            # Training has finished. Only the smoothed display still moves, at the rate of frames.
            return FRAME_SECONDS
        if self._idle:
            return STATE_SECONDS
        return REWIND_SECONDS if self.handler.rewinding else 0.0

    def _take_commands(self, wait: float) -> None:
        """Carry out all commands in the queue; wait up to `wait` seconds for the first command."""
        idle = self._idle
        try:
            command = self.commands.get(timeout=wait) if wait else self.commands.get_nowait()
            while not self.handler.stopped:
                self.handler.carry_out(command)
                if not isinstance(command, m.Watch | q.Question):
                    self.resting = False
                command = self.commands.get_nowait()
        except queue.Empty:
            pass
        if idle:
            self._tempo.resume(time.monotonic())

    def _advance(self) -> None:
        """Do one unit of work and publish its result."""
        was_rewinding = self.handler.rewinding > 0
        self.trainer.tempo = self._tempo.next(time.monotonic())
        snapshot = next(self._frames)
        self.handler.rewinding = snapshot.rewinding
        self.resting = snapshot.resting
        self.publisher.publish(snapshot, exact=was_rewinding and not snapshot.rewinding)
        self.reporter.measured(snapshot)
        self._report_state()

    def _report_state(self) -> None:
        self.reporter.state(
            running=self.handler.running,
            resting=self.resting,
            event=self.handler.event,
            frames_per_second=self.publisher.frames_per_second,
        )


def _dataset(data: str, folder: Path, n_items: int) -> Dataset:
    """Return the first `n_items` items of the project in `folder`.

    Items that were added after the server sent `n_items` are left out. The server sends a further
    message about them.
    """
    dataset = to_dataset(load_items(data, folder))
    return dataset if len(dataset) == n_items else dataset.subset(slice(0, n_items))


def _open_trainer(dataset: Dataset, start: m.Start) -> Trainer:
    """Load the newest intact checkpoint of this data set, or make a new trainer."""
    checkpoints = Path(start.checkpoints)
    try:
        return load_trainer(checkpoints, dataset, device=start.device)
    except ValueError as error:
        if any(checkpoints.glob("*.safetensors")):
            log.warning("training starts from the beginning: %s", error)
    config = configuration(start.settings)
    return Trainer(dataset, config, n_classes=start.n_classes, seed=start.seed, device=start.device)
