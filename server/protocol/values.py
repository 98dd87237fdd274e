"""Names, limits and value types of the messages."""

from typing import Annotated, Literal

import msgspec

from lodespace.models.config import PresetName
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.loss_terms import FRAME_FORCES
from lodespace.protocol.selection_frames import SLOTS

PROTOCOL_VERSION = "lodespace.v1"
"""Name of the WebSocket subprotocol. The server closes the streams of clients of other versions
with code 1002."""

MAX_MESSAGE_BYTES = 1 << 20
"""Largest text frame or JSON body, in bytes."""
MAX_LISTED_ITEMS = 60_000
"""Largest number of items that a message lists as JSON. A message with this number of items, and a
class for each, fits into MAX_MESSAGE_BYTES, even if all numbers have the most digits. More items
are uploaded as a selection (selection_frames.py)."""
MAX_LISTED_NEWS = 1000
"""Largest number of items that a message of the server lists as JSON. More items are packed
(item_sets.py)."""
MAX_CLASSES = 1024
"""Largest number of classes."""
MAX_ANCHORED = 10_000
"""Largest number of items that a message lists as JSON if each item has a target. Such a message
fits into MAX_MESSAGE_BYTES, even if all numbers have the most digits. More items are uploaded as a
selection with points."""
MAX_REGIONS = 64
"""Largest number of regions in a query. When a client labels a selection, it sends only the newest
MAX_REGIONS regions of the selection with the label."""
MAX_NAME_LENGTH = 80
"""Longest name of a client, device, axis or rule, in characters."""
MAX_CLASS_NAME_LENGTH = 200
"""Longest name of a class, in characters. Names of groups and species are longer than other
names."""
MAX_SEARCH_LENGTH = 200
"""Longest text to search for, in characters."""

FORCE_TERMS = FRAME_FORCES
"""Loss terms that have forces in a forces frame, in the order of the frame."""
MAX_PROBED = 256
"""Largest number of items in a probe."""
MAX_DECODED = 64
"""Largest number of points in a query for decoded pictures."""

CLOSE_REVOKED = 4401
"""WebSocket close code of a stream whose device the owner has revoked. RFC 6455 leaves the codes
4000 to 4999 to applications."""

CommandId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]
"""Id that the client makes for each command. A command that is sent again with the same id has no
second effect and gets the same answer."""
ClassName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CLASS_NAME_LENGTH)]
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9A-Fa-f]{6}$")]
Item = Annotated[int, msgspec.Meta(ge=0, le=0x7FFFFFFF)]
AT_MOST_LISTED = msgspec.Meta(extra_json_schema={"maxItems": MAX_LISTED_ITEMS})
"""Limit of a list of items. `check_chosen` enforces the limit, because its error message gives
advice."""
ListedItems = Annotated[list[Item], AT_MOST_LISTED]
Slot = Annotated[int, msgspec.Meta(ge=0, lt=SLOTS)]
"""Slot of an uploaded selection (selection_frames.py)."""
ClassId = Annotated[int, msgspec.Meta(ge=UNLABELED, lt=MAX_CLASSES)]
Weight = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Counter = Annotated[int, msgspec.Meta(ge=-1, le=(1 << 53) - 1)]
"""A revision, sequence number or scene id; -1 if not known yet. The upper limit is the largest
integer that JavaScript represents exactly."""
CellSize = Annotated[float, msgspec.Meta(ge=1e-6, le=2)]

Preset = PresetName

ErrorCode = Literal[
    "address_blocked",
    "bad_anchor",
    "bad_axis",
    "bad_certificate",
    "bad_content_type",
    "bad_dataset",
    "bad_encoding",
    "bad_format",
    "bad_host",
    "bad_items",
    "bad_origin",
    "bad_pairing_code",
    "bad_port",
    "bad_project",
    "bad_question",
    "bad_recording",
    "bad_request",
    "bad_rule",
    "bad_scene",
    "bad_search",
    "bad_setting",
    "bad_sheet",
    "checkpoints_in_use",
    "class_exists",
    "class_in_use",
    "class_locked",
    "delta_overflow",
    "internal_error",
    "malformed_message",
    "no_features",
    "no_hello",
    "no_model",
    "no_original",
    "no_page",
    "no_picture",
    "no_recording",
    "no_shape",
    "no_sound",
    "no_token",
    "no_training",
    "not_added",
    "not_allowed",
    "not_found",
    "not_paired",
    "not_saved",
    "not_shared",
    "not_turned_back",
    "not_waiting",
    "nothing_to_redo",
    "nothing_to_undo",
    "other_user",
    "port_taken",
    "project_in_use",
    "read_only",
    "state_not_saved",
    "too_large",
    "too_many_classes",
    "too_many_clients",
    "too_many_connections",
    "too_many_guesses",
    "too_many_questions",
    "too_many_requests",
    "too_many_waiting",
    "too_slow",
    "training_failed",
    "unknown_class",
    "unknown_cue",
    "unknown_device",
    "unknown_item",
    "unknown_opcode",
    "unknown_page",
    "unknown_rule",
    "unknown_column",
    "unknown_selection",
    "unknown_tile",
]
"""Codes of errors in HTTP bodies, in `refused` and on the command line (docs/protocol.md)."""

TrainerState = Literal["starting", "running", "paused", "resting", "restarting", "failed", "absent"]
"""`absent`: there is no trainer, as for a read-only scene. `resting`: training has nothing to do
until labels, settings or pins change."""
Phase = Literal["layout", "features", "pretraining", "interactive", "resting"]
Tool = Literal[
    "lasso", "rectangle", "pick", "sheet", "brush", "cluster", "similar", "accept", "api"
]
"""`brush`: painted with a sphere in VR; `cluster`: the dense region around the brush; `sheet`: a
reviewed contact sheet; `similar`: items like other items or an example; `accept`: accepted
predictions; `api`: a program."""
SelectionMode = Literal["through", "visible"]
Role = Literal["owner", "annotator", "viewer"]
"""`viewer` sees everything; `annotator` also labels and trains; `owner` also approves devices."""
Coordinate = Annotated[float, msgspec.Meta(ge=-1e4, le=1e4)]
Vector = tuple[Coordinate, Coordinate, Coordinate]
Quaternion = tuple[Coordinate, Coordinate, Coordinate, Coordinate]


def check_chosen(items: list[int], selection: int | None, *, may_be_empty: bool = False) -> None:
    """Raise ValueError unless a message has either items or the slot of a selection.

    Also raise ValueError for too many items.
    """
    if len(items) > MAX_LISTED_ITEMS:
        raise ValueError(
            f"A message lists at most {MAX_LISTED_ITEMS} items, not {len(items)}. On the stream, "
            "upload them as a selection. Over HTTP, send several requests."
        )
    if items and selection is not None:
        raise ValueError("A message has either `items` or a `selection`.")
    if not items and selection is None and not may_be_empty:
        raise ValueError("There are no items. List them in `items`, or upload a selection.")
