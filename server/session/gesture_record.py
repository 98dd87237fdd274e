"""What the log keeps of a gesture that labels, in the detail of its event: how its items were chosen, and a class an item where these
differ."""

import base64
import sys

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.protocol import Provenance
from lodespace.session.event_log import Event, StoreError
from lodespace.session.label_history import GestureRecord


class _Detail(msgspec.Struct):
    """The part that is kept in memory: not the regions. `class_ids`: int16 (K,), little-endian, in base64."""

    tool: str = ""
    note: str = ""
    verified: bool = False
    class_ids: str = ""


_decode = msgspec.json.Decoder(_Detail).decode


def encode_label_each(provenance: Provenance, class_ids: npt.NDArray[np.int16]) -> str:
    """The detail of an event that gives its items `class_ids` (K,), in the order of the items."""
    packed = base64.b64encode(class_ids.astype("<i2").tobytes()).decode()
    return msgspec.json.encode(msgspec.to_builtins(provenance) | {"class_ids": packed}).decode()


def read_gesture(event: Event) -> tuple[GestureRecord, str]:
    """The gesture that `event` made, and what it was in a few words: "" for a region that got one class.

    Raises StoreError when the event holds no class an item: such a log is damaged.
    """
    detail, items = _decode(event.detail), event.item_array()
    record = GestureRecord(
        number=event.sequence,
        class_id=event.class_id,
        items=items,
        client=event.client,
        at=event.at,
        revision=event.revision,
        tool=sys.intern(detail.tool),
        verified=detail.verified,
    )
    if event.kind == "label_each":
        record.class_ids = _class_ids(event, detail.class_ids, len(items))
    return record, _note(record, detail.note)


def _class_ids(event: Event, packed: str, n: int) -> npt.NDArray[np.int16]:
    try:
        class_ids = np.frombuffer(base64.b64decode(packed, validate=True), "<i2").astype(np.int16)
    except ValueError as error:
        raise StoreError(f"event {event.sequence} of the label log is damaged: {error}") from error
    if len(class_ids) != n:
        raise StoreError(
            f"event {event.sequence} of the label log is damaged: {len(class_ids)} classes for {n} items"
        )
    return class_ids


def _note(record: GestureRecord, note: str) -> str:
    if record.tool == "accept" and note:
        return note
    if record.tool != "sheet" and record.class_ids is None:
        return ""
    n, classes = len(record.items), len(record.classes())
    what = "looked at" if record.verified else "items"
    return f"{n:,} {what}, {classes} {'class' if classes == 1 else 'classes'}"
