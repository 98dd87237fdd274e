"""Handler of the reports that headsets send to the server's log."""

import asyncio
import logging

from aiohttp import web

from lodespace import protocol
from lodespace.access.rate_limit import Limit
from lodespace.errors import RequestError
from lodespace.web.bodies import as_json, body_of
from lodespace.web.request_guard import visitor_of

log = logging.getLogger(__name__)
# By default, the log shows only warnings. It must also show these reports, because a person has
# sent them.
log.setLevel(logging.INFO)

REPORTS = web.AppKey("reports", Limit)
"""Limit on the number of reports in the log."""
REPORTS_PER_MINUTE = 6
"""Largest number of reports per minute from all devices. A person sends one per session in VR."""
REPORTS_PER_DEVICE = 3
"""Largest number of reports per minute from one device."""


async def post_bench(request: web.Request) -> web.Response:
    """Write a report to the log. The project does not change."""
    report = await body_of(request, protocol.BenchReport)
    device = visitor_of(request).device
    now = asyncio.get_running_loop().time()
    if not request.app[REPORTS].allowed(device, now):
        raise RequestError(
            "The server accepts a few reports per minute. Try again in a minute.",
            code="too_many_requests",
            status=429,
        )
    lines = as_lines(report.text)
    log.info("report of %s:\n%s", f"device {device}" if device else "the owner", "\n".join(lines))
    return as_json(protocol.BenchLogged(lines=len(lines)))


def as_lines(text: str) -> list[str]:
    """Return the lines of a report as they are written to the log.

    Each line is indented, so that a report cannot imitate an entry of the log. Characters that can
    control a terminal are replaced.
    """
    return [
        "    " + "".join(c if c.isprintable() else "?" for c in line) for line in text.split("\n")
    ]
