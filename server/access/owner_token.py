"""The token of `serve --token`. On this computer, only a person with the token is the owner.

The server prints an address that contains the token. A browser that opens this address gets a
cookie, which replaces the token. A program sends the token in the header
`Authorization: Bearer TOKEN`.
"""

import hashlib
import hmac
import html
import secrets
from pathlib import Path

from lodespace.files import write_private

MIN_LENGTH = 16
"""Smallest length of a token that a person chooses."""
_REDIRECT = """<!doctype html>
<meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>Lodespace</title><a href="{url}">Open Lodespace</a>
"""


def new_token() -> str:
    """Return a random token."""
    return secrets.token_urlsafe(24)


class OwnerToken:
    """The token of a server. `cookie` is the value of the cookie that replaces the token."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self.cookie = hashlib.sha256(b"cookie of the owner: " + self._token).hexdigest()

    def is_token(self, given: str) -> bool:
        """Return whether `given` is the token."""
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._token)

    def admits(self, cookie: str, authorization: str) -> bool:
        """Return whether a request with this cookie and `Authorization` header is the owner's."""
        kind, _, given = authorization.partition(" ")
        by_header = kind.lower() == "bearer" and self.is_token(given.strip())
        given_cookie = cookie.encode("utf-8", "surrogateescape")
        return by_header or hmac.compare_digest(given_cookie, self.cookie.encode())


def private_redirect(url: str, folder: Path) -> Path:
    """Write a page that opens `url`. Only this user can read the page. Returns the page's path.

    The command line of a browser is visible to all users of a computer, so it must not contain the
    token. Raises LodespaceError when the folder cannot be written.
    """
    path = folder / "open.html"
    write_private(path, _REDIRECT.format(url=html.escape(url)).encode())
    return path
