"""The trainer's supervisor: starts the trainer process, sends it commands, hands its frames to the session, starts it again when it dies.

All in the event loop, woken by the trainer's pipe. Labels, classes and settings are kept here and sent again to a new process, so
that a dead trainer costs at most the steps since its last checkpoint. Never imports torch.
"""

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError, TrainingError
from lodespace.project.project import Project
from lodespace.session.undo import Step
from lodespace.training import messages as m
from lodespace.training.shared_frames import SharedFrames, TrainerFrame, anonymous_file, size_for

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 9.0
"""A trainer that says nothing for so long hangs, and is killed."""
START_SECONDS = 60.0
"""The same until it first says anything: torch has to be read from disk."""
BACKOFF_SECONDS = (0.0, 1.0, 5.0, 15.0, 15.0)
"""Waits before a restart, by how many lives in succession came to nothing; one that trained, and was killed, did not."""
HEALTHY_SECONDS = 60.0
"""A life of this length came to something, however it ended."""
STOP_SECONDS = 10.0
ANSWER_SECONDS = 5.0
NOT_KEPT = "Labels, settings and pins are back. How the map was then is not kept any more, so it goes on from here."
CLOSED_SECONDS = 0.5


class Inputs(NamedTuple):
    """What the model learns from: labels int16 (N,), which of them are verified bool (N,), the classes' number, settings in full, pinned
    items uint32 (K,) at pins float32 (K, D), and the step of the line of states (undo.py) that led here."""

    labels: npt.NDArray[np.int16]
    verified: npt.NDArray[np.bool_]
    n_classes: int
    settings: protocol.Settings
    pinned: npt.NDArray[np.uint32]
    pins: npt.NDArray[np.float32]
    step: Step

    def message(self) -> m.Inputs:
        return m.Inputs(
            number=self.step.number,
            before=self.step.before,
            after=self.step.after,
            labels=self.labels.astype("<i2").tobytes(),
            verified=self.verified.astype(np.uint8).tobytes(),
            n_classes=max(1, self.n_classes),
            settings=self.settings,
            pinned=self.pinned.astype("<u4").tobytes(),
            pins=self.pins.astype("<f4").tobytes(),
        )


class TrainerListener(Protocol):
    """Who hears of training. All calls come in the event loop."""

    def on_frame(self, frame: TrainerFrame) -> None: ...

    def on_losses(self, losses: protocol.Losses) -> None: ...

    def on_training(self, training: protocol.Training) -> None: ...

    def on_notice(self, notice: protocol.Notice) -> None: ...


