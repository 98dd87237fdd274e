"""A server that several tests use one after the other, each from the same state of its project."""

import asyncio
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drivers.servers import ServerProcess
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.scene.glb import decode_scene

QUEUES = ("suspects", "uncertain")
RESTING = ("resting", "absent")
"""States of training in which nothing moves."""


@dataclass(frozen=True)
class ProjectState:
    """The parts of a project that a test can change, except the label log and the recording."""

    labels: list[tuple[Any, ...]]
    """Per item: its label, the client that gave it, and whether it is verified."""
    session: dict[str, Any]
    """Classes, gestures that are not undone, settings, pins, number of latent dimensions."""
    model: dict[str, Any]
    """State of training, and the length of each review queue if the server knows the length. The
    accuracy on held-out items is left out, because the trainer measures it only during training."""
    predictions: npt.NDArray[np.int16]
    positions: npt.NDArray[np.float64]
    """Latent means (N, 3)."""
    grid_step: float

    @classmethod
    def of(cls, server: ServerProcess) -> "ProjectState":
        with urllib.request.urlopen(server.url + "api/scene.glb") as answer:
            scene = decode_scene(answer.read())
        info = server.request("api/session")
        session = {name: info[name] for name in ("classes", "latent_dim", "pins")}
        session["settings"] = info["training"]["settings"]
        session["gestures"] = [gesture["gesture"] for gesture in _standing(info)]
        model = {"training": info["training"]["state"]}
        model |= {name: info["quality"][name] for name in QUEUES if info["quality"]}
        rows = server.label_rows()
        labels = [(row["label"], row["labelled_by"], row["verified"]) for row in rows]
        step = float(scene.box.size) / 65535
        return cls(labels, session, model, scene.predictions, scene.latent_mean(), step)

    def differences(self, other: "ProjectState", *, with_model: bool) -> list[str]:
        """Return the names of parts that differ. Positions may differ by one grid step."""
        found = [name for name, value in self.session.items() if other.session[name] != value]
        found += ["labels"] * (self.labels != other.labels)
        if with_model:
            found += [name for name, value in self.model.items() if other.model.get(name) != value]
            found += ["predictions"] * (not np.array_equal(self.predictions, other.predictions))
            moved = np.abs(self.positions - other.positions).max()
            found += ["positions"] * bool(moved > 1.01 * max(self.grid_step, other.grid_step))
        return found


class SharedProject:
    """A project that tests use one after the other, by `use()`.

    After each test, the gestures of the test are undone, newest first, each by the client that made
    the gesture. Then labels, classes, settings and pins must be as they were before the test. A
    drag that did not become a gesture changes the model, and no undo reverses this change. The next
    test then gets a new server.

    Args:
        folder: An empty folder, for the projects.
        make: Function that returns a server process, not started yet, for a project folder.
        prepare: Function that is called after a server has started, before the first state of the
            project is read."""

    def __init__(
        self,
        folder: Path,
        make: Callable[[Path], ServerProcess],
        prepare: Callable[[ServerProcess], None] = lambda server: None,
    ) -> None:
        self._folder, self._make, self._prepare = folder, make, prepare
        self._count = 0
        self._ready: tuple[ServerProcess, ProjectState] | None = None

    @contextmanager
    def use(self) -> Iterator[ServerProcess]:
        """Context manager: yields the server for one test, with the project in its first state."""
        server, start = self._ready or self._begin()
        self._ready = None
        try:
            yield server
            restored = self._restore(server, start)
        except BaseException:
            server.stop()
            raise
        if restored:
            self._ready = server, start
        else:
            server.stop()

    def close(self) -> None:
        """Stop the server."""
        if self._ready is not None:
            self._ready[0].stop()

    def _begin(self) -> tuple[ServerProcess, ProjectState]:
        self._count += 1
        server = self._make(self._folder / str(self._count))
        server.start()
        try:
            server.wait_until_ready()
            self._wait_for_rest(server)
            self._prepare(server)
            return server, ProjectState.of(server)
        except BaseException:
            server.stop()
            raise

    def _restore(self, server: ServerProcess, start: ProjectState, seconds: float = 20) -> bool:
        """Undo the gestures of a test. Returns whether the project is in the state `start` again.

        Raises AssertionError when labels, classes, settings or pins differ from `start`.
        """
        while len(made := _standing(server.request("api/session"))) > len(
            start.session["gestures"]
        ):
            # A second thread does this, because Playwright's event loop runs in this thread.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(asyncio.run, _undo(server.url, made[-1]["by"])).result()
        self._wait_for_rest(server)
        end = time.monotonic() + seconds
        while start.differences(now := ProjectState.of(server), with_model=True):
            if time.monotonic() > end:
                found = start.differences(now, with_model=False)
                assert not found, (
                    f"the undo of all gestures of the test did not restore {', '.join(found)}"
                )
                return False
            time.sleep(0.5)
        return True

    def _wait_for_rest(self, server: ServerProcess, seconds: float = 400) -> None:
        end = time.monotonic() + seconds
        while server.request("api/training")["state"] not in RESTING:
            assert time.monotonic() < end, "training did not come to rest"
            time.sleep(0.3)


def _standing(info: dict[str, Any]) -> list[dict[str, Any]]:
    """Gestures that are not undone, oldest first."""
    return [gesture for gesture in info["history"]["gestures"] if not gesture["undone"]]


async def _undo(url: str, client_id: str) -> None:
    async with StreamClient(url, client_id=client_id) as client:
        answer = await client.command(protocol.Undo(command_id=uuid.uuid4().hex))
        assert isinstance(answer, protocol.Ack), answer
