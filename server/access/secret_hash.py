"""The hash under which secrets are kept: the server stores no cookie and no code itself."""

import hashlib


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a random secret, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
