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
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt
from lodespace import protocol
from lodespace import trainer_messages as m
from lodespace.project import Project, merge_settings
from lodespace.shared_frames import SharedFrames, TrainerFrame, anonymous_file, size_for

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
"""A trainer that says nothing for so long hangs, and is killed."""
START_SECONDS = 180.0
"""The same while it starts: torch has to be read from disk, a large data set prepared."""
BACKOFF_SECONDS = (0.2, 1.0, 5.0, 15.0)
"""Waits before a restart, by how many deaths came in short succession."""
HEALTHY_SECONDS = 60.0
STOP_SECONDS = 10.0


class TrainerListener(Protocol):
    """Who hears of training. All calls come in the event loop."""

    def on_frame(self, frame: TrainerFrame) -> None: ...

    def on_losses(self, losses: protocol.Losses) -> None: ...

    def on_training(self, training: protocol.Training) -> None: ...

    def on_notice(self, notice: protocol.Notice) -> None: ...


class TrainerSupervisor:
    """One trainer process, kept running. `training` is its state as clients see it."""

    def __init__(
        self, project: Project, listener: TrainerListener, *, n_classes: int, device: str = "auto", threads: int = 0
    ) -> None:
        self.project = project
        self.listener = listener
        self.device = device
        self.threads = threads or max(1, os.cpu_count() or 1)
        self.settings = project.settings
        self.n_classes = max(1, n_classes)
        self.labels = np.full(len(project.items), protocol.UNLABELED, np.int16)
        self.running = True
        self.training = protocol.Training(
            state="starting", phase="layout", progress=0.0, step=0, frames_per_second=0.0, settings=self.settings
        )
        self._ring_file = anonymous_file(size_for(len(project.items)))
        self._ring = SharedFrames(self._ring_file, len(project.items))
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._deaths = 0
        self._stopping = False
        self._last_sequence = 0

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
                process.kill()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._ring_file.close()

    # Commands --------------------------------------------------------------------------------------------------------

    def set_labels(self, labels: npt.NDArray[np.int16]) -> None:
        """Full label state (N,)."""
        self.labels = labels.copy()
        self._send(m.SetLabels(labels.astype("<i2").tobytes()))

    def set_class_count(self, n_classes: int) -> None:
        self.n_classes = max(1, n_classes)
        self._send(m.SetClassCount(self.n_classes))

    def set_priority(self, items: list[int]) -> None:
        self._send(m.SetPriority(items))

    def configure(self, settings: protocol.Settings) -> None:
        """Change some settings; they are kept with the project."""
        self.settings = merge_settings(self.settings, settings)
        self._send(m.Configure(settings))

    def run(self) -> None:
        self.running = True
        self._send(m.Run())

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
        while not self._stopping:
            began = time.monotonic()
            fatal = await self._run_once()
            if self._stopping:
                return
            if fatal:
                self._set_state("failed")
                return
            self._deaths = 0 if time.monotonic() - began > HEALTHY_SECONDS else self._deaths
            wait = BACKOFF_SECONDS[min(self._deaths, len(BACKOFF_SECONDS) - 1)]
            self._deaths += 1
            log.warning("the trainer ended; starting it again in %.1f s", wait)
            self._set_state("restarting")
            await asyncio.sleep(wait)

    async def _run_once(self) -> bool:
        """One life of the process. Returns whether starting it again would be of no use."""
        fd = self._ring_file.fileno()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lodespace.trainer_process"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(fd,),
            start_new_session=True,  # Ctrl-C in the terminal is the server's to answer
        )
        self._process = process
        self._last_sequence = 0
        start = m.Start(
            data=self.project.manifest.data,
            folder=str(self.project.folder.resolve()),
            checkpoints=str(self.project.checkpoints.resolve()),
            n_items=len(self.project.items),
            frames_fd=fd,
            n_classes=self.n_classes,
            seed=self.project.seed,
            settings=self.settings,
            device=self.device,
            threads=self.threads,
            running=self.running,
        )
        self._send(start)
        self._send(m.SetLabels(self.labels.astype("<i2").tobytes()))
        try:
            return await self._listen(process)
        finally:
            self._process = None
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    async def _listen(self, process: asyncio.subprocess.Process) -> bool:
        """Hear the process until it ends or hangs. Returns whether it said that it cannot ever go on."""
        assert process.stdout is not None
        patience = START_SECONDS
        while True:
            try:
                async with asyncio.timeout(patience):
                    head = await process.stdout.readexactly(m.LENGTH.size)
                    payload = await process.stdout.readexactly(m.LENGTH.unpack(head)[0])
            except asyncio.IncompleteReadError:
                return False
            except TimeoutError:
                log.warning("the trainer has said nothing for %.0f s and is killed", patience)
                return False
            patience = HEARTBEAT_SECONDS
            event = m.decode_event(payload)
            if isinstance(event, m.Failed):
                self.listener.on_notice(
                    protocol.Notice(topic="trainer", code="training_failed", message=_failure(event, process))
                )
                return event.fatal
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
            case m.Collapsed(message=message):
                code = "collapse" if message else ""
                self.listener.on_notice(protocol.Notice(topic="collapse", code=code, message=message))
            case m.Failed():
                pass

    def _hear_state(self, event: m.State) -> None:
        state: protocol.TrainerState = "running" if event.running else "paused"
        if event.running and event.phase == "resting":
            state = "resting"
        if self.training.state in ("restarting", "starting") and self._deaths:
            self.listener.on_notice(protocol.Notice(topic="trainer", code="", message=""))
        self.settings = merge_settings(self.settings, event.settings)
        self.training = protocol.Training(
            state=state,
            phase=event.phase,
            progress=event.progress,
            step=event.step,
            frames_per_second=event.frames_per_second,
            settings=event.settings,
        )
        self.listener.on_training(self.training)

    def _set_state(self, state: protocol.TrainerState) -> None:
        self.training = msgspec.structs.replace(self.training, state=state, frames_per_second=0.0)
        self.listener.on_training(self.training)


def _failure(event: m.Failed, process: asyncio.subprocess.Process) -> str:
    what = "Training stopped" if event.fatal else "Training stopped and is being started again"
    return f"{what}: {event.message}. Your labels are safe. (trainer process {process.pid})"
