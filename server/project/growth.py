"""Addition of items to a project."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lodespace.errors import ProjectError
from lodespace.files import atomic_folder, sync_to_disk
from lodespace.items import item_set
from lodespace.items.item_set_writer import write_item_set
from lodespace.project.data_repair import copy_order
from lodespace.project.due_labels import give_due_labels, not_given
from lodespace.project.label_log import open_log
from lodespace.project.project import BUNDLED, DATA_FOLDER, Project, write_manifest
from lodespace.project.untrusted import approve_root
from lodespace.session.event_log import EventLogError
from lodespace.session.session import AnnotationSession

if TYPE_CHECKING:
    from lodespace.importing.addition import Addition
    from lodespace.importing.source import ImportOptions, Source


def add_to_project(
    project: Project,
    data: "str | Source",
    options: "ImportOptions",
    *,
    only: frozenset[str] | None = None,
    progress: bool = False,
) -> "Addition":
    """Add the items of `data` that `project` does not have, after its own items.

    The arguments are those of `add_data`. The caller continues with the items of the result
    (`Addition.items`), and gives them the labels that come with the data.

    Raises:
        DatasetError: The data cannot be added. The project is unchanged.
        ProjectError: The project cannot be changed.
    """
    from lodespace.importing.addition import add_data

    if project.read_only:
        raise ProjectError(
            f"no items can be added: {project.obstacle}"
            if project.obstacle
            else f"{project.folder} is a bake; items can be added only to a project"
        )
    _own_data(project)
    folder, root = project.folder / project.manifest.data, project.items.root
    added = add_data(folder, data, options, root=root, only=only, progress=progress)
    if root is not None:
        added = replace(added, items=approve_root(added.items, folder, root))
    copy_order(project.folder)
    # The scene of the bundled bake, which a project on the digits starts with, has fewer items.
    project.scene_path.unlink(missing_ok=True)
    return added


def give_labels(project: Project, added: "Addition") -> "Addition":
    """Write the labels that came with added items into the log of a project that is not served.

    Returns the addition with notes on the labels that cannot be given.
    """
    if not added.has_labels:
        return added
    session = AnnotationSession(added.items, settings=project.settings)
    try:
        event_log = open_log(project, session)
    except EventLogError as error:
        count = int((added.labels >= 0).sum())
        return replace(added, notes=(not_given(count, error),))
    try:
        return replace(added, notes=give_due_labels(project, session, event_log))
    finally:
        event_log.close()


def _own_data(project: Project) -> None:
    """Copy the bundled digits into the project if it uses them, so that it has data of its own.

    The folder appears only when it is complete. Raises ProjectError.
    """
    if project.manifest.data != BUNDLED:
        return
    folder = project.folder / DATA_FOLDER
    if not item_set.is_dataset(folder):
        with atomic_folder(folder, lambda: _refuse_other_files(folder)) as making:
            write_item_set(project.items, making)
            for path in making.iterdir():
                sync_to_disk(path)
            sync_to_disk(making)
        sync_to_disk(project.folder)
    manifest = project.manifest
    manifest.data, manifest.source = DATA_FOLDER, BUNDLED
    write_manifest(project.folder, manifest)


def _refuse_other_files(folder: Path) -> None:
    """Raise ProjectError if `folder` has files that are not those of an incomplete data set."""
    if not folder.is_dir():
        return
    other = [
        path.name
        for path in sorted(folder.iterdir())
        if path.suffix != ".npy" and not path.name.startswith(f".{item_set.MANIFEST}.")
    ]
    if other:
        raise ProjectError(
            f"{folder} has other files, such as {other[0]}; the items need this folder. Move it to "
            "another place, and add the items again"
        )
