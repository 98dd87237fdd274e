"""Main loop of the trainer process: takes commands between units of work, publishes frames, saves checkpoints.

Started by supervisor.py as `python -m lodespace.training.worker`; commands come on standard input, events go to standard output. It can be
killed at any moment: labels live in the server, and the next process goes on from the last checkpoint. It ends with its server.
"""

import contextlib
import logging
import math
import os
import queue
import sys
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import LodespaceError
from lodespace.models.checkpoints.training_state import Moment
from lodespace.models.config import preset
from lodespace.models.dataset import Dataset
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.trainer import Trainer
from lodespace.models.vae.collapse import describe
from lodespace.project.project import load_items
from lodespace.session.settings import configuration, settings_of
from lodespace.training import messages as m
from lodespace.training.dataset import to_dataset
from lodespace.training.inspection import answer, compact_forces, losses_of
from lodespace.training.shared_frames import SharedFrames, TrainerFrame
from lodespace.training.undo_snapshots import Moments

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 30.0
REWIND_SECONDS = 1 / 50
"""Between two frames of a motion that is played backward."""
STATE_SECONDS = 0.5
ALIVE_SECONDS = 1.0
FRAME_RATE = 25.0
"""Frames a second that a person sees, for the limits of motion."""
FRAME_SECONDS = 1 / 60
"""Frames closer together than this are not published: nobody shows them."""


