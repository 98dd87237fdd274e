"""Headless training. The result is a bake: a new folder that `lodespace serve` shows.

The folder is built under a temporary name and then renamed, so an interrupted bake leaves nothing
behind. This module imports torch.
"""

import contextlib
import dataclasses
import os
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.baking.animation_glb import encode_training
from lodespace.baking.progress import Progress
from lodespace.baking.static_site import write_site
from lodespace.errors import ProjectError, TrainingError
from lodespace.files import atomic_folder
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions, Source
from lodespace.items.item_set import ItemSet, amend, bundled_digits_folder, load, load_digits
from lodespace.models.portable import PortableModel
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.trainer import Trainer
from lodespace.predict.project_model import with_reading
from lodespace.project.initial_labels import choose_labels
from lodespace.project.offline import open_offline
from lodespace.project.opening import finish_bake, is_bake, new_bake
from lodespace.project.project import BUNDLED, DATA_FOLDER, MANIFEST, Project, data_folder
from lodespace.protocol import UNLABELED, ClassInfo, Settings
from lodespace.recording.recorder import Recorder
from lodespace.session import summaries
from lodespace.session.session import AnnotationSession
from lodespace.session.settings import configuration, settings_of
from lodespace.training.dataset import to_dataset
from lodespace.training.inspection import losses_of

RECORDED_FRAMES = 120
"""Number of frames of the recording, evenly spaced over the training.

The time of a frame is computed from the frame's number. A slow machine writes the same recording as
a fast machine.
"""
KEYFRAMES_APART = 60
"""Number of frames from one keyframe to the next.

The page loads the whole recording of a bake at once, so keyframes may be far apart.
"""
MORPH_TARGETS = 16
"""Number of training states in training.glb. A 3D viewer interpolates between the states."""
TRAINING_SECONDS = 12.0
"""Length of the animation in training.glb, in seconds."""
SECONDS_PER_FRAME = 0.1
"""Time between two frames of the recording, in seconds."""
LOSSES_INTERVAL = 2
"""Number of recorded frames from one sample of the training curves to the next."""
SCENE_ID = 1
PARTS = ("scene", "training", "recording", "site", "model", "checkpoint")
"""Parts of a bake: scene.glb, training.glb, recording.lds, the static site, the model for export,
and the checkpoint, from which training can continue."""
DEFAULT_PARTS = PARTS[:-1]
"""All parts except the checkpoint."""


def bake(
    data: "str | Path | Source",
    output: Path,
    *,
    epochs: int = 30,
    seed: int = 0,
    settings: Settings | None = None,
    labels: str | None = None,
    options: ImportOptions | None = None,
    parts: Sequence[str] = DEFAULT_PARTS,
    device: str = "auto",
    threads: int = 0,
    force: bool = False,
    progress: bool = False,
) -> Path:
    """Train and write the bake `output`. A failed bake leaves nothing behind.

    The same data, seed, settings, threads and kind of processor give the same bytes.

    Args:
        data: Path of data to import, a source, or path of a project. A project is baked with the
            labels that are in the project.
        output: Folder of the bake.
        epochs: Passes of the encoder over the data.
        seed: Seed of the training.
        settings: Settings of the training. None: the settings of the project, or the defaults.
        labels: Which labels of the data to train with: "none", "all" or a number of labels per
            class. None: the labels of the project. For data without a project, None means "all" if
            the labels are a person's work, else "none".
        options: How to read the data.
        parts: Parts to write, as names from PARTS. The scene is always written.
        device: "auto", "cpu", "cuda" or "mps".
        threads: Processor threads. 0: all.
        force: Replace `output` if it is a bake.
        progress: Show a progress bar.

    Returns:
        `output`.

    Raises:
        DatasetError: The data cannot be read.
        ProjectError: `output` cannot be written.
        TrainingError: The training failed.
    """
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise TrainingError(
            f"unknown parts of a bake: {', '.join(sorted(unknown))}; "
            f"the parts are {', '.join(PARTS)}"
        )
    if epochs < 1:
        raise TrainingError(f"epochs must be at least 1, not {epochs}")
    with (
        _threads(threads),
        atomic_folder(output, lambda: _check_output(output, force=force)) as folder,
    ):
        options = options or ImportOptions()
        state = _project_at(data, options.root)
        if state is not None:
            options = dataclasses.replace(options, root=None)
        items, kept = _import(state.data if state else data, folder, options, progress)
        if state is not None:
            items = dataclasses.replace(items, root=state.root)
        if state is not None and labels is None:
            given = state.given
        else:
            chosen = choose_labels(items, labels, seed)
            none = np.zeros(len(chosen), np.bool_)
            given = _Given(chosen, none, none, None)
        settings = settings or (state.settings if state else Settings())
        project = new_bake(folder, kept, items, seed=seed, settings=settings)
        with Progress(f"baking {items.name}", shown=progress) as shown:
            _Baking(project, given, epochs, device, frozenset(parts)).run(shown)
        finish_bake(project)
    return output


