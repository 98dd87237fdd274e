"""A project folder: manifest, data, label log, checkpoints, recording, thumbnails.

A copy of the folder is a copy of the whole project. The folder of a bake has the same files and is
opened read-only. docs/files.md lists the files.
"""

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from lodespace import protocol
from lodespace.errors import DatasetError, ProjectError
from lodespace.files import atomic_write, reason_of
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.json_input import JsonError, json_of
from lodespace.project.lock import ProjectLock
from lodespace.scene.glb import Scene, decode_scene
from lodespace.session.log_reading import repair_advice
from lodespace.session.settings import settings_from, values_in

if TYPE_CHECKING:
    from lodespace.importing.report import ImportReport

log = logging.getLogger(__name__)

MANIFEST = "lodespace.json"
"""Name of the manifest in a project folder."""
FORMAT = 1
"""Newest format of a project folder that this version can open."""
BUNDLED = "bundled:digits"
"""Value of `Manifest.data` for the bundled digits."""
DATA_FOLDER = "data"
"""Name of the data set folder in a project folder."""
LABEL_LOG = "labels.sqlite"
"""Name of the label log in a project folder. SQLite adds -wal and -shm to name its other files."""
RECORDING = "recording.lds"
"""Name of the recording in a project folder."""


class NewerProjectError(ProjectError):
    """A newer version of Lodespace has written the project."""


class Manifest(msgspec.Struct, kw_only=True):
    """The content of lodespace.json."""

    format: int
    """Version of the folder's format."""
    kind: Literal["project", "bake"]
    """Whether the folder is a project or a bake, which is read-only."""
    data: str
    """BUNDLED for the bundled digits, else the data set folder, relative to the project folder."""
    source: str = ""
    """The path or name of the imported data; empty for the bundled digits."""
    seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)] = 0
    """Seed of the training."""
    settings: protocol.Settings = msgspec.field(default_factory=protocol.Settings)
    """Settings at the creation of the project."""
    as_is: bool = False
    """Whether the folder is a bake that shows a project as it was (`bake --as-is`)."""


@dataclass
class Project:
    """An open project or bake."""

    folder: Path
    """The project folder."""
    manifest: Manifest
    """The content of lodespace.json."""
    items: ItemSet
    """The items of the data set."""
    lock: ProjectLock | None = field(default=None, repr=False)
    """Lock, held until `close`, so that no other server opens the project."""
    asked: protocol.Settings | None = None
    """Settings given at the opening of an existing project. They override the stored settings."""
    obstacle: str = ""
    """The reason why no label can be saved, and the remedy. Empty if labels can be saved.

    `writing.obstacle` returns this text.
    """
    report: "ImportReport | None" = field(default=None, repr=False)
    """Report of the import, if the data were imported when the project was opened."""

    @property
    def is_bake(self) -> bool:
        """Whether the project is a bake, which cannot be changed."""
        return self.manifest.kind == "bake"

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed: the project is a bake, or cannot be written."""
        return self.is_bake or bool(self.obstacle)

    @property
    def seed(self) -> int:
        """Seed of the training."""
        return self.manifest.seed

    @property
    def settings(self) -> protocol.Settings:
        """Settings at the creation of the project. The label log contains later changes."""
        return self.manifest.settings

    @property
    def labels_path(self) -> Path:
        """Path of the label log."""
        return self.folder / LABEL_LOG

    @property
    def checkpoints(self) -> Path:
        """Folder of the trainer's checkpoints."""
        return self.folder / "checkpoints"

    @property
    def model(self) -> Path:
        """Folder of the trained model in a bake. `lodespace export` reads this folder."""
        return self.folder / "model"

    @property
    def has_model(self) -> bool:
        """Whether there is a model: a checkpoint, or the model of a bake."""
        return any(any(folder.glob("*.json")) for folder in (self.checkpoints, self.model))

    @property
    def moments(self) -> Path:
        """Folder of the stored training states, which an undo restores."""
        return self.folder / "moments"

    @property
    def recording_path(self) -> Path:
        """Path of the recording of the session."""
        return self.folder / RECORDING

    @property
    def thumbnails(self) -> Path:
        """Folder of the cached thumbnail pages."""
        return self.folder / "thumbnails"

    @property
    def scene_path(self) -> Path:
        """Path of the scene file. A project that started from a bake has the scene of the bake."""
        return self.folder / "scene.glb"

    def baked_scene(self) -> Scene | None:
        """Return the scene at `scene_path`; None if there is no such file.

        A bake shows nothing but this scene. Raises ProjectError if the scene of a bake is damaged,
        or shows another number of items. A project needs the scene only as its first layout. If the
        scene of a project is damaged, a warning is logged, and the project opens without it.
        """
        if not self.scene_path.is_file():
            return None
        try:
            return self._scene()
        except (OSError, ProjectError) as error:
            if self.is_bake:
                raise ProjectError(f"{error}; bake the data again", code="bad_scene") from error
            log.warning(
                "%s. The project opens without it, and no label is affected; remove the file", error
            )
            return None

    def _scene(self) -> Scene:
        try:
            scene = decode_scene(self.scene_path.read_bytes())
        except ProjectError as error:
            raise ProjectError(f"{self.scene_path}: {error}") from error
        if len(scene.positions) != len(self.items):
            raise ProjectError(
                f"{self.scene_path} shows {len(scene.positions)} items, the data set has "
                f"{len(self.items)}: the data changed after the bake"
            )
        return scene

    def in_place(self) -> bool:
        """Return whether the path still leads to the folder that was locked at the start."""
        return self.lock is not None and self.lock.holds(self.folder)

    def close(self) -> None:
        """Release the lock, so that another server can open the project."""
        if self.lock is not None:
            self.lock.close()
            self.lock = None


