"""A project is a folder: what data, which settings, label log, checkpoints, recording, thumbnails. Copy it and you have copied the work.

A baked folder has the same shape, and is opened read-only. docs/files.md lists the files.
"""

import fcntl
import json
import shutil
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Literal

import msgspec

from lodespace import protocol
from lodespace.errors import ProjectError
from lodespace.files import atomic_write, folder_in_the_making
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.scene.glb import Scene, decode_scene

if TYPE_CHECKING:
    from lodespace.importing.build import ImportReport
    from lodespace.importing.source import ImportOptions, Source

MANIFEST = "lodespace.json"
FORMAT = 1
BUNDLED = "bundled:digits"
DATA_FOLDER = "data"
LABEL_LOG = "labels.sqlite"


class Manifest(msgspec.Struct, kw_only=True):
    """lodespace.json. `data` is "bundled:digits" or the data set folder, relative to the project's; `source`: what was imported into it."""

    format: int
    kind: Literal["project", "bake"]
    data: str
    source: str = ""
    seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)] = 0
    settings: protocol.Settings = msgspec.field(default_factory=protocol.Settings)


@dataclass
class Project:
    """An open project. `read_only` for a bake. `lock` is held until `close`, so that no other server opens it."""

    folder: Path
    manifest: Manifest
    items: ItemSet
    lock: IO[bytes] | None = field(default=None, repr=False)
    asked: protocol.Settings | None = None
    """Settings that were asked for when an existing project was opened: they come on top of what its log says."""
    report: "ImportReport | None" = field(default=None, repr=False)
    """What was imported, when that was now."""

    @property
    def read_only(self) -> bool:
        return self.manifest.kind == "bake"

    @property
    def seed(self) -> int:
        return self.manifest.seed

    @property
    def settings(self) -> protocol.Settings:
        """What the project was begun with. What was changed since is in its log."""
        return self.manifest.settings

    @property
    def labels_path(self) -> Path:
        return self.folder / LABEL_LOG

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def model(self) -> Path:
        """Of a bake: the model alone, to be exported."""
        return self.folder / "model"

    @property
    def moments(self) -> Path:
        return self.folder / "moments"

    @property
    def recording_path(self) -> Path:
        return self.folder / "recording.lds"

    @property
    def thumbnails(self) -> Path:
        return self.folder / "thumbnails"

    @property
    def scene_path(self) -> Path:
        return self.folder / "scene.glb"

    def baked_scene(self) -> Scene | None:
        """The scene of a bake, or of the bake a project was started from; None without one."""
        if not self.scene_path.is_file():
            return None
        scene = decode_scene(self.scene_path.read_bytes())
        if len(scene.positions) != len(self.items):
            raise ProjectError(
                f"{self.scene_path} shows {len(scene.positions)} items, the data set has {len(self.items)}: "
                "the data changed since it was baked; bake it again"
            )
        return scene

    def close(self) -> None:
        if self.lock is not None:
            self.lock.close()
            self.lock = None


def open_project(
    path: str | Path | None,
    *,
    project_folder: Path | None = None,
    settings: protocol.Settings | None = None,
    seed: int = 0,
    start_from_bake: bool = True,
    options: "ImportOptions | None" = None,
    labels: str | None = None,
    progress: bool = False,
) -> Project:
    """What `lodespace serve [PATH]` opens.

    PATH may be a project, a bake, or data to import (docs/data.md); without it the bundled digits. For data, the project is
    `project_folder`, or a folder lodespace-NAME in the current one, opened again when it is there. `labels`: which of the labels that
    came with the data to go on from (initial_labels.py). Raises ProjectError, DatasetError.
    """
    if path is not None and (Path(path) / MANIFEST).is_file():
        return open_existing(Path(path), settings)
    from lodespace.importing import (
        importer,  # takes a while to import, and an existing project needs none of it
    )

    data = BUNDLED if path is None else str(path)
    if data != BUNDLED and Path(data).resolve() == item_set.bundled_digits_folder().resolve():
        data = BUNDLED
    source = data if data == BUNDLED else importer.reference_of(data)
    name = "digits" if data == BUNDLED else importer.name_of(data)
    folder = project_folder or Path(f"lodespace-{name}")
    if (folder / MANIFEST).is_file():
        return open_again(folder, source, settings)
    check_free(folder)
    if data == BUNDLED:
        from_demo = start_from_bake and settings is None
        return _new_on_digits(folder, seed=seed, settings=settings, from_demo=from_demo)
    return new_project(
        folder,
        data,
        source,
        options,
        seed=seed,
        settings=settings,
        labels=labels,
        progress=progress,
    )


def open_again(folder: Path, source: str, settings: protocol.Settings | None) -> Project:
    """The project in `folder`, if it is one on `source`. Raises ProjectError."""
    project = open_existing(folder, settings)
    there = project.manifest.source or project.manifest.data
    if there != source:
        project.close()
        raise ProjectError(
            f"{folder} is a project on other data ({there}); give another folder with --project"
        )
    return project


