"""Access control for remote devices: requests, pairing codes, roles.

A device requests access and shows a short code. The owner sees the same code on the page that is
open on the server's machine, and approves the device. An attacker gains nothing by guessing a code,
because the owner decides. (In the device flow of RFC 8628, a person types the code instead.)

Alternatively, the owner makes a pairing code, and a person types this code on the device. A pairing
code is valid for one device and five minutes. An IP address that sends five wrong codes has to
wait. A device that is approved or sends a valid code receives a secret of its own, which the
browser stores as a cookie. web/device_handlers.py has the routes.
"""

import hmac
import secrets
import time
from collections import Counter
from collections.abc import Callable

from lodespace import protocol
from lodespace.access.device_streams import DeviceStreams, NoStreams
from lodespace.access.devices import DeviceStore, FormerDevice, KnownDevice
from lodespace.access.pairing_codes import PairingCodes, random_code
from lodespace.access.rate_limit import Limit
from lodespace.access.secret_hash import hash_of
from lodespace.access.waiting import Waiting
from lodespace.errors import RequestError
from lodespace.protocol import Role

MAX_WAITING = 5
"""Largest number of devices that wait for a decision."""
MAX_WAITING_AND_ADDRESS = 3
"""Largest number of waiting devices per IP address. Several devices may share an address (NAT)."""
WAITING_SECONDS = 120.0
"""Seconds after which a request expires."""
SILENT_SECONDS = 10.0
"""A device that has not polled for this number of seconds counts as silent.

The page of a waiting device polls each second. When too many devices wait, a new request replaces
the request of a silent device with the same IP address.
"""
REQUESTS_PER_MINUTE = 30
"""Largest number of requests for access per minute, from all IP addresses together."""
REQUESTS_PER_MINUTE_AND_ADDRESS = 10
"""Largest number of requests for access per minute from one IP address."""
_CLOSE_AGAIN_SECONDS = 1.0
"""If streams of a revoked device stay open, the server closes them again after these seconds."""


