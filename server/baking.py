"""Training without a screen: a scene, a checkpoint and a recording in a new folder, which `lodespace serve` shows.

The folder is built beside its place and moved there whole, so that a bake that was interrupted leaves nothing behind. Imports torch.
"""

import contextlib
import os
import sys
from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace import protocol, thumbnails
from lodespace.baking_progress import Progress
from lodespace.datasets import ItemSet, amend, bundled_digits_folder, load, load_digits
from lodespace.errors import ProjectError, TrainingError
from lodespace.importing.importer import import_data
from lodespace.importing.report import summary
from lodespace.importing.source import ImportOptions, Source
from lodespace.labels import choose_labels
from lodespace.models.snapshot import Snapshot
from lodespace.models.trainer import Trainer
from lodespace.project import BUNDLED, DATA_FOLDER, Project, finish_bake, is_bake, new_bake
from lodespace.protocol import Settings
from lodespace.recorder import Recorder
from lodespace.session import AnnotationSession
from lodespace.settings import configuration, settings_of
from lodespace.to_dataset import to_dataset
from lodespace.whole_folder import folder_in_the_making

RECORDED_FRAMES = 400
"""Frames of the recording, evenly over the training, whose seconds are counted in frames: a slow machine bakes the same one."""
SECONDS_PER_FRAME = 0.1
LOSSES_INTERVAL = 10
"""Recorded frames between two samples of the training curves."""
SCENE_ID = 1


def bake(
    data: "str | Path | Source",
    output: Path,
    *,
    epochs: int = 30,
    seed: int = 0,
    settings: Settings | None = None,
    labels: str | None = None,
    options: ImportOptions | None = None,
    device: str = "auto",
    threads: int = 0,
    force: bool = False,
    progress: bool = False,
) -> Path:
    """Train on `data` (whatever can be imported, or a source) for `epochs` of the encoder and write the bake `output`. Returns `output`.

    `labels`: which of the data set's own labels to train with (labels.py). `force` replaces `output` if
    it is a bake. The same data, seed, settings, threads and kind of processor give the same bytes. Nothing is left behind when it fails.
    Raises DatasetError, ProjectError, TrainingError.
    """
    if epochs < 1:
        raise TrainingError(f"{epochs} epochs; train for at least 1")
    with _threads(threads), folder_in_the_making(output, lambda: _check_output(output, force=force)) as folder:
        items, kept = _import(data, folder, options or ImportOptions(), progress)
        chosen = choose_labels(items, labels, seed)
        project = new_bake(folder, kept, items, seed=seed, settings=settings or Settings())
        with Progress(f"baking {items.name}", shown=progress) as shown:
            _train(project, chosen, epochs, device, shown)
        finish_bake(project)
    return output


def _import(data: "str | Path | Source", folder: Path, options: ImportOptions, progress: bool) -> tuple[ItemSet, str]:
    """The items, and how the bake's manifest names them: the bundled digits lie with the program, all others in the folder."""
    if isinstance(data, Path):
        data = str(data)
    if isinstance(data, str) and Path(data).resolve() == bundled_digits_folder().resolve():
        return load_digits(), BUNDLED
    report = import_data(data, folder / DATA_FOLDER, options, progress=progress)
    if progress:
        sys.stderr.write(summary(report))
    # A bake is sent: where the data lay on this machine is nobody's business.
    amend(folder / DATA_FOLDER, lambda manifest: manifest.pop("root", None))
    return load(folder / DATA_FOLDER), DATA_FOLDER


def _train(project: Project, labels: npt.NDArray[np.int16], epochs: int, device: str, progress: Progress) -> None:
    """Train, and write scene, checkpoint, recording and thumbnails into the project's folder."""
    items = project.items
    try:
        config = configuration(project.settings)
        dataset = to_dataset(items)
        n_classes = max(1, len(items.class_names))
        trainer = Trainer(dataset, config, n_classes=n_classes, seed=project.seed, device=device)
    except (ValueError, RuntimeError) as error:
        raise TrainingError(f"cannot train on {items.name}: {error}") from error
    trainer.set_labels(labels)
    session = AnnotationSession(items, read_only=True, scene_id=SCENE_ID)
    session.history.labels[:] = labels
    recorder = Recorder(project.recording_path, session, frame_seconds=0.0, patient=True)
    shown, recorded = -1, 0
    for snapshot in trainer.frames(epochs):
        if not np.isfinite(snapshot.latent_mean).all():
            raise TrainingError("training diverged: the latent means are no longer finite; try a lower learning rate")
        progress.update(snapshot)
        due = snapshot.frame != shown and recorded < snapshot.progress * RECORDED_FRAMES
        if due or snapshot.resting or recorded == 0:
            shown = snapshot.frame
            _record(session, recorder, snapshot, recorded)
            recorded += 1
    recorder.close()
    project.scene_path.write_bytes(session.scene_glb())
    trainer.save(project.checkpoints)
    _draw_thumbnails(project)
    project.manifest.settings = settings_of(trainer.config)


def _record(session: AnnotationSession, recorder: Recorder, snapshot: Snapshot, number: int) -> None:
    time = number * SECONDS_PER_FRAME
    session.publish(
        snapshot.latent_mean, snapshot.prediction, snapshot.confidence, step=snapshot.step, resting=snapshot.resting
    )
    recorder.positions(time, last=snapshot.resting)
    if number % LOSSES_INTERVAL == 0 or snapshot.resting:
        losses = protocol.Losses(
            step=snapshot.step,
            epoch=snapshot.epoch,
            terms=snapshot.losses,
            metrics=snapshot.metrics,
            kl_per_dimension=[float(k) for k in np.nan_to_num(snapshot.kl_per_dimension)],
        )
        recorder.operations([protocol.LossesMeasured(losses=losses)], time)


def _draw_thumbnails(project: Project) -> None:
    layout = thumbnails.describe(project.items)
    if layout is not None and project.manifest.data != BUNDLED:  # of bundled data everybody can make them
        for page in range(layout.pages):
            thumbnails.page_png(project.items, page, project.thumbnails)


def _check_output(output: Path, *, force: bool) -> None:
    if output.is_dir() and not any(output.iterdir()):
        return
    if not output.exists():
        return
    if not is_bake(output):
        raise ProjectError(f"{output} exists and is no bake; give another folder with -o")
    if not force:
        raise ProjectError(f"{output} is a bake already; replace it with --force, or give another folder with -o")


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
