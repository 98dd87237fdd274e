"""The HTTP server below the application.

aiohttp answers some requests without the guard (request_guard.py). These are requests that are not
HTTP, requests with an unknown `Expect` header, and requests that raise an exception outside of a
handler. The answers of aiohttp are plain text and name the versions of Python and aiohttp. The
classes here replace them by answers with the same headers, JSON body and `Server` name as all other
errors.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from lodespace.errors import LodespaceError
from lodespace.web.request_guard import error_answer, http_error, secure

PlainHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
"""Coroutine function that answers the requests of `plain_server`, without an aiohttp
application.
"""


class _Connection(web.RequestHandler):
    """One connection to a client."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Log the error, and return the answer to the request that caused it.

        Raises ConnectionError when a part of the normal answer was already sent.
        """
        super().handle_error(request, status, exc, message)
        if status < 500:
            response = error_answer(
                request, status, f"http_{status}", "The request is not valid HTTP. Correct it."
            )
        else:
            response = error_answer(
                request, status, "internal_error", "Internal error. Details are in the server log."
            )
        secure(response, "", frozenset())
        response.force_close()
        return response


class HttpServer(web.Server):
    """A server whose connections answer errors as JSON."""

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """A runner that serves the application with an HttpServer."""

    async def _make_server(self) -> web.Server:
        plain = await super()._make_server()
        handler = plain.request_handler

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            try:
                return await handler(request)
            # aiohttp raises this error for a wrong Expect header, before the middleware runs.
            except web.HTTPException as error:
                if error.status < 400:
                    raise
                return http_error(request, error)

        return HttpServer(answer, request_factory=plain.request_factory, **self._kwargs)


def plain_server(handler: PlainHandler, keepalive_seconds: float) -> web.Server:
    """Return a server without an application, which answers one request per connection.

    Args:
        handler: Answers the requests, or raises LodespaceError. It does not read bodies.
        keepalive_seconds: Longest time until the headers of a request are complete.
    """

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            response = await handler(request)
        except LodespaceError as error:
            response = error_answer(request, error.status, error.code, str(error))
        secure(response, "", frozenset())
        response.force_close()
        return response

    # lingering_time is 0, because the handler does not read the body of a request.
    return HttpServer(
        answer, access_log=None, keepalive_timeout=keepalive_seconds, lingering_time=0.0
    )
