"""Approved devices, stored in the state folder with the SHA-256 of their secrets."""

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
from lodespace.json_input import JsonError, json_of
from lodespace.protocol import Role

DEVICES_FILE = "devices.json"
"""Name of the file of approved devices in the state folder."""
KEPT_DAYS = 30
"""A device that has sent nothing for this number of days has to request access again."""
MAX_DEVICES = 64
"""Largest number of approved devices. A further device replaces the device approved first."""
_SEEN_EVERY = 3600.0
"""Shortest time between two updates of a device's `seen_at`, in seconds."""


class KnownDevice(msgspec.Struct, kw_only=True):
    """An approved device. Times are in seconds since 1970 (Unix time)."""

    device: str
    """Id of the device."""
    name: str
    """Name of the device."""
    role: Role
    """Role of the device."""
    address: str
    """IP address that the device had when it was approved."""
    secret_hash: str
    """SHA-256 of the secret in the device's cookie, hexadecimal."""
    allowed_at: float
    """Time of the approval."""
    seen_at: float
    """Time of the last request of the device, accurate to one hour."""


class _File(msgspec.Struct):
    devices: list[KnownDevice]


class DeviceStore:
    """The list of approved devices, stored in a file in `folder`.

    Several servers of one person share the file. Each method first reads the file again if another
    server has changed the file.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / DEVICES_FILE
        self._clock = clock
        self._devices: list[KnownDevice] = []
        self._read_at: tuple[int, int] | None = None

    def all(self) -> list[KnownDevice]:
        """Return the approved devices that have not expired, newest first."""
        self._refresh()
        oldest = self._clock() - KEPT_DAYS * 86400
        return [device for device in self._devices if device.seen_at > oldest]

    def admit(self, name: str, role: Role, address: str) -> tuple[KnownDevice, str]:
        """Approve a device. Return the device and its secret. Only the secret's hash is stored.

        Raises LodespaceError when the file cannot be written.
        """
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

    def name_of(self, device: str) -> str:
        """Return the name of an approved device; "" if there is no such device."""
        return next((one.name for one in self.all() if one.device == device), "")

    def identify(self, secret: str) -> KnownDevice | None:
        """Return the approved device that has this secret; None if there is no such device."""
        given = hash_of(secret)
        for device in self.all():
            if hmac.compare_digest(device.secret_hash, given):
                self._update_seen(device)
                return device
        return None

    def revoke(self, device: str) -> bool:
        """Remove a device from the list. Return whether the device was in the list.

        Raises LodespaceError when the file cannot be written.
        """
        known = self.all()
        remaining = [other for other in known if other.device != device]
        if len(remaining) == len(known):
            return False
        self._write(remaining)
        return True

    def _update_seen(self, device: KnownDevice) -> None:
        now = self._clock()
        if now - device.seen_at < _SEEN_EVERY:
            return
        device.seen_at = now
        with contextlib.suppress(LodespaceError):  # on a full disk, identify must not fail
            self._write(self._devices)

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp == self._read_at:
                return
            self._devices = json_of(self._path.read_bytes(), _File).devices
            self._read_at = stamp
        except (OSError, JsonError):
            # A missing or damaged file approves no device.
            self._devices, self._read_at = [], None

    def _write(self, devices: list[KnownDevice]) -> None:
        write_private(self._path, msgspec.json.encode(_File(devices)))
        self._read_at = None
        self._refresh()
