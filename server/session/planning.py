"""The first half of a command: what it would do, checked against the state and put into an event of the log. Changes nothing."""

import time
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session.classes import ClassChange, ClassList
from lodespace.session.event_log import Event, EventKind
from lodespace.session.gesture_record import encode_label_each
from lodespace.session.pins import checked_targets, encode_detail
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
            return Event(
                command_id=command.command_id, kind="undo", client=client, at=now, gesture=number
            )
        case protocol.Redo():
            number = session.acts.next_redo(client).number
            session.check_redo(number)
            return Event(
                command_id=command.command_id, kind="redo", client=client, at=now, gesture=number
            )
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
    def event(kind: EventKind, class_id: int, **detail: Any) -> Event:
        text = _json(ClassChange(**detail))
        return Event(
            command_id=command.command_id,
            kind=kind,
            client=client,
            at=now,
            class_id=class_id,
            detail=text,
        )

    match command:
        case protocol.AddClass():
            classes.check_new(command.name)
            return event("add_class", len(classes), name=command.name, colour=command.colour)
        case protocol.EditClass():
            classes.check_edit(command.class_id, command.name)
            old = classes.classes[command.class_id]
            given = {"name": command.name, "colour": command.colour, "locked": command.locked}
            changed = {k: v for k, v in given.items() if v is not None and v != getattr(old, k)}
            return event("edit_class", command.class_id, **changed) if changed else None
        case protocol.MergeClass():
            for class_id in (command.class_id, command.into):
                classes.check_there(class_id)
                classes.check_unlocked(class_id)
            if command.class_id == command.into:
                return None
            return event("merge_class", command.class_id, into=command.into)
        case protocol.DeleteClass():
            classes.check_there(command.class_id)
            classes.check_unlocked(command.class_id)
            return event("delete_class", command.class_id)


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
    return Event(
        command_id=command.command_id, kind="settings", client=client, at=now, detail=_json(changes)
    )


def _plan_anchor(
    session: AnnotationSession, command: protocol.Anchor, client: str, now: float
) -> Event:
    items = np.asarray(command.items, np.uint32)
    session.check_items(items)
    targets = checked_targets(command.targets, len(items), session.grid.latent_dim)
    items, first = np.unique(items, return_index=True)
    return Event(
        command_id=command.command_id,
        kind="anchor",
        client=client,
        at=now,
        revision=command.revision,
        items=items.astype("<u4").tobytes(),
        detail=encode_detail(targets[first] if command.keep else None, session.grid.latent_dim),
    )


def _plan_unpin(
    session: AnnotationSession, command: protocol.Unpin, client: str, now: float
) -> Event | None:
    items = np.unique(np.asarray(command.items, np.uint32))
    session.check_items(items)
    pinned, _ = session.held()
    if len(pinned) == 0 or (len(items) and not np.isin(items, pinned).any()):
        return None
    return Event(
        command_id=command.command_id,
        kind="unpin",
        client=client,
        at=now,
        items=items.astype("<u4").tobytes(),
    )


def _plan_label(
    session: AnnotationSession, command: protocol.Label, client: str, now: float
) -> Event:
    items = np.unique(np.asarray(command.items, np.uint32))
    _check_labels(session, items, [command.class_id])
    return Event(
        command_id=command.command_id,
        kind="gesture",
        client=client,
        at=now,
        revision=command.revision,
        class_id=command.class_id,
        items=items.astype("<u4").tobytes(),
        detail=_json(command.provenance),
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
    return Event(
        command_id=command.command_id,
        kind="label_each",
        client=client,
        at=now,
        revision=command.revision,
        items=items.astype("<u4").tobytes(),
        detail=encode_label_each(command.provenance, class_ids),
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


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
