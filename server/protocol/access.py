"""Who may come in."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import MAX_NAME_LENGTH, Role


class WaitingDevice(Message):
    """A device that asks to be let in. `code`: the four characters it shows, so that the right one is allowed. `since`: when it asked."""

    request: str
    code: str
    name: str
    address: str
    since: float


class Device(Message):
    """A device that was let in. `connected`: how many streams it has open now."""

    device: str
    name: str
    role: Role
    address: str
    allowed_at: float
    seen_at: float
    connected: int


class Access(Message):
    """Answer of GET /api/access: who may come in, for the owner.

    `addresses`: where other devices reach this server, the likeliest first; empty without `--lan`.
    `fingerprint`: SHA-256 of the certificate.
    """

    addresses: list[str]
    fingerprint: str
    waiting: list[WaitingDevice]
    devices: list[Device]


class AccessRequest(Message):
    """Body of POST /api/access/request: a device asks to be let in. `name`: what its owner calls it; else its browser is named."""

    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""


class AccessRequested(Message):
    """Show `code` to the person and ask with `secret` what the owner said."""

    secret: str
    code: str
    expires_in: float


class AccessPoll(Message):
    """Body of POST /api/access/poll."""

    secret: Annotated[str, msgspec.Meta(min_length=16, max_length=100)]


class AccessAnswer(Message):
    """What became of a request. With `allowed` comes the cookie."""

    state: Literal["waiting", "allowed", "denied", "expired"]
    role: Role | None = None


class Pair(Message):
    """Body of POST /api/access/pair: a pairing code, as it was read."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Decide(Message):
    """Body of POST /api/access/decide: let the waiting device in as `role`; none: deny it."""

    request: str
    role: Literal["annotator", "viewer"] | None = None


class MakeCode(Message):
    """Body of POST /api/access/code."""

    role: Literal["annotator", "viewer"]


class PairingCode(Message):
    """A code that lets one device in, once, for `expires_in` seconds. The one before it ends."""

    code: str
    role: Role
    expires_in: float


class Revoke(Message):
    """Body of POST /api/access/revoke: the device is shut out, its streams end."""

    device: str


class AccessChanged(Operation, tag="access"):
    """Who waits and who is let in, for owners."""

    access: Access
