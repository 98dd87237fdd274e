"""Observers of a session, which keep clients, review, recording and trainer up to date."""

import logging

from lodespace import protocol
from lodespace.project.project import Project
from lodespace.review.review import Review
from lodespace.service.absent import AnyRecorder, AnyTrainer
from lodespace.service.clients import Clients
from lodespace.session import summaries
from lodespace.session.events import Event
from lodespace.session.session import AnnotationSession, Applied
from lodespace.session.settings_file import SETTINGS_FILE, write_settings
from lodespace.training.inputs import TrainingInputs

log = logging.getLogger(__name__)


class Observer:
    """Base of all observers. A method does nothing unless a subclass overrides it."""

    def on_applied(self, event: Event, applied: Applied) -> None:
        """Called after the event of a command is on disk and applied to the session."""

    def on_frame(self, *, moved: bool, resting: bool) -> None:
        """Called after a frame of the trainer is published.

        Args:
            moved: Whether positions have changed.
            resting: Whether training rests after this frame.
        """

    def on_losses(self, losses: protocol.Losses) -> None:
        """Called with a new sample of the training curves."""

    def on_axes(self, axes: list[protocol.NamedAxis]) -> None:
        """Called with all named axes when their ticks or correlations have changed."""


class ClientUpdates(Observer):
    """Sends changes, frames and losses to all clients."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def on_applied(self, event: Event, applied: Applied) -> None:
        for operation in applied.news:
            self._clients.send(operation)
        self._clients.history_changed()

    def on_frame(self, *, moved: bool, resting: bool) -> None:
        self._clients.wake()

    def on_losses(self, losses: protocol.Losses) -> None:
        self._clients.replace("losses", protocol.LossesMeasured(losses=losses))

    def on_axes(self, axes: list[protocol.NamedAxis]) -> None:
        self._clients.replace("axes", protocol.AxesChanged(axes=axes))


class ReviewUpdates(Observer):
    """Notifies the review of each change of labels and predictions."""

    def __init__(self, review: Review) -> None:
        self._review = review

    def on_applied(self, event: Event, applied: Applied) -> None:
        self._review.labelled()

    def on_frame(self, *, moved: bool, resting: bool) -> None:
        self._review.predicted()

    def on_losses(self, losses: protocol.Losses) -> None:
        self._review.measured(losses.metrics)


class RecordingUpdates(Observer):
    """Writes changes, positions and losses into the recording."""

    def __init__(self, recorder: AnyRecorder, session: AnnotationSession) -> None:
        self._recorder = recorder
        self._session = session
        self._measured_at = -1

    def on_applied(self, event: Event, applied: Applied) -> None:
        gesture = summaries.recorded_gesture(self._session, event)
        self._recorder.operations([*applied.news, gesture])

    def on_frame(self, *, moved: bool, resting: bool) -> None:
        if moved:
            self._recorder.positions(last=resting)

    def on_losses(self, losses: protocol.Losses) -> None:
        # While training rests, the values stay the same and need no further record.
        if self._session.grid.revision != self._measured_at:
            self._measured_at = self._session.grid.revision
            self._recorder.operations([protocol.LossesMeasured(losses=losses)])

    def on_axes(self, axes: list[protocol.NamedAxis]) -> None:
        self._recorder.operations([protocol.AxesChanged(axes=axes)])


class SettingsFileUpdates(Observer):
    """Writes the current settings of a project to settings.toml whenever they change."""

    def __init__(self, project: Project, session: AnnotationSession) -> None:
        self._project, self._session = project, session
        self._written: protocol.Settings | None = None
        self.update()

    def on_applied(self, event: Event, applied: Applied) -> None:
        self.update()

    def update(self) -> None:
        """Write the file, if the settings have changed and the project can be written."""
        settings = self._session.settings
        if self._project.read_only or settings == self._written:
            return
        self._written = settings
        try:
            write_settings(self._project.folder, settings, {"seed": self._project.seed}, sync=False)
        except OSError as error:
            # The label log has the settings; the file only shows them.
            log.warning("%s was not written: %s", SETTINGS_FILE, error)


class TrainerUpdates(Observer):
    """Sends the new labels, classes, settings, pins and axes to the trainer."""

    def __init__(self, trainer: AnyTrainer, session: AnnotationSession) -> None:
        self._trainer = trainer
        self._session = session

    def on_applied(self, event: Event, applied: Applied) -> None:
        self._trainer.learn_from(training_inputs(self._session))


def training_inputs(session: AnnotationSession) -> TrainingInputs:
    """Return everything of `session` that the trainer learns from."""
    pinned, pins = session.held()
    return TrainingInputs.of(
        session.undo_log.last_transition,
        labels=session.labels,
        verified=session.verified,
        accepted=session.accepted,
        certainty=session.certainty,
        n_classes=len(session.classes),
        settings=session.settings,
        pinned=pinned,
        pins=pins,
        axes=session.axes.inputs(),
    )
