"""The shipped server, started by its command line, and a client that uses its protocol."""

import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from annotation_gain.data_sets import LabelledPictures
from annotation_gain.person import Points
from lodespace import protocol
from lodespace.protocol.frames import PredictionsFrame

TESTS = Path(__file__).parents[2] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.servers import ServerProcess  # noqa: E402
from drivers.stream_client import StreamClient  # noqa: E402

SILENT_SECONDS = 20.0
"""Longest wait for new predictions."""
STILL_SECONDS = 1.5
"""Longest wait for training to start after a change. Some changes do not start training."""


class Page:
    """The state and the commands of a page."""

    def __init__(self, client: StreamClient) -> None:
        self.client = client

    @property
    def points(self) -> Points:
        return self.client.positions.astype(np.float32) / 65535

    @property
    def labels(self) -> npt.NDArray[np.int16]:
        return self.client.labels

    @property
    def prediction(self) -> npt.NDArray[np.int16]:
        return self.client.predictions

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """Confidence of each prediction, 0..1: (N,)."""
        return self.client.confidence.astype(np.float32) / 255

    async def make_classes(self, count: int) -> None:
        """Add `count` classes with the names "0", "1" and so on."""
        for k in range(count):
            await self._command(protocol.AddClass(command_id=uuid.uuid4().hex, name=str(k)))

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
                await asyncio.sleep(0.1)  # for the last frames and predictions to arrive
                self.client.frames.clear()
                return waited
            await asyncio.sleep(0.01)

    async def predicted(self) -> float:
        """Wait until new predictions arrive, or else until training rests. Returns the seconds.

        Points may still move: a person who goes through sheets does not wait until points stop.
        """
        began = time.perf_counter()
        while not any(isinstance(frame, PredictionsFrame) for frame in self.client.frames):
            if time.perf_counter() - began > SILENT_SECONDS:
                return SILENT_SECONDS + await self.rest()
            await asyncio.sleep(0.01)
        self.client.frames.clear()
        return time.perf_counter() - began

    async def label(self, items: npt.NDArray[np.int64], class_id: int) -> None:
        await self._command(self.client.label_operation(items.tolist(), class_id))

    async def label_each(
        self,
        items: npt.NDArray[np.int64],
        class_ids: npt.NDArray[np.int16],
        *,
        looked_at: bool = True,
    ) -> None:
        """Label each item with its class.

        `looked_at` is True for a confirmed contact sheet. It is False for predictions that the
        person accepts without looking at the pictures.
        """
        tool = (
            protocol.Provenance(tool="sheet", verified=True)
            if looked_at
            else protocol.Provenance(tool="accept")
        )
        await self._command(
            protocol.LabelEach(
                command_id=uuid.uuid4().hex,
                items=items.tolist(),
                class_ids=class_ids.tolist(),
                revision=self.client.revision,
                provenance=tool,
            )
        )

    async def undo(self) -> None:
        await self._command(protocol.Undo(command_id=uuid.uuid4().hex))

    async def pause(self) -> None:
        await self._command(protocol.SetTraining(command_id=uuid.uuid4().hex, run=False))

    async def _command(self, command: Any) -> None:
        self.client.operations.clear()
        self.client.frames.clear()
        answer = await self.client.command(command)
        if isinstance(answer, protocol.Refused):
            raise RuntimeError(answer.message)

    async def sheet(self, kind: str) -> protocol.Sheet:
        return msgspec.json.decode(await self._get(f"api/sheet?kind={kind}"), type=protocol.Sheet)

    async def suggestion(self) -> protocol.Suggestion:
        return msgspec.json.decode(await self._get("api/next"), type=protocol.Suggestion)

    async def quality(self) -> protocol.Quality | None:
        return msgspec.json.decode(
            await self._get("api/session"), type=protocol.SessionInfo
        ).quality

    async def _get(self, address: str) -> bytes:
        async with self.client.http.get(self.client.url + address) as answer:
            answer.raise_for_status()
            return await answer.read()


@asynccontextmanager
async def page_of(
    data: LabelledPictures, seed: int, *, preset: str = "default", threads: int = 1
) -> AsyncIterator[Page]:
    """Context manager that starts a server on `data`, and yields a page after the first training.

    The server receives the pictures, but not the true classes.
    """
    with tempfile.TemporaryDirectory() as folder:
        arrays = Path(folder) / f"{data.name}.npz"
        np.savez(arrays, X=data.pictures)
        server = ServerProcess(
            *(str(arrays), "--project", f"{folder}/project", "--content", data.content),
            *("--seed", str(seed), "--preset", preset, "--threads", str(threads)),
        )
        server.start()
        server.wait_until_ready()
        try:
            async with StreamClient(server.url) as client:
                page = Page(client)
                await page.make_classes(data.n_classes)
                await page.rest(changed=False)
                yield page
        finally:
            server.stop()