def check_free(folder: Path) -> None:
    """Raises ProjectError when a project cannot be made in `folder` without mixing it with other files."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(
            f"{folder} exists and is no project; give an empty or a new folder with --project"
        )


def new_project(
    folder: Path,
    data: "str | Source",
    source: str,
    options: "ImportOptions | None" = None,
    *,
    seed: int = 0,
    settings: protocol.Settings | None = None,
    labels: str | None = None,
    progress: bool = False,
) -> Project:
    """Import `data` into the new project `folder`, which is there whole or not at all, and open it. `source`: where it comes from.

    Raises DatasetError, ProjectError.
    """
    from lodespace.importing.importer import import_data
    from lodespace.importing.source import ImportOptions
    from lodespace.project.initial_labels import choose_labels, import_labels

    manifest = Manifest(
        format=FORMAT,
        kind="project",
        data=DATA_FOLDER,
        source=source,
        seed=seed,
        settings=settings or protocol.Settings(),
    )
    with folder_in_the_making(folder, lambda: check_free(folder)) as making:
        report = import_data(
            data, making / DATA_FOLDER, options or ImportOptions(), progress=progress
        )
        items = item_set.load(making / DATA_FOLDER)
        chosen = choose_labels(items, labels, seed)
        if (chosen != item_set.UNLABELED).any():
            import_labels(making / LABEL_LOG, chosen)
        _write_manifest(making, manifest)
    project = open_existing(folder, None)
    project.report = report
    return project


def _new_on_digits(
    folder: Path, *, seed: int, settings: protocol.Settings | None, from_demo: bool
) -> Project:
    settings = settings or protocol.Settings()
    manifest = Manifest(format=FORMAT, kind="project", data=BUNDLED, seed=seed, settings=settings)
    with folder_in_the_making(folder, lambda: check_free(folder)) as making:
        if from_demo:
            _copy_demo(making)
        _write_manifest(making, manifest)
    return open_existing(folder, None)


def new_bake(
    folder: Path, data: str, items: ItemSet, *, seed: int, settings: protocol.Settings
) -> Project:
    """A folder to bake into. Its manifest is written by `finish_bake`, so that a half-made bake is none."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(format=FORMAT, kind="bake", data=data, seed=seed, settings=settings)
    return Project(folder, manifest, items)


def finish_bake(project: Project) -> None:
    _write_manifest(project.folder, project.manifest)


def _copy_demo(folder: Path) -> None:
    """Start from the bundled bake: its checkpoint to go on from, its scene to show at once."""
    demo = Path(str(files("lodespace.assets"))) / "demo"
    if (demo / "scene.glb").is_file():
        shutil.copyfile(demo / "scene.glb", folder / "scene.glb")
        shutil.copytree(demo / "checkpoints", folder / "checkpoints", dirs_exist_ok=True)


def open_existing(
    folder: Path, settings: protocol.Settings | None, *, lock: bool = True
) -> Project:
    """The project or bake in `folder`. `lock`: to write it; who only looks may do so while a server has it. Raises ProjectError."""
    manifest = _read_manifest(folder)
    project = Project(folder, manifest, load_items(manifest.data, folder), asked=settings)
    return _lock(project) if lock and not project.read_only else project


def is_bake(folder: Path) -> bool:
    """Whether `folder` is a bake: nothing in it is a person's work."""
    if not (folder / MANIFEST).is_file():
        return False
    try:
        return _read_manifest(folder).kind == "bake"
    except ProjectError:
        return False


def load_items(data: str, folder: Path) -> ItemSet:
    """The items that the manifest of `folder` names. Raises DatasetError, ProjectError."""
    if data == BUNDLED:
        return item_set.load_digits()
    path = folder / data
    if not item_set.is_dataset(path):
        raise ProjectError(
            f"the data of {folder} are not at {path} any more; put them back, or import them again into a new project "
            "(labels come along with --labels-from)"
        )
    return item_set.load(path)


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise ProjectError(f"{path}: cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ProjectError(
            f"{path}: damaged ({error}). The labels are in labels.sqlite beside it: move that file to a new project of the same data"
        ) from error
    if manifest.format > FORMAT:
        raise ProjectError(f"{path}: written by a newer version of Lodespace; update to open it")
    return manifest


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    path = folder / MANIFEST
    text = json.dumps(msgspec.to_builtins(manifest), indent=2) + "\n"
    try:
        atomic_write(path, text.encode())
    except OSError as error:
        raise ProjectError(f"{path}: cannot be written: {error.strerror}") from error


def _lock(project: Project) -> Project:
    """Only one server may write a project: two label logs in one file would be one lost."""
    lock = (project.folder / ".lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        message = f"{project.folder} is open in another server; stop that one, or open its page"
        raise ProjectError(message, code="project_in_use") from error
    project.lock = lock
    return project
