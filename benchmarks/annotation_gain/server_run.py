"""The shipped server, started by its command line, and a client that uses its protocol."""

import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from annotation_gain.data_sets import LabelledItems
from annotation_gain.import_files import write_import_files
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


class Page:
    """The state and the commands of a page.

    All methods take and return the class numbers of the data set. On the server, a class has this
    number as its name. Its id on the server depends on the order in which classes were added.
    """

    def __init__(self, client: StreamClient) -> None:
        self.client = client
        self._ids: dict[int, int] = {}
        """Ids that the server gave to the added classes, by class of the data set."""
        self._classes = np.array([-1], np.int16)
        """Class in the data set, by class id on the server, (K + 1,). The last element is -1, so
        that the id -1 gives -1.
        """

    @property
    def points(self) -> Points:
        return self.client.positions.astype(np.float32) / 65535

    @property
    def labels(self) -> npt.NDArray[np.int16]:
        return self._classes[self.client.labels]

    @property
    def prediction(self) -> npt.NDArray[np.int16]:
        return self._classes[self.client.predictions]

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """Confidence of each prediction, 0..1: (N,)."""
        return self.client.confidence.astype(np.float32) / 255

    async def make_classes(self, wanted: Iterable[int]) -> None:
        """Add the classes of `wanted` that the server does not have. Their names are numbers."""
        new = sorted(set(wanted) - set(self._ids))
        for k in new:
            await self._command(protocol.AddClass(command_id=uuid.uuid4().hex, name=str(k)))
        if new:
            known = (await self.session()).classes
            self._ids = {int(info.name): info.class_id for info in known}
            self._classes = np.full(max(self._ids.values()) + 2, -1, np.int16)
            for class_id, number in self._ids.items():
                self._classes[number] = class_id

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

    async def label(self, items: npt.NDArray[np.int64], class_id: int) -> None:
        """Give all items (K,) one class. A class that the server does not have is added."""
        await self.make_classes([class_id])
        await self._command(self.client.label_operation(items.tolist(), self._ids[class_id]))

    async def label_each(
        self,
        items: npt.NDArray[np.int64],
        class_ids: npt.NDArray[np.int16],
        *,
        tool: Literal["sheet", "accept", "api"] = "sheet",
    ) -> None:
        """Label each item with its class. Classes that the server does not have are added.

        `tool` is "sheet" for a confirmed contact sheet, whose items count as verified; "accept" for
        predictions that the person accepts without looking at the pictures; "api" for labels that
        existed before the run.
        """
        await self.make_classes(set(class_ids.tolist()))
        await self._command(
            protocol.LabelEach(
                command_id=uuid.uuid4().hex,
                items=items.tolist(),
                class_ids=[self._ids[class_id] for class_id in class_ids.tolist()],
                revision=self.client.revision,
                provenance=protocol.Provenance(tool=tool, verified=tool == "sheet"),
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
        """Return the contact sheet of the queue `kind`, with the server's class ids."""
        return msgspec.json.decode(await self._get(f"api/sheet?kind={kind}"), type=protocol.Sheet)

    def predicted_on(self, sheet: protocol.Sheet) -> npt.NDArray[np.int16]:
        """Return the prediction of each item of a sheet, (K,)."""
        return self._classes[np.array([entry.prediction for entry in sheet.items], np.int64)]

    async def suggestion(self) -> protocol.Suggestion:
        return msgspec.json.decode(await self._get("api/next"), type=protocol.Suggestion)

    async def session(self) -> protocol.SessionInfo:
        return msgspec.json.decode(await self._get("api/session"), type=protocol.SessionInfo)

    async def quality(self) -> protocol.Quality | None:
        return (await self.session()).quality

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
) -> AsyncIterator[Page]:
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
                page = Page(client)
                if known:
                    await page.make_classes(range(data.n_classes))
                await page.rest(changed=False)
                yield page
        finally:
            server.stop()
