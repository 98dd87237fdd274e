"""Binary frames that upload a selection: a packed set of items (item_sets.py), in parts.

A client sends the parts in order, then the command that names the slot of the selection. Parts are
small, so that other messages of the client and the work of the server are never delayed for long.
docs/protocol.md has the byte table.
"""

import struct
from typing import NamedTuple

from lodespace.errors import ProtocolError

OPCODE_SELECTION = 16
"""First byte of the frames."""
SLOTS = 2
"""Number of selections that the server keeps per connection. Two are enough. During a drag, one
slot has the dragged items, and commands use the other. An axis has two groups of items."""
PART_HEADER = struct.Struct("<BBHII")
"""Layout of the header: opcode, slot, the constant 0, bytes of the whole set, and offset of the
part."""
PART_BYTES = 60_000
"""Largest number of bytes of a part, without the header."""


class Part(NamedTuple):
    """One part of a selection."""

    slot: int
    """Slot of the selection, below SLOTS."""
    size: int
    """Number of bytes of the whole set."""
    offset: int
    """Place of the part in the set, in bytes. The part at 0 replaces the selection in the slot."""
    content: bytes
    """The part."""


def encode_parts(slot: int, packed: bytes) -> list[bytes]:
    """Return the frames that upload a packed set into a slot."""
    return [
        PART_HEADER.pack(OPCODE_SELECTION, slot, 0, len(packed), offset)
        + packed[offset : offset + PART_BYTES]
        for offset in range(0, len(packed), PART_BYTES)
    ]


def decode_part(frame: bytes) -> Part:
    """Decode one frame. Raises ProtocolError with a description of the defect."""
    if len(frame) <= PART_HEADER.size or frame[0] != OPCODE_SELECTION:
        raise ProtocolError(
            "A binary message of a client is a part of a selection: its opcode is "
            f"{OPCODE_SELECTION}, and its header has {PART_HEADER.size} bytes.",
            code="unknown_opcode",
        )
    _, slot, unused, size, offset = PART_HEADER.unpack_from(frame)
    content = frame[PART_HEADER.size :]
    if slot >= SLOTS or unused:
        raise ProtocolError(f"A selection has a slot from 0 to {SLOTS - 1}, not {slot}.")
    if len(content) > PART_BYTES:
        raise ProtocolError(f"A part of a selection has at most {PART_BYTES} bytes.")
    if offset + len(content) > size:
        raise ProtocolError(
            f"A selection of {size} bytes has no part of {len(content)} bytes at {offset}."
        )
    return Part(slot, size, offset, content)
