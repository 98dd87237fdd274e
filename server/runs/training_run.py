"""One training that runs without a screen and can be resumed. This module imports torch."""

import shutil
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.baking.baked_data import GivenLabels
from lodespace.baking.divergence import finite_frames
from lodespace.baking.progress import Progress
from lodespace.errors import SettingsError, TrainingError
from lodespace.exporting import figure
from lodespace.exporting.table import Table
from lodespace.items.item_set import ItemSet
from lodespace.items.original_order import OriginalOrder
from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.device import limited_threads
from lodespace.models.portable import PortableModel
from lodespace.models.shared_items import shared
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.trainer import Trainer
from lodespace.models.workers.launch import threads_of_worker
from lodespace.models.workers.team import Team, WorkerLostError
from lodespace.predict.project_model import with_reading
from lodespace.protocol import UNLABELED, Settings
from lodespace.runs.measures import measures_of
from lodespace.runs.metrics import EpochMetrics, TensorBoard, Truth
from lodespace.runs.run_folder import (
    FIGURE_FILE,
    TENSORBOARD_FOLDER,
    RunFolder,
    write_result,
)
from lodespace.runs.stopping import Stopped, StopRequest, stop_request
from lodespace.session.run_settings import RunSettings
from lodespace.session.session import AnnotationSession
from lodespace.session.settings import configuration
from lodespace.training.checkpoint_lock import CheckpointLock
from lodespace.training.dataset import to_dataset
from lodespace.training.workers import team_for

CHECKPOINT_SECONDS = 30.0
"""Usual time from one checkpoint to the next, in seconds."""
_KEPT = 2
"""Number of checkpoints to keep. If the newest is damaged, the run is resumed from the previous
one."""
_META = "run"
"""Key of the state of a run in the JSON file of a checkpoint."""


@dataclass(frozen=True)
class RunOptions:
    """Options of a run that do not change its result."""

    progress: bool = False
    """Show a progress bar."""
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    """Time from one checkpoint to the next, in seconds."""
    tensorboard: bool = False
    """Write files for TensorBoard."""
    title: str = ""
    """Title of the progress bar. If it is "", the title is the name of the data."""


@dataclass(frozen=True)
class Trained:
    """A finished training."""

    measures: dict[str, Any]
    """Measures of the training (measures.py). "seconds" is the duration of the training."""
    snapshot: Snapshot | None
    """The last snapshot, in the order of the original data; None if the training was finished by an
    earlier process."""


class TrainingRun:
    """A training on `items`, from its beginning or from its newest checkpoint."""

    def __init__(
        self,
        folder: RunFolder,
        items: ItemSet,
        given: GivenLabels,
        settings: Settings,
        run: RunSettings,
        team: Team | None = None,
    ) -> None:
        """Prepare the training.

        Args:
            folder: Folder of the run. It contains the subfolder `unfinished`.
            items: Items to train on.
            given: Labels to train with.
            settings: Hyperparameters.
            run: Epochs, seed, device and threads.
            team: Processes that train together; None for this process alone.

        Raises:
            TrainingError: The model cannot be trained with these settings.
        """
        self.folder, self.items, self.given, self.run_settings = folder, items, given, run
        self.class_names = (
            list(items.class_names) if given.classes is None else [c.name for c in given.classes]
        )
        self.truth = Truth(_truth(items, given), given.labels)
        self.seconds = 0.0
        """Duration of the training up to now, in seconds, without interruptions."""
        self.complete = False
        """Whether nothing is left to train."""
        try:
            self.config = configuration(settings)
            self.dataset = shared(to_dataset(items), team)
            self.trainer = self._trainer()
        except WorkerLostError:
            raise
        except (ValueError, RuntimeError) as error:
            raise TrainingError(f"cannot train on {items.name}: {error}") from error

    def _trainer(self) -> Trainer:
        self.metrics = EpochMetrics(self.config.latent_dim, self.truth)
        found = checkpoint.latest(self.folder.checkpoints)
        if found is not None:
            state = TrainingState.from_checkpoint(found)
            kept = state.meta[_META]
            self.metrics.load(kept["metrics"])
            self.seconds, self.complete = kept["seconds"], kept["complete"]
            return Trainer.from_state(state, self.dataset, device=self.run_settings.device)
        trainer = Trainer(
            self.dataset,
            self.config,
            n_classes=max(1, len(self.class_names)),
            seed=self.run_settings.seed,
            device=self.run_settings.device,
        )
        given = self.given
        trainer.set_labels(given.labels, None, given.verified, given.accepted)
        return trainer

    def train(self, options: RunOptions, stop: StopRequest) -> Snapshot:
        """Train until nothing is left to do. Return the last snapshot.

        Raises:
            TrainingError: The training failed.
            Stopped: `stop` was requested. The state was saved before.
        """
        began = saved = time.monotonic()
        before, epochs = self.seconds, self.run_settings.epochs
        snapshot = self.trainer.snapshot()
        title = options.title or f"training on {self.items.name}"
        board = self.folder.path / TENSORBOARD_FOLDER if options.tensorboard else None
        writer = TensorBoard(board, len(self.metrics.rows))
        try:
            with Progress(title, shown=options.progress) as shown:
                for snapshot in () if self.complete else finite_frames(self.trainer, epochs):
                    shown.update(snapshot)
                    if self.metrics.add(snapshot):
                        self.folder.write_metrics(self.metrics.as_csv())
                        writer.add(len(self.metrics.rows) - 1, self.metrics.rows[-1])
                    now = time.monotonic()
                    self.seconds = before + now - began
                    if stop or now - saved >= options.checkpoint_seconds:
                        self._save()
                        saved = time.monotonic()
                    if stop:
                        raise Stopped(self._stopped_text(snapshot), stop.status)
        finally:
            writer.close()
        if not self.complete:
            self.complete = True
            self._save()
        self.folder.write_metrics(self.metrics.as_csv())
        return snapshot

    def _save(self) -> None:
        state = self.trainer.state()
        state.meta[_META] = {
            "metrics": self.metrics.to_json(),
            "seconds": self.seconds,
            "complete": self.complete,
        }
        try:
            state.write(self.folder.checkpoints, keep=_KEPT)
        except ValueError as error:
            raise TrainingError(f"training diverged: {error}; try a lower learning_rate") from error

    def _stopped_text(self, snapshot: Snapshot) -> str:
        return (
            f"stopped after {snapshot.epoch:.1f} of {self.run_settings.epochs} epochs; the state "
            f"is saved in {self.folder.path}. To continue, give the same command with --resume"
        )

    def write_results(self, snapshot: Snapshot) -> dict[str, Any]:
        """Write model, figure and measures, and publish them. Return the measures."""
        results = self.folder.results
        results.mkdir(exist_ok=True)
        model = PortableModel.of(self.trainer, self.class_names)
        with_reading(model, self.items).save(results)
        session = self.session(snapshot)
        measures = {**measures_of(snapshot, self.truth), "seconds": round(self.seconds, 2)}
        if figure.is_available():
            drawn = figure.draw(Table.of(session), list(session.classes.classes), "png")
            (results / FIGURE_FILE).write_bytes(drawn)
        write_result(results, measures)
        self.folder.publish()
        return measures

    def session(self, snapshot: Snapshot) -> AnnotationSession:
        """Return a session with the labels, and the positions of `snapshot`."""
        session = AnnotationSession(self.items, read_only=True)
        if self.given.classes is not None:
            session.classes.restore(self.given.classes)
        session.begin_with(self.given.labels, self.given.verified, self.given.accepted)
        session.publish(
            snapshot.latent_mean, snapshot.predictions, step=snapshot.step, resting=True
        )
        return session


