"""Pairing codes. Only one code is valid at a time, for one device.

Wrong guesses are limited per IP address, not in total. A code has 40 random bits, so this limit is
enough. With a limit in total, the guesses of one device could prevent other devices from pairing.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from lodespace import protocol
from lodespace.access.secret_hash import hash_of
from lodespace.errors import RequestError
from lodespace.protocol import Role

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Characters of pairing codes: Crockford's base 32, in which no two characters look alike."""
CODE_SECONDS = 300.0
"""Seconds for which a pairing code is valid."""
CODE_LENGTH = 8
"""Number of characters of a pairing code, without the hyphen."""
GUESSES_PER_CODE = 5
"""Number of wrong guesses after which an IP address has to wait."""
FIRST_PENALTY = 30.0
"""Seconds that an IP address waits after GUESSES_PER_CODE wrong guesses.

The address waits twice as long after each further GUESSES_PER_CODE wrong guesses, but not longer
than MAX_PENALTY. After an hour without a guess, the penalty starts again at this value."""
MAX_PENALTY = 600.0
"""Longest penalty in seconds."""
MAX_GUESSERS = 4096
"""Largest number of IP addresses whose wrong guesses are counted.

When there are more addresses, the oldest are forgotten.
"""
_FORGET_SECONDS = 3600.0


@dataclass(kw_only=True)
class _Code:
    """A pairing code."""

    code_hash: str
    """SHA-256 of the code, hexadecimal."""
    role: Role
    """Role of the device that redeems the code."""
    expires: float
    """Time after which the code is invalid."""


@dataclass
class _Guesser:
    """The wrong guesses of one IP address."""

    last: float
    """Time of the last guess, in seconds."""
    wrong: int = 0
    """Number of wrong guesses since the last penalty."""
    penalty: float = 0.0
    """Length of the last penalty, in seconds."""
    allowed_at: float = 0.0
    """Time at which the penalty ends, in seconds."""


class PairingCodes:
    """The current pairing code, and the limit on the wrong guesses from each IP address."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._code: _Code | None = None
        self._guessers: dict[str, _Guesser] = {}  # the address with the newest guess is last

    def make(self, role: Role) -> protocol.PairingCode:
        """Make a pairing code. The previous code becomes invalid."""
        code = random_code(CODE_LENGTH)
        self._code = _Code(code_hash=hash_of(code), role=role, expires=self._clock() + CODE_SECONDS)
        return protocol.PairingCode(
            code=f"{code[:4]}-{code[4:]}", role=role, expires_in=CODE_SECONDS
        )

    def check(self, typed: str, address: str) -> Role:
        """Check a code that a person typed on a device. Return the role of the device.

        Raises RequestError when the code is wrong or expired, or after too many wrong guesses from
        `address`.
        """
        now = self._clock()
        guesser = self._guesser(address, now)
        if now < guesser.allowed_at:
            seconds = int(guesser.allowed_at - now) + 1
            raise RequestError(
                f"Too many wrong guesses. Wait {seconds} seconds, then try again, or ask the owner"
                " to approve this device.",
                code="too_many_guesses",
                status=429,
            )
        code = self._code
        if code is not None and now > code.expires:
            code = self._code = None
        if code is not None and hmac.compare_digest(code.code_hash, hash_of(_normalised(typed))):
            del self._guessers[address]
            return code.role
        guesser.wrong += 1
        if guesser.wrong >= GUESSES_PER_CODE:
            guesser.wrong = 0
            guesser.penalty = min(2 * guesser.penalty or FIRST_PENALTY, MAX_PENALTY)
            guesser.allowed_at = now + guesser.penalty
        raise RequestError(
            "Invalid or expired pairing code. Ask for a new one.",
            code="bad_pairing_code",
            status=403,
        )

    def spend(self) -> None:
        """Invalidate the current code after a device has redeemed it."""
        self._code = None

    def _guesser(self, address: str, now: float) -> _Guesser:
        known = self._guessers.pop(address, None)
        if known is None or now - known.last > _FORGET_SECONDS:
            known = _Guesser(now)
        known.last = now
        self._guessers[address] = known
        while len(self._guessers) > MAX_GUESSERS:
            del self._guessers[next(iter(self._guessers))]
        return known


def _normalised(text: str) -> str:
    """Normalise a typed code: remove hyphens and spaces, and replace O, I and L by digits."""
    return (
        text.upper()
        .replace("-", "")
        .replace(" ", "")
        .replace("O", "0")
        .replace("I", "1")
        .replace("L", "1")
    )


def random_code(length: int) -> str:
    """Return a random code of `length` characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
