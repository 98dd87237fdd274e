"""A task that checks access four times per second.

The task removes expired requests. It also closes the streams of revoked devices. For example, the
owner can revoke a device on another server of this computer. That server cannot close the streams
of this server.
"""

import asyncio
import logging
from collections.abc import AsyncIterator

from aiohttp import web

from lodespace.access.pairing import PairingManager
from lodespace.web.request_guard import ACCESS

log = logging.getLogger(__name__)

WATCH_SECONDS = 0.25
"""Seconds between two checks.

An open stream is closed within a second of the revocation: after one interval and the closing
handshake in service/client.py.
"""


async def watch_access(app: web.Application) -> AsyncIterator[None]:
    """Run the task that checks access while the application runs. Without `--lan`, do nothing."""
    access = app[ACCESS]
    if access.devices is None:
        yield
        return
    task = asyncio.create_task(_watch(access))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _watch(access: PairingManager) -> None:
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            access.expire_stale()
        except Exception:  # a failure must not end the task
            log.exception("checking access failed")
