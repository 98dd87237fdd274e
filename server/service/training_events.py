"""Events of the trainer, published to the session and passed to observers."""

import time
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.service.client import Client
from lodespace.service.clients import Clients
from lodespace.service.notices import Notices
from lodespace.service.observers import Observer
from lodespace.session.session import AnnotationSession
from lodespace.training.shared_frames import TrainerFrame

ACCURACIES = ("label_accuracy", "head_accuracy", "held_out")
"""Metrics of the trainer about held-out labels."""
AXES_SECONDS = 0.5
"""Shortest interval between two measurements of the named axes while points move, in seconds."""


class TrainingEvents:
    """Receives the trainer's frames, losses, states and notices. Implements TrainerListener."""

    def __init__(
        self,
        session: AnnotationSession,
        clients: Clients,
        notices: Notices,
        observers: Sequence[Observer],
    ) -> None:
        self._session = session
        self._clients = clients
        self._notices = notices
        self._observers = observers
        self._losses: protocol.Losses | None = None
        self._left_out = list[tuple[int, float]]()
        self._axes_measured_at = float("-inf")
        self.on_more_items: Callable[[npt.NDArray[np.float32]], None] = lambda _: None
        """Function that shows added items, which the trainer has placed at latent means (N, D)."""
        self.on_rest: Callable[[], None] = lambda: None
        """Function that is called after each frame at which training rests."""
        self.on_model: Callable[[], None] = lambda: None
        """Function that is called when the trainer has started, and when it knows more items: then
        it can answer questions about them."""
        self._answers = False
        self._n_items = 0

    def on_frame(self, frame: TrainerFrame) -> None:
        """Publish a frame, then call the observers."""
        if len(frame.latent_mean) > len(self._session.items):
            self.on_more_items(frame.latent_mean)
        if len(frame.latent_mean) != len(self._session.items):
            return  # the frame is older than an addition of items
        if len(frame.latent_mean) != self._n_items:
            self._n_items = len(frame.latent_mean)
            self.on_model()
        before = self._session.grid.revision
        self._session.publish(
            frame.latent_mean,
            frame.predictions,
            step=frame.step,
            resting=frame.resting,
            exact=frame.exact,
            forces=frame.forces,
        )
        moved = self._session.grid.revision != before
        for observer in self._observers:
            observer.on_frame(moved=moved, resting=frame.resting)
        if frame.resting:
            self.on_rest()
        if frame.resting or time.monotonic() - self._axes_measured_at >= AXES_SECONDS:
            self._measure_axes()

    def on_losses(self, losses: protocol.Losses) -> None:
        """Keep the newest losses for clients that connect later, then call the observers.

        While a listed class has no label, accuracies are left out. No held-out label is of that
        class, so the accuracy on all items is not known.
        """
        if not self._session.scorable:
            metrics = {k: v for k, v in losses.metrics.items() if k not in ACCURACIES}
            losses = msgspec.structs.replace(losses, metrics=metrics)
        self._losses = losses
        for observer in self._observers:
            observer.on_losses(losses)

    def on_training(self, training: protocol.Training) -> None:
        """Send the state of the trainer to all clients."""
        self._clients.replace("training", protocol.TrainingChanged(training=training))
        before, self._answers = self._answers, training.state in ("running", "paused", "resting")
        if self._answers and not before:
            self.on_model()

    def on_axes(self, left_out: list[tuple[int, float]]) -> None:
        """Measure the named axes again if the trainer has new predictions of left-out values."""
        if left_out != self._left_out:
            self._left_out = left_out
            self._measure_axes()

    def _measure_axes(self) -> None:
        """Measure the named axes on the shown points. Call the observers if the result is new."""
        self._axes_measured_at = time.monotonic()
        session = self._session
        if session.axes.measure(session.grid.latent_mean(), self._left_out):
            for observer in self._observers:
                observer.on_axes(session.axes.shown)

    def on_notice(self, notice: protocol.Notice) -> None:
        """Show a notice of the trainer."""
        self._notices.show(notice)

    def send_to(self, client: Client) -> None:
        """Send the newest losses to a client that has just connected."""
        if self._losses is not None:
            client.replace("losses", protocol.LossesMeasured(losses=self._losses))
