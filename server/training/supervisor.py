"""Supervisor of the trainer process: starts it, sends commands, passes events on, restarts it.

All code runs in the event loop, which the trainer's pipe wakes. The supervisor keeps labels,
classes and settings, and sends them to each new process. So only the steps since the newest
checkpoint are lost when a trainer ends. This module never imports torch.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import TrainingError
from lodespace.models.processors import processors
from lodespace.project.project import Project
from lodespace.training import messages as m
from lodespace.training import notices
from lodespace.training import query_messages as q
from lodespace.training.frame_file import with_room
from lodespace.training.listener import TrainerListener
from lodespace.training.pending_queries import PendingQueries
from lodespace.training.shared_frames import SharedFrames, anonymous_file, enlarge, size_for
from lodespace.training.trainer_process import Ending, TrainerProcess
from lodespace.training.turn_watch import TurnWatch

log = logging.getLogger(__name__)

BACKOFF_SECONDS = (0.0, 1.0, 5.0, 15.0, 15.0)
"""Seconds before a restart: entry k (from 1) applies after k consecutive failures. A process that
another program killed, or that hung, also counts as a failure.
"""
HEALTHY_SECONDS = 60.0
"""A process whose main loop ran for this number of seconds resets the number of consecutive
failures. The time of a start does not count, because a start takes long on a busy machine."""
STOP_SECONDS = 3.0
"""Time in seconds that the trainer gets to save a checkpoint and end. After this time, the trainer
is killed. The whole server must end within 5 s, because a person waits for its end."""


class TrainerSupervisor:
    """Keeps one trainer process running.

    A process that ends or hangs is restarted at once. If the new process soon fails as well, the
    supervisor waits before the next restart. The wait gets longer with each consecutive failure.
    After too many failures, or an error that would occur again in a new process, the state is
    "failed" until `run` is called. A slow process is not restarted (turn_watch.py).
    """

    command: tuple[str, ...] = TrainerProcess.command
    """Command line that starts the process. Tests replace the command line."""

    def __init__(
        self,
        project: Project,
        listener: TrainerListener,
        inputs: m.TrainingInputs,
        *,
        device: str = "auto",
        threads: int = 0,
        workers: int = 1,
    ) -> None:
        self.project = project
        self.listener = listener
        self.device = device
        self.threads = threads or max(1, processors() // workers)
        self.workers = workers
        self.inputs = inputs
        """Inputs of the model, sent again to each new process."""
        self.running = True
        """Whether training runs; False while it is paused."""
        self.training = protocol.Training(
            state="starting",
            phase="layout",
            progress=0.0,
            step=0,
            frames_per_second=0.0,
            settings=inputs.settings,
        )
        """State of training as clients see it."""
        self._ring_file = anonymous_file(size_for(len(project.items)))
        self._ring = SharedFrames(self._ring_file, len(project.items))
        self._process: TrainerProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._watching = False
        self._queries = PendingQueries()
        self._notice_shown = False
        self._stopping = False
        self._restarting = False

    @property
    def pid(self) -> int | None:
        """Process id of the trainer; None while there is no process."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process and keep it running until `stop`."""
        self._task = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        """Let the trainer save a checkpoint and end; kill the trainer after STOP_SECONDS."""
        self._stopping = True
        self._send(m.Stop())
        if self._process is not None:
            await self._process.end(STOP_SECONDS)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._ring_file.close()

    # Commands -------------------------------------------------------------------------------------

    def grow(self) -> bool:
        """Continue with the items of the project, which has more items than before.

        Returns whether a process runs that will place the added items. If there is no room for
        larger frames, the process starts again with a new file.
        """
        n = len(self.project.items)
        self.inputs = self.inputs.padded(n)
        try:
            enlarge(self._ring_file, self._size())
        except OSError as error:
            log.warning("the trainer starts again with another file of frames: %s", error)
            self._restarting = True
            self._send(m.Stop())
            return False
        if self._process is None:
            return False
        if self.workers == 1:
            self._send(m.Grow(self.project.manifest.data, n))
        else:
            # The other workers have copies of the items, so the process starts again.
            self._restarting = True
            self._send(m.Stop())
        return True

    def learn_from(self, inputs: m.TrainingInputs) -> None:
        """Send new inputs. The trainer applies them after its current batch.

        If training was resting, its state becomes "running".
        """
        wakes = self.training.state == "resting" and inputs.event > self.inputs.event
        self.inputs = inputs
        state = "running" if wakes else self.training.state
        self.training = msgspec.structs.replace(
            self.training, settings=inputs.settings, state=state
        )
        self._send(inputs)
        if wakes:
            self.listener.on_training(self.training)

    def drag(self, items: npt.NDArray[np.uint32], targets: npt.NDArray[np.float32]) -> None:
        """Hold items (K,) at targets (K, D) until the next call. Empty arrays release all items."""
        self._send(m.Drag(items.astype("<u4").tobytes(), targets.astype("<f4").tobytes()))

    def watch(self, forces: bool) -> None:
        """Set whether frames contain forces."""
        if forces != self._watching:
            self._watching = forces
            self._send(m.Watch(forces))

    async def ask(self, query: Callable[[int], q.Question]) -> q.Answer:
        """Return the answer to the query that `query` makes for a request number.

        Raises TrainingError or RequestError.
        """
        self._check_model()
        return await self._queries.ask(self._send, query)

    def _check_model(self) -> None:
        """Raise TrainingError while no process can answer."""
        if self._process is None or self.training.state in ("starting", "restarting", "failed"):
            message = "the model is not available at the moment; ask again when training runs"
            raise TrainingError(message, code="no_model")

    def set_priority(self, items: list[int]) -> None:
        """Set the items that the trainer updates first."""
        self._send(m.SetPriority(items))

    def run(self) -> None:
        """Continue training; in the state "failed", start the process again."""
        self.running = True
        self._send(m.Run())
        if self._task is not None and self._task.done() and not self._stopping:
            self._failures = 0
            self._task = asyncio.create_task(self._supervise())

    def pause(self) -> None:
        """Pause training."""
        self.running = False
        self._send(m.Pause())

    def _send(self, command: msgspec.Struct) -> None:
        """Send `command` if a process runs. Otherwise do nothing: a new process gets all inputs."""
        if self._process is not None:
            self._process.send(command)

    # The process ----------------------------------------------------------------------------------

    async def _supervise(self) -> None:
        self._set_state("starting")
        while True:
            ending, at_work_seconds = await self._live_once()
            if self._stopping:
                return
            if self._restarting:
                self._restarting = False
                continue
            if at_work_seconds > HEALTHY_SECONDS:
                self._failures = 0
            self._failures += 1
            if ending is Ending.FATAL or self._failures > len(BACKOFF_SECONDS):
                self._give_up(ending)
                return
            wait = BACKOFF_SECONDS[self._failures - 1]
            log.warning("the trainer ended and is restarted in %.0f s", wait)
            self._set_state("restarting")
            if ending is not Ending.FAILED:
                self._show_notice("trainer_died", notices.ENDED)
            await asyncio.sleep(wait)

    def _give_up(self, ending: Ending) -> None:
        if ending is not Ending.FATAL:
            self._show_notice("trainer_died", notices.ENDED_OFTEN)
        self._set_state("failed")

    async def _live_once(self) -> tuple[Ending, float]:
        """Start a process and pass its events on until the process ends.

        Returns how the process ended, and for how many seconds its main loop ran.
        """
        self._ring_file = await with_room(self._ring_file, self._size, self._on_start_refused)
        self._restarting = False
        fd = self._ring_file.fileno()
        process = self._process = await TrainerProcess.start_when_possible(
            fd, self.command, self._on_start_refused
        )
        if self._restarting:  # items were added during the start, and the file is too small
            self._process = None
            await process.end()
            return Ending.KILLED, 0.0
        self._ring = SharedFrames(self._ring_file, len(self.project.items))
        process.send(self._start_message(fd))
        process.send(self.inputs)
        process.send(m.Watch(self._watching))
        try:
            watch = TurnWatch(len(self.project.items), self.threads)
            ending = await process.listen(self._on_event, watch, self._on_slow)
        finally:
            self._process = None
            self._queries.fail()
            await process.end()
        if process.failure is not None:
            self._show_notice("training_failed", notices.failure(process.failure))
        return ending, process.at_work_seconds

    def _size(self) -> int:
        return size_for(len(self.project.items))

    def _on_slow(self) -> None:
        self._show_notice("trainer_slow", notices.SLOW)

    def _on_start_refused(self, error: Exception) -> None:
        self._set_state("restarting")
        self._show_notice("trainer_died", notices.not_started(error))

    def _start_message(self, frames_fd: int) -> m.Start:
        project = self.project
        return m.Start(
            data=project.manifest.data,
            folder=str(project.folder.resolve()),
            checkpoints=str(project.checkpoints.resolve()),
            moments=str(project.moments.resolve()),
            n_items=len(project.items),
            frames_fd=frames_fd,
            n_classes=self.inputs.n_classes,
            seed=project.seed,
            settings=self.inputs.settings,
            device=self.device,
            threads=self.threads,
            running=self.running,
            workers=self.workers,
        )

    def _on_event(self, event: m.TrainerEvent) -> None:
        match event:
            case m.FrameReady(sequence=sequence):
                frame = self._ring.read(sequence)
                if frame is not None:
                    self.listener.on_frame(frame)
            case m.State():
                self._on_state(event)
            case m.Measured(losses=losses):
                self.listener.on_losses(losses)
            case m.Collapsed(message=message, suggested_fix=fix):
                code = "collapse" if message else ""
                self.listener.on_notice(
                    protocol.Notice(topic="collapse", code=code, message=message, mend=fix)
                )
            case m.Restored(event=number, found=found):
                if not found and number == self.inputs.event:
                    self.listener.on_notice(notices.NOT_TURNED_BACK)
            case m.Grown(n_items=n):
                self._ring = SharedFrames(self._ring_file, n)
            case q.Probed() | q.Decoded() | q.SimilarFound() | q.Described():
                self._queries.answered(event)
            case m.NotSaved(message=message):
                code = "not_saved" if message else ""
                self.listener.on_notice(
                    protocol.Notice(topic="trainer", code=code, message=message)
                )
            case m.Alive() | m.Failed():
                pass

    def _on_state(self, event: m.State) -> None:
        # False while the trainer has not applied the newest inputs.
        current = event.event >= self.inputs.event
        state: protocol.TrainerState = "running" if event.running else "paused"
        if event.running and event.phase == "resting" and current:
            state = "resting"
        if self._notice_shown:
            self._notice_shown = False
            self.listener.on_notice(protocol.Notice(topic="trainer", code="", message=""))
        self.training = protocol.Training(
            state=state,
            phase=event.phase,
            progress=event.progress,
            step=event.step,
            frames_per_second=event.frames_per_second,
            settings=event.settings if current else self.inputs.settings,
        )
        self.listener.on_training(self.training)
        self.listener.on_axes(event.axis_left_out if current else [])

    def _show_notice(self, code: str, message: str) -> None:
        """Show a notice until the trainer reports its state again."""
        self._notice_shown = True
        self.listener.on_notice(protocol.Notice(topic="trainer", code=code, message=message))

    def _set_state(self, state: protocol.TrainerState) -> None:
        self.training = msgspec.structs.replace(self.training, state=state, frames_per_second=0.0)
        self.listener.on_training(self.training)
