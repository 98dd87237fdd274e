"""The first half of a command: what it would do, checked against the state and put into an event of the log. Changes nothing."""

import time

import msgspec
import numpy as np

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.pins import checked_targets, encode_detail
from lodespace.session import AnnotationSession, ClassDetail
from lodespace.settings import in_full, merged
from lodespace.store import Event

Command = (
    protocol.Label
    | protocol.Undo
    | protocol.Redo
    | protocol.AddClass
    | protocol.EditClass
    | protocol.SetTraining
    | protocol.Anchor
    | protocol.Unpin
)


def plan(session: AnnotationSession, command: Command, client: str) -> Event | None:
    """The event that would carry `command` out; None when nothing would change. Raises RequestError when it cannot be."""
    if session.read_only:
        raise RequestError("this scene is baked and read-only; serve the data set itself to label it", code="read_only")
    now = time.time()
    match command:
        case protocol.Label():
            return _plan_label(session, command, client, now)
        case protocol.Undo():
            number = session.acts.next_undo(client).number
            return Event(command_id=command.command_id, kind="undo", client=client, at=now, gesture=number)
        case protocol.Redo():
            number = session.acts.next_redo(client).number
            return Event(command_id=command.command_id, kind="redo", client=client, at=now, gesture=number)
        case protocol.AddClass():
            session.classes.check_new(command.name)
            detail = _json(ClassDetail(command.name, command.colour))
            class_id = len(session.classes)
            return Event(
                command_id=command.command_id,
                kind="add_class",
                client=client,
                at=now,
                class_id=class_id,
                detail=detail,
            )
        case protocol.EditClass():
            session.classes.check_edit(command.class_id, command.name)
            detail = _json(ClassDetail(command.name, command.colour))
            return Event(
                command_id=command.command_id,
                kind="edit_class",
                client=client,
                at=now,
                class_id=command.class_id,
                detail=detail,
            )

        case protocol.SetTraining():
            return _plan_settings(session, command, client, now)
        case protocol.Anchor():
            return _plan_anchor(session, command, client, now)
        case protocol.Unpin():
            return _plan_unpin(session, command, client, now)


def _plan_settings(session: AnnotationSession, command: protocol.SetTraining, client: str, now: float) -> Event | None:
    changes = command.settings or protocol.Settings()
    try:
        changed = in_full(merged(session.settings, changes))
    except ValueError as error:
        raise RequestError(f"this setting cannot be: {error}", code="bad_setting") from error
    if changed == session.settings:
        return None
    return Event(command_id=command.command_id, kind="settings", client=client, at=now, detail=_json(changes))


def _plan_anchor(session: AnnotationSession, command: protocol.Anchor, client: str, now: float) -> Event:
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


def _plan_unpin(session: AnnotationSession, command: protocol.Unpin, client: str, now: float) -> Event | None:
    items = np.unique(np.asarray(command.items, np.uint32))
    session.check_items(items)
    pinned, _ = session.held()
    if len(pinned) == 0 or (len(items) and not np.isin(items, pinned).any()):
        return None
    return Event(
        command_id=command.command_id, kind="unpin", client=client, at=now, items=items.astype("<u4").tobytes()
    )


def _plan_label(session: AnnotationSession, command: protocol.Label, client: str, now: float) -> Event:
    items = np.unique(np.asarray(command.items, np.uint32))
    session.check_items(items)
    if command.class_id >= len(session.classes):
        raise RequestError(f"there is no class {command.class_id}; make it first", code="unknown_class")
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


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
