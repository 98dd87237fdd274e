"""Stand-ins that a service uses when it has no label log, recorder or trainer."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.recording.index import index_of
from lodespace.recording.recorder import Recorder
from lodespace.session import summaries
from lodespace.session.event_log import EventLog
from lodespace.session.events import Event
from lodespace.session.session import AnnotationSession
from lodespace.training import query_messages as q
from lodespace.training.inputs import TrainingInputs
from lodespace.training.listener import TrainerListener
from lodespace.training.supervisor import TrainerSupervisor


class NoEventLog:
    """The label log of a read-only service. It is empty, and refuses new events."""

    def events(self) -> Iterator[Event]:
        """Return no events."""
        return iter(())

    async def append(self, event: Event) -> Event:
        """Raise RequestError.

        This method is never called, because `plan` refuses every command of a read-only session.
        """
        del event
        raise RequestError(
            "This scene is baked and cannot be changed. To label the items, serve the data set.",
            code="read_only",
            status=409,
        )

    async def check(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class NoRecorder:
    """The recorder of a read-only service. It reads the recording of a bake, and writes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recording-index")
        self._timeline: protocol.Timeline | None = None

    def positions(self, now: float | None = None, *, last: bool = False) -> None:
        """Do nothing."""

    def operations(
        self, operations: Iterable[protocol.Operation], now: float | None = None
    ) -> None:
        """Do nothing."""

    def timeline(self) -> Future[protocol.Timeline]:
        """Read the contents of the recording. The future raises ProjectError for a damaged file."""
        return self._thread.submit(self._read)

    def _read(self) -> protocol.Timeline:
        if self._timeline is None:
            self._timeline = index_of(self._path)
        return self._timeline

    def close(self) -> None:
        """End the thread that reads the recording."""
        self._thread.shutdown(wait=True)


class NoTrainer:
    """Replaces the trainer in a read-only scene, or in a server that started without training."""

    def __init__(self, session: AnnotationSession, listener: TrainerListener) -> None:
        self._session = session
        self._listener = listener

    @property
    def training(self) -> protocol.Training:
        """State of the trainer: always `absent`, with the current settings."""
        return summaries.absent_training(self._session, self._session.settings)

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    def grow(self) -> bool:
        """Return False: nothing places added items."""
        return False

    def learn_from(self, inputs: TrainingInputs) -> None:
        """Report the current settings to the listener. Nothing learns from `inputs`."""
        del inputs
        self._listener.on_training(self.training)

    def drag(self, items: npt.NDArray[np.uint32], targets: npt.NDArray[np.float32]) -> None:
        """Raise RequestError."""
        del items, targets
        refuse_training()

    def watch(self, forces: bool) -> None:  # same signature as TrainerSupervisor.watch
        """Do nothing: there are no forces."""

    async def ask(self, query: Callable[[int], q.Question]) -> q.Answer:
        """Raise RequestError."""
        del query
        refuse_training()

    def set_priority(self, items: list[int]) -> None:
        """Do nothing."""

    def run(self) -> None:
        """Raise RequestError."""
        refuse_training()

    def pause(self) -> None:
        """Raise RequestError."""
        refuse_training()


def refuse_training() -> NoReturn:
    """Raise the RequestError of a service without a trainer."""
    raise RequestError(
        "There is no training: the scene is read-only, or the server was started with "
        "`--no-training`.",
        code="no_training",
        status=409,
    )


AnyEventLog = EventLog | NoEventLog
AnyRecorder = Recorder | NoRecorder
AnyTrainer = TrainerSupervisor | NoTrainer
