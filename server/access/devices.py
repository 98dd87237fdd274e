"""Approved and former devices, stored in the state folder with the SHA-256 of their secrets."""

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
COOKIE_DAYS = 400
"""Days for which a browser keeps the secret, at most 400 in most browsers. A device that requests
access again after its approval has ended keeps its id and name."""
MAX_DEVICES = 64
"""Largest number of approved devices. A further device replaces the device approved first."""
MAX_FORMER = 1000
"""Largest number of former devices. The names of older ones are forgotten."""
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


class FormerDevice(msgspec.Struct, kw_only=True):
    """A device whose approval has ended. Labels that were made on it keep its name."""

    device: str
    """Id of the device."""
    name: str
    """Name of the device."""
    secret_hash: str
    """SHA-256 of its former secret, hexadecimal: a device that has it and is approved again keeps
    its id and name."""


class _File(msgspec.Struct):
    devices: list[KnownDevice]
    former: list[FormerDevice] = []
    """Newest first. Versions of Lodespace without this field lose the names, but approve none."""


class DeviceStore:
    """The list of approved devices, stored in a file in `folder`.

    Several servers of one person share the file. Each method first reads the file again if another
    server has changed the file.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / DEVICES_FILE
        self._clock = clock
        self._devices: list[KnownDevice] = []
        self._former: list[FormerDevice] = []
        self._read_at: tuple[int, int] | None = None

    def all(self) -> list[KnownDevice]:
        """Return the approved devices that have not expired, newest first."""
        self._refresh()
        oldest = self._clock() - KEPT_DAYS * 86400
        return [device for device in self._devices if device.seen_at > oldest]

    def admit(
        self, name: str, role: Role, address: str, former: FormerDevice | None = None
    ) -> tuple[KnownDevice, str]:
        """Approve a device. Return the device and its secret. Only the secret's hash is stored.

        Args:
            name: Name of the device.
            role: Its role.
            address: Its IP address.
            former: The same device before its approval ended; None for a new device. With another
                name, another person uses the same browser: this is a new device.

        Raises:
            LodespaceError: The file cannot be written.
        """
        secret = secrets.token_urlsafe(32)
        now = self._clock()
        approved = self.all()
        if former is not None and (
            former.name.casefold() != name.casefold()
            or any(one.device == former.device for one in approved)
        ):
            former = None
        device = KnownDevice(
            device=secrets.token_hex(6) if former is None else former.device,
            name=name,
            role=role,
            address=address,
            secret_hash=hash_of(secret),
            allowed_at=now,
            seen_at=now,
        )
        self._write([device, *approved][:MAX_DEVICES])
        return device, secret

    def name_of(self, device: str) -> str:
        """Return the name of an approved or former device; "" if there is no such device."""
        self._refresh()
        known = (*self._devices, *self._former)
        return next((one.name for one in known if one.device == device), "")

    def former(self, secret: str) -> FormerDevice | None:
        """Return the device that had this secret before its approval ended; None if there is no
        such device. The secret may be empty."""
        given, approved = hash_of(secret), {one.device for one in self.all()}
        ended = [_former(one) for one in self._devices if one.device not in approved]
        for device in (*ended, *self._former):
            if hmac.compare_digest(device.secret_hash, given):
                return device
        return None

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
            found = json_of(self._path.read_bytes(), _File)
            self._devices, self._former, self._read_at = found.devices, found.former, stamp
        except (OSError, JsonError):
            # A missing or damaged file approves no device.
            self._devices, self._former, self._read_at = [], [], None

    def _write(self, devices: list[KnownDevice]) -> None:
        approved = {device.device for device in devices}
        before = (*map(_former, self._devices), *self._former)
        former = [device for device in before if device.device not in approved][:MAX_FORMER]
        write_private(self._path, msgspec.json.encode(_File(devices, former)))
        self._read_at = None
        self._refresh()


def _former(device: KnownDevice) -> FormerDevice:
    return FormerDevice(device=device.device, name=device.name, secret_hash=device.secret_hash)
