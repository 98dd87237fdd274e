"""Reading of label logs of formats 1 and 2.

Both formats have one table of ten columns for all kinds of events, with JSON in the column
`detail`. Format 2 added the kind `label_each`.
"""

import base64
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from lodespace.json_input import json_decoder, json_value
from lodespace.protocol import Settings
from lodespace.session.events import (
    AddClassEvent,
    AnchorEvent,
    ClassIds,
    DeleteClassEvent,
    EditClassEvent,
    Event,
    Header,
    Items,
    LabelEachEvent,
    LabelEvent,
    MergeClassEvent,
    RedoEvent,
    SettingsEvent,
    StoredProvenance,
    Targets,
    UndoEvent,
    UnpinEvent,
)

_SELECT = """
SELECT sequence, command_id, kind, client, at, revision, class_id, gesture, items, detail
FROM events ORDER BY sequence
"""


class Row(NamedTuple):
    """One row of the table `events`."""

    sequence: int
    """Number of the event."""
    command_id: str
    """Id of the command."""
    kind: str
    """Kind of the event."""
    client: str
    """Id of the client that sent the command."""
    at: float
    """Time of the command, in seconds since the Unix epoch."""
    revision: int
    """Revision of the positions that the annotator saw; 0 for kinds without a revision."""
    class_id: int
    """Id of the class; -1 for unlabelled, and for kinds without a class."""
    gesture: int
    """Number of the event that is undone or redone; 0 for other kinds."""
    items: bytes
    """Item numbers, uint32 little-endian."""
    detail: str
    """JSON object. Its fields depend on `kind`."""


class _Provenance(msgspec.Struct):
    tool: str = ""
    note: str = ""
    verified: bool = False
    regions: msgspec.Raw = msgspec.Raw(b"[]")
    class_ids: str = ""


class _Targets(msgspec.Struct):
    targets: str = ""
    latent_dim: int = 3


class _ClassChange(msgspec.Struct):
    name: str | None = None
    colour: str | None = None
    locked: bool | None = None
    into: int | None = None


_provenance = json_decoder(msgspec.json.Decoder(_Provenance))
_settings = json_decoder(msgspec.json.Decoder(Settings))
_targets = json_decoder(msgspec.json.Decoder(_Targets))
_class_change = json_decoder(msgspec.json.Decoder(_ClassChange))


def read_rows(connection: sqlite3.Connection) -> Iterator[Row]:
    """Return the rows of the table `events` in the order in which they were written."""
    return map(Row._make, connection.execute(_SELECT))


def event_of(row: Row) -> Event:
    """Return the event that `row` describes.

    Raises:
        ValueError: The row is damaged.
    """
    header = Header(command_id=row.command_id, client=row.client, at=row.at)
    return msgspec.structs.replace(_event(row, header), sequence=row.sequence)


def _event(row: Row, header: Header) -> Event:
    match row.kind:
        case "gesture":
            return LabelEvent(
                **header,
                items=_items(row),
                class_id=row.class_id,
                provenance=_stored(_provenance(row.detail)),
                revision=row.revision,
            )
        case "label_each":
            detail = _provenance(row.detail)
            return LabelEachEvent(
                **header,
                items=_items(row),
                class_ids=_class_ids(detail.class_ids),
                provenance=_stored(detail),
                revision=row.revision,
            )
        case "settings":
            return SettingsEvent(**header, changes=_settings(row.detail))
        case "anchor":
            targets, latent_dim = _targets_of(row.detail)
            return AnchorEvent(
                **header,
                items=_items(row),
                targets=targets,
                latent_dim=latent_dim,
                revision=row.revision,
            )
        case "unpin":
            return UnpinEvent(**header, items=_items(row))
        case "undo":
            return UndoEvent(**header, gesture=row.gesture)
        case "redo":
            return RedoEvent(**header, gesture=row.gesture)
        case _:
            return _class_event(row, header)


def _class_event(row: Row, header: Header) -> Event:
    change = _class_change(row.detail)
    match row.kind:
        case "add_class":
            name = change.name or str(row.class_id)
            return AddClassEvent(**header, class_id=row.class_id, name=name, colour=change.colour)
        case "edit_class":
            return EditClassEvent(
                **header,
                class_id=row.class_id,
                name=change.name,
                colour=change.colour,
                locked=change.locked,
            )
        case "merge_class" if change.into is not None:
            return MergeClassEvent(**header, class_id=row.class_id, into=change.into)
        case "delete_class":
            return DeleteClassEvent(**header, class_id=row.class_id)
        case _:
            raise ValueError(f"the kind {row.kind!r} with the detail {row.detail!r} is unknown")


def _items(row: Row) -> Items:
    return np.frombuffer(row.items, "<u4").astype(np.uint32)


def _class_ids(packed: str) -> ClassIds:
    return np.frombuffer(base64.b64decode(packed, validate=True), "<i2").astype(np.int16)


def _stored(detail: _Provenance) -> StoredProvenance:
    regions = msgspec.msgpack.encode(json_value(bytes(detail.regions)))
    return StoredProvenance(detail.tool, detail.note, detail.verified, msgspec.Raw(regions))


def _targets_of(detail: str) -> tuple[Targets | None, int]:
    """Return the flat list of targets of an anchor, and the dimension of the targets.

    The targets are None if the items were not pinned. They are also None if the stored targets are
    damaged, because a damaged pin must not make the labels of a log unreadable.
    """
    try:
        found = _targets(detail)
        raw = np.frombuffer(base64.b64decode(found.targets, validate=True), "<f4")
    except ValueError:
        return None, 3
    return (raw.astype(np.float32) if len(raw) else None), found.latent_dim
