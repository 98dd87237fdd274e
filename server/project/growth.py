"""Addition of items to a project."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lodespace.errors import ProjectError
from lodespace.files import atomic_folder, sync_to_disk
from lodespace.items import item_set
from lodespace.items.item_set_writer import write_item_set
from lodespace.project.data_repair import copy_order
from lodespace.project.foreign import approve_root
from lodespace.project.label_log import open_log
from lodespace.project.project import BUNDLED, DATA_FOLDER, Project, write_manifest
from lodespace.session.authors import IMPORT
from lodespace.session.event_log import EventLogError
from lodespace.session.events import LabelEvent, StoredProvenance
from lodespace.session.session import AnnotationSession

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


def labels_to_give(
    added: "Addition", session: AnnotationSession
) -> tuple[dict[int, "npt.NDArray[np.uint32]"], list[str]]:
    """Return the added items by the class that they get, and notes on the others.

    A label of a class that was merged into another one becomes a label of that one. Labels of
    deleted and of locked classes are not given. No label is given if the labels of the data are not
    a person's work (`labels_given`), or if the project did not start with labels.
    """
    given: dict[int, npt.NDArray[np.uint32]] = {}
    notes: list[str] = []
    started = any(made.client == IMPORT for made in session.history.gestures.values())
    if not (started and added.has_labels):
        return given, notes
    classes = session.classes
    now = classes.resolve(added.labels)
    for class_id in np.unique(added.labels[(added.labels >= 0) & (now < 0)]).tolist():
        count, name = int((added.labels == class_id).sum()), added.items.class_names[class_id]
        notes.append(not_given(count, f"the class '{name}' was deleted"))
    for class_id in np.unique(now[now >= 0]).tolist():
        items = (added.first + np.flatnonzero(now == class_id)).astype(np.uint32)
        info = classes.classes[class_id]
        if info.locked:
            notes.append(not_given(len(items), f"the class '{info.name}' is locked"))
        else:
            given[class_id] = items
    return given, notes


def not_given(count: int, reason: object) -> str:
    """Return the note that `count` added items did not get the labels that came with them."""
    return f"{count:,} added items did not get their labels: {reason}"


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
        given, notes = labels_to_give(added, session)
        for class_id, items in given.items():
            event = LabelEvent(
                command_id=f"{IMPORT}-{added.first:010d}-{class_id:08d}",
                client=IMPORT,
                at=time.time(),
                class_id=class_id,
                items=items,
                provenance=StoredProvenance(tool="api", note=GIVEN),
            )
            try:
                event_log.append_now(event)
            except EventLogError as error:
                notes.append(not_given(len(items), error))
    finally:
        event_log.close()
    return replace(added, notes=tuple(notes))


def _own_data(project: Project) -> None:
    """Copy the bundled digits into a project on them, because a project changes only its own data.

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
