"""Opening and creation of projects and bakes."""

import shlex
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from lodespace import protocol
from lodespace.errors import ProjectError
from lodespace.files import atomic_folder
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.items.root_approval import checked_root
from lodespace.models.item_predictions import UNLABELED
from lodespace.project.asked_settings import adjustable_settings
from lodespace.project.data_repair import copy_order, data_advice
from lodespace.project.knn_check import check_neighbours
from lodespace.project.lock import LOCK_FILE, ProjectLock
from lodespace.project.project import (
    BUNDLED,
    DATA_FOLDER,
    FORMAT,
    LABEL_LOG,
    MANIFEST,
    Manifest,
    Project,
    data_folder,
    load_items,
    read_manifest,
    refuse_lost_manifest,
    write_manifest,
)
from lodespace.project.untrusted import approve_root, refuse_links
from lodespace.project.writing import obstacle
from lodespace.session.log_reading import repair_advice

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions, Source


def open_project(
    path: str | Path | None,
    *,
    project_folder: Path | None = None,
    settings: protocol.Settings | None = None,
    seed: int = 0,
    start_from_bake: bool = True,
    options: "ImportOptions | None" = None,
    labels: str | None = None,
    finish: Callable[[Project], None] | None = None,
    progress: bool = False,
) -> Project:
    """Open the PATH of `lodespace serve`: a project, a bake, or data to import (docs/data.md).

    Args:
        path: Path of a project, a bake or data to import; None for the bundled digits.
        project_folder: Folder of the project for imported data; by default lodespace-NAME in the
            current folder. An existing project on the same data is opened again.
        settings: Training settings that differ from the defaults; None for the defaults.
        seed: Seed for the training of a new project.
        start_from_bake: Whether a new project on the digits starts from the bundled bake, which
            contains a trained model.
        options: How to read the data.
        labels: Which labels of the data to start with: "none", "all" or a number of labels per
            class (initial_labels.py).
        finish: Function that completes a new project on imported data, for example with labels
            from another file. If it raises an error, the project is not created.
        progress: Whether to show a progress bar.

    Raises:
        ProjectError: The project cannot be opened or created.
        DatasetError: The data cannot be read.
    """
    root = None if options is None else options.root
    if path is not None and (Path(path) / MANIFEST).is_file():
        return open_existing(Path(path), settings, root=root)
    if path is not None:
        refuse_lost_manifest(Path(path))
    # The importer is slow to import, and opening an existing project does not need it.
    from lodespace.importing import importer

    data = BUNDLED if path is None else str(path)
    if data != BUNDLED and Path(data).resolve() == item_set.bundled_digits_folder().resolve():
        data = BUNDLED
    source = data if data == BUNDLED else importer.reference_of(data)
    name = "digits" if data == BUNDLED else importer.name_of(data)
    folder = project_folder or Path(f"lodespace-{name}")
    if (folder / MANIFEST).is_file():
        return open_again(folder, source, settings, root=root)
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
        finish=finish,
        progress=progress,
    )


def open_again(
    folder: Path, source: str, settings: protocol.Settings | None, *, root: Path | None = None
) -> Project:
    """Open the project in `folder`, which was made from the data `source`.

    `root` is the value of --root: the folder with the original files of the items. If `root` is
    given, the project may read these files. `root` is ignored if the items have no original files.
    Raises ProjectError when the project was made from other data.
    """
    project = open_existing(folder, settings)
    try:
        existing = project.manifest.source or project.manifest.data
        if existing != source:
            raise ProjectError(
                f"{folder} is a project on other data ({existing}); give another folder with "
                "--project"
            )
        table = project.items.table
        if root is not None and table is not None and table.has_paths:
            root = root.resolve()
            if root != project.items.root:
                data = data_folder(project.manifest.data, folder)
                project.items = approve_root(project.items, data, checked_root(root, table))
    except BaseException:
        project.close()
        raise
    return project


