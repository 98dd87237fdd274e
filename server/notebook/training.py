"""`lodespace.train`: training in this process."""

import tempfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy.typing as npt

from lodespace.notebook.settings import HEADLESS, Data, Knn, resolved, with_knn, with_settings
from lodespace.protocol import Settings
from lodespace.session.settings_file import GivenSettings

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions, Source
    from lodespace.models.snapshot import Snapshot


@overload
def train(
    data: Data | None = None,
    output: None = None,
    *,
    labels: npt.ArrayLike | None = None,
    use_labels: str | None = None,
    precomputed_knn: Knn = None,
    options: "ImportOptions | None" = None,
    settings: Any = None,
    **values: Any,
) -> "Snapshot": ...
@overload
def train(
    data: Data | None,
    output: str | Path,
    *,
    labels: npt.ArrayLike | None = None,
    use_labels: str | None = None,
    precomputed_knn: Knn = None,
    options: "ImportOptions | None" = None,
    resume: bool = False,
    force: bool = False,
    progress: bool = True,
    settings: Any = None,
    **values: Any,
) -> "Snapshot | None": ...
@with_settings(HEADLESS)
def train(
    data: Data | None = None,
    output: str | Path | None = None,
    *,
    labels: npt.ArrayLike | None = None,
    use_labels: str | None = None,
    precomputed_knn: Knn = None,
    options: "ImportOptions | None" = None,
    resume: bool = False,
    force: bool = False,
    progress: bool = True,
    settings: Any = None,
    **values: Any,
) -> "Snapshot | None":
    """Train in this process and return the last snapshot.

    With `output`, save the model for `load_model`, with its settings and metrics, like the command
    `lodespace train`. To receive every snapshot, use `lodespace.models.Trainer`.

    Args:
        data: As for `serve`.
        output: Folder of the model. None to save nothing.
        labels: Labels of arrays, (N,).
        use_labels: As for `bake`.
        precomputed_knn: As for `serve`.
        options: How to read the data.
        resume: Continue an unfinished training in `output`. If it is finished, do nothing.
        force: Replace the model or unfinished training in `output`.
        progress: Show a progress bar. Without `output`, none is shown.
        settings: As for `bake`.
        **values: Further settings by name, listed below. They override those of `settings`.

    Returns:
        The last snapshot: `.latent_mean` (N, D), `.prediction` (N,), `.losses`, ..., in the order
        of the data. None if the training in `output` was already finished.

    Raises:
        DatasetError: The data cannot be read.
        ProjectError: `output` cannot be written.
        SettingsError: A setting has a wrong name or value.
        TrainingError: The training failed.
        ValueError: The model cannot be trained with these options. This error is raised only
            without `output`.
    """
    from lodespace.importing.importer import source_of
    from lodespace.importing.source import ImportOptions
    from lodespace.items.item_set import bundled_digits_folder

    given = resolved(settings, values, HEADLESS)
    if use_labels is not None:
        given = given.updated(GivenSettings.of({"labels": use_labels}))
    found = bundled_digits_folder() if data is None else data
    source, reference = source_of(found, labels, None, "array")
    options = with_knn(options or ImportOptions(), precomputed_knn)
    if output is None:
        return _train(source, options, given)
    from lodespace.runs.train import train_model
    from lodespace.runs.training_run import RunOptions

    run = RunOptions(progress=progress)
    return train_model(
        source, reference, Path(output), given, options, run, resume=resume, force=force
    ).snapshot


def _train(source: "str | Source", options: "ImportOptions", given: GivenSettings) -> "Snapshot":
    """Train on `source`, and save nothing."""
    from lodespace.importing.importer import import_data
    from lodespace.items.item_set import load
    from lodespace.models.device import limited_threads
    from lodespace.models.shared_items import shared
    from lodespace.models.training.trainer import Trainer
    from lodespace.models.workers.launch import threads_of_worker
    from lodespace.project.initial_labels import choose_labels
    from lodespace.project.knn_check import check_neighbours
    from lodespace.runs.training_run import in_original_order
    from lodespace.session.settings import configuration
    from lodespace.training.dataset import to_dataset
    from lodespace.training.workers import team_for

    run = given.run_settings()
    with tempfile.TemporaryDirectory(prefix="lodespace-") as folder:
        import_data(source, Path(folder) / "data", options)
        items = load(Path(folder) / "data")
        check_neighbours(items, given.settings)
        dataset = to_dataset(items)
    config = configuration(given.settings or Settings())
    n_classes = max(1, len(items.class_names))
    with (
        limited_threads(threads_of_worker(run.threads, run.workers)),
        team_for(run.workers, run.device, run.threads, run.ray) as team,
    ):
        dataset = shared(dataset, team)
        trainer = Trainer(dataset, config, n_classes=n_classes, seed=run.seed, device=run.device)
        trainer.set_labels(choose_labels(items, run.labels, run.seed))
        (last,) = deque(trainer.frames(run.epochs), maxlen=1)
    return in_original_order(last, items)
