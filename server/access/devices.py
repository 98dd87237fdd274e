"""The devices that were let in, kept in the state folder: of a device's secret only the SHA-256."""

import contextlib
import hmac
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from lodespace.access.secret_hash import hash_of
from lodespace.errors import LodespaceError
from lodespace.files import write_private
from lodespace.protocol import Role

DEVICES_FILE = "devices.json"
KEPT_DAYS = 30
"""A device that was away for so long has to ask again."""
MAX_DEVICES = 64
_NOTED_EVERY = 3600.0
"""Seconds between two notes of when a device was seen."""


class KnownDevice(msgspec.Struct, kw_only=True):
    """A device that may come in. `secret_hash`: SHA-256 of its cookie, hexadecimal. Times in seconds since the epoch."""

    device: str
    name: str
    role: Role
    address: str
    secret_hash: str
    allowed_at: float
    seen_at: float


class _File(msgspec.Struct):
    devices: list[KnownDevice]


class DeviceStore:
    """The list in `folder`. Several servers of one person share it: it is read anew before it is changed, and when it was."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / DEVICES_FILE
        self._clock = clock
        self._devices: list[KnownDevice] = []
        self._read_at: tuple[int, int] | None = None

    def all(self) -> list[KnownDevice]:
        """Those that may still come in, newest first."""
        self._refresh()
        oldest = self._clock() - KEPT_DAYS * 86400
        return [device for device in self._devices if device.seen_at > oldest]

    def admit(self, name: str, role: Role, address: str) -> tuple[KnownDevice, str]:
        """Let a device in. Returns it and its secret, which is not kept here. Raises LodespaceError when it cannot be noted."""
        secret = secrets.token_urlsafe(32)
        now = self._clock()
        device = KnownDevice(
            device=secrets.token_hex(6),
            name=name,
            role=role,
            address=address,
            secret_hash=hash_of(secret),
            allowed_at=now,
            seen_at=now,
        )
        self._write([device, *self.all()][:MAX_DEVICES])
        return device, secret

    def identify(self, secret: str) -> KnownDevice | None:
        """The device whose secret this is."""
        given = hash_of(secret)
        for device in self.all():
            if hmac.compare_digest(device.secret_hash, given):
                self._note(device)
                return device
        return None

    def revoke(self, device: str) -> bool:
        """Returns whether there was such a device. Raises LodespaceError when it cannot be noted."""
        known = self.all()
        left = [one for one in known if one.device != device]
        if len(left) == len(known):
            return False
        self._write(left)
        return True

    def _note(self, device: KnownDevice) -> None:
        now = self._clock()
        if now - device.seen_at < _NOTED_EVERY:
            return
        device.seen_at = now
        with contextlib.suppress(LodespaceError):  # a full disk shuts nobody out
            self._write(self._devices)

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp == self._read_at:
                return
            self._devices = msgspec.json.decode(self._path.read_bytes(), type=_File).devices
            self._read_at = stamp
        except FileNotFoundError:
            self._devices, self._read_at = [], None
        except (OSError, msgspec.MsgspecError):
            self._devices, self._read_at = [], None  # what cannot be read lets nobody in

    def _write(self, devices: list[KnownDevice]) -> None:
        write_private(self._path, msgspec.json.encode(_File(devices)))
        self._read_at = None
        self._refresh()
