"""Who may come in, and as what. Plain synchronous state; HTTP is in access.py.

A device asks and shows a short code; the owner, on a page that is already in, sees the same code and allows it. Nothing can be guessed
there: the decision is made on the trusted side (RFC 8628 the other way round). The fallback is a pairing code that the owner reads out: one
use, five minutes, five wrong guesses end it. Either way the device gets a secret of its own, and keeps it as a cookie.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from lodespace import protocol
from lodespace.access.devices import DeviceStore, KnownDevice
from lodespace.access.rate_limit import Limit
from lodespace.errors import RequestError
from lodespace.protocol import Role

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing in it is mistaken for another."""
MAX_WAITING = 5
MAX_WAITING_AND_ADDRESS = 3
"""Several devices may share an address (NAT), and none of them takes another's code away."""
WAITING_SECONDS = 120.0
UNHEARD_SECONDS = 10.0
"""A page asks each second what became of its request. Of an address that asks anew, one that has not for so long makes room."""
ASKS_A_MINUTE = 30
ASKS_A_MINUTE_AND_ADDRESS = 10
CODE_SECONDS = 300.0
CODE_LENGTH = 8
GUESSES_A_CODE = 5
GUESSES_A_MINUTE = 30
GUESSES_A_MINUTE_AND_ADDRESS = 10
FIRST_PENALTY = 30.0
"""Seconds until the next pairing code after one was guessed at too often; doubled each time."""
MAX_PENALTY = 600.0
"""Who guesses on and on must not keep the owner from pairing for days."""
_TOLD_AGAIN_SECONDS = 1.0
"""A stream that is ending is left to it for so long."""

_RANK: dict[Role, int] = {"viewer": 0, "annotator": 1, "owner": 2}


def may(role: Role | None, needed: Role) -> bool:
    """Whether who has `role` (None: nobody) may do what needs `needed`."""
    return role is not None and _RANK[role] >= _RANK[needed]


@dataclass(kw_only=True)
class _Waiting:
    request: str
    secret_hash: str
    code: str
    name: str
    address: str
    since: float
    heard: float
    decided: Role | None = None
    denied: bool = False


@dataclass(kw_only=True)
class _Code:
    code_hash: str
    role: Role
    expires: float
    judged: int = 0