class TrainerProcess:
    def __init__(
        self, start: m.Start, commands: "queue.SimpleQueue[m.Command | None]", events: BinaryIO
    ) -> None:
        self.commands = commands
        self.events = events
        self.checkpoints = Path(start.checkpoints)
        self.moments = Moments(Path(start.moments))
        self.before_drag: Moment | None = None
        self.watching = False
        self.forces_sent = False
        items = load_items(start.data, Path(start.folder))
        with os.fdopen(start.frames_fd, "r+b") as file:
            self.frames = SharedFrames(file, start.n_items)
        dataset = to_dataset(items)
        self.trainer = self._open(dataset, start)
        self.running = start.running
        self.rewinding = 0
        self.resting = False
        self.stopped = False
        self.event = 0
        self.sequence = 0
        self.published: tuple[int, bool] = (-1, False)
        self.collapse_told = ""
        self.state_sent = 0.0
        self.last_state: tuple[object, ...] = ()
        self.saved_at = time.monotonic()
        self.saved_step = self.trainer.loop.step if self.trainer.display.shown is not None else -1
        self.save_trouble = ""
        self.recent: list[float] = []
        self.published_at = 0.0
        self.turned_at = time.monotonic()

    def _open(self, dataset: Dataset, start: m.Start) -> Trainer:
        """Go on from the newest good checkpoint, if there is one for this data; else begin."""
        try:
            trainer = Trainer.load(self.checkpoints, dataset, device=start.device)
        except ValueError as error:
            if any(self.checkpoints.glob("*.safetensors")):
                log.warning("training begins anew: %s", error)
            config = configuration(start.settings)
            return Trainer(
                dataset, config, n_classes=start.n_classes, seed=start.seed, device=start.device
            )
        return trainer

    def run(self) -> None:
        """Until told to stop, or the server is gone."""
        snapshots: Iterator[Snapshot] = self.trainer.frames()
        while not self.stopped:
            idle = self.resting or not (self.running or self.rewinding)
            wait = STATE_SECONDS if idle else REWIND_SECONDS if self.rewinding else 0.0
            if self._gliding:
                # Nothing is learned, what is shown only catches up: a frame as often as frames are shown.
                wait = FRAME_SECONDS
            if self._take_commands(wait):
                self.resting = False
            if self.stopped:
                break
            if self.resting or not (self.running or self.rewinding):
                self._tell_state()
                continue
            was_rewinding = self.rewinding > 0
            self._keep_time()
            snapshot = next(snapshots)
            self.rewinding = snapshot.rewinding
            _check_finite(snapshot)
            self.resting = snapshot.resting
            self._publish(snapshot, exact=was_rewinding and not self.rewinding)
            self._tell(snapshot)
            overdue = time.monotonic() - self.saved_at > CHECKPOINT_SECONDS
            if self.resting or overdue:
                self._save()
        self._save()
        self.moments.close()

    def _keep_time(self) -> None:
        """Points move so far in a second, however many turns it has: several of them are seen as one frame."""
        now = time.monotonic()
        self.trainer.tempo = min(1.0, max(0.01, (now - self.turned_at) * FRAME_RATE))
        self.turned_at = now

    @property
    def _gliding(self) -> bool:
        return self.running and not self.resting and self.trainer.loop.resting

    def _take_commands(self, wait: float) -> bool:
        """Carry out all commands there are; wait for the first at most `wait` seconds. Returns whether training hears of any."""
        taken = False
        try:
            command = self.commands.get(timeout=wait) if wait else self.commands.get_nowait()
            while not self.stopped:
                taken = taken or not isinstance(command, m.Watch | m.Probe | m.Decode)
                self._carry_out(command)
                command = self.commands.get_nowait()
        except queue.Empty:
            pass
        return taken

    def _carry_out(self, command: m.Command | None) -> None:
        trainer = self.trainer
        match command:
            case m.Inputs():
                self._take(command)
            case m.Drag(items=items, targets=targets):
                self._drag(np.frombuffer(items, "<u4"), np.frombuffer(targets, "<f4"))
            case m.Watch(forces=forces):
                self.watching, self.forces_sent = forces, False
                if forces:
                    self._publish(trainer.snapshot())
            case m.Probe() | m.Decode():
                self._send(answer(trainer, command))
            case m.SetPriority(items=items):
                trainer.set_priority(np.asarray(items, np.int64))
            case m.Run():
                self.running = True
            case m.Pause():
                self.running = False
            case m.Stop() | None:
                self.stopped = True
            case m.Start():
                pass

    def _take(self, inputs: m.Inputs) -> None:
        """Learn from `inputs` from now on: from here, or from the moment that the event leads back to."""
        trainer = self.trainer
        if inputs.number > self.event and trainer.tag == inputs.before:
            # What is shown now is what an undo comes back to: exactly.
            self._publish(trainer.snapshot(), exact=True)
            self.moments.keep(inputs.number, self.before_drag or trainer.moment())
        self.event = max(self.event, inputs.number)
        if trainer.tag != inputs.after:
            turned = self._turn_to(inputs.after)
            if inputs.after != inputs.number:
                self._send(m.Turned(inputs.number, turned))
            trainer.tag = inputs.after
        self.before_drag = None
        try:
            trainer.configure(configuration(inputs.settings, trainer.config))
        except ValueError as error:
            log.warning("settings were not taken: %s", error)
        trainer.set_class_count(max(trainer.n_classes, inputs.n_classes))
        verified = np.frombuffer(inputs.verified, np.uint8).astype(np.bool_)
        trainer.set_labels(np.frombuffer(inputs.labels, "<i2").astype(np.int16), verified=verified)
        pins = np.frombuffer(inputs.pins, "<f4").reshape(-1, trainer.config.latent_dim)
        trainer.set_anchors(np.frombuffer(inputs.pinned, "<u4").astype(np.int64), pins)

    def _turn_to(self, tag: int) -> bool:
        """Back to the newest moment in which training was in state `tag`. Returns whether it is there."""
        found = self.moments.newest(tag)
        if found is None:
            return False
        now = self.trainer.moment()
        try:
            self.trainer.restore(found)
        except ValueError as error:
            # One that another version wrote, say. What it has overwritten by then comes back.
            log.warning("%s", error)
            self.trainer.restore(now)
            return False
        finally:
            self.rewinding = self.trainer.snapshot().rewinding
        return True

    def _drag(self, items: npt.NDArray[np.uint32], targets: npt.NDArray[np.float32]) -> None:
        """The moment before it began is what undo leads back to, once it has become a gesture."""
        if self.before_drag is None and len(items):
            self._publish(self.trainer.snapshot(), exact=True)
            self.before_drag = self.trainer.moment()
        try:
            self.trainer.drag(items.astype(np.int64), targets.reshape(len(items), -1))
        except ValueError as error:
            log.info("a drag in another dimension: %s", error)
        if len(items) == 0:
            self.before_drag = None

    def _publish(self, snapshot: Snapshot, *, exact: bool = False) -> None:
        """Show `snapshot`, if it is due; `exact`: to one step of the grid, and at once."""
        now = time.monotonic()
        if self.trainer.display.shown is None:
            return
        # Who has just begun to watch wants forces on what stands still, too.
        again = exact or (self.watching and not self.forces_sent)
        if (snapshot.frame, snapshot.resting) == self.published and not again:
            return
        if now - self.published_at < FRAME_SECONDS and not (snapshot.resting or again):
            return
        if snapshot.frame != self.published[0]:
            self.recent = [*(t for t in self.recent if now - t < 2), now]
        self.published_at = now
        self.published = (snapshot.frame, snapshot.resting)
        self.sequence += 1
        frame = TrainerFrame(
            self.sequence,
            snapshot.step,
            snapshot.latent_mean,
            snapshot.predictions,
            snapshot.resting,
            snapshot.resting or exact,
            compact_forces(self.trainer) if self.watching else None,
        )
        self.forces_sent = self.watching
        self.frames.write(frame)
        self._send(m.FrameReady(self.sequence))

    def _tell(self, snapshot: Snapshot) -> None:
        due = snapshot.resting or time.monotonic() - self.state_sent >= STATE_SECONDS
        config = self.trainer.config
        told = describe(snapshot.collapsed, config.latent_dim, config.weights.beta_kl)
        if told != self.collapse_told:
            self.collapse_told = told
            usual = preset(config.preset).weights.beta_kl
            self._send(m.Collapsed(told, protocol.Settings(beta_kl=usual) if told else None))
        if due:
            losses = losses_of(snapshot)
            self._send(m.Measured(losses))
        self._tell_state()

    def _tell_state(self) -> None:
        """Say how training stands, when it changed or the heartbeat is due."""
        now = time.monotonic()
        loop = self.trainer.loop
        # The loop rests a little before the picture of it does.
        phase = "interactive" if loop.phase == "resting" and not self.resting else loop.phase
        key = (self.running, phase, self.event)
        if key == self.last_state and now - self.state_sent < STATE_SECONDS:
            return
        self.last_state, self.state_sent = key, now
        rate = len([t for t in self.recent if now - t < 1])
        settings = settings_of(self.trainer.config)
        self._send(
            m.State(
                self.running, self.event, phase, loop.progress, loop.step, float(rate), settings
            )
        )

    def _save(self) -> None:
        self.saved_at = time.monotonic()
        if self.trainer.loop.step == self.saved_step or self.trainer.display.shown is None:
            return
        try:
            self.trainer.save(self.checkpoints)
            self.saved_step = self.trainer.loop.step
            trouble = ""
        except OSError as error:
            trouble = f"What is learned cannot be saved ({error.strerror}); training goes on. Make room on the disk."
            log.warning("%s", trouble)
        if trouble != self.save_trouble:
            self.save_trouble = trouble
            self._send(m.NotSaved(trouble))

    def _send(self, message: msgspec.Struct) -> None:
        self.events.write(m.packed(message))
        self.events.flush()


