"""Access control for remote devices: requests, pairing codes, roles.

A device requests access and shows a short code. The owner sees the same code on a page of the
server's own machine, and approves the device. There is nothing to guess, because the decision is
made on the trusted side (RFC 8628 in reverse). The fallback is a pairing code that the owner reads
out. The code is valid for one device and five minutes, and five wrong guesses make it invalid. In
both cases the device receives a secret of its own, which its browser stores as a cookie.
web/access.py has the routes.
"""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from lodespace import protocol
from lodespace.access.device_streams import DeviceStreams, NoStreams
from lodespace.access.devices import DeviceStore, KnownDevice
from lodespace.access.pairing_codes import PairingCodes, random_code
from lodespace.access.rate_limit import Limit
from lodespace.access.secret_hash import hash_of
from lodespace.errors import RequestError
from lodespace.protocol import Role

MAX_WAITING = 5
"""Largest number of devices that wait for a decision."""
MAX_WAITING_AND_ADDRESS = 3
"""Largest number of waiting devices per IP address: several devices may share one (NAT)."""
WAITING_SECONDS = 120.0
"""Seconds after which a request expires."""
SILENT_SECONDS = 10.0
"""A waiting page polls each second. When an address has no room for another request, its new
request replaces one for which no page has polled for this many seconds."""
REQUESTS_PER_MINUTE = 30
"""Largest number of requests per minute, from all addresses together."""
REQUESTS_PER_MINUTE_AND_ADDRESS = 10
"""Largest number of requests per minute from one IP address."""
_CLOSE_AGAIN_SECONDS = 1.0
"""Seconds after which a revoked stream that is still open is closed again."""

_RANK: dict[Role, int] = {"viewer": 0, "annotator": 1, "owner": 2}


def may(role: Role | None, needed: Role) -> bool:
    """Return whether `role` (None: an unknown device) includes the rights of `needed`."""
    return role is not None and _RANK[role] >= _RANK[needed]


@dataclass(kw_only=True)
class _Waiting:
    """A request for access."""

    request: str
    """Id of the request, for the owner's decision."""
    secret_hash: str
    """SHA-256 of the secret with which the device polls, hexadecimal."""
    code: str
    """Code that the device shows, so that the owner approves the right one."""
    name: str
    """Name of the device."""
    address: str
    """IP address that the request came from."""
    since: float
    """Time of the request, in seconds of the manager's clock."""
    polled_at: float
    """Time of the last poll, in seconds of the same clock."""
    approved_as: Role | None = None
    """Role that the owner has approved."""
    denied: bool = False
    """Whether the owner has denied the request."""


