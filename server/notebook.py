"""Lodespace from Python: `lodespace.serve(X, labels=y)`, `lodespace.bake(X, "out")`, `lodespace.train(X)`.

X is uint8 pictures (N, H, W) or (N, H, W, 3), or numbers (N, F); or the path of a data set. Labels are one a item, numbers (negative: none)
or names ("": none).
"""

import asyncio
import atexit
import contextlib
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from lodespace.config import DEFAULT_PORT, PORTS_TRIED, LanConfig, ServerConfig
from lodespace.data_copy import write_arrays
from lodespace.errors import DatasetError, ProjectError
from lodespace.import_labels import import_labels
from lodespace.project import MANIFEST, Project, check_free, data_reference, load_items, new_project, open_project
from lodespace.protocol import Settings

if TYPE_CHECKING:
    from lodespace.models.snapshot import Snapshot

Data = npt.ArrayLike | str | Path
Preset = Literal["default", "calm", "paper"]


class Served:
    """A session being served in a thread of its own, until `stop`. Also a context manager."""

    def __init__(
        self, project: Project, ports: range, *, lan: LanConfig | None = None, device: str, threads: int
    ) -> None:
        self.url = ""
        self.addresses: list[str] = []
        """For other devices, with `lan`."""
        self._config = ServerConfig(lan=lan)
        self.project_folder = project.folder
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(project, ports, device, threads), daemon=True)
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
            self._loop.close()
            project.close()
            self._ready.set()

    async def _serve(self, project: Project, ports: range, device: str, threads: int) -> None:
        from lodespace.app import make_app
        from lodespace.running import start

        app = make_app(self._config, project, device=device, threads=threads)
        runner, self.url, self.addresses = await start(app, ports)
        self._ready.set()
        try:
            await self._stop.wait()
        finally:
            await runner.cleanup()

    def stop(self) -> None:
        """Save what was learned and end. Labels were saved as they were made."""
        atexit.unregister(self.stop)
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
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
    port: int | None = None,
    lan: bool = False,
    preset: Preset | None = None,
    latent_dim: Literal[2, 3] | None = None,
    seed: int = 0,
    device: str = "auto",
    threads: int = 0,
) -> Served:
    """Serve items to a browser on this machine, from a thread; returns at once. Without `data`: the bundled digits.

    `labels`: known labels of the items; they are the first gestures of the session. The work is kept in the folder `project`
    (default: lodespace-NAME), which the same call opens again. `port`: 0 for any free one. `lan`: other devices too, by HTTPS, those
    that you allow on the page (docs/vr.md).
    Raises DatasetError, ProjectError, LodespaceError.
    """
    settings = _settings(preset, latent_dim)
    ports = range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED) if port is None else range(port, port + 1)
    if data is None or isinstance(data, str | Path):
        _refuse_extras(labels, ids)
        folder = None if project is None else Path(project)
        path = None if data is None else Path(data)
        opened = open_project(path, project_folder=folder, settings=settings, seed=seed)
    else:
        opened = _array_project(data, labels, ids, Path(project or f"lodespace-{name}"), name, settings, seed)
    try:
        return Served(opened, ports, lan=LanConfig() if lan else None, device=device, threads=threads)
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

    `use_labels`: which labels to train with: "none", "all", or how many of each class ("5"); by default those given, all of them.
    Raises DatasetError, ProjectError, TrainingError.
    """
    from lodespace.baking import bake as bake_path

    with _as_path(data, labels, ids, name) as path:
        return bake_path(
            path,
            Path(output),
            epochs=epochs,
            seed=seed,
            settings=_settings(preset, latent_dim),
            labels=use_labels or ("none" if labels is None else "all"),
            device=device,
            threads=threads,
            force=force,
            progress=progress,
        )


def train(
    data: Data,
    *,
    labels: npt.ArrayLike | None = None,
    use_labels: str | None = None,
    epochs: int = 30,
    preset: Preset | None = None,
    latent_dim: Literal[2, 3] | None = None,
    seed: int = 0,
    device: str = "auto",
) -> "Snapshot":
    """Train in this process and return the last snapshot: `.latent_mean` (N, D), `.prediction` (N,), `.losses`, ...

    `use_labels` as for `bake`. The loop itself, snapshot by snapshot, is lodespace.models.Trainer. Raises DatasetError, ValueError.
    """
    from lodespace.baking import choose_labels
    from lodespace.models.trainer import Trainer
    from lodespace.settings import configuration
    from lodespace.trainer_process import to_dataset

    with _as_path(data, labels, None, "array") as path:
        items = load_items(data_reference(path), Path())
    config = configuration(_settings(preset, latent_dim) or Settings())
    n_classes = max(1, len(items.class_names))
    trainer = Trainer(to_dataset(items), config, n_classes=n_classes, seed=seed, device=device)
    trainer.set_labels(choose_labels(items, use_labels or ("none" if labels is None else "all"), seed))
    (last,) = deque(trainer.frames(epochs), maxlen=1)
    return last


def _settings(preset: Preset | None, latent_dim: Literal[2, 3] | None) -> Settings | None:
    return None if preset is None and latent_dim is None else Settings(preset=preset, latent_dim=latent_dim)


@contextlib.contextmanager
def _as_path(data: Data, labels: npt.ArrayLike | None, ids: npt.ArrayLike | None, name: str) -> Generator[Path]:
    """The data set's path; arrays are written to a temporary file."""
    if isinstance(data, str | Path):
        _refuse_extras(labels, ids)
        yield Path(data)
        return
    with tempfile.TemporaryDirectory(prefix="lodespace-") as folder:
        yield Path(folder) / write_arrays(Path(folder), name, data, labels, ids)


def _array_project(
    data: npt.ArrayLike,
    labels: npt.ArrayLike | None,
    ids: npt.ArrayLike | None,
    folder: Path,
    name: str,
    settings: Settings | None,
    seed: int,
) -> Project:
    """The project on these arrays in `folder`: opened again, or made, its data beside it and its labels in its log."""
    if (folder / MANIFEST).is_file():
        project = open_project(folder, settings=settings)
        if not _same_items(project.items.data, np.asarray(data)):
            project.close()
            raise ProjectError(f"{folder} is a project on other data; give another folder with project=")
        return project
    check_free(folder)
    try:
        reference = write_arrays(folder, name, data, labels, ids)
    except OSError as error:
        raise ProjectError(f"{folder}: cannot be written: {error.strerror}") from error
    except DatasetError:
        shutil.rmtree(folder, ignore_errors=True)  # check_free saw that nothing else is there
        raise
    project = new_project(folder, reference, load_items(reference, folder), seed=seed, settings=settings)
    if project.items.truth is not None:
        import_labels(project, project.items.truth)
    return project


def _same_items(kept: npt.NDArray[Any], given: npt.NDArray[Any]) -> bool:
    """Whether `given` are the items kept, which may have lost a last axis of 1 or some digits when they were read."""
    return kept.size == given.size and np.array_equal(kept, given.reshape(kept.shape).astype(kept.dtype))


def _refuse_extras(labels: npt.ArrayLike | None, ids: npt.ArrayLike | None) -> None:
    if labels is not None or ids is not None:
        raise DatasetError("labels and ids go with arrays; a data set brings its own")
