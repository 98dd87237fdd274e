"""Messages that summarise a session: pure functions of the state of the session."""

from itertools import islice
from typing import Literal

import numpy as np

from lodespace import protocol
from lodespace.config import VERSION
from lodespace.features.search_space import searches_files, searches_words
from lodespace.items.details import provenance
from lodespace.items.texts import text_column
from lodespace.protocol.item_sets import listed_or_packed
from lodespace.session.events import Event, RedoEvent, UndoEvent
from lodespace.session.rule_infos import rule_infos
from lodespace.session.session import AnnotationSession, action_of
from lodespace.session.undo_log import UndoableAction, UndoLog
from lodespace.shapes.files import are_shapes

HISTORY_LENGTH = 200
"""Largest number of actions in a history. A client gets a history after each action. If histories
contained all actions, the bytes sent would grow with the square of the number of actions."""


def session_info(
    session: AnnotationSession,
    client: str,
    *,
    role: protocol.Role,
    training: protocol.Training,
    thumbnails: protocol.Thumbnails | None,
    has_recording: bool,
    quality: protocol.Quality | None = None,
) -> protocol.SessionInfo:
    """Return what `client` needs to show `session`."""
    grid = session.grid
    pins, packed_pins = listed_or_packed(session.held()[0])
    return protocol.SessionInfo(
        protocol=protocol.PROTOCOL_VERSION,
        version=VERSION,
        dataset=session.items.name,
        item_kind=session.items.kind,
        n_items=len(session.items),
        latent_dim=grid.latent_dim,
        scene_id=grid.scene_id,
        revision=grid.revision,
        sequence=session.sequence,
        read_only=session.read_only,
        role=role,
        classes=list(session.classes.classes),
        thumbnails=thumbnails,
        training=training,
        history=history(session, client),
        pins=pins,
        packed_pins=packed_pins,
        has_recording=has_recording,
        axes=session.axes.shown,
        quality=quality,
        report=list(session.items.report),
        shapes=are_shapes(session.items),
        searches_files=not session.read_only and searches_files(session.items),
        rules=rule_infos(session),
        searches_words=not session.read_only and searches_words(session.items),
        text_column=text_column(session.items),
    )


def absent_training(session: AnnotationSession, settings: protocol.Settings) -> protocol.Training:
    """Return the training state of a session without a trainer."""
    return protocol.Training(
        state="absent",
        phase="resting",
        progress=1.0,
        step=session.grid.step,
        frames_per_second=0.0,
        settings=settings,
    )


def history(session: AnnotationSession, client: str) -> protocol.History:
    """Return the newest HISTORY_LENGTH actions, and whether `client` can undo and redo."""
    return history_of(session.undo_log, client)


def history_of(log: UndoLog, client: str) -> protocol.History:
    """Do the same as `history` for the actions in `log`."""
    newest = list(islice(reversed(log.actions.values()), HISTORY_LENGTH))
    return protocol.History(
        gestures=[_gesture(action) for action in reversed(newest)],
        can_undo=log.can_undo(client),
        can_redo=log.can_redo(client),
    )


def recorded_gesture(session: AnnotationSession, event: Event) -> protocol.GestureTold:
    """Return the message that a recording stores for an applied event."""
    what: Literal["made", "undone", "redone"] = "made"
    if isinstance(event, UndoEvent):
        what = "undone"
    elif isinstance(event, RedoEvent):
        what = "redone"
    action = session.undo_log.actions[action_of(event)]
    labelled = int(np.count_nonzero(session.labels != protocol.UNLABELED))
    return protocol.GestureTold(event=what, gesture=_gesture(action), labelled=labelled)


def item_info(session: AnnotationSession, item: int) -> protocol.ItemInfo:
    """Return the details of `item`. Raises RequestError when the item does not exist."""
    session.check_item(item)
    number = int(session.owner_of(np.array([item], np.uint32))[0])
    record, rule = session.history.gestures.get(number), session.rules.get(number)
    made = rule or record
    return protocol.ItemInfo(
        item=item,
        id=session.items.item_id(item),
        class_id=int(session.labels[item]),
        gesture=number,
        labelled_by=rule.author if rule else record.client if record else "",
        labelled_at=made.at if made else 0.0,
        rule=0 if rule is None else number,
        prediction=int(session.scores.prediction[item]),
        confidence=float(session.scores.confidence[item]) / 255,
        **provenance(session.items, item),
    )


def _gesture(action: UndoableAction) -> protocol.Gesture:
    return protocol.Gesture(
        gesture=action.number,
        kind=action.kind,
        class_id=action.class_id,
        count=action.count,
        by=action.client,
        at=action.at,
        revision=action.revision,
        undone=action.undone,
        note=action.note,
    )