class _Given(NamedTuple):
    """Labels to train with."""

    labels: npt.NDArray[np.int16]
    """Class ids, (N,)."""
    verified: npt.NDArray[np.bool_]
    """Whether a person has looked at each item, (N,)."""
    accepted: npt.NDArray[np.bool_]
    """Whether each label is an accepted prediction, (N,)."""
    classes: Sequence[ClassInfo] | None
    """Classes of the labels. None: the classes of the data set."""


class _ProjectState(NamedTuple):
    """Current state of the project that is baked."""

    data: str
    """Path of the data set."""
    root: Path | None
    """Folder from which original files may be read."""
    given: _Given
    """Labels and classes of the project."""
    settings: Settings
    """Settings of the training."""


def _project_at(data: "str | Path | Source", root: Path | None) -> _ProjectState | None:
    """Return the state of the project at the path `data`; None if `data` is not a project.

    `root` is the folder from which the project may read original files. If `root` is None, the
    project may not read original files.
    """
    if not isinstance(data, str | Path) or not (Path(data) / MANIFEST).is_file():
        return None
    project, session = open_offline(Path(data), root=root)
    project.close()
    path = (
        bundled_digits_folder()
        if project.manifest.data == BUNDLED
        else data_folder(project.manifest.data, project.folder)
    )
    labels = session.labels.copy()
    classes = list(session.classes.classes)
    given = _Given(labels, session.verified, session.accepted, classes)
    return _ProjectState(str(path), project.items.root, given, session.settings)


def _import(
    data: "str | Path | Source", folder: Path, options: ImportOptions, progress: bool
) -> tuple[ItemSet, str]:
    """Return the items, and the value of `data` for the manifest of the bake.

    The bundled digits are part of the package, so they are not copied. All other data are copied
    into the bake.
    """
    if isinstance(data, Path):
        data = str(data)
    if isinstance(data, str) and Path(data).resolve() == bundled_digits_folder().resolve():
        return load_digits(), BUNDLED
    report = import_data(data, folder / DATA_FOLDER, options, progress=progress)
    if progress:
        sys.stderr.write(report.summary())
    items = load(folder / DATA_FOLDER, root=report.root)
    # A bake is made to be shared, so it must not contain a path of this machine.
    amend(folder / DATA_FOLDER, lambda manifest: manifest.pop("root", None))
    return items, DATA_FOLDER


class _Baking:
    """Trains the model, and writes the parts of a bake into the folder of `project`."""

    def __init__(
        self,
        project: Project,
        given: _Given,
        epochs: int,
        device: str,
        parts: frozenset[str],
    ) -> None:
        items = project.items
        self.project, self.epochs, self.parts = project, epochs, parts
        try:
            config = configuration(project.settings)
            n_classes = max(1, len(items.class_names if given.classes is None else given.classes))
            self.trainer = Trainer(
                to_dataset(items), config, n_classes=n_classes, seed=project.seed, device=device
            )
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
        if "recording" in self.parts:
            recorder = Recorder(
                project.recording_path,
                session,
                frame_seconds=0.0,
                keyframe_interval=KEYFRAMES_APART,
                patient=True,
            )
        shown, recorded = -1, 0
        for snapshot in self.trainer.frames(self.epochs):
            if not np.isfinite(snapshot.latent_mean).all():
                raise TrainingError(
                    "training diverged: the latent means are no longer finite; try a lower "
                    "learning rate"
                )
            progress.update(snapshot)
            due = snapshot.frame != shown and recorded < snapshot.progress * RECORDED_FRAMES
            if due or snapshot.resting or recorded == 0:
                shown = snapshot.frame
                self._record(recorder, snapshot, recorded)
                recorded += 1
        if recorder is not None:
            recorder.close()
        self._finish()

    def _record(self, recorder: Recorder | None, snapshot: Snapshot, number: int) -> None:
        time = number * SECONDS_PER_FRAME
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

    def _finish(self) -> None:
        project, session, trainer = self.project, self.session, self.trainer
        project.manifest.settings = settings_of(trainer.config)
        project.scene_path.write_bytes(session.encoder.scene_glb())
        if "training" in self.parts:
            known = np.where(session.labels == UNLABELED, session.scores.prediction, session.labels)
            (project.folder / "training.glb").write_bytes(
                encode_training(
                    self.moments,
                    known,
                    session.classes.classes,
                    project.items.name,
                    TRAINING_SECONDS,
                )
            )
        if "model" in self.parts:
            project.model.mkdir()
            model = PortableModel.of(trainer, [c.name for c in session.classes.classes])
            with_reading(model, project.items).save(project.model)
        if "checkpoint" in self.parts:
            trainer.save(project.checkpoints)
        if "site" in self.parts:
            write_site(
                project, session, summaries.absent_training(session, project.manifest.settings)
            )


def _check_output(output: Path, *, force: bool) -> None:
    if output.is_dir() and not any(output.iterdir()):
        return
    if not output.exists():
        return
    if not is_bake(output):
        raise ProjectError(f"{output} exists and is not a bake; give another folder with -o")
    if not force:
        raise ProjectError(
            f"{output} is already a bake; replace it with --force, or give another folder with -o"
        )


@contextlib.contextmanager
def _threads(threads: int) -> Generator[None]:
    """Let torch use `threads` processor threads (0: all) inside the `with` block."""
    import torch  # not at the top: lodespace.models must be imported before torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads or os.cpu_count() or 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