class PairingManager:
    """Approves, pairs and revokes devices.

    Args:
        devices: Approved devices; None when the server is not shared, so that no device can pair.
        streams: Open streams of devices. They are closed when their device is revoked.
        fingerprint: SHA-256 of the server's certificate, hexadecimal, shown to the owner.
        clock: Returns seconds since the epoch.
    """

    def __init__(
        self,
        devices: DeviceStore | None = None,
        *,
        streams: DeviceStreams | None = None,
        fingerprint: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.devices = devices
        self.fingerprint = fingerprint
        self._streams: DeviceStreams = NoStreams() if streams is None else streams
        self._clock = clock
        self._addresses: list[str] = []
        self._waiting: dict[str, _Waiting] = {}
        self._codes = PairingCodes(clock)
        self._requests = Limit(REQUESTS_PER_MINUTE, REQUESTS_PER_MINUTE_AND_ADDRESS)
        self._identified: set[str] = set()
        self._revocations_notified: dict[str, float] = {}

    @property
    def addresses(self) -> list[str]:
        """URLs for other devices; empty unless the server listens to the network."""
        return self._addresses

    def listen(self, addresses: list[str]) -> None:
        """Set the URLs for other devices. Their port is known only once the server listens."""
        self._addresses = addresses

    def identify(self, secret: str) -> KnownDevice | None:
        """Return the device whose cookie holds `secret`, or None."""
        known = self.devices.identify(secret) if self.devices is not None and secret else None
        if known is not None:
            self._identified.add(known.device)
        return known

    # Requests ---------------------------------------------------------------------------

    def request(self, name: str, address: str) -> protocol.AccessRequested:
        """Request access for the device `name` at the IP address `address`.

        Raises RequestError when too many devices wait, or the address has sent too many requests.
        """
        self._forget_expired()
        now = self._clock()
        replaced = self._replaceable(address, now)
        if not self._requests.allowed(address, now):
            raise RequestError(
                "Too many requests. Wait a minute, then try again.",
                code="too_many_requests",
                status=429,
            )
        if replaced is not None:
            del self._waiting[replaced.request]
        secret = secrets.token_urlsafe(32)
        taken = {waiting.code for waiting in self._waiting.values()}
        code = random_code(4)
        while code in taken:
            code = random_code(4)
        waiting = _Waiting(
            request=secrets.token_hex(8),
            secret_hash=hash_of(secret),
            code=code,
            name=name,
            address=address,
            since=now,
            polled_at=now,
        )
        self._waiting[waiting.request] = waiting
        self._changed()
        return protocol.AccessRequested(secret=secret, code=code, expires_in=WAITING_SECONDS)

    def poll(self, secret: str) -> tuple[protocol.AccessAnswer, str]:
        """Return the state of the request that has `secret`, and the secret of a new device.

        The device's secret is returned once, with the state `allowed`; otherwise it is "".
        Raises LodespaceError when the device cannot be stored.
        """
        self._forget_expired()
        given = hash_of(secret)
        for waiting in self._waiting.values():
            if not hmac.compare_digest(waiting.secret_hash, given):
                continue
            waiting.polled_at = self._clock()
            if waiting.denied:
                del self._waiting[waiting.request]
                return protocol.AccessAnswer(state="denied"), ""
            if waiting.approved_as is None:
                return protocol.AccessAnswer(state="waiting"), ""
            device_secret = self._admit(waiting.name, waiting.approved_as, waiting.address)
            del self._waiting[waiting.request]
            return protocol.AccessAnswer(state="allowed", role=waiting.approved_as), device_secret
        return protocol.AccessAnswer(state="expired"), ""

    def decide(self, request: str, role: Role | None) -> None:
        """Approve a waiting device as `role`, or deny it (None).

        Raises RequestError when the device no longer waits.
        """
        self._forget_expired()
        waiting = self._waiting.get(request)
        if waiting is None:
            raise RequestError(
                "This device no longer waits for a decision. Request access on the device again.",
                code="not_waiting",
                status=404,
            )
        waiting.approved_as, waiting.denied = role, role is None
        self._changed()

    def _undecided(self) -> list[_Waiting]:
        """Requests without a decision, oldest first, so that the owner's rows keep their order."""
        return [w for w in self._waiting.values() if w.approved_as is None and not w.denied]

    def _replaceable(self, address: str, now: float) -> _Waiting | None:
        """Return the request that a new request from `address` replaces; None when there is room.

        Only a request of the same address that no longer polls is replaced. A request of another
        address is kept: its headset may sleep while the wearer walks to the owner with the code.
        Raises RequestError when there is no room.
        """
        undecided = self._undecided()
        own = [waiting for waiting in undecided if waiting.address == address]
        if len(undecided) < MAX_WAITING and len(own) < MAX_WAITING_AND_ADDRESS:
            return None
        silent = (waiting for waiting in own if waiting.polled_at < now - SILENT_SECONDS)
        replaced = next(silent, None)  # its page was probably reloaded
        if replaced is None:
            raise RequestError(
                "Too many devices wait. Try again in two minutes, or after the owner has decided.",
                code="too_many_waiting",
                status=429,
            )
        return replaced

    # Pairing codes ----------------------------------------------------------------------

    def make_code(self, role: Role) -> protocol.PairingCode:
        """Make a pairing code. The previous code becomes invalid.

        Raises RequestError for some time after too many wrong guesses.
        """
        return self._codes.make(role)

    def redeem_code(self, typed: str, name: str, address: str) -> tuple[Role, str]:
        """Approve a device that sends the current code. Return the device's role and secret.

        Raises RequestError for a wrong or expired code, always with the same message.
        """
        role = self._codes.check(typed, address)
        secret = self._admit(name, role, address)
        self._codes.spend()
        return role, secret

    # The owner's view --------------------------------------------------------------------

    def overview(self) -> protocol.Access:
        """Return waiting and approved devices, and the URLs for other devices."""
        self._forget_expired()
        return protocol.Access(
            addresses=self.addresses,
            fingerprint=self.fingerprint,
            waiting=[
                protocol.WaitingDevice(
                    request=w.request, code=w.code, name=w.name, address=w.address, since=w.since
                )
                for w in self._undecided()
            ],
            devices=[
                protocol.Device(
                    device=known.device,
                    name=known.name,
                    role=known.role,
                    address=known.address,
                    allowed_at=known.allowed_at,
                    seen_at=known.seen_at,
                    connected=self._streams.connected(known.device),
                )
                for known in (self.devices.all() if self.devices is not None else [])
            ],
        )

    def revoke(self, device: str) -> None:
        """Invalidate a device's cookie and close its streams.

        Raises RequestError when the device does not exist.
        """
        if self.devices is None or not self.devices.revoke(device):
            raise RequestError("There is no such device.", code="unknown_device", status=404)
        self._close_streams(device)
        self._changed()

    def expire_stale(self) -> None:
        """Remove expired requests, and close the streams of devices that are no longer approved.

        Call this method regularly: another server of the same person may have revoked a device, a
        newer device may have replaced an old one, or a stream may have opened during a revocation.
        """
        self._forget_expired()
        if self.devices is None:
            return
        for device in self._identified - {known.device for known in self.devices.all()}:
            notified = self._revocations_notified.get(device, -_CLOSE_AGAIN_SECONDS)
            due = self._clock() - notified >= _CLOSE_AGAIN_SECONDS
            if due and self._streams.connected(device):
                self._close_streams(device)

    def _close_streams(self, device: str) -> None:
        self._revocations_notified[device] = self._clock()
        self._streams.close_revoked(device)

    def _changed(self) -> None:
        self._streams.access_changed(self.overview)

    def _admit(self, name: str, role: Role, address: str) -> str:
        if self.devices is None:
            raise RequestError(
                "This server is not shared with other devices.", code="not_shared", status=404
            )
        _, secret = self.devices.admit(name, role, address)
        self.expire_stale()  # the new device may have replaced the oldest one
        self._changed()
        return secret

    def _forget_expired(self) -> None:
        oldest = self._clock() - WAITING_SECONDS
        expired = [waiting for waiting in self._waiting.values() if waiting.since < oldest]
        for waiting in expired:
            del self._waiting[waiting.request]
        if expired:
            self._changed()