def load_items(data: str, folder: Path, *, root: Path | None = None) -> ItemSet:
    """Return the items of the project in `folder`.

    Args:
        data: The value of `data` in the project's manifest.
        folder: The project folder.
        root: Folder from which original files may be read. None for the folder that was approved
            for this project on this computer, if there is one.

    Raises:
        DatasetError: The data set is damaged.
        ProjectError: The data set is missing, or `data` leads out of the project.
    """
    if data == BUNDLED:
        return item_set.load_digits()
    path = data_folder(data, folder)
    if not item_set.is_dataset(path):
        raise ProjectError(f"the data of {folder} are no longer at {path}")
    items = item_set.load(path, root=root)
    if len(items) < 2:
        raise DatasetError(f"{items.name} has {len(items)} items; a latent space needs at least 2")
    return items


def data_folder(data: str, folder: Path) -> Path:
    """Return the data set folder of the project in `folder`.

    `data` is the value of `Manifest.data`.

    Raises ProjectError if `data` leads out of the project.
    """
    path = folder / data
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        inside = False
    if not inside:
        raise ProjectError(
            f"{folder / MANIFEST}: `data` leads out of the project, to {data[:200]!a}. A "
            f"project reads only its own data: copy that folder to {folder / DATA_FOLDER}, and set "
            f'`data` to "{DATA_FOLDER}"'
        )
    return path


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the project in `folder`.

    Raises NewerProjectError for the manifest of a newer version, and ProjectError for a manifest
    that is damaged or cannot be read.
    """
    path = folder / MANIFEST
    try:
        manifest = json_of(path.read_bytes(), Manifest)
    except OSError as error:
        raise ProjectError(f"{path}: cannot be read: {error.strerror}") from error
    except JsonError as error:
        raise ProjectError(
            f"{path}: damaged ({error}). This file has no labels: they are in the "
            f"files {LABEL_LOG}* in the same folder; {repair_advice(folder)}"
        ) from error
    if manifest.format > FORMAT:
        raise NewerProjectError(
            f"{path}: written by a newer version of Lodespace; update Lodespace"
        )
    try:
        manifest.settings = settings_from(values_in(manifest.settings))
    except ValueError as error:
        raise ProjectError(
            f"{path}: damaged (settings: {error}); {repair_advice(folder)}"
        ) from error
    return manifest


def refuse_lost_manifest(folder: Path) -> None:
    """Raise ProjectError when `folder` is a project whose manifest is missing."""
    left = [path.name for path in sorted(folder.glob(f"{LABEL_LOG}*"))]
    if (folder / RECORDING).is_file():
        left.append(RECORDING)
    if left and not (folder / MANIFEST).is_file():
        raise ProjectError(
            f"{folder}: {MANIFEST} is missing, but the folder has other parts of a project "
            f"({', '.join(left)}); "
            f"{repair_advice(folder)}"
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of the project in `folder`. Raises ProjectError."""
    path = folder / MANIFEST
    text = json.dumps(msgspec.to_builtins(manifest), indent=2) + "\n"
    try:
        atomic_write(path, text.encode())
    except OSError as error:
        raise ProjectError(f"{path}: cannot be written: {reason_of(error, path)}") from error
