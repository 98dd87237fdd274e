"""Hash of a secret. The server stores the hash instead of a cookie or code."""

import hashlib


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a random secret, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
