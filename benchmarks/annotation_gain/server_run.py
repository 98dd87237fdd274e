"""The shipped server, started by its command line, and a client that uses its protocol."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from annotation_gain.data_sets import LabelledItems
from annotation_gain.import_files import write_import_files
from annotation_gain.page import Classes, Page
from annotation_gain.person import Points
from lodespace import protocol
from lodespace.protocol.frames import PredictionsFrame

TESTS = Path(__file__).parents[2] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.servers import ServerProcess  # noqa: E402
from drivers.stream_client import StreamClient  # noqa: E402

SILENT_SECONDS = 20.0
"""Longest wait for new predictions, in seconds."""
READY_SECONDS = 180.0
"""Longest wait for the import, which takes longer for folders of pictures or sounds."""
STILL_SECONDS = 1.5
"""Longest wait for training to start after a change, in seconds.

Some changes do not start training.
"""


class ServerPage(Page):
    """A page of a server.

    The result of a run depends on the speed of the machine: training continues while the client
    waits, and the waits have limits in seconds.
    """

    def __init__(self, client: StreamClient) -> None:
        super().__init__()
        self.client = client

    @property
    def points(self) -> Points:
        return self.client.positions.astype(np.float32) / 65535

    @property
    def labels(self) -> Classes:
        return self._classes[self.client.labels]

    @property
    def prediction(self) -> Classes:
        return self._classes[self.client.predictions]

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        return self.client.confidence.astype(np.float32) / 255

    async def rest(self, *, changed: bool = True) -> float:
        """Wait until training rests, and return the seconds waited.

        With `changed`, first wait until training has started (at most STILL_SECONDS).
        """
        began = time.perf_counter()
        started = not changed
        while True:
            states = [
                change.training.state for change in self.client.seen(protocol.TrainingChanged)
            ]
            if "failed" in states:
                raise RuntimeError("training failed; see the server's terminal")
            started = started or "running" in states
            waited = time.perf_counter() - began
            if states and states[-1] == "resting" and (started or waited > STILL_SECONDS):
                await asyncio.sleep(0.1)  # until the last frames and predictions have arrived
                self.client.frames.clear()
                return waited
            await asyncio.sleep(0.01)

    async def predicted(self) -> float:
        """Wait for new predictions. If there are none in SILENT_SECONDS, wait until training rests.

        Returns the seconds of the wait. Points may still move: a person who goes through sheets
        does not wait until points stop.
        """
        began = time.perf_counter()
        while not any(isinstance(frame, PredictionsFrame) for frame in self.client.frames):
            if time.perf_counter() - began > SILENT_SECONDS:
                return SILENT_SECONDS + await self.rest()
            await asyncio.sleep(0.01)
        self.client.frames.clear()
        return time.perf_counter() - began

    async def sheet(self, kind: str, size: int = protocol.SHEET_SIZE) -> protocol.Sheet:
        found = await self._get(f"api/sheet?kind={kind}&size={size}")
        return msgspec.json.decode(found, type=protocol.Sheet)

    async def suggestion(self) -> protocol.Suggestion:
        return msgspec.json.decode(await self._get("api/next"), type=protocol.Suggestion)

    async def quality(self) -> protocol.Quality | None:
        return (await self._session()).quality

    async def _command(self, command: Any) -> None:
        self.client.operations.clear()
        self.client.frames.clear()
        answer = await self.client.command(command)
        if isinstance(answer, protocol.Refused):
            raise RuntimeError(answer.message)

    async def _listed(self) -> list[protocol.ClassInfo]:
        return (await self._session()).classes

    @property
    def _revision(self) -> int:
        return self.client.revision

    async def _session(self) -> protocol.SessionInfo:
        return msgspec.json.decode(await self._get("api/session"), type=protocol.SessionInfo)

    async def _get(self, address: str) -> bytes:
        async with self.client.http.get(self.client.url + address) as answer:
            answer.raise_for_status()
            return await answer.read()


@asynccontextmanager
async def page_of(
    data: LabelledItems,
    seed: int,
    *,
    preset: str = "default",
    threads: int = 1,
    known: bool = True,
) -> AsyncIterator[ServerPage]:
    """Context manager that starts a server on `data`, and yields a page after the first training.

    The server receives the items, but not the true classes. With `known`, it receives the list of
    classes.
    """
    with tempfile.TemporaryDirectory() as folder:
        arguments = write_import_files(data, Path(folder))
        server = ServerProcess(
            *arguments,
            *("--project", f"{folder}/project"),
            *("--seed", str(seed), "--preset", preset, "--threads", str(threads)),
        )
        server.start()
        server.wait_until_ready(READY_SECONDS)
        try:
            async with StreamClient(server.url) as client:
                if len(client.labels) != len(data):
                    raise RuntimeError(f"the server has {len(client.labels)} items")
                page = ServerPage(client)
                if known:
                    await page.make_classes(range(data.n_classes))
                await page.rest(changed=False)
                yield page
        finally:
            server.stop()
