"""Lodespace from Python: `lodespace.serve(X, labels=y)`, `lodespace.bake(X, "out")`, `lodespace.train(X)`.

X is pictures (N, H, W) or (N, H, W, 3), numbers (N, F), a Dataset of torch, or the path of anything `lodespace serve` reads. Labels are one
an item, numbers (negative: none) or names ("": none).
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
from lodespace.project.project import MANIFEST, Project, new_project, open_again, open_project
from lodespace.protocol import Preset, Settings

if TYPE_CHECKING:
    import pandas as pd
    from aiohttp import web

    from lodespace.exporting.table import Table
    from lodespace.importing.source import ImportOptions, Source
    from lodespace.models.snapshot import Snapshot

Data = Any
"""Arrays (npt.ArrayLike), a path, torchvision:NAME, or a map-style Dataset of torch, which has no type without torch."""
FRAME_HEIGHT = 720
"""Pixels of the page in a notebook."""


class Served:
    """A session being served in a thread of its own, until `stop`. Also a context manager."""

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
        self.addresses: list[str] = []
        """For other devices, with `lan`."""
        self._config = ServerConfig(lan=lan, notebook=True)
        self._app: web.Application | None = None
        self.project_folder = project.folder
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
        except BaseException as error:  # handed to the thread that waits for it
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
        """One row an item: id, label, who gave it, prediction, confidence, latent mean, and every column it came with, as they are now.

        A pandas DataFrame where pandas is installed; else a list of dictionaries. Also after `stop`.
        """
        import importlib.util

        from lodespace.exporting import table

        now = self._table()
        if importlib.util.find_spec("pandas") is None:
            return list(table.rows(now))
        return table.as_arrow(now).to_pandas()

    def latents(self) -> npt.NDArray[np.float64]:
        """The latent means as they are shown now, (N, D). Also after `stop`."""
        return self._table().latent_mean

    def _table(self) -> "Table":
        """The session's labels and map at this moment."""
        from lodespace.exporting.table import Table
        from lodespace.project.offline import open_offline
        from lodespace.web.api import SERVICE

        if self._thread.is_alive() and self._app is not None:
            session = self._app[SERVICE].session

            async def take() -> Table:
                return Table.of(session)

            return asyncio.run_coroutine_threadsafe(take(), self._loop).result()
        project, session = open_offline(self.project_folder)
        project.close()
        return Table.of(session)

    def _repr_html_(self) -> str:
        """Inline in Jupyter. The page is this machine's: with a kernel elsewhere, open `url` through a tunnel."""
        if not self._thread.is_alive():
            return html.escape(repr(self))
        return f'<iframe src="{html.escape(self.url)}" title="Lodespace" width="100%" height="{FRAME_HEIGHT}" frameborder="0"></iframe>'

    def stop(self) -> None:
        """Save what was learned and end. Labels were saved as they were made."""
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
            return f"<lodespace: stopped; its work is in {self.project_folder}>"
        elsewhere = f", {self.addresses[0]} in a headset" if self.addresses else ""
        return f"<lodespace: open {self.url} in a browser{elsewhere}; project {self.project_folder}; .stop() ends it>"


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
    """Serve items to a browser on this machine, from a thread; returns at once. Without `data`: the bundled digits.

    `data`: arrays, a map-style Dataset of torch, or whatever `lodespace serve` reads (docs/data.md), with `options` to say more about it.
    `labels`: known labels of the items; they are the first gestures of the session (`use_labels`: which of them). The work is
    kept in the folder `project`
    (default: lodespace-NAME), which the same call opens again. `port`: 0 for any free one. `lan`: other devices too, by HTTPS, those
    that you allow on the page (docs/vr.md).
    Raises DatasetError, ProjectError, LodespaceError.
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
    """Train without a screen and write the bake `output`, which `lodespace serve` shows; returns its path.

    `use_labels`: which labels to train with: "none", "all", or how many of each class ("5"); by default all, if they are somebody's work.
    Raises DatasetError, ProjectError, TrainingError.
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
    """Train in this process and return the last snapshot: `.latent_mean` (N, D), `.prediction` (N,), `.losses`, ...

    `use_labels` as for `bake`. The loop itself, snapshot by snapshot, is lodespace.models.Trainer. Raises DatasetError, ValueError.
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