class Access:
    """The door. `on_change` is called when somebody waits, was let in or shut out; `on_revoked` with the device that was shut out.

    Without `devices` nobody comes in but the owner, on this machine.
    """

    def __init__(
        self, devices: DeviceStore | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.devices = devices
        self.addresses: list[str] = []
        self.fingerprint = ""
        self.on_change: Callable[[], None] = _nothing
        self.on_revoked: Callable[[str], None] = _nothing_of
        self.connected: Callable[[str], int] = _none_of
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}
        self._code: _Code | None = None
        self._penalty = 0.0
        self._code_allowed_at = 0.0
        self._guesses = Limit(GUESSES_A_MINUTE, GUESSES_A_MINUTE_AND_ADDRESS)
        self._asks = Limit(ASKS_A_MINUTE, ASKS_A_MINUTE_AND_ADDRESS)
        self._came: set[str] = set()
        self._told: dict[str, float] = {}

    def identify(self, secret: str) -> KnownDevice | None:
        """The device that a cookie is of."""
        known = self.devices.identify(secret) if self.devices is not None and secret else None
        if known is not None:
            self._came.add(known.device)
        return known

    # Asking ----------------------------------------------------------------------------------------------------------

    def ask(self, name: str, address: str) -> protocol.AccessRequested:
        """A device asks to be let in. Raises RequestError when too many wait, or it has asked too often."""
        self._forget_expired()
        now = self._clock()
        left = self._to_make_room(address, now)
        if not self._asks.allowed(address, now):
            raise RequestError(
                "asked too often; wait a minute", code="too_many_requests", status=429
            )
        if left is not None:
            del self._waiting[left.request]
        secret = secrets.token_urlsafe(32)
        taken = {waiting.code for waiting in self._waiting.values()}
        code = _random(4)
        while code in taken:
            code = _random(4)
        waiting = _Waiting(
            request=secrets.token_hex(8),
            secret_hash=_hash(secret),
            code=code,
            name=name,
            address=address,
            since=now,
            heard=now,
        )
        self._waiting[waiting.request] = waiting
        self.on_change()
        return protocol.AccessRequested(secret=secret, code=code, expires_in=WAITING_SECONDS)

    def poll(self, secret: str) -> tuple[protocol.AccessAnswer, str]:
        """What became of a request, and, once, the secret of the device that was let in ("" otherwise)."""
        self._forget_expired()
        given = _hash(secret)
        for waiting in self._waiting.values():
            if not hmac.compare_digest(waiting.secret_hash, given):
                continue
            waiting.heard = self._clock()
            if waiting.denied:
                del self._waiting[waiting.request]
                return protocol.AccessAnswer(state="denied"), ""
            if waiting.decided is None:
                return protocol.AccessAnswer(state="waiting"), ""
            device_secret = self._admit(waiting.name, waiting.decided, waiting.address)
            del self._waiting[waiting.request]
            return protocol.AccessAnswer(state="allowed", role=waiting.decided), device_secret
        return protocol.AccessAnswer(state="expired"), ""

    def decide(self, request: str, role: Role | None) -> None:
        """The owner's word on a waiting device. Raises RequestError when it waits no more."""
        self._forget_expired()
        waiting = self._waiting.get(request)
        if waiting is None:
            raise RequestError(
                "that device waits no more; let it ask again", code="not_waiting", status=404
            )
        waiting.decided, waiting.denied = role, role is None
        self.on_change()

    def _undecided(self) -> list[_Waiting]:
        """In the order in which they asked: a line of the owner's page stays where it is when another one comes."""
        return [w for w in self._waiting.values() if w.decided is None and not w.denied]

    def _to_make_room(self, address: str, now: float) -> _Waiting | None:
        """Who has to go for one more of `address` to wait (None: nobody).

        Never one of another address: who has read the code may have put the headset to sleep, and be on the way to the owner.
        """
        undecided = self._undecided()
        own = [waiting for waiting in undecided if waiting.address == address]
        if len(undecided) < MAX_WAITING and len(own) < MAX_WAITING_AND_ADDRESS:
            return None
        left = next(
            (waiting for waiting in own if waiting.heard < now - UNHEARD_SECONDS), None
        )  # a page that was loaded anew
        if left is None:
            raise RequestError(
                "too many devices wait; the owner decides on them, or they go within two minutes",
                code="too_many_waiting",
                status=429,
            )
        return left

    # Pairing codes ---------------------------------------------------------------------------------------------------

    def make_code(self, role: Role) -> protocol.PairingCode:
        """A new pairing code; the one before it ends. Raises RequestError while there were too many wrong guesses."""
        now = self._clock()
        if now < self._code_allowed_at:
            seconds = int(self._code_allowed_at - now) + 1
            raise RequestError(
                f"somebody guessed at the last code; a new one can be made in {seconds} s, or allow the device where it waits",
                code="too_many_guesses",
                status=429,
            )
        code = _random(CODE_LENGTH)
        self._code = _Code(code_hash=_hash(code), role=role, expires=now + CODE_SECONDS)
        return protocol.PairingCode(
            code=f"{code[:4]}-{code[4:]}", role=role, expires_in=CODE_SECONDS
        )

    def pair(self, typed: str, name: str, address: str) -> tuple[Role, str]:
        """Let in who knows the code. Returns role and device secret; raises RequestError, in the same words for every wrong guess."""
        now = self._clock()
        if not self._guesses.allowed(address, now):
            raise RequestError(
                "too many guesses; wait a minute", code="too_many_guesses", status=429
            )
        code = self._code
        wrong = RequestError(
            "this code does not hold (any more); ask for a new one",
            code="bad_pairing_code",
            status=403,
        )
        if code is None or now > code.expires:
            self._code = None
            raise wrong
        code.judged += 1
        if not hmac.compare_digest(code.code_hash, _hash(_as_typed(typed))):
            if code.judged >= GUESSES_A_CODE:
                self._code = None
                self._penalty = min(2 * self._penalty or FIRST_PENALTY, MAX_PENALTY)
                self._code_allowed_at = now + self._penalty
            raise wrong
        secret = self._admit(name, code.role, address)
        self._code = None
        self._penalty = 0.0
        return code.role, secret

    # The owner's view ------------------------------------------------------------------------------------------------

    def overview(self) -> protocol.Access:
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
                    connected=self.connected(known.device),
                )
                for known in (self.devices.all() if self.devices is not None else [])
            ],
        )

    def revoke(self, device: str) -> None:
        """Shut a device out: its cookie is worth nothing, its streams end. Raises RequestError when there is none."""
        if self.devices is None or not self.devices.revoke(device):
            raise RequestError("there is no such device", code="unknown_device", status=404)
        self._end_streams(device)
        self.on_change()

    def look_round(self) -> None:
        """What time and others have changed, to be called again and again.

        Whose waiting is over goes. Who is in the list of devices no more loses its streams, those too that were being opened just then:
        another server may have shut it out, or newer devices have taken its place.
        """
        self._forget_expired()
        if self.devices is None:
            return
        for device in self._came - {known.device for known in self.devices.all()}:
            told = self._told.get(device, -_TOLD_AGAIN_SECONDS)
            if self.connected(device) and self._clock() - told >= _TOLD_AGAIN_SECONDS:
                self._end_streams(device)

    def _end_streams(self, device: str) -> None:
        self._told[device] = self._clock()
        self.on_revoked(device)

    def _admit(self, name: str, role: Role, address: str) -> str:
        if self.devices is None:
            raise RequestError("no other device can come in here", code="not_shared", status=404)
        _, secret = self.devices.admit(name, role, address)
        self.look_round()  # there is room for so many devices
        self.on_change()
        return secret

    def _forget_expired(self) -> None:
        oldest = self._clock() - WAITING_SECONDS
        expired = [waiting for waiting in self._waiting.values() if waiting.since < oldest]
        for waiting in expired:
            del self._waiting[waiting.request]
        if expired:
            self.on_change()  # whoever noticed it: the owner's page takes the line away


def _as_typed(text: str) -> str:
    """A code without its hyphen, with the letters that Crockford's alphabet reads as digits."""
    return (
        text.upper()
        .replace("-", "")
        .replace(" ", "")
        .replace("O", "0")
        .replace("I", "1")
        .replace("L", "1")
    )


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _nothing() -> None:
    pass


def _nothing_of(device: str) -> None:
    del device


def _none_of(device: str) -> int:
    del device
    return 0