class PairingManager:
    """Approves, pairs and revokes devices.

    Args:
        devices: Approved devices; None if the server is not shared, so that no device can pair.
        streams: Open streams of devices. Revoking a device closes the streams of the device.
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
        self._waiting: dict[str, Waiting] = {}
        self._codes = PairingCodes(clock)
        self._blocked: set[str] = set()
        self._requests = Limit(REQUESTS_PER_MINUTE, REQUESTS_PER_MINUTE_AND_ADDRESS)
        self._identified: set[str] = set()
        self._revocations_notified: dict[str, float] = {}

    @property
    def addresses(self) -> list[str]:
        """URLs for other devices; empty unless the server listens to the network."""
        return self._addresses

    def listen(self, addresses: list[str]) -> None:
        """Set the URLs for other devices, after the server has started to listen on a port."""
        self._addresses = addresses

    def identify(self, secret: str) -> KnownDevice | None:
        """Return the approved device with the cookie `secret`; None if there is no such device."""
        known = self.devices.identify(secret) if self.devices is not None and secret else None
        if known is not None:
            self._identified.add(known.device)
        return known

    # Requests ---------------------------------------------------------------------------

    def request(
        self, name: str, address: str, former: FormerDevice | None = None
    ) -> protocol.AccessRequested:
        """Request access for the device `name` at the IP address `address`. `former` is the same
        device before its approval ended.

        Raises RequestError when too many devices wait, the address has sent too many requests, or
        the owner has blocked the address.
        """
        self._refuse_blocked(address)
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
        waiting = Waiting(
            request=secrets.token_hex(8),
            secret_hash=hash_of(secret),
            code=code,
            name=name,
            address=address,
            since=now,
            polled_at=now,
            former=former,
        )
        self._waiting[waiting.request] = waiting
        self._changed()
        return protocol.AccessRequested(secret=secret, code=code, expires_in=WAITING_SECONDS)

    def poll(self, secret: str, name: str = "") -> tuple[protocol.AccessAnswer, str]:
        """Return the state of the request that has `secret`, and the secret of the device.

        The device gets its secret with the state `allowed`, and only once. With every other state,
        the second value is "". A waiting device can change its `name`. Raises LodespaceError when
        the device cannot be stored.
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
                if waiting.rename(name):
                    self._changed()
                return protocol.AccessAnswer(state="waiting"), ""
            role = waiting.approved_as
            secret_of_device = self._admit(waiting.name, role, waiting.address, waiting.former)
            del self._waiting[waiting.request]
            return protocol.AccessAnswer(state="allowed", role=role), secret_of_device
        return protocol.AccessAnswer(state="expired"), ""

    def decide(self, request: str, role: Role | None) -> None:
        """Approve a waiting device as `role`, or deny the device if `role` is None.

        Raises RequestError when the device no longer waits for a decision.
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

    def _undecided(self) -> list[Waiting]:
        """Return the requests without a decision, oldest first.

        This order keeps the list on the page stable.
        """
        return [w for w in self._waiting.values() if w.approved_as is None and not w.denied]

    def _replaceable(self, address: str, now: float) -> Waiting | None:
        """Return the request that a new request from `address` replaces; None if there is room.

        A new request replaces a request of the same address whose device has stopped polling. If
        there is no such request, the new request replaces a request of another address, but only if
        that address has at least two requests more than `address`. Therefore a few addresses cannot
        fill the list of requests. Other requests are kept, because a headset may sleep while its
        wearer walks to the owner. Raises RequestError when there is neither room nor a request to
        replace.
        """
        undecided = self._undecided()
        counts = Counter(waiting.address for waiting in undecided)
        own = counts[address]
        if len(undecided) < MAX_WAITING and own < MAX_WAITING_AND_ADDRESS:
            return None
        candidates = [w for w in undecided if w.address == address and self._silent(w, now)]
        if not candidates and counts and own < MAX_WAITING_AND_ADDRESS:
            busiest, most = counts.most_common(1)[0]
            if most >= own + 2:
                # Replace the newest request, because the owner may be looking at the code of an
                # older request.
                candidates = [w for w in reversed(undecided) if w.address == busiest]
                candidates.sort(key=lambda w: not self._silent(w, now))
        if not candidates:
            raise RequestError(
                "Too many devices wait. Try again in two minutes, or after the owner has approved"
                " or denied a device.",
                code="too_many_waiting",
                status=429,
            )
        return candidates[0]

    def _silent(self, waiting: Waiting, now: float) -> bool:
        """Return whether a device has stopped polling, probably because its page was reloaded."""
        return waiting.polled_at < now - SILENT_SECONDS

    def block(self, address: str, *, blocked: bool) -> None:
        """If `blocked`, deny all requests of `address` until the server stops; else allow them
        again.

        Devices that were approved earlier at this address keep their access.
        """
        if blocked:
            self._blocked.add(address)
            for waiting in self._undecided():
                waiting.denied = waiting.address == address
        else:
            self._blocked.discard(address)
        self._changed()

    def _refuse_blocked(self, address: str) -> None:
        if address in self._blocked:
            raise RequestError(
                "The owner has blocked the address of this device. Ask the owner to unblock it.",
                code="address_blocked",
                status=403,
            )

    # Pairing codes ----------------------------------------------------------------------

    def make_code(self, role: Role) -> protocol.PairingCode:
        """Make a pairing code. The previous code becomes invalid."""
        return self._codes.make(role)

    def redeem_code(
        self, typed: str, name: str, address: str, former: FormerDevice | None = None
    ) -> tuple[Role, str]:
        """Approve a device that sends the current code; `former` is the same device before its
        approval ended. Return the role and secret of the device.

        Raises RequestError in three cases: the code is wrong or expired, the address has guessed
        wrong too often, or the owner has blocked the address. A wrong code and an expired code have
        the same message.
        """
        self._refuse_blocked(address)
        role = self._codes.check(typed, address)
        secret = self._admit(name, role, address, former)
        self._codes.spend()
        return role, secret

    # The owner's view --------------------------------------------------------------------

    def overview(self) -> protocol.Access:
        """Return the waiting devices, the approved devices, and the URLs for other devices."""
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
            blocked=sorted(self._blocked),
        )

    def revoke(self, device: str) -> None:
        """Invalidate the cookie of a device, and close the streams of the device.

        Raises RequestError when the device does not exist.
        """
        if self.devices is None or not self.devices.revoke(device):
            raise RequestError("There is no such device.", code="unknown_device", status=404)
        self._close_streams(device)
        self._changed()

    def expire_stale(self) -> None:
        """Remove expired requests, and close the streams of devices that are no longer approved.

        Call this method regularly, because a device can lose its approval while its streams to this
        server stay open:

        - Another server of the same person has revoked the device.
        - A newer device has replaced the device in the list of approved devices.
        - A stream has opened during the revocation.
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

    def _admit(self, name: str, role: Role, address: str, former: FormerDevice | None) -> str:
        if self.devices is None:
            raise RequestError(
                "This server is not shared with other devices. Start it with `--lan`.",
                code="not_shared",
                status=404,
            )
        _, secret = self.devices.admit(name, role, address, former)
        self.expire_stale()  # the new device may have replaced the oldest device
        self._changed()
        return secret

    def _forget_expired(self) -> None:
        oldest = self._clock() - WAITING_SECONDS
        expired = [waiting for waiting in self._waiting.values() if waiting.since < oldest]
        for waiting in expired:
            del self._waiting[waiting.request]
        if expired:
            self._changed()
