"""Training for a bake, without a browser, with a recording. This module imports torch."""

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.baking.baked_data import GivenLabels
from lodespace.baking.divergence import finite_frames
from lodespace.baking.parts import MORPH_TARGETS, SCENE_ID, write_parts
from lodespace.baking.progress import Progress
from lodespace.errors import TrainingError
from lodespace.models.shared_items import shared
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.trainer import Trainer
from lodespace.models.workers.team import Team, WorkerLostError
from lodespace.project.project import Project
from lodespace.recording.published import MOST_MOMENTS, SECONDS_PER_MOMENT, SourceRecording
from lodespace.recording.recorder import Recorder
from lodespace.session.session import AnnotationSession
from lodespace.session.settings import configuration, settings_of
from lodespace.training.dataset import to_dataset
from lodespace.training.inspection import losses_of

RECORDED_FRAMES = MOST_MOMENTS
"""Number of recorded frames, evenly spaced over the training.

The time of a frame is computed from the frame's number, so that a slow machine writes the same
recording as a fast machine.
"""
KEYFRAMES_APART = 8
"""Number of recorded frames from one keyframe to the next. Keyframes contain the predictions. The
published recording has fewer keyframes."""
LOSSES_INTERVAL = 2
"""Number of recorded frames from one sample of the training curves to the next."""


class TrainingBake:
    """Trains the model, and writes the parts of a bake into the folder of `project`."""

    def __init__(
        self,
        project: Project,
        given: GivenLabels,
        epochs: int,
        device: str,
        parts: frozenset[str],
        team: Team | None = None,
    ) -> None:
        items = project.items
        self.project, self.epochs, self.parts = project, epochs, parts
        try:
            config = configuration(project.settings)
            n_classes = max(1, len(items.class_names if given.classes is None else given.classes))
            self.trainer = Trainer(
                shared(to_dataset(items), team),
                config,
                n_classes=n_classes,
                seed=project.seed,
                device=device,
            )
        except WorkerLostError:
            raise
        except (ValueError, RuntimeError) as error:
            raise TrainingError(f"cannot train on {items.name}: {error}") from error
        self.trainer.set_labels(given.labels, None, given.verified, given.accepted)
        self.session = AnnotationSession(items, read_only=True, scene_id=SCENE_ID)
        if given.classes is not None:
            self.session.classes.restore(given.classes)
        self.session.begin_with(given.labels, given.verified, given.accepted)
        self.moments: list[npt.NDArray[np.float32]] = []
        """Latent means (N, D) of each training state that training.glb shows."""

    def run(self, progress: Progress) -> None:
        project, session = self.project, self.session
        recorder = None
        # A smaller recording is written from this file at the end.
        recorded_at = project.recording_path.with_suffix(".unpublished")
        if "recording" in self.parts:
            recorder = Recorder(
                recorded_at,
                session,
                frame_seconds=0.0,
                keyframe_interval=KEYFRAMES_APART,
                patient=True,
            )
        shown, recorded = -1, 0
        for snapshot in finite_frames(self.trainer, self.epochs):
            progress.update(snapshot)
            due = snapshot.frame != shown and recorded < snapshot.progress * RECORDED_FRAMES
            if due or snapshot.resting or recorded == 0:
                shown = snapshot.frame
                self._record(recorder, snapshot, recorded)
                recorded += 1
        if recorder is not None:
            recorder.close()
            source = SourceRecording(recorded_at, len(project.items))
            source.write(project.recording_path, session.encoder.scene())
            recorded_at.unlink()
        self._finish(shown=progress.shown)

    def _record(self, recorder: Recorder | None, snapshot: Snapshot, number: int) -> None:
        time = number * SECONDS_PER_MOMENT
        self.session.publish(
            snapshot.latent_mean,
            snapshot.predictions,
            step=snapshot.step,
            resting=snapshot.resting,
        )
        if len(self.moments) <= snapshot.progress * MORPH_TARGETS or snapshot.resting:
            self.moments.append(snapshot.latent_mean.copy())
        if recorder is None:
            return
        recorder.positions(time, last=snapshot.resting)
        if number % LOSSES_INTERVAL == 0 or snapshot.resting:
            losses = losses_of(snapshot)
            recorder.operations([protocol.LossesMeasured(losses=losses)], time)

    def _finish(self, *, shown: bool) -> None:
        project, trainer = self.project, self.trainer
        project.manifest.settings = settings_of(trainer.config)
        if "checkpoint" in self.parts:
            trainer.save(project.checkpoints)
        write_parts(project, self.session, self.moments, trainer, self.parts, progress=shown)
