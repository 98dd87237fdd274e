"""Checks of request bodies before they are read."""

from aiohttp import hdrs, web

from lodespace.errors import LodespaceError
from lodespace.protocol import MAX_MESSAGE_BYTES

UPLOAD = "application/octet-stream"
"""Media type of a body that is a file. A page of another site cannot send it without a preflight
request, which this server refuses."""
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def refuse_body(request: web.Request, upload: int) -> None:
    """Raise LodespaceError for a body that is compressed, of a wrong kind, or too large.

    `upload` is the largest file that the route accepts, in bytes; 0 if its body is JSON.
    """
    if hdrs.CONTENT_ENCODING in request.headers:
        raise LodespaceError(
            "Compressed bodies are refused. Send the body uncompressed.",
            code="bad_encoding",
            status=415,
        )
    kind, most = (UPLOAD, upload) if upload else ("application/json", MAX_MESSAGE_BYTES)
    if request.method in _BODY_METHODS and request.content_type != kind:
        raise LodespaceError(f"The body must be {kind}.", code="bad_content_type", status=415)
    if (request.content_length or 0) > most:
        raise LodespaceError(f"A body may have at most {most} bytes.", code="too_large", status=413)
