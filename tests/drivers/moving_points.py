"""A server whose points move without a trainer, to measure how much work a page has to do."""

import asyncio
import tempfile
import threading
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from drivers.servers import Serving
from lodespace.config import ServerConfig
from lodespace.models.item_predictions import ItemPredictions

GROUPS = 10
SIDE = 8


class MovingPoints:
    """A server in a thread, with `rate` frames per second: `with MovingPoints(100_000) as url`.

    With `predicted`, the items are small pictures in ten separate groups. Some items are labelled,
    and each frame changes the predictions and confidences of a tenth of the items, as the frames of
    a trainer do. Without `predicted`, the items are vectors in one cloud, and nothing is predicted.
    """

    def __init__(self, n: int, rate: float = 20, *, predicted: bool = False) -> None:
        self.n, self.rate, self.predicted = n, rate, predicted
        self._url = ""
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> str:
        self._thread.start()
        self._ready.wait(60)
        return self._url

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    async def _serve(self) -> None:
        random = np.random.default_rng(0)
        n = self.n
        group = np.arange(n) % GROUPS
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "many.npz"
            if self.predicted:
                patterns = random.integers(0, 256, (GROUPS, SIDE, SIDE), np.uint8)
                np.savez(path, X=patterns[group], y=group)
            else:
                np.savez(path, X=random.normal(size=(n, 4)).astype(np.float32))
            labels = "5" if self.predicted else "none"
            server = Serving(
                path, Path(folder) / "project", ServerConfig(train=False), labels=labels
            )
            async with server as url:
                session = server.service.session
                # There is no trainer to follow a drag, so the server ignores drags.
                server.service.held_items.drag = lambda client, command: None
                mean = self._first_means(group, random)
                rest = mean.copy()
                prediction = group.astype(np.int16) if self.predicted else np.full(n, -1, np.int16)
                confidence = np.full(n, 0.8 if self.predicted else 0, np.float32)
                session.publish(
                    mean, ItemPredictions(prediction, confidence), step=0, resting=False
                )
                self._url = url
                self._ready.set()
                step = 0
                while not self._stop.is_set():
                    step += 1
                    mean += random.normal(0, 0.004, mean.shape).astype(np.float32) + 0.001 * (
                        rest - mean
                    )
                    if self.predicted:
                        changed = random.integers(0, n, n // 10)
                        prediction[changed] = (
                            group[changed] + (random.random(len(changed)) < 0.1)
                        ) % GROUPS
                        confidence[changed] = random.random(len(changed), np.float32)
                    session.publish(
                        mean, ItemPredictions(prediction, confidence), step=step, resting=False
                    )
                    server.service.clients.wake()
                    await asyncio.sleep(1 / self.rate)

    def _first_means(
        self, group: npt.NDArray[np.int64], random: np.random.Generator
    ) -> npt.NDArray[np.float32]:
        spread = random.normal(size=(self.n, 3))
        if self.predicted:
            spread = 0.35 * spread + random.normal(0, 1.2, (GROUPS, 3))[group]
        return spread.astype(np.float32)
