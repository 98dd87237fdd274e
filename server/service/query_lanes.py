"""Queues of long computations for clients. One computation per client runs at a time.

Each client waits only for its own computations. The computations of the owner have a separate
thread, so the owner never waits for computations of devices. The event loop's pool of threads stays
free for pictures.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from lodespace.errors import RequestError

MAX_WAITING = 32
"""Largest number of computations of one client that wait. Further computations are refused."""
PICTURES_AT_ONCE = 4
"""Largest number of pictures, atlas pages and sounds that are made for a device simultaneously."""

NICENESS = 10
"""Increase of the nice value of the thread that computes for devices. Without this increase, a long
query and the event loop would share a busy processor in equal parts."""

T = TypeVar("T")


class QueryLanes:
    """Runs the computations of all clients.

    A client is identified by the id of its device, or by "" for the owner.
    """

    def __init__(self) -> None:
        # There are only two threads. Python code in a thread holds the interpreter for
        # milliseconds, so more threads would add delays.
        self._owner = ThreadPoolExecutor(1, thread_name_prefix="owner-query")
        self._devices = ThreadPoolExecutor(
            1, thread_name_prefix="device-query", initializer=_give_way
        )
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._pictures: dict[str, asyncio.Semaphore] = {}
        self._asked: Counter[str] = Counter()

    async def run(self, device: str, work: Callable[[], T]) -> T:
        """Run `work` in a thread, after the earlier computations for `device` ("" for the owner).

        Raises RequestError when too many computations for `device` wait.
        """
        executor = self._devices if device else self._owner
        async with self.turn(device):
            return await asyncio.get_running_loop().run_in_executor(executor, work)

    @asynccontextmanager
    async def turn(self, device: str) -> AsyncGenerator[None]:
        """Wait for the client's earlier computations, then run the `async with` block.

        Later computations of the client wait until the block ends. Raises RequestError when too
        many computations of the client wait.
        """
        if self._asked[device] > MAX_WAITING:
            raise RequestError(
                "Too many queries from this device are waiting. Try again when some are answered.",
                code="too_many_questions",
                status=429,
            )
        async with self._counted(device, self._turns, 1):
            yield

    @asynccontextmanager
    async def picture(self, device: str) -> AsyncGenerator[None]:
        """Run the `async with` block, which makes a picture, an atlas page or a sound for a device.

        At most PICTURES_AT_ONCE of these blocks run at the same time per device; further blocks
        wait. The owner on this machine (`device` "") never waits.
        """
        if not device:
            yield
            return
        async with self._counted(device, self._pictures, PICTURES_AT_ONCE):
            yield

    @asynccontextmanager
    async def _counted(
        self, device: str, gates: dict[str, asyncio.Semaphore], at_once: int
    ) -> AsyncGenerator[None]:
        self._asked[device] += 1
        try:
            async with gates.setdefault(device, asyncio.Semaphore(at_once)):
                yield
        finally:
            self._asked[device] -= 1
            if not self._asked[device]:
                del self._asked[device]
                self._turns.pop(device, None)
                self._pictures.pop(device, None)

    def close(self) -> None:
        """Stop the threads, without waiting for a computation."""
        for executor in (self._owner, self._devices):
            executor.shutdown(wait=False, cancel_futures=True)


def _give_way() -> None:
    """Lower the priority of this thread.

    Only Linux has priorities per thread. On other systems, this function does nothing, because
    `os.nice` would lower the priority of the whole process.
    """
    if sys.platform == "linux":
        os.nice(NICENESS)
