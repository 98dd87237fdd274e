"""Looks at the door four times a second: whose waiting is over, and who was shut out by another server of the same person.

One task, whoever asks and however often.
"""

import asyncio
import logging
from collections.abc import AsyncIterator

from aiohttp import web

from lodespace.access.pairing import Access
from lodespace.web.security import ACCESS

log = logging.getLogger(__name__)

WATCH_SECONDS = 0.25
"""With the time that a stream has to end in (client.py), less than a second."""


async def watching_the_door(app: web.Application) -> AsyncIterator[None]:
    """A cleanup context of the application; where no other device can come in there is nothing to watch."""
    access = app[ACCESS]
    if access.devices is None:
        yield
        return
    task = asyncio.create_task(_watch(access))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _watch(access: Access) -> None:
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            access.look_round()
        except Exception:  # what fails once does not leave the door unwatched
            log.exception("looking at the door failed")
