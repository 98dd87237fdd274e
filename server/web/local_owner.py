"""The owner on the loopback address: a process of the same user, or a client with the token."""

from aiohttp import hdrs, web

from lodespace.access.local_users import LocalUsers
from lodespace.access.owner_token import OwnerToken
from lodespace.errors import LodespaceError

_TOKEN = web.AppKey("token", OwnerToken)
"""The token of the owner; present only with `--token`."""
_LOCAL_USERS = web.AppKey("local users", LocalUsers)


def set_up(app: web.Application, token: str) -> None:
    """Store the owner's token and the table of local users in `app`, for the functions below.

    `token` is the owner's token, or "" without `--token`.
    """
    if token:
        app[_TOKEN] = OwnerToken(token)
    app[_LOCAL_USERS] = LocalUsers()


def is_owner(request: web.Request) -> bool:
    """Return whether a request on the loopback address is the owner's.

    Raises LodespaceError for a request of another user of this computer.
    """
    if _TOKEN in request.app:
        cookie = request.cookies.get(_cookie_name(request), "")
        authorization = request.headers.get(hdrs.AUTHORIZATION, "")
        return request.app[_TOKEN].admits(cookie, authorization)
    if not request.app[_LOCAL_USERS].serves(request.transport):
        raise LodespaceError(
            "This server belongs to another user of this computer. Its owner can start it with"
            " `--token` and give you the address that it then prints.",
            code="other_user",
            status=403,
        )
    return True


def answer_to_token(request: web.Request) -> web.Response | None:
    """Answer a request that has the token in its address.

    The answer sets the owner's cookie, and redirects to the address without the token. Returns None
    for a request without a token. Raises LodespaceError for a wrong token.
    """
    if request.secure or _TOKEN not in request.app or "token" not in request.query:
        return None
    token = request.app[_TOKEN]
    if not token.is_token(request.query["token"]):
        raise no_token()
    response = web.Response(status=303, headers={hdrs.LOCATION: request.path})
    response.set_cookie(
        _cookie_name(request), token.cookie, path="/", httponly=True, samesite="Strict"
    )
    return response


def no_token() -> LodespaceError:
    """Return the error for a request without the token."""
    return LodespaceError(
        "This server asks for a token. Open the address with the token that the server printed.",
        code="no_token",
        status=401,
    )


def _cookie_name(request: web.Request) -> str:
    """Return the name of the cookie.

    The name contains the port, because browsers send a cookie to all ports of a host.
    """
    return f"lodespace-owner-{request.host.rsplit(':', 1)[-1]}"
