"""`lodespace.train`: training in this process."""

import tempfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from lodespace.notebook.settings import HEADLESS, Data, resolved, with_settings
from lodespace.protocol import Settings

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions
    from lodespace.models.snapshot import Snapshot


@with_settings(HEADLESS)
def train(
    data: Data | None = None,
    *,
    labels: npt.ArrayLike | None = None,
    use_labels: str | None = None,
    options: "ImportOptions | None" = None,
    settings: Any = None,
    **values: Any,
) -> "Snapshot":
    """Train in this process and return the last snapshot.

    To receive every snapshot, use `lodespace.models.Trainer`.

    Args:
        data: As for `serve`.
        labels: Labels of arrays, (N,).
        use_labels: As for `bake`.
        options: How to read the data.
        settings: As for `bake`.
        **values: Further settings by name, listed below. They override those of `settings`.

    Returns:
        The last snapshot: `.latent_mean` (N, D), `.prediction` (N,), `.losses`, ...

    Raises:
        DatasetError: The data cannot be read.
        SettingsError: A setting has a wrong name or value.
        ValueError: The model cannot be trained with these options.
    """
    from lodespace.importing.importer import import_data, source_of
    from lodespace.importing.source import ImportOptions
    from lodespace.items.item_set import load, load_digits
    from lodespace.models.device import limited_threads
    from lodespace.models.training.trainer import Trainer
    from lodespace.project.initial_labels import choose_labels
    from lodespace.session.settings import configuration
    from lodespace.training.dataset import to_dataset

    given = resolved(settings, values, HEADLESS)
    run = given.run_settings()
    with tempfile.TemporaryDirectory(prefix="lodespace-") as folder:
        if data is None:
            items = load_digits()
        else:
            import_data(
                source_of(data, labels, None, "array")[0],
                Path(folder) / "data",
                options or ImportOptions(),
            )
            items = load(Path(folder) / "data")
        dataset = to_dataset(items)
    config = configuration(given.settings or Settings())
    n_classes = max(1, len(items.class_names))
    with limited_threads(run.threads):
        trainer = Trainer(dataset, config, n_classes=n_classes, seed=run.seed, device=run.device)
        trainer.set_labels(choose_labels(items, use_labels or run.labels, run.seed))
        (last,) = deque(trainer.frames(run.epochs), maxlen=1)
    return last
