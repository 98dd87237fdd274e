"""A server whose points walk about, without a trainer: for what a page costs, whatever the model does."""

import asyncio
import tempfile
import threading
from pathlib import Path
from types import TracebackType

import numpy as np
from servers import serving

from lodespace.config import ServerConfig


class MovingPoints:
    """`with MovingPoints(100_000) as url`: served from a thread, `rate` frames a second."""

    def __init__(self, n: int, rate: float = 20) -> None:
        self.n, self.rate = n, rate
        self._url = ""
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> str:
        self._thread.start()
        self._ready.wait(60)
        return self._url

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    async def _serve(self) -> None:
        random = np.random.default_rng(0)
        n = self.n
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "many.npz"
            np.savez(path, X=random.normal(size=(n, 4)).astype(np.float32))
            server = serving(path, Path(folder) / "project", ServerConfig(train=False))
            async with server as url:
                session = server.service.session
                mean = random.normal(size=(n, 3)).astype(np.float32)
                nothing = np.full(n, -1, np.int16), np.zeros(n, np.float32)
                session.publish(mean, *nothing, step=0, resting=False)
                self._url = url
                self._ready.set()
                step = 0
                while not self._stop.is_set():
                    step += 1
                    mean += random.normal(0, 0.004, mean.shape).astype(np.float32) - 0.001 * mean
                    session.publish(mean, *nothing, step=step, resting=False)
                    server.service.clients.wake()
                    await asyncio.sleep(1 / self.rate)
