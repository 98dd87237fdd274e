"""What all messages have in common."""

import msgspec


class Message(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """Base of all JSON bodies: unknown fields are refused, so that a misspelt one is not lost in silence."""


class Operation(Message, tag_field="op"):
    """Base of everything that goes over the stream as text."""
