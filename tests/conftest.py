"""Fixtures that the test folders share, and --slow, which runs the long tests whole."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from lodespace.config import ServerConfig


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run long tests whole (kill loops, soak), not shortened")


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> bool:
    """Whether long tests run whole."""
    return bool(request.config.getoption("--slow"))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def small_data(tmp_path: Path) -> Path:
    """Two hundred vectors of 8 numbers in four clear groups, as .npz with their classes: trains in a second."""
    random = np.random.default_rng(5)
    truth = np.arange(200) % 4
    centres = random.normal(0, 4, (4, 8))
    path = tmp_path / "small.npz"
    np.savez(path, X=(centres[truth] + random.normal(0, 1, (200, 8))).astype(np.float32), y=truth)
    return path


@pytest.fixture
async def served(tmp_path: Path, small_data: Path) -> AsyncIterator[str]:
    """Address of a server in this process, on small data, that does not train."""
    async with serving(small_data, tmp_path / "project", ServerConfig(train=False)) as url:
        yield url


class serving:
    """A server in this process: `async with serving(data, project) as url`. `service` is its inside, for tests."""

    def __init__(self, data: Path | None, project: Path, config: ServerConfig | None = None) -> None:
        self.data, self.project, self.config = data, project, config or ServerConfig()

    async def __aenter__(self) -> str:
        from lodespace.app import make_app
        from lodespace.handlers import SERVICE
        from lodespace.project import open_project
        from lodespace.running import start

        opened = open_project(self.data, project_folder=self.project)
        app = make_app(self.config, opened, threads=1)
        self.service = app[SERVICE]
        self.runner, url = await start(app, [0])
        return url

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()


class ServerProcess:
    """`python -m lodespace serve` as a process of its own, on a port of its own, that can be killed and started again."""

    def __init__(self, *arguments: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.arguments = [*arguments, "--no-browser", "--port", str(self.port)]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lodespace", "serve", *self.arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait_until_ready(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process is not None and self.process.poll() is None, "the server ended by itself"
            try:
                urllib.request.urlopen(self.url + "healthz", timeout=5).close()
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
            else:
                return
        raise TimeoutError("the server did not get ready")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As by Ctrl-C."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


@pytest.fixture
def server_process() -> Iterator[type[ServerProcess]]:
    """Makes server processes, and stops those that still run at the end."""
    made: list[ServerProcess] = []

    class Tracked(ServerProcess):
        def __init__(self, *arguments: str, port: int | None = None) -> None:
            super().__init__(*arguments, port=port)
            made.append(self)

    yield Tracked
    for process in made:
        process.stop()


async def eventually(condition, seconds: float = 20.0, message: str = "it never came true") -> None:
    """Wait until `condition()` is true."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < end, message
        await asyncio.sleep(0.02)
