"""`lodespace.serve`: a session from Python."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from lodespace.config import DEFAULT_PORT, PORTS_TRIED, LanConfig
from lodespace.notebook.served import Served
from lodespace.notebook.settings import Data, Knn, resolved, with_knn, with_settings
from lodespace.project.opening import new_project, open_again, open_project
from lodespace.project.project import MANIFEST

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions, Source

_RUN = ("seed", "device", "threads", "workers")


@with_settings(_RUN)
def serve(
    data: Data | None = None,
    *,
    labels: npt.ArrayLike | None = None,
    ids: npt.ArrayLike | None = None,
    project: str | Path | None = None,
    name: str = "array",
    use_labels: str | None = None,
    precomputed_knn: Knn = None,
    options: "ImportOptions | None" = None,
    port: int | None = None,
    lan: bool = False,
    settings: Any = None,
    **values: Any,
) -> Served:
    """Serve items to a browser on this machine, from a thread. Returns when the page can be opened.

    Args:
        data: Arrays, a map-style Dataset of torch, or a path that `lodespace serve` reads
            (docs/data.md). None for the bundled digits.
        labels: Labels of arrays, (N,). The labels become the first gestures of the session.
        ids: Ids of arrays, (N,).
        project: Project folder (default: lodespace-NAME). The same call opens the project again.
        name: Name of the data set if `data` are arrays or a Dataset.
        use_labels: Which labels of the data to start with: "none", "all" or a number of labels per
            class ("5").
        precomputed_knn: Nearest neighbours of the items, to skip the search: arrays of indices and
            distances, each (N, K), as from `kneighbors()` of scikit-learn; or a sparse matrix of
            distances (N, N), as from `kneighbors_graph(mode="distance")`; or the path of a .npz
            file with one of them.
        options: How to read the data.
        port: Port of the page. 0 for any free port. None for 8321, or the next free port if 8321
            is taken.
        lan: Also serve other devices by HTTPS. You approve each device on the page (docs/vr.md).
        settings: Settings of the training: the path of a TOML file, or a dictionary.
        **values: Further settings by name, listed below. They override those of `settings`.

    Raises:
        DatasetError: The data cannot be read.
        ProjectError: The project cannot be opened or created.
        SettingsError: A setting has a wrong name or value.
        LodespaceError: No port is free.
    """
    given = resolved(settings, values, _RUN)
    run = given.run_settings()
    ports = (
        range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED) if port is None else range(port, port + 1)
    )
    from lodespace.importing import importer
    from lodespace.importing.source import ImportOptions

    options = with_knn(options or ImportOptions(), precomputed_knn)
    folder = None if project is None else Path(project)
    source: str | Source | None = None
    reference = ""
    if data is None:
        importer.refuse_extras(labels, ids)
    else:
        source, reference = importer.source_of(data, labels, ids, name)
    if source is None or isinstance(source, str):
        opened = open_project(
            source,
            project_folder=folder,
            settings=given.settings,
            seed=run.seed,
            options=options,
            labels=use_labels,
            progress=True,
        )
    else:
        folder = folder or Path(f"lodespace-{name}")
        if (folder / MANIFEST).is_file():
            opened = open_again(folder, reference, given.settings)
        else:
            opened = new_project(
                folder,
                source,
                reference,
                options,
                seed=run.seed,
                settings=given.settings,
                labels=use_labels,
                progress=True,
            )
    try:
        return Served(
            opened,
            ports,
            lan=LanConfig() if lan else None,
            device=run.device,
            threads=run.threads,
            workers=run.workers,
        )
    except BaseException:
        opened.close()
        raise
