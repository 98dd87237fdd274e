"""Pairing codes. Only one code is valid at a time, for one device and a few wrong guesses."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from lodespace import protocol
from lodespace.access.rate_limit import Limit
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
"""Number of wrong guesses after which a pairing code is invalid."""
GUESSES_PER_MINUTE = 30
"""Largest number of guesses per minute, from all IP addresses together."""
GUESSES_PER_MINUTE_AND_ADDRESS = 10
"""Largest number of guesses per minute from one IP address."""
FIRST_PENALTY = 30.0
"""Seconds during which no new code can be made after too many wrong guesses.

The penalty doubles with each further code that wrong guesses make invalid."""
MAX_PENALTY = 600.0
"""Longest penalty in seconds. Without a limit, an attacker could prevent pairing for days."""


@dataclass(kw_only=True)
class _Code:
    """A pairing code."""

    code_hash: str
    """SHA-256 of the code, hexadecimal."""
    role: Role
    """Role of the device that redeems the code."""
    expires: float
    """Time after which the code is invalid."""
    guesses: int = 0
    """Number of guesses that were compared with the code."""


class PairingCodes:
    """The current pairing code, and the limits on guesses of the code."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._code: _Code | None = None
        self._penalty = 0.0
        self._code_allowed_at = 0.0
        self._guesses = Limit(GUESSES_PER_MINUTE, GUESSES_PER_MINUTE_AND_ADDRESS)

    def make(self, role: Role) -> protocol.PairingCode:
        """Make a pairing code. The previous code becomes invalid.

        Raises RequestError for some time after too many wrong guesses.
        """
        now = self._clock()
        if now < self._code_allowed_at:
            seconds = int(self._code_allowed_at - now) + 1
            raise RequestError(
                f"Too many wrong guesses of the last pairing code. Make a new code in {seconds} s,"
                " or approve the device in the list of waiting devices.",
                code="too_many_guesses",
                status=429,
            )
        code = random_code(CODE_LENGTH)
        self._code = _Code(code_hash=hash_of(code), role=role, expires=now + CODE_SECONDS)
        return protocol.PairingCode(
            code=f"{code[:4]}-{code[4:]}", role=role, expires_in=CODE_SECONDS
        )

    def check(self, typed: str, address: str) -> Role:
        """Return the role that the device with this typed code receives.

        Raises RequestError when the code is wrong or expired, or after too many guesses.
        """
        now = self._clock()
        if not self._guesses.allowed(address, now):
            raise RequestError(
                "Too many guesses. Wait a minute, then try again.",
                code="too_many_guesses",
                status=429,
            )
        code = self._code
        wrong = RequestError(
            "Invalid or expired pairing code. Ask for a new one.",
            code="bad_pairing_code",
            status=403,
        )
        if code is None or now > code.expires:
            self._code = None
            raise wrong
        code.guesses += 1
        if not hmac.compare_digest(code.code_hash, hash_of(_normalised(typed))):
            if code.guesses >= GUESSES_PER_CODE:
                self._code = None
                self._penalty = min(2 * self._penalty or FIRST_PENALTY, MAX_PENALTY)
                self._code_allowed_at = now + self._penalty
            raise wrong
        return code.role

    def spend(self) -> None:
        """Invalidate the current code after a device has redeemed it."""
        self._code = None
        self._penalty = 0.0


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
