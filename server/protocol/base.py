"""Base classes of all messages."""

from typing import ClassVar

import msgspec

from lodespace.protocol.values import Role


class Message(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """Base of all JSON bodies. Unknown fields are refused, so that misspelt names are reported."""


class Operation(Message, tag_field="op"):
    """Base of all text messages of the stream."""

    role: ClassVar[Role] = "annotator"
    """Lowest role that may send the operation. With the default, viewers may not send it."""
