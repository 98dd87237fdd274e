"""Hash of a secret. The server stores the hash instead of the secret of a cookie or a code."""

import hashlib


def hash_of(secret: str) -> str:
    """Return the SHA-256 of `secret`, hexadecimal. The secret must be random."""
    return hashlib.sha256(secret.encode()).hexdigest()
