"""The first half of a command: what it would do, checked against the state and put into an event of the log. Changes nothing."""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session.classes import ClassList
from lodespace.session.events import (
    AddClassEvent,
    AnchorEvent,
    DeleteClassEvent,
    EditClassEvent,
    Event,
    Header,
    LabelEachEvent,
    LabelEvent,
    MergeClassEvent,
    RedoEvent,
    SettingsEvent,
    StoredProvenance,
    UndoEvent,
    UnpinEvent,
)
from lodespace.session.pins import checked_targets
from lodespace.session.session import AnnotationSession
from lodespace.session.settings import in_full, merged

Command = (
    protocol.Label
    | protocol.LabelEach
    | protocol.Undo
    | protocol.Redo
    | protocol.AddClass
    | protocol.EditClass
    | protocol.MergeClass
    | protocol.DeleteClass
    | protocol.SetTraining
    | protocol.Anchor
    | protocol.Unpin
)
ClassCommand = protocol.AddClass | protocol.EditClass | protocol.MergeClass | protocol.DeleteClass


def plan(session: AnnotationSession, command: Command, client: str) -> Event | None:
    """The event that would carry `command` out; None when nothing would change. Raises RequestError when it cannot be."""
    if session.read_only:
        raise RequestError(
            "this scene is baked and read-only; serve the data set itself to label it",
            code="read_only",
        )
    now = time.time()
    match command:
        case protocol.Label():
            return _plan_label(session, command, client, now)
        case protocol.LabelEach():
            return _plan_label_each(session, command, client, now)
        case protocol.Undo():
            number = session.acts.next_undo(client).number
            session.check_undo(number)
            return UndoEvent(command_id=command.command_id, client=client, at=now, gesture=number)
        case protocol.Redo():
            number = session.acts.next_redo(client).number
            session.check_redo(number)
            return RedoEvent(command_id=command.command_id, client=client, at=now, gesture=number)
        case (
            protocol.AddClass()
            | protocol.EditClass()
            | protocol.MergeClass()
            | protocol.DeleteClass()
        ):
            return _plan_class(session.classes, command, client, now)
        case protocol.SetTraining():
            return _plan_settings(session, command, client, now)
        case protocol.Anchor():
            return _plan_anchor(session, command, client, now)
        case protocol.Unpin():
            return _plan_unpin(session, command, client, now)


def _plan_class(classes: ClassList, command: ClassCommand, client: str, now: float) -> Event | None:
    header = Header(command_id=command.command_id, client=client, at=now)
    match command:
        case protocol.AddClass():
            classes.check_new(command.name)
            return AddClassEvent(
                **header, class_id=len(classes), name=command.name, colour=command.colour
            )
        case protocol.EditClass():
            classes.check_edit(command.class_id, command.name)
            old = classes.classes[command.class_id]
            given: dict[str, Any] = {
                "name": command.name,
                "colour": command.colour,
                "locked": command.locked,
            }
            changed = {k: v for k, v in given.items() if v is not None and v != getattr(old, k)}
            if not changed:
                return None
            return EditClassEvent(**header, class_id=command.class_id, **changed)
        case protocol.MergeClass():
            for class_id in (command.class_id, command.into):
                classes.check_there(class_id)
                classes.check_unlocked(class_id)
            if command.class_id == command.into:
                return None
            return MergeClassEvent(**header, class_id=command.class_id, into=command.into)
        case protocol.DeleteClass():
            classes.check_there(command.class_id)
            classes.check_unlocked(command.class_id)
            return DeleteClassEvent(**header, class_id=command.class_id)


def _plan_settings(
    session: AnnotationSession, command: protocol.SetTraining, client: str, now: float
) -> Event | None:
    changes = command.settings or protocol.Settings()
    try:
        changed = in_full(merged(session.settings, changes))
    except ValueError as error:
        raise RequestError(f"this setting cannot be: {error}", code="bad_setting") from error
    if changed == session.settings:
        return None
    return SettingsEvent(command_id=command.command_id, client=client, at=now, changes=changes)


def _plan_anchor(
    session: AnnotationSession, command: protocol.Anchor, client: str, now: float
) -> Event:
    items = np.asarray(command.items, np.uint32)
    session.check_items(items)
    targets = checked_targets(command.targets, len(items), session.grid.latent_dim)
    items, first = np.unique(items, return_index=True)
    return AnchorEvent(
        command_id=command.command_id,
        client=client,
        at=now,
        revision=command.revision,
        items=items,
        targets=targets[first].reshape(-1) if command.keep else None,
        latent_dim=session.grid.latent_dim,
    )


def _plan_unpin(
    session: AnnotationSession, command: protocol.Unpin, client: str, now: float
) -> Event | None:
    items = np.unique(np.asarray(command.items, np.uint32))
    session.check_items(items)
    pinned, _ = session.held()
    if len(pinned) == 0 or (len(items) and not np.isin(items, pinned).any()):
        return None
    return UnpinEvent(command_id=command.command_id, client=client, at=now, items=items)


def _plan_label(
    session: AnnotationSession, command: protocol.Label, client: str, now: float
) -> Event:
    items = np.unique(np.asarray(command.items, np.uint32))
    _check_labels(session, items, [command.class_id])
    return LabelEvent(
        command_id=command.command_id,
        client=client,
        at=now,
        revision=command.revision,
        class_id=command.class_id,
        items=items,
        provenance=StoredProvenance.of(command.provenance),
    )


def _plan_label_each(
    session: AnnotationSession, command: protocol.LabelEach, client: str, now: float
) -> Event:
    """One class for all is an ordinary gesture, which older versions can read, too."""
    given = command.class_ids
    if given.count(given[0]) == len(given):
        same = protocol.Label(
            command_id=command.command_id,
            items=command.items,
            class_id=given[0],
            revision=command.revision,
            provenance=command.provenance,
        )
        return _plan_label(session, same, client, now)
    items, first = np.unique(np.asarray(command.items, np.uint32), return_index=True)
    class_ids = np.asarray(given, np.int16)[first]
    _check_labels(session, items, np.unique(class_ids).tolist())
    return LabelEachEvent(
        command_id=command.command_id,
        client=client,
        at=now,
        revision=command.revision,
        items=items,
        class_ids=class_ids,
        provenance=StoredProvenance.of(command.provenance),
    )


def _check_labels(
    session: AnnotationSession, items: npt.NDArray[np.uint32], class_ids: list[int]
) -> None:
    """Raises RequestError when `items` (K,) cannot get labels of `class_ids`."""
    session.check_items(items)
    for class_id in class_ids:
        if class_id != protocol.UNLABELED:
            session.classes.check_there(class_id)
            session.classes.check_unlocked(class_id)
    locked = int(session.locked(items).sum())
    if locked:
        message = f"{locked} of these items are of locked classes; leave them out, or unlock their classes"
        raise RequestError(message, code="class_locked", status=409)
