"""The nine panels of the paper's figure 2: nine bakes, and a page that shows them side by side.

The panels start from one training without labels. Panels that differ only in the number of epochs
with labels show states of the same training. The folder is built under a temporary name and then
renamed. This module imports torch.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.baking.baked_data import copy_data, is_project
from lodespace.baking.divergence import finite_frames
from lodespace.baking.figure2_page import PANELS_FILE, write_page
from lodespace.baking.figure2_panels import PANELS, Panel, chains, scaled
from lodespace.baking.figure2_progress import EpochProgress
from lodespace.baking.parts import DEFAULT_PARTS, MORPH_TARGETS, SCENE_ID, write_parts
from lodespace.errors import ProjectError, TrainingError
from lodespace.files import atomic_folder
from lodespace.importing.source import ImportOptions
from lodespace.items.item_set import ItemSet, load
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.config import preset
from lodespace.models.dataset import Dataset
from lodespace.models.device import limited_threads
from lodespace.models.item_predictions import UNLABELED, ItemPredictions
from lodespace.models.training.figure2_loop import Figure2Loop
from lodespace.models.training.trainer import Trainer
from lodespace.project.initial_labels import choose_labels
from lodespace.project.opening import finish_bake, new_bake
from lodespace.project.project import DATA_FOLDER
from lodespace.recording.published import SECONDS_PER_MOMENT
from lodespace.recording.recorder import Recorder
from lodespace.session.session import AnnotationSession
from lodespace.session.settings import settings_of
from lodespace.training.dataset import to_dataset
from lodespace.training.inspection import losses_of

KEYFRAMES_APART = 60
"""Number of epochs from one keyframe of a recording to the next.

A keyframe is a complete state, from which a page can load the rest of a recording. The page of the
panels loads whole recordings, so keyframes may be far apart.
"""


def bake_figure2(
    data: str | Path,
    output: Path,
    *,
    epochs: int = 50,
    seed: int = 0,
    labels: str = "all",
    options: ImportOptions | None = None,
    device: str = "auto",
    threads: int = 0,
    force: bool = False,
    progress: bool = False,
) -> Path:
    """Train and write the panels into the folder `output`.

    Args:
        data: Path of data to import. All panels are trained on these items.
        output: Folder to create. It will contain one folder per panel with a bake, such as
            "a-left", and index.html, which shows all panels.
        epochs: Epochs without labels; the paper has 50. The numbers of epochs with labels are
            scaled by epochs / 50.
        seed: Seed of the training.
        labels: Which labels of the data to train with: "all" or a number of labels per class. Items
            without a label are grey in the panels.
        options: How to read the data.
        device: "auto", "cpu", "cuda" or "mps".
        threads: Processor threads of the model. 0: all.
        force: Replace `output` if it is the folder of an earlier call.
        progress: Show a progress bar.

    Returns:
        `output`.

    Raises:
        DatasetError: The data cannot be read, or have no labels.
        ProjectError: `output` cannot be written.
        TrainingError: The training failed.
    """
    if is_project(data):
        raise ProjectError(f"{data} is a project; give the data from which it was made")
    panels = scaled(epochs)
    with (
        limited_threads(threads),
        atomic_folder(output, lambda: _check_output(output, force=force)) as folder,
    ):
        first = folder / panels[0].name
        items, kept = copy_data(data, first, options or ImportOptions(), progress)
        given = choose_labels(items, labels, seed)
        if not (given != UNLABELED).any():
            raise TrainingError("figure 2 needs labels; give --labels all, or a number per class")
        total = epochs + sum(chain[-1].epochs for chain in chains(panels))
        with EpochProgress(total, shown=progress) as bar:
            writer = _Writer(folder, items, kept, given, seed)
            _train(writer, to_dataset(items), epochs, panels, device, bar)
        write_page(folder, items.name, epochs, panels)
    return output


def _check_output(output: Path, *, force: bool) -> None:
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not (output / PANELS_FILE).is_file():
        raise ProjectError(f"{output} exists; give another folder with -o")
    if not force:
        raise ProjectError(
            f"{output} has an earlier figure; replace it with --force, or give another folder "
            "with -o"
        )


class _Moment(NamedTuple):
    """The state after one epoch."""

    latent_mean: npt.NDArray[np.float32]
    """The encoder's means, (N, D)."""
    predictions: ItemPredictions[npt.NDArray[Any]]
    """Predictions of the items."""
    step: int
    """Training step."""
    losses: protocol.Losses
    """Losses of the training."""


