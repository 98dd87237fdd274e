"""Addition of items to a project."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError, ProjectError
from lodespace.files import reason_of
from lodespace.items.item_set_writer import write_item_set
from lodespace.project.data_repair import copy_order
from lodespace.project.foreign import approve_root
from lodespace.project.project import BUNDLED, DATA_FOLDER, Project, write_manifest
from lodespace.session.authors import IMPORT
from lodespace.session.event_log import EventLog
from lodespace.session.events import LabelEvent, StoredProvenance

GIVEN = "came with the added data"
"""Note of the gestures that give added items their labels."""

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
    """Add the items of `data` that `project` does not have, behind its items.

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


def labels_to_give(added: "Addition") -> dict[int, "npt.NDArray[np.uint32]"]:
    """Return the added items by the class that came with the data.

    The result is empty if the labels of the data are not a person's work (`labels_given`).
    """
    if not added.items.labels_given:
        return {}
    return {
        class_id: (added.first + np.flatnonzero(added.labels == class_id)).astype(np.uint32)
        for class_id in np.unique(added.labels[added.labels >= 0]).tolist()
    }


def give_labels(project: Project, added: "Addition") -> None:
    """Write the labels that came with added items into the log of a project that is not served.

    Raises EventLogError.
    """
    given = labels_to_give(added)
    if not given:
        return
    event_log = EventLog(project.labels_path)
    try:
        if all(event.client != IMPORT for event in event_log.events()):
            return  # the project did not start with the labels of its data
        for class_id, items in given.items():
            event_log.append_now(
                LabelEvent(
                    command_id=f"{IMPORT}-{added.first:010d}-{class_id:08d}",
                    client=IMPORT,
                    at=time.time(),
                    class_id=class_id,
                    items=items,
                    provenance=StoredProvenance(tool="api", note=GIVEN),
                )
            )
    finally:
        event_log.close()


def _own_data(project: Project) -> None:
    """Copy the bundled digits into a project on them, because a project changes only its own data.

    Raises DatasetError.
    """
    if project.manifest.data != BUNDLED:
        return
    folder = project.folder / DATA_FOLDER
    try:
        if not folder.exists():
            write_item_set(project.items, folder)
    except OSError as error:
        raise DatasetError(
            f"{folder}: the data cannot be written: {reason_of(error, folder)}"
        ) from error
    manifest = project.manifest
    manifest.data, manifest.source = DATA_FOLDER, BUNDLED
    write_manifest(project.folder, manifest)
