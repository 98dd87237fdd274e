"""Training without a screen: a scene, a checkpoint and a recording in a new folder, which `lodespace serve` shows.

The folder is built beside its place and moved there whole, so that a bake that was interrupted leaves nothing behind. Imports torch.
"""

import contextlib
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
from lodespace.files import folder_in_the_making
from lodespace.importing.importer import import_data
from lodespace.importing.report import summary
from lodespace.importing.source import ImportOptions, Source
from lodespace.items.item_set import ItemSet, amend, bundled_digits_folder, load, load_digits
from lodespace.models.portable import PortableModel
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.trainer import Trainer
from lodespace.project.initial_labels import choose_labels
from lodespace.project.offline import open_offline
from lodespace.project.project import (
    BUNDLED,
    DATA_FOLDER,
    MANIFEST,
    Project,
    finish_bake,
    is_bake,
    new_bake,
)
from lodespace.protocol import UNLABELED, ClassInfo, Settings
from lodespace.recording.recorder import Recorder
from lodespace.session.session import AnnotationSession
from lodespace.session.settings import configuration, settings_of
from lodespace.training.dataset import to_dataset
from lodespace.training.inspection import losses_of

RECORDED_FRAMES = 120
"""Frames of the recording, evenly over the training, whose seconds are counted in frames: a slow machine bakes the same one."""
KEYFRAMES_APART = 60
"""In a bake, which is fetched whole, a keyframe need not be near."""
MORPH_TARGETS = 16
"""Moments of training.glb between which a viewer interpolates."""
TRAINING_SECONDS = 12.0
SECONDS_PER_FRAME = 0.1
LOSSES_INTERVAL = 2
"""Recorded frames between two samples of the training curves."""
SCENE_ID = 1
PARTS = ("scene", "training", "recording", "site", "model", "checkpoint")
"""What a bake may hold: scene.glb, training.glb, recording.lds, the static site, the model (for export), and the checkpoint from which
training could go on."""
DEFAULT_PARTS = PARTS[:-1]


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
    """Train for `epochs` of the encoder and write the bake `output`. Returns `output`.

    `data`: whatever can be imported, a source, or a project, which is baked with its labels.
    `labels`: which of the data set's own labels to train with (initial_labels.py). `parts`: what to write,
    of PARTS; always a scene. `force` replaces `output` if
    it is a bake. The same data, seed, settings, threads and kind of processor give the same bytes. Nothing is left behind when it fails.
    Raises DatasetError, ProjectError, TrainingError.
    """
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise TrainingError(
            f"no part of a bake is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}"
        )
    if epochs < 1:
        raise TrainingError(f"{epochs} epochs; train for at least 1")
    with (
        _threads(threads),
        folder_in_the_making(output, lambda: _check_output(output, force=force)) as folder,
    ):
        worked_on = _project_at(data)
        items, kept = _import(
            worked_on.data if worked_on else data, folder, options or ImportOptions(), progress
        )
        if worked_on is not None and labels is None:
            given = _Given(worked_on.labels, worked_on.verified, worked_on.classes)
        else:
            chosen = choose_labels(items, labels, seed)
            given = _Given(chosen, np.zeros(len(chosen), np.bool_), None)
        settings = settings or (worked_on.settings if worked_on else Settings())
        project = new_bake(folder, kept, items, seed=seed, settings=settings)
        with Progress(f"baking {items.name}", shown=progress) as shown:
            _Baking(project, given, epochs, device, frozenset(parts)).run(shown)
        finish_bake(project)
    return output


class _Given(NamedTuple):
    """What is trained with: labels (N,), which of them are verified (N,), and the classes, where they are not the data set's own."""

    labels: npt.NDArray[np.int16]
    verified: npt.NDArray[np.bool_]
    classes: Sequence[ClassInfo] | None


class _WorkedOn(NamedTuple):
    """A project that is baked: its data set (a path), labels (N,) and which are verified (N,), classes and settings as they are now."""

    data: str
    labels: npt.NDArray[np.int16]
    verified: npt.NDArray[np.bool_]
    classes: list[ClassInfo]
    settings: Settings


def _project_at(data: "str | Path | Source") -> _WorkedOn | None:
    if not isinstance(data, str | Path) or not (Path(data) / MANIFEST).is_file():
        return None
    project, session = open_offline(Path(data))
    project.close()
    path = (
        bundled_digits_folder()
        if project.manifest.data == BUNDLED
        else project.folder / project.manifest.data
    )
    return _WorkedOn(
        str(path),
        session.labels.copy(),
        session.verified,
        list(session.classes.classes),
        session.settings,
    )


def _import(
    data: "str | Path | Source", folder: Path, options: ImportOptions, progress: bool
) -> tuple[ItemSet, str]:
    """The items, and how the bake's manifest names them: the bundled digits lie with the program, all others in the folder."""
    if isinstance(data, Path):
        data = str(data)
    if isinstance(data, str) and Path(data).resolve() == bundled_digits_folder().resolve():
        return load_digits(), BUNDLED
    report = import_data(data, folder / DATA_FOLDER, options, progress=progress)
    if progress:
        sys.stderr.write(summary(report))
    items = load(folder / DATA_FOLDER)
    # A bake is sent: where the data lay on this machine is nobody's business.
    amend(folder / DATA_FOLDER, lambda manifest: manifest.pop("root", None))
    return items, DATA_FOLDER


class _Baking:
    """Trains, and writes what a bake holds into the project's folder."""

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
        self.trainer.set_labels(given.labels, verified=given.verified)
        self.session = AnnotationSession(items, read_only=True, scene_id=SCENE_ID)
        if given.classes is not None:
            self.session.classes.restore(given.classes)
        self.session.begin_with(given.labels, given.verified)
        self.moments: list[npt.NDArray[np.float32]] = []
        """Latent means at the moments of training.glb."""

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
                    "training diverged: the latent means are no longer finite; try a lower learning rate"
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
        project.scene_path.write_bytes(session.scene_glb())
        if "training" in self.parts:
            known = np.where(session.labels == UNLABELED, session.predictions, session.labels)
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
            PortableModel.of(trainer, [c.name for c in session.classes.classes]).save(project.model)
        if "checkpoint" in self.parts:
            trainer.save(project.checkpoints)
        if "site" in self.parts:
            write_site(project, session, session.untrained(project.manifest.settings))


def _check_output(output: Path, *, force: bool) -> None:
    if output.is_dir() and not any(output.iterdir()):
        return
    if not output.exists():
        return
    if not is_bake(output):
        raise ProjectError(f"{output} exists and is no bake; give another folder with -o")
    if not force:
        raise ProjectError(
            f"{output} is a bake already; replace it with --force, or give another folder with -o"
        )


@contextlib.contextmanager
def _threads(threads: int) -> Generator[None]:
    """Nothing else runs: all processors, unless told otherwise. A notebook gets its own number back."""
    import torch  # not above: lodespace.models says how its threads wait, before it is loaded

    before = torch.get_num_threads()
    torch.set_num_threads(threads or os.cpu_count() or 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
