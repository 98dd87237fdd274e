"""The Python API: `lodespace.serve(X, labels=y)`, `lodespace.bake(X, "out")`, `lodespace.train(X)`.

X is pictures (N, H, W) or (N, H, W, 3), vectors (N, F), a Dataset of torch, or a path that
`lodespace serve` reads. There is one label per item: a number (negative: no label) or a name
("": no label).
"""

import asyncio
import atexit
import html
import tempfile
import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from lodespace.config import DEFAULT_PORT, PORTS_TRIED, LanConfig, ServerConfig
from lodespace.items.import_report import as_text
from lodespace.project.opening import new_project, open_again, open_project
from lodespace.project.project import MANIFEST, Project
from lodespace.protocol import Preset, Settings

if TYPE_CHECKING:
    import pandas as pd
    from aiohttp import web

    from lodespace.exporting.table import Table
    from lodespace.importing.source import ImportOptions, Source
    from lodespace.models.snapshot import Snapshot

Data = Any
"""Arrays (npt.ArrayLike), a path, torchvision:NAME, or a map-style Dataset of torch.

The alias is Any, because the type Dataset is not available without torch.
"""
FRAME_HEIGHT = 720
"""Height of the page in a notebook, in pixels."""


class Served:
    """A session that a thread serves until `stop` is called. A `with` block calls `stop`."""

    def __init__(
        self,
        project: Project,
        ports: range,
        *,
        lan: LanConfig | None = None,
        device: str,
        threads: int,
    ) -> None:
        self.url = ""
        """Address of the page on this machine."""
        self.addresses: list[str] = []
        """Addresses for other devices. Empty without `lan`."""
        self._config = ServerConfig(lan=lan, notebook=True)
        self._app: web.Application | None = None
        self.project_folder = project.folder
        """Project folder, which contains the labels and the model."""
        self.report = as_text(project.items.report)
        """How the import read the data, as text of a few lines: `print(served.report)`."""
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, args=(project, ports, device, threads), daemon=True
        )
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error
        atexit.register(self.stop)

    def _run(self, project: Project, ports: range, device: str, threads: int) -> None:
        try:
            self._loop.run_until_complete(self._serve(project, ports, device, threads))
        except BaseException as error:  # raised again by `__init__`
            self._error = error
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            project.close()
            self._ready.set()

    async def _serve(self, project: Project, ports: range, device: str, threads: int) -> None:
        from lodespace.web.app import make_app
        from lodespace.web.server import start

        app = make_app(self._config, project, device=device, threads=threads)
        self._app = app
        runner, self.url, self.addresses = await start(app, ports)
        self._ready.set()
        try:
            await self._stop.wait()
        finally:
            await runner.cleanup()

    def labels(self) -> "pd.DataFrame | list[dict[str, Any]]":
        """Return the current labels, one row per item, also after `stop`.

        The columns include id, label, the client that gave the label, prediction, confidence, the
        latent mean, and all columns of the source. Returns a pandas DataFrame, or a list of
        dictionaries if pandas is not installed.
        """
        import importlib.util

        from lodespace.exporting import table

        current = self._table()
        if importlib.util.find_spec("pandas") is None:
            return list(table.rows(current))
        return table.as_arrow(current).to_pandas()

    def latents(self) -> npt.NDArray[np.float64]:
        """Return the current latent means, (N, D), also after `stop`."""
        return self._table().latent_mean

    def _table(self) -> "Table":
        """Return the current labels, predictions and latent means of the session."""
        from lodespace.exporting.table import Table
        from lodespace.project.offline import open_offline
        from lodespace.web.api import SERVICE

        if self._thread.is_alive() and self._app is not None:
            session = self._app[SERVICE].session

            async def copied() -> Table:
                return Table.of(session)

            return asyncio.run_coroutine_threadsafe(copied(), self._loop).result()
        project, session = open_offline(self.project_folder)
        project.close()
        return Table.of(session)

    def _repr_html_(self) -> str:
        """Return HTML that shows the page inside a Jupyter notebook.

        The page is served only to the kernel's machine. Another machine reaches `url` through an
        SSH tunnel.
        """
        if not self._thread.is_alive():
            return html.escape(repr(self))
        return (
            f'<iframe src="{html.escape(self.url)}" title="Lodespace" width="100%" '
            f'height="{FRAME_HEIGHT}" frameborder="0"></iframe>'
        )

    def stop(self) -> None:
        """Save the model and stop the server. Labels are already saved."""
        atexit.unregister(self.stop)
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        if not self._thread.is_alive():
            return f"<lodespace: stopped; labels and model are in {self.project_folder}>"
        elsewhere = f", {self.addresses[0]} in a headset" if self.addresses else ""
        return (
            f"<lodespace: open {self.url} in a browser{elsewhere}; "
            f"project {self.project_folder}; .stop() stops the server>"
        )


