"""`lodespace.bake`: headless training from Python that writes a bake."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from lodespace.notebook.settings import HEADLESS, Data, Knn, resolved, with_knn, with_settings

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions


@with_settings(HEADLESS)
def bake(
    data: Data,
    output: str | Path,
    *,
    labels: npt.ArrayLike | None = None,
    ids: npt.ArrayLike | None = None,
    name: str = "array",
    use_labels: str | None = None,
    precomputed_knn: Knn = None,
    options: "ImportOptions | None" = None,
    force: bool = False,
    progress: bool = True,
    as_is: bool = False,
    settings: Any = None,
    **values: Any,
) -> Path:
    """Train without a browser and write the bake `output`, which `lodespace serve` shows.

    Args:
        data: As for `serve`.
        output: Folder of the bake.
        labels: Labels of arrays, (N,).
        ids: Ids of arrays, (N,).
        name: Name of the data set if `data` are arrays or a Dataset.
        use_labels: Which labels of the data to train with: "none", "all" or a number of labels per
            class ("5"). None means "all" if the labels are a person's work, else "none".
        precomputed_knn: As for `serve`.
        options: How to read the data.
        force: Replace `output` if it is a bake.
        progress: Show a progress bar.
        as_is: Train nothing: publish the map, the session and the model of the project at the path
            `data` as they are. Labels, settings and options of the import cannot be given.
        settings: Settings of the training: the path of a TOML file, such as the settings.toml of
            another bake, or a dictionary.
        **values: Further settings by name, listed below. They override those of `settings`.

    Returns:
        The path of the bake.

    Raises:
        DatasetError: The data cannot be read.
        ProjectError: `output` cannot be written.
        SettingsError: A setting has a wrong name or value.
        TrainingError: The training failed.
    """
    from lodespace.baking.bake import bake as bake_source
    from lodespace.importing.importer import source_of
    from lodespace.importing.source import ImportOptions

    options = with_knn(options or ImportOptions(), precomputed_knn)
    given = resolved(settings, values, HEADLESS)
    run = given.run_settings()
    source, _ = source_of(data, labels, ids, name)
    return bake_source(
        source,
        Path(output),
        epochs=run.epochs,
        seed=run.seed,
        settings=given.settings,
        labels=use_labels or run.labels,
        options=options,
        device=run.device,
        threads=run.threads,
        workers=run.workers,
        force=force,
        progress=progress,
        as_is=as_is,
    )
