"""`lodespace train`: train and save a model. The training can be resumed. This module imports
torch."""

import dataclasses
from pathlib import Path

import numpy as np

from lodespace.baking.baked_data import GivenLabels, copy_data, project_state
from lodespace.errors import ProjectError, SettingsError
from lodespace.importing.source import ImportOptions, Source
from lodespace.models.hyperparameters.hyperparameter import text_of
from lodespace.project.initial_labels import choose_labels
from lodespace.project.knn_check import check_neighbours
from lodespace.project.project import load_items
from lodespace.protocol import Settings
from lodespace.runs.metrics import check_tensorboard
from lodespace.runs.run_folder import RunFolder, Start, read_start, write_start
from lodespace.runs.training_run import RunOptions, Trained, run_training
from lodespace.session.settings import merge, values_in, with_defaults
from lodespace.session.settings_file import GivenSettings, write_settings

MACHINE = ("device", "threads", "workers", "ray")
"""Fields of RunSettings that may change when a training is resumed."""


def train_model(
    data: "str | Path | Source",
    reference: str,
    output: Path,
    given: GivenSettings,
    import_options: ImportOptions,
    options: RunOptions,
    *,
    resume: bool = False,
    force: bool = False,
) -> Trained:
    """Train on `data`, and write the model into the folder `output`.

    The same data, settings, threads and kind of processor give the same model, even if the training
    was interrupted and resumed.

    Args:
        data: Path of data to import, a source, or path of a project. A project is trained with its
            labels and settings.
        reference: Reference to the data, as in the manifest of a project.
        output: Folder of the model.
        given: Settings of this call. Any other setting has the value of the project, or its
            default.
        import_options: How to read the data.
        options: Options that do not change the result.
        resume: Continue an unfinished training in `output`. If there is none, start a new one; if
            it is finished, do nothing.
        force: Replace an earlier model or unfinished training in `output`.

    Raises:
        DatasetError: The data cannot be read.
        ProjectError: `output` cannot be written, or has other content.
        SettingsError: The unfinished training has other settings.
        TrainingError: The training failed.
        Stopped: A signal stopped the training, whose state was saved.
    """
    if options.tensorboard:
        check_tensorboard()
    folder = RunFolder(output)
    folder.check_own()
    if force:
        folder.clear()
    if folder.state == "finished":
        if resume:
            return Trained(folder.result(), None)
        raise ProjectError(
            f"{output} has a trained model; replace it with --force, or give another folder with -o"
        )
    if folder.state == "unfinished":
        if not resume:
            raise ProjectError(
                f"{output} has an unfinished training; continue it with --resume, or start again "
                "with --force"
            )
        _check_same(folder, reference, given)
    else:
        _begin(folder, data, reference, given, import_options, progress=options.progress)
    start, labels = read_start(folder.unfinished)
    machine = {name: value for name, value in given.run.items() if name in MACHINE}
    if machine.get("workers") == 1:
        machine.setdefault("ray", None)
    run = GivenSettings(run={**start.run, **machine}).run_settings()
    items = load_items(start.data, folder.unfinished)
    return run_training(folder, items, labels, start.settings, run, options)


def _begin(
    folder: RunFolder,
    data: "str | Path | Source",
    reference: str,
    given: GivenSettings,
    import_options: ImportOptions,
    *,
    progress: bool,
) -> None:
    """Import the data, choose the labels, and write data, labels and settings of the training."""
    run = given.run_settings()
    state = project_state(data, import_options.root)
    settings = given.settings or Settings()
    if state is not None:
        settings = merge(state.settings, settings)
        import_options = dataclasses.replace(import_options, root=None)
    settings = with_defaults(settings)
    folder.path.mkdir(parents=True, exist_ok=True)
    with folder.beginning() as making:
        items, kept = copy_data(state.data if state else data, making, import_options, progress)
        check_neighbours(items, settings)
        if state is not None and run.labels is None:
            labels = state.given
        else:
            labels = chosen_labels(choose_labels(items, run.labels, run.seed))
        values = dataclasses.asdict(run)
        start = Start(
            source=reference, data=kept, settings=settings, run=values, classes=labels.classes
        )
        write_start(making, start, labels)
        write_settings(folder.path, settings, values)


def chosen_labels(labels: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> GivenLabels:
    """Return `labels` (N,), class ids of the data set, as labels that nobody has verified."""
    none = np.zeros(len(labels), np.bool_)
    return GivenLabels(labels, none, none, None)


def _check_same(folder: RunFolder, reference: str, given: GivenSettings) -> None:
    """Raise if the data or the given settings are not those of the unfinished training."""
    start, _ = read_start(folder.unfinished)
    if start.source != reference:
        raise ProjectError(
            f"{folder.path} has an unfinished training on other data ({start.source}); give "
            "another folder with -o, or start again with --force"
        )
    now = {**values_in(start.settings), **start.run}
    asked = {} if given.settings is None else values_in(given.settings)
    for name, value in {**asked, **given.run}.items():
        if name not in MACHINE and now[name] != value:
            raise SettingsError(
                f"the unfinished training in {folder.path} has {name} {text_of(now[name])}, not "
                f"{text_of(value)}; leave out the setting, or give another folder with -o"
            )