def run_training(
    folder: RunFolder,
    items: ItemSet,
    given: GivenLabels,
    settings: Settings,
    run: RunSettings,
    options: RunOptions,
) -> Trained:
    """Train from the beginning or from the newest checkpoint, and write the results.

    The arguments are those of TrainingRun. A training that fails removes its checkpoints, because
    it would fail again. If it cannot start on this machine with these settings, its checkpoints
    stay. If there are no checkpoints yet, the folder `unfinished` is removed.

    Raises:
        SettingsError: The training cannot start, for example because a device is not available.
        TrainingError: The training failed.
        Stopped: A signal stopped the training, whose state was saved.
    """
    folder.unfinished.mkdir(parents=True, exist_ok=True)
    lock = CheckpointLock(folder.checkpoints)
    lock.acquire(seconds=0)
    try:
        with (
            limited_threads(threads_of_worker(run.threads, run.workers)),
            stop_request() as stop,
            team_for(run.workers, run.device, run.threads, run.ray) as team,
        ):
            training = TrainingRun(folder, items, given, settings, run, team)
            snapshot = training.train(options, stop)
            measures = training.write_results(snapshot)
            return Trained(measures, in_original_order(snapshot, items))
    except TrainingError:
        shutil.rmtree(folder.unfinished)
        raise
    except SettingsError:
        if checkpoint.latest(folder.checkpoints) is None:
            shutil.rmtree(folder.unfinished)
        raise
    except WorkerLostError as error:
        where = "start" if checkpoint.latest(folder.checkpoints) is None else "newest checkpoint"
        raise TrainingError(
            f"{error}. To continue from the {where} in {folder.path}, give the same command with "
            "--resume"
        ) from error
    finally:
        lock.release()


def in_original_order(snapshot: Snapshot, items: ItemSet) -> Snapshot:
    """Return the snapshot of a training on `items`, in the order of the original data."""
    numbers = OriginalOrder(items).numbers
    if numbers is None:
        return snapshot
    return snapshot._replace(
        latent_mean=snapshot.latent_mean[numbers],
        predictions=snapshot.predictions.map(lambda values: values[numbers]),
    )


def _truth(items: ItemSet, given: GivenLabels) -> npt.NDArray[np.int16] | None:
    """Return the class of each item according to the data, (N,), as class ids of `given`.

    A class of the data that a person has removed or renamed is unknown.
    """
    if items.truth is None or given.classes is None:
        return items.truth
    ids = {c.name: c.class_id for c in given.classes if not c.removed}
    known = np.array([ids.get(name, UNLABELED) for name in items.class_names], np.int16)
    return np.where(items.truth == UNLABELED, UNLABELED, known[items.truth]).astype(np.int16)