def check_free(folder: Path) -> None:
    """Raise ProjectError when `folder` already holds files."""
    refuse_lost_manifest(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(
            f"{folder} exists and is not a project; give an empty or a new folder with --project"
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
    finish: Callable[[Project], None] | None = None,
    progress: bool = False,
) -> Project:
    """Import `data` into the new project `folder` and open it.

    The folder appears only when the import is complete. `source` is the reference
    to `data` that the manifest stores. `finish` is as in `open_project`. Raises DatasetError,
    ProjectError, or the error of `finish`.
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
    with atomic_folder(folder, lambda: check_free(folder)) as making:
        report = import_data(
            data, making / DATA_FOLDER, options or ImportOptions(), progress=progress
        )
        copy_order(making)
        items = item_set.load(making / DATA_FOLDER, root=report.root)
        check_neighbours(items, settings)
        chosen = choose_labels(items, labels, seed)
        if (chosen != UNLABELED).any():
            import_labels(making / LABEL_LOG, chosen)
        write_manifest(making, manifest)
        if finish is not None:
            unfinished = open_existing(making, None)
            try:
                finish(unfinished)
            finally:
                unfinished.close()
    project = open_existing(folder, None)
    report.lines = project.items.report or report.lines  # `finish` may have added lines
    if report.root is not None:
        project.items = approve_root(project.items, folder / DATA_FOLDER, report.root)
    project.report = report
    return project


def _new_on_digits(
    folder: Path, *, seed: int, settings: protocol.Settings | None, from_demo: bool
) -> Project:
    settings = settings or protocol.Settings()
    manifest = Manifest(format=FORMAT, kind="project", data=BUNDLED, seed=seed, settings=settings)
    with atomic_folder(folder, lambda: check_free(folder)) as making:
        if from_demo:
            _copy_demo(making)
        write_manifest(making, manifest)
    return open_existing(folder, None)


def new_bake(
    folder: Path,
    data: str,
    items: ItemSet,
    *,
    seed: int,
    settings: protocol.Settings,
    as_is: bool = False,
) -> Project:
    """Return a project for a new bake in `folder`.

    Only `finish_bake` writes the manifest, so an unfinished bake cannot be opened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        format=FORMAT, kind="bake", data=data, seed=seed, settings=settings, as_is=as_is
    )
    return Project(folder, manifest, items)


def finish_bake(project: Project) -> None:
    """Write the manifest of a bake whose files are complete. Raises ProjectError."""
    write_manifest(project.folder, project.manifest)


def _copy_demo(folder: Path) -> None:
    """Copy the bundled bake: a checkpoint to continue from, and a scene to show at once."""
    demo = Path(str(files("lodespace.assets"))) / "demo"
    if (demo / "scene.glb").is_file():
        shutil.copyfile(demo / "scene.glb", folder / "scene.glb")
        shutil.copytree(demo / "checkpoints", folder / "checkpoints", dirs_exist_ok=True)


def open_existing(
    folder: Path,
    settings: protocol.Settings | None,
    *,
    lock: bool = True,
    root: Path | None = None,
) -> Project:
    """Open the project or bake in `folder`.

    Args:
        folder: The project folder. Other people may have made it.
        settings: Settings that override the stored settings. A setting that is fixed when training
            starts must have the stored value.
        lock: Whether to lock the project. A caller that writes has to lock the project. A caller
            that only reads may open a project that a server has locked. A project that cannot be
            written opens read-only, and `Project.obstacle` states the reason.
        root: Folder from which the project may read original files. The approval is recorded on
            this computer. None for the folder that was approved before, if there is one.

    Raises:
        ProjectError: The project cannot be opened, or is open in another server.
        DatasetError: The data set is damaged, or `root` is not the folder of the original files.
    """
    manifest = read_manifest(folder)
    refuse_links(folder)
    with data_advice(folder, manifest):
        items = load_items(manifest.data, folder)
    if root is not None:
        root = checked_root(root, items.table)
        items = approve_root(items, data_folder(manifest.data, folder), root)
    asked = adjustable_settings(folder, manifest, settings)
    project = Project(folder, manifest, items, asked=asked)
    if project.is_bake and project.labels_path.exists():
        raise ProjectError(
            f"{folder / MANIFEST} states that the folder is a bake, but the folder has the label "
            f"log {LABEL_LOG} of a project; {repair_advice(folder)}"
        )
    if not lock or project.is_bake:
        return project
    project.obstacle = obstacle(folder)
    if project.obstacle and asked is not None:
        raise ProjectError(
            f"{folder}: the settings cannot change, because nothing can be saved: "
            f"{project.obstacle}. Without these options, the project opens read-only"
        )
    if (folder / LOCK_FILE).is_dir():
        raise ProjectError(
            f"{folder}: {LOCK_FILE} is a folder, not a file; "
            f"`lodespace repair {shlex.quote(str(folder))}` moves it away"
        )
    if not project.obstacle:
        project.lock = ProjectLock(folder)
    return project


def is_bake(folder: Path) -> bool:
    """Return whether `folder` is a bake. Unlike a project, a bake may be replaced."""
    if not (folder / MANIFEST).is_file():
        return False
    try:
        return read_manifest(folder).kind == "bake"
    except ProjectError:
        return False