class TrainerSupervisor:
    """One trainer process, kept running. `training` is its state as clients see it.

    It is started again at once when it is killed or hangs after it had trained, with growing waits when it fails, and no more when it
    came to nothing too often or says that another attempt would: then the state is "failed" until `run`.
    """

    command: tuple[str, ...] = (sys.executable, "-P", "-m", "lodespace.training.worker")
    """-P: a file in the current folder that is named like a module must not take its place."""

    def __init__(
        self,
        project: Project,
        listener: TrainerListener,
        inputs: Inputs,
        *,
        device: str = "auto",
        threads: int = 0,
    ) -> None:
        self.project = project
        self.listener = listener
        self.device = device
        self.threads = threads or _processors()
        self.inputs = inputs
        self.running = True
        self.training = protocol.Training(
            state="starting",
            phase="layout",
            progress=0.0,
            step=0,
            frames_per_second=0.0,
            settings=inputs.settings,
        )
        self._ring_file = anonymous_file(size_for(len(project.items)))
        self._ring = SharedFrames(self._ring_file, len(project.items))
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._watching = False
        self._questions: dict[int, asyncio.Future[m.Probed | m.Decoded]] = {}
        self._asked = 0
        self._troubled = False
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Process number of the trainer, while there is one."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        self._task = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        """Ask the trainer to save and end; kill it when it does not within STOP_SECONDS."""
        self._stopping = True
        self._send(m.Stop())
        process = self._process
        if process is not None:
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await (
                    process.wait()
                )  # else its pipes and the thread that waits for it outlive the loop
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._ring_file.close()

    # Commands --------------------------------------------------------------------------------------------------------

    def learn_from(self, inputs: Inputs) -> None:
        """Everything, in its new state; taken within one batch. Training that rested is said to run from now on."""
        wakes = self.training.state == "resting" and inputs.step.number > self.inputs.step.number
        self.inputs = inputs
        state = "running" if wakes else self.training.state
        self.training = msgspec.structs.replace(
            self.training, settings=inputs.settings, state=state
        )
        self._send(inputs.message())
        if wakes:
            self.listener.on_training(self.training)

    def drag(self, items: npt.NDArray[np.uint32], targets: npt.NDArray[np.float32]) -> None:
        """Items (K,) are held at targets (K, D) until they are let go: no items."""
        self._send(m.Drag(items.astype("<u4").tobytes(), targets.astype("<f4").tobytes()))

    def watch(self, forces: bool) -> None:  # the one thing that is switched
        """Whether forces come with every frame."""
        if forces != self._watching:
            self._watching = forces
            self._send(m.Watch(forces))

    async def probe(self, items: list[int]) -> m.Probed:
        """How the model sees `items`. Raises TrainingError when it cannot tell."""
        answer = await self._ask(lambda request: m.Probe(request, items))
        assert isinstance(answer, m.Probed)
        return answer

    async def decode(self, points: npt.NDArray[np.float32]) -> m.Decoded:
        """What lies at points (K, D). Raises TrainingError when it cannot tell."""
        answer = await self._ask(lambda request: m.Decode(request, points.astype("<f4").tobytes()))
        assert isinstance(answer, m.Decoded)
        return answer

    async def _ask(self, question: Callable[[int], msgspec.Struct]) -> m.Probed | m.Decoded:
        if self._process is None or self.training.state in ("starting", "restarting", "failed"):
            raise TrainingError(
                "the model is not there at the moment; ask again when training runs",
                code="no_model",
            )
        self._asked += 1
        request = self._asked
        answer = self._questions[request] = asyncio.get_running_loop().create_future()
        try:
            self._send(question(request))
            async with asyncio.timeout(ANSWER_SECONDS):
                found = await answer
        except TimeoutError:
            raise TrainingError(
                "the model did not answer in time; ask again", code="no_model"
            ) from None
        finally:
            del self._questions[request]
        if found.refused:
            raise RequestError(found.refused, code="bad_question")
        return found

    def set_priority(self, items: list[int]) -> None:
        self._send(m.SetPriority(items))

    def run(self) -> None:
        """Go on; after "failed", try again."""
        self.running = True
        self._send(m.Run())
        if self._task is not None and self._task.done() and not self._stopping:
            self._failures = 0
            self._task = asyncio.create_task(self._supervise())

    def pause(self) -> None:
        self.running = False
        self._send(m.Pause())

    def _send(self, command: msgspec.Struct) -> None:
        """To the process, if there is one: a new one is told everything when it starts."""
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return
        with contextlib.suppress(ConnectionError, RuntimeError):
            process.stdin.write(m.packed(command))

    # The process -----------------------------------------------------------------------------------------------------

    async def _supervise(self) -> None:
        self._set_state("starting")
        while True:
            began = time.monotonic()
            end = await self._run_once()
            if self._stopping:
                return
            if end is _End.KILLED or time.monotonic() - began > HEALTHY_SECONDS:
                self._failures = 0
            if end is not _End.KILLED:
                self._failures += 1
            if end is _End.FATAL or self._failures > len(BACKOFF_SECONDS):
                self._give_up(end)
                return
            wait = BACKOFF_SECONDS[max(0, self._failures - 1)]
            log.warning("the trainer ended; starting it again in %.0f s", wait)
            self._set_state("restarting")
            if end is not _End.FAILED:
                message = "Training stopped without a word and is being started again. Your labels are safe."
                self._trouble("trainer_died", message)
            await asyncio.sleep(wait)

    def _give_up(self, end: "_End") -> None:
        if end is not _End.FATAL:
            self._trouble(
                "trainer_died",
                "Training ended again and again; the server's terminal says why. Your labels are safe. Run tries once more.",
            )
        self._set_state("failed")

    async def _run_once(self) -> "_End":
        """One life of the process, from start to end."""
        fd = self._ring_file.fileno()
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(fd,),
            start_new_session=True,  # Ctrl-C in the terminal is the server's to answer
        )
        self._process = process
        start = m.Start(
            data=self.project.manifest.data,
            folder=str(self.project.folder.resolve()),
            checkpoints=str(self.project.checkpoints.resolve()),
            moments=str(self.project.moments.resolve()),
            n_items=len(self.project.items),
            frames_fd=fd,
            n_classes=max(1, self.inputs.n_classes),
            seed=self.project.seed,
            settings=self.inputs.settings,
            device=self.device,
            threads=self.threads,
            running=self.running,
        )
        self._send(start)
        self._send(self.inputs.message())
        self._send(m.Watch(self._watching))
        try:
            return await self._listen(process)
        finally:
            self._process = None
            self._give_no_answers()
            await _end(process)

    def _give_no_answers(self) -> None:
        for question in self._questions.values():
            if not question.done():
                question.set_exception(
                    TrainingError("training was interrupted; ask again", code="no_model")
                )

    async def _listen(self, process: asyncio.subprocess.Process) -> "_End":
        """Hear the process until it ends or hangs."""
        assert process.stdout is not None
        patience = START_SECONDS
        trained = False
        while True:
            try:
                async with asyncio.timeout(patience):
                    head = await process.stdout.readexactly(m.LENGTH.size)
                    payload = await process.stdout.readexactly(m.LENGTH.unpack(head)[0])
            except asyncio.IncompleteReadError:
                return _End.KILLED if trained else _End.STILLBORN
            except TimeoutError:
                log.warning("the trainer has said nothing for %.0f s and is killed", patience)
                return _End.KILLED if trained else _End.STILLBORN
            patience = HEARTBEAT_SECONDS
            event = m.decode_event(payload)
            if isinstance(event, m.Failed):
                self._trouble("training_failed", _failure(event))
                return _End.FATAL if event.fatal else _End.FAILED
            trained = trained or isinstance(event, m.FrameReady)
            self._hear(event)

    def _hear(self, event: m.TrainerEvent) -> None:
        match event:
            case m.FrameReady(sequence=sequence):
                frame = self._ring.read(sequence)
                if frame is not None:
                    self.listener.on_frame(frame)
            case m.State():
                self._hear_state(event)
            case m.Measured(losses=losses):
                self.listener.on_losses(losses)
            case m.Collapsed(message=message, mend=mend):
                code = "collapse" if message else ""
                self.listener.on_notice(
                    protocol.Notice(topic="collapse", code=code, message=message, mend=mend)
                )
            case m.Turned(number=number, found=found):
                if not found and number == self.inputs.step.number:
                    self.listener.on_notice(
                        protocol.Notice(topic="undo", code="not_turned_back", message=NOT_KEPT)
                    )
            case m.Probed() | m.Decoded():
                question = self._questions.get(event.request)
                if question is not None and not question.done():
                    question.set_result(event)
            case m.NotSaved(message=message):
                code = "not_saved" if message else ""
                self.listener.on_notice(
                    protocol.Notice(topic="trainer", code=code, message=message)
                )
            case m.Alive() | m.Failed():
                pass

    def _hear_state(self, event: m.State) -> None:
        current = event.event >= self.inputs.step.number  # else there are newer inputs under way
        state: protocol.TrainerState = "running" if event.running else "paused"
        if event.running and event.phase == "resting" and current:
            state = "resting"
        if self._troubled:
            self._troubled = False
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

    def _trouble(self, code: str, message: str) -> None:
        """Tell of something that is over when the trainer is heard again."""
        self._troubled = True
        self.listener.on_notice(protocol.Notice(topic="trainer", code=code, message=message))

    def _set_state(self, state: protocol.TrainerState) -> None:
        self.training = msgspec.structs.replace(self.training, state=state, frames_per_second=0.0)
        self.listener.on_training(self.training)


async def _end(process: asyncio.subprocess.Process) -> None:
    """See the process out. One whose pipe has closed is about to end by itself; one that hangs is killed."""
    try:
        await asyncio.wait_for(process.wait(), CLOSED_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class _End(Enum):
    """How a life of the trainer ended."""

    KILLED = auto()
    """From outside, or hung, after it had trained."""
    STILLBORN = auto()
    """The same before it had trained."""
    FAILED = auto()
    """By an error it told of."""
    FATAL = auto()
    """By an error that another attempt would meet again."""


def _failure(event: m.Failed) -> str:
    what = "Training stopped" if event.fatal else "Training stopped and is being started again"
    return f"{what}: {event.message}. Your labels are safe."


def _processors() -> int:
    """Processors this process may use; a container may have fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