class _Writer(NamedTuple):
    """Writes the bakes of the panels into `folder`."""

    folder: Path
    items: ItemSet
    kept: str
    """Value of the field `data` in the manifest of each bake."""
    labels: npt.NDArray[np.int16]
    """Class ids, (N,)."""
    seed: int

    def write(self, panel: Panel, moments: list[_Moment], trainer: Trainer) -> None:
        """Write the bake of a panel. The recording of the bake has one moment per epoch."""
        folder, items = self.folder / panel.name, self.items
        if self.kept == DATA_FOLDER and not (folder / DATA_FOLDER).is_dir():
            folder.mkdir()
            shutil.copytree(self.folder / PANELS[0].name / DATA_FOLDER, folder / DATA_FOLDER)
            items = load(folder / DATA_FOLDER, root=items.root)
        settings = settings_of(trainer.config)
        project = new_bake(folder, self.kept, items, seed=self.seed, settings=settings)
        session = AnnotationSession(items, read_only=True, scene_id=SCENE_ID)
        session.begin_with(self.labels)
        recorder = Recorder(
            project.recording_path,
            session,
            frame_seconds=0.0,
            keyframe_interval=KEYFRAMES_APART,
            patient=True,
        )
        for number, moment in enumerate(moments):
            last = number == len(moments) - 1
            session.publish(
                moment.latent_mean, moment.predictions, step=moment.step, resting=last, exact=True
            )
            time = number * SECONDS_PER_MOMENT
            recorder.positions(time, last=last)
            recorder.operations([protocol.LossesMeasured(losses=moment.losses)], time)
        recorder.close()
        shown = np.linspace(0, len(moments) - 1, min(MORPH_TARGETS, len(moments)) + 1).round()
        means = [moments[int(k)].latent_mean for k in shown]
        write_parts(project, session, means, trainer, DEFAULT_PARTS)
        finish_bake(project)


def _train(
    writer: _Writer,
    dataset: Dataset,
    epochs: int,
    panels: tuple[Panel, ...],
    device: str,
    progress: EpochProgress,
) -> None:
    """Train all panels, and write each panel as soon as it is trained."""
    config = preset("figure2").replace(pretraining_epochs=epochs)
    n_classes = max(2, len(writer.items.class_names))
    trainer = Trainer(dataset, config, n_classes=n_classes, seed=writer.seed, device=device)
    progress.begin(panels[0].title)
    moments = [_moment(trainer), *_each_epoch(trainer, progress)]
    writer.write(panels[0], moments, trainer)
    start = trainer.state()
    for chain in chains(panels):
        _train_chain(writer, dataset, chain, moments, start, device, progress)


def _train_chain(
    writer: _Writer,
    dataset: Dataset,
    chain: tuple[Panel, ...],
    before: list[_Moment],
    start: TrainingState,
    device: str,
    progress: EpochProgress,
) -> None:
    """Continue the training from the state `start`, now with labels.

    Write each panel of `chain` when its number of epochs is reached.
    """
    trainer = Trainer.from_state(start, dataset, device=device)
    moments, done = list(before), 0
    for panel in chain:
        progress.begin(panel.title)
        if done == 0:
            changed = trainer.config.replace(**panel.changes, labelled_epochs=panel.epochs)
            trainer.configure(changed)
            trainer.set_labels(writer.labels)
        else:
            assert isinstance(trainer.loop, Figure2Loop)
            trainer.loop.plan_epochs(panel.epochs - done)
        moments += _each_epoch(trainer, progress)
        done = panel.epochs
        writer.write(panel, moments, trainer)


def _each_epoch(trainer: Trainer, progress: EpochProgress) -> Iterator[_Moment]:
    """Train until no work is left, and yield the state after each epoch."""
    epoch = int(trainer.loop.vae_training.epoch)
    for snapshot in finite_frames(trainer):
        if snapshot.epoch >= epoch + 1:
            epoch += 1
            progress.advance()
            yield _moment(trainer)
        # `snapshot.resting` becomes true later than `loop.resting`, because the shown points are
        # smoothed and move for some frames after the model has stopped.
        if trainer.loop.resting:
            return


def _moment(trainer: Trainer) -> _Moment:
    snapshot = trainer.snapshot()
    mean = trainer.loop.vae_training.encode_all().cpu().numpy()
    return _Moment(mean, snapshot.predictions, snapshot.step, losses_of(snapshot))