def _check_finite(snapshot: Snapshot) -> None:
    """Raise FloatingPointError when training has gone astray: such a state is neither shown nor saved."""
    astray = [name for name, value in snapshot.losses.items() if not math.isfinite(value)]
    if not np.isfinite(snapshot.latent_mean).all():
        astray.append("latent means")
    if astray:
        raise FloatingPointError(f"no longer finite: {', '.join(astray)}")


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
    import torch  # not above: lodespace.models says how its threads wait, before it is loaded

    torch.set_num_threads(start.threads)
    commands: queue.SimpleQueue[m.Command | None] = queue.SimpleQueue()
    threading.Thread(target=_read_commands, args=(sys.stdin.buffer, commands), daemon=True).start()
    try:
        try:
            with _saying_alive(events):
                process = TrainerProcess(start, commands, events)
        except (ValueError, LodespaceError) as error:
            # The data or the settings: another attempt would end the same way.
            _say_failed(events, str(error), fatal=True)
            return 2
        process.run()
    except BrokenPipeError:
        return 1  # the server is gone
    except Exception as error:
        log.exception("training failed")
        _say_failed(events, f"{type(error).__name__}: {error}", fatal=False)
        return 1
    return 0


@contextlib.contextmanager
def _saying_alive(events: BinaryIO) -> Generator[None]:
    """Say that this process is alive while it is too busy to: a thread does."""
    done = threading.Event()

    def say() -> None:
        with contextlib.suppress(BrokenPipeError):
            while True:
                events.write(m.packed(m.Alive()))
                events.flush()
                if done.wait(ALIVE_SECONDS):
                    return

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _say_failed(events: BinaryIO, message: str, *, fatal: bool) -> None:
    events.write(m.packed(m.Failed(message, fatal)))
    events.flush()


if __name__ == "__main__":
    sys.exit(main())
