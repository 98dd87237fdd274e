"""Labels that came with added items, and are not in the label log yet.

dataset.json states of each addition whether its labels are due. If the process ends before it has
written them into the log, they are given when the project is opened again.
"""

import contextlib
import secrets
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.importing.finding import counted
from lodespace.items import item_set
from lodespace.json_input import json_value
from lodespace.project.project import Project, data_folder
from lodespace.protocol import UNLABELED
from lodespace.session.authors import IMPORT
from lodespace.session.commands.registry import plan
from lodespace.session.event_log import EventLog, EventLogError
from lodespace.session.selections import Selections
from lodespace.session.session import AnnotationSession

_NOTE = "came with the added data"


def labels_to_give(
    project: Project, session: AnnotationSession
) -> tuple[dict[int, npt.NDArray[np.uint32]], list[str]]:
    """Return the added items by the class that they get, and notes on labels that are not given.

    A label of a class that was merged into another one becomes a label of that one. Labels of
    deleted and of locked classes are not given. An item that a gesture has labelled meanwhile keeps
    this label. No label is given if the project did not start with labels.
    """
    given: dict[int, npt.NDArray[np.uint32]] = {}
    notes: list[str] = []
    labels = _due(project, session)
    started = any(made.client == IMPORT for made in session.history.gestures.values())
    if not (started and (labels != UNLABELED).any()):
        return given, notes
    labels[session.history.touched] = UNLABELED
    classes = session.classes
    now = classes.resolve(labels)
    for class_id in np.unique(labels[(labels >= 0) & (now < 0)]).tolist():
        count, name = int((labels == class_id).sum()), session.items.class_names[class_id]
        notes.append(not_given(count, f"the class '{name}' was deleted"))
    for class_id in np.unique(now[now >= 0]).tolist():
        items = np.flatnonzero(now == class_id).astype(np.uint32)
        info = classes.classes[class_id]
        if info.locked:
            notes.append(not_given(len(items), f"the class '{info.name}' is locked"))
        else:
            given[class_id] = items
    return given, notes


def _due(project: Project, session: AnnotationSession) -> npt.NDArray[np.int16]:
    """Return the class of each item whose label is due, (N,); UNLABELED for all other items."""
    items, end = session.items, len(session.items)
    due = np.full(end, UNLABELED, np.int16)
    if items.truth is None:
        return due
    # The listed additions are the newest ones, so their items are the last ones.
    for count, is_due in reversed(_additions_of(project)):
        first = max(0, end - count)
        if is_due:
            due[first:end] = items.truth[first:end]
        end = first
    return due


def _additions_of(project: Project) -> list[tuple[int, bool]]:
    path = data_folder(project.manifest.data, project.folder) / item_set.MANIFEST
    try:
        return additions(json_value(path.read_bytes()))
    except (OSError, ValueError):
        return []


def additions(described: Any) -> list[tuple[int, bool]]:
    """Return the number of items of each addition, and whether its labels are due.

    `described` is the content of dataset.json. If another program has changed it, the list can be
    empty.
    """
    try:
        entries = described.get("added", [])
        return [(int(entry["items"]), entry.get(item_set.LABELS_DUE) is True) for entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def gesture_of(
    class_id: int, items: npt.NDArray[np.uint32], session: AnnotationSession
) -> tuple[protocol.Label, Selections]:
    """Return the gesture that gives `items` (K,) the label `class_id`."""
    command = protocol.Label(
        command_id=f"{IMPORT}-{secrets.token_hex(8)}",
        class_id=class_id,
        selection=0,
        revision=session.grid.revision,
        provenance=protocol.Provenance(tool="api", note=_NOTE),
    )
    return command, Selections.of(len(session.items), items.tolist())


def give_due_labels(
    project: Project, session: AnnotationSession, event_log: EventLog
) -> tuple[str, ...]:
    """Write the labels that are due into the log, and give them to the items in `session`.

    Returns notes on labels that cannot be given. Labels that cannot be written stay due.
    """
    given, notes = labels_to_give(project, session)
    try:
        for class_id, items in given.items():
            command, chosen = gesture_of(class_id, items, session)
            event = plan(session, command, IMPORT, chosen)
            if event is not None:
                session.apply(event_log.append_now(event))
    except EventLogError as error:
        count = sum(map(len, given.values()))
        return (*notes, not_given(count, error))
    settle(project)
    return tuple(notes)


def settle(project: Project) -> None:
    """State in dataset.json that no label is due."""

    def without_due(manifest: dict[str, Any]) -> None:
        for entry in manifest["added"]:
            entry.pop(item_set.LABELS_DUE, None)

    if any(is_due for _, is_due in _additions_of(project)):
        # The labels are in the log. If the file cannot be written, they are not given twice.
        with contextlib.suppress(OSError):
            item_set.amend(data_folder(project.manifest.data, project.folder), without_due)


def not_given(count: int, reason: object) -> str:
    """Return the note that `count` added items did not get the labels that came with them."""
    return f"no label for {counted(count, 'added item')}: {reason}"
