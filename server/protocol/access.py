"""Access of remote devices: requests, decisions, pairing codes, approved devices."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import MAX_NAME_LENGTH, Role


class WaitingDevice(Message):
    """A device that requests access."""

    request: str
    """Id of the request. The decision (`Decide`) names this id."""
    code: str
    """The four characters that the device shows, so that the owner recognises the device."""
    name: str
    """Name of the device."""
    address: str
    """IP address of the device."""
    since: float
    """Time of the request, in seconds since the Unix epoch."""


class Device(Message):
    """An approved device."""

    device: str
    """Id of the device."""
    name: str
    """Name of the device."""
    role: Role
    """Role that the owner gave the device."""
    address: str
    """IP address of the device when it was approved."""
    allowed_at: float
    """Time of the approval, in seconds since the Unix epoch."""
    seen_at: float
    """Time of the last request of the device, in seconds since the Unix epoch, exact to an hour."""
    connected: int
    """Number of open streams of the device."""


class Access(Message, omit_defaults=True):
    """Answer of GET /api/access: waiting and approved devices, for the owner."""

    addresses: list[str]
    """URLs for other devices; empty without `--lan`.

    The URL that most likely works is the first.
    """
    fingerprint: str
    """SHA-256 of the certificate, hexadecimal with colons; empty without `--lan`."""
    waiting: list[WaitingDevice]
    """Devices that wait for a decision, oldest request first."""
    devices: list[Device]
    """Approved devices, newest first."""
    blocked: list[str] = msgspec.field(default_factory=list)
    """Blocked IP addresses, whose requests for access are denied; absent if there are none."""


class AccessRequest(Message):
    """Body of POST /api/access/request."""

    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""
    """Name of the person. If it is empty, the device has the name of the browser."""


class AccessRequested(Message):
    """Answer to a request for access."""

    secret: str
    """Secret with which the device polls for the decision."""
    code: str
    """Four characters that the device shows. The owner's page shows the same characters."""
    expires_in: float
    """Seconds until the request expires."""


class AccessPoll(Message):
    """Body of POST /api/access/poll."""

    secret: Annotated[str, msgspec.Meta(min_length=16, max_length=100)]
    """Secret of the request."""
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""
    """Name of the person, if it was entered after the request; else empty."""


class AccessAnswer(Message):
    """State of a request for access. The state `allowed` comes with the cookie for the device."""

    state: Literal["waiting", "allowed", "denied", "expired"]
    """State of the request. `allowed` and `denied` are the owner's decision. `waiting` means that
    the owner has not decided yet, and `expired` that the request is no longer valid."""
    role: Role | None = None
    """Role of the approved device."""


class Pair(Message):
    """Body of POST /api/access/pair."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    """Pairing code as typed: in upper or lower case, with or without the hyphen."""
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""
    """Name of the person. If it is empty, the device has the name of the browser."""


class Decide(Message):
    """Body of POST /api/access/decide."""

    request: str
    """Id of the request."""
    role: Role | None = None
    """Role that the device gets; null denies the request. The role `owner` is for the owner's own
    devices, such as a headset."""


class BlockAddress(Message):
    """Body of POST /api/access/block."""

    address: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    """IP address."""
    blocked: bool = True
    """Whether all requests for access from the address are denied, until the server stops. Devices
    that are already approved keep their access."""


class MakeCode(Message):
    """Body of POST /api/access/code."""

    role: Literal["annotator", "viewer"]
    """Role that the device gets when it redeems the code."""


class PairingCode(Message):
    """A code that pairs one device. A new code makes the previous code invalid."""

    code: str
    """The code, with a hyphen in the middle."""
    role: Role
    """Role that the device gets when it redeems the code."""
    expires_in: float
    """Seconds for which the code is valid."""


class Revoke(Message):
    """Body of POST /api/access/revoke. The streams of the device are closed."""

    device: str
    """Id of the device."""


class AccessChanged(Operation, tag="access"):
    """Waiting or approved devices changed. Sent to clients with the role `owner`."""

    access: Access
    """All waiting and approved devices."""