def serve(
    data: Data | None = None,
    *,
    labels: npt.ArrayLike | None = None,
    ids: npt.ArrayLike | None = None,
    project: str | Path | None = None,
    name: str = "array",
    use_labels: str | None = None,
    options: "ImportOptions | None" = None,
    port: int | None = None,
    lan: bool = False,
    preset: Preset | None = None,
    latent_dim: Literal[2, 3] | None = None,
    seed: int = 0,
    device: str = "auto",
    threads: int = 0,
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
        options: How to read the data.
        port: Port of the page. 0 for any free port. None for 8321, or the next free port if 8321
            is taken.
        lan: Also serve other devices by HTTPS. You approve each device on the page (docs/vr.md).
        preset: Training preset (docs/model.md).
        latent_dim: Dimensions of the latent space.
        seed: Seed of a new project.
        device: "auto", "cpu", "cuda" or "mps".
        threads: Processor threads of the model. 0 for one per processor.

    Raises:
        DatasetError: The data cannot be read.
        ProjectError: The project cannot be opened or created.
        LodespaceError: No port is free.
    """
    settings = _settings(preset, latent_dim)
    ports = (
        range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED) if port is None else range(port, port + 1)
    )
    from lodespace.importing import importer

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
            settings=settings,
            seed=seed,
            options=options,
            labels=use_labels,
            progress=True,
        )
    else:
        folder = folder or Path(f"lodespace-{name}")
        if (folder / MANIFEST).is_file():
            opened = open_again(folder, reference, settings)
        else:
            opened = new_project(
                folder,
                source,
                reference,
                options,
                seed=seed,
                settings=settings,
                labels=use_labels,
                progress=True,
            )
    try:
        return Served(
            opened, ports, lan=LanConfig() if lan else None, device=device, threads=threads
        )
    except BaseException:
        opened.close()
        raise


def bake(
    data: Data,
    output: str | Path,
    *,
    labels: npt.ArrayLike | None = None,
    ids: npt.ArrayLike | None = None,
    name: str = "array",
    use_labels: str | None = None,
    options: "ImportOptions | None" = None,
    epochs: int = 30,
    preset: Preset | None = None,
    latent_dim: Literal[2, 3] | None = None,
    seed: int = 0,
    device: str = "auto",
    threads: int = 0,
    force: bool = False,
    progress: bool = True,
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
        options: How to read the data.
        epochs: Passes of the encoder over the data.
        preset: Training preset (docs/model.md).
        latent_dim: Dimensions of the latent space.
        seed: Seed of the training. The same seed gives the same bytes on the same kind
            of processor.
        device: "auto", "cpu", "cuda" or "mps".
        threads: Processor threads of the model. 0 for one per processor.
        force: Replace `output` if it is a bake.
        progress: Show a progress bar.

    Returns:
        The path of the bake.

    Raises:
        DatasetError: The data cannot be read.
        ProjectError: `output` cannot be written.
        TrainingError: The training failed.
    """
    from lodespace.baking.bake import bake as bake_source
    from lodespace.importing.importer import source_of

    source, _ = source_of(data, labels, ids, name)
    return bake_source(
        source,
        Path(output),
        epochs=epochs,
        seed=seed,
        settings=_settings(preset, latent_dim),
        labels=use_labels,
        options=options,
        device=device,
        threads=threads,
        force=force,
        progress=progress,
    )


def train(
    data: Data | None = None,
    *,
    labels: npt.ArrayLike | None = None,
    use_labels: str | None = None,
    options: "ImportOptions | None" = None,
    epochs: int = 30,
    preset: Preset | None = None,
    latent_dim: Literal[2, 3] | None = None,
    seed: int = 0,
    device: str = "auto",
) -> "Snapshot":
    """Train in this process and return the last snapshot.

    To receive every snapshot, use `lodespace.models.Trainer`.

    Args:
        data: As for `serve`.
        labels: Labels of arrays, (N,).
        use_labels: As for `bake`.
        options: How to read the data.
        epochs: Passes of the encoder over the data.
        preset: Training preset (docs/model.md).
        latent_dim: Dimensions of the latent space.
        seed: Seed of the training.
        device: "auto", "cpu", "cuda" or "mps".

    Returns:
        The last snapshot: `.latent_mean` (N, D), `.prediction` (N,), `.losses`, ...

    Raises:
        DatasetError: The data cannot be read.
        ValueError: The model cannot be trained with these options.
    """
    from lodespace.importing.importer import import_data, source_of
    from lodespace.importing.source import ImportOptions
    from lodespace.items.item_set import load, load_digits
    from lodespace.models.training.trainer import Trainer
    from lodespace.project.initial_labels import choose_labels
    from lodespace.session.settings import configuration
    from lodespace.training.dataset import to_dataset

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
    config = configuration(_settings(preset, latent_dim) or Settings())
    n_classes = max(1, len(items.class_names))
    trainer = Trainer(dataset, config, n_classes=n_classes, seed=seed, device=device)
    trainer.set_labels(choose_labels(items, use_labels, seed))
    (last,) = deque(trainer.frames(epochs), maxlen=1)
    return last


def _settings(preset: Preset | None, latent_dim: Literal[2, 3] | None) -> Settings | None:
    return (
        None
        if preset is None and latent_dim is None
        else Settings(preset=preset, latent_dim=latent_dim)
    )
