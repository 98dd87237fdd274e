"""Servers for tests: in this process, or in a separate process that can be killed."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp.test_utils import TestClient

from drivers.forked import ForkedProcess, fork_server, forked_command, start_lodespace
from lodespace.config import ServerConfig
from lodespace.protocol import Settings

ClientOf = Callable[..., Awaitable[TestClient]]
"""Type of the fixture `client_of`."""


_given: set[int] = set()
"""Ports that `free_port` has returned. A server that has not started yet does not hold its port."""


def free_port() -> int:
    """Return a free port below 32,000, each port once. Systems give ports above this number to
    outgoing connections, so an outgoing connection does not take the port before the server does.
    Each worker of pytest-xdist has its own ports."""
    dice = random.SystemRandom()
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = dice.randrange(20_000 + worker % 16, 32_000, 16)
        if port in _given:
            continue
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            _given.add(port)
            return port


class Serving:
    """A server in this process: `async with Serving(data, project) as url`.

    Tests of handlers that need no address use the fixture `client_of`.
    """

    def __init__(
        self,
        data: Path | None,
        project: Path,
        config: ServerConfig | None = None,
        *,
        labels: str = "none",
        settings: Settings | None = None,
    ) -> None:
        self.data, self.project, self.config = data, project, config or ServerConfig()
        self.labels, self.settings = labels, settings

    async def __aenter__(self) -> str:
        from lodespace.project.opening import open_project
        from lodespace.web.api import SERVICE
        from lodespace.web.app import make_app
        from lodespace.web.server import start

        opened = open_project(
            self.data, project_folder=self.project, labels=self.labels, settings=self.settings
        )
        app = make_app(self.config, opened, threads=1)
        self.service = app[SERVICE]
        if self.config.train and (name := fork_server()):
            self.service.trainer.command = forked_command(name, "lodespace.training.process_main")
        self.runner, self.url, self.addresses = await start(app, [0])
        self.app = app
        return self.url

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()


class ServerProcess:
    """`python -m lodespace serve` as a process, on a port of its own. The process can be
    killed and started again."""

    forks = True
    """Whether the server and its trainer are forks (drivers/forked.py), where the system allows
    forks. If not, Python starts and loads all modules."""

    def __init__(self, *arguments: str, port: int | None = None) -> None:
        self.port = port or free_port()
        # One thread, unless `arguments` give another number: the tests' trainers share two cores
        # with the browser.
        self.arguments = ["--threads", "1", *arguments, "--no-browser", "--port", str(self.port)]
        self.environment: dict[str, str] = {}
        self.program = ["-m", "lodespace"]
        """Arguments with which Python starts Lodespace."""
        self.process: subprocess.Popen[bytes] | ForkedProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self, *, own_session: bool = False) -> None:
        """Start the process. With `own_session`, the process is the leader of a new session."""
        environment = {**os.environ, **self.environment}
        if self.forks and self.program == ["-m", "lodespace"]:
            with Path(os.devnull).open("wb") as nothing:
                self.process = start_lodespace(
                    ["serve", *self.arguments], environment, nothing.fileno(), own_session
                )
            return
        self.process = subprocess.Popen(
            [sys.executable, *self.program, "serve", *self.arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=own_session,
        )

    def wait_until_ready(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process is not None and self.process.poll() is None, (
                "the server ended by itself"
            )
            try:
                urllib.request.urlopen(self.url + "healthz", timeout=5).close()
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
            else:
                return
        raise TimeoutError("the server did not get ready")

    def request(self, path: str, body: object = None) -> Any:
        """Return the JSON answer of the server at `path`. A `body` is sent by POST."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def label_rows(self) -> list[dict[str, Any]]:
        """Return the exported labels: one row per item."""
        with urllib.request.urlopen(self.url + "api/labels?format=jsonl") as answer:
            return [msgspec.json.decode(line) for line in answer.read().splitlines()]

    def verified(self) -> set[int]:
        """Return the items whose label a person has verified."""
        return {row["item"] for row in self.label_rows() if row["verified"]}

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Stop the server as Ctrl-C does; kill the process after 30 s."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


class LanServer(ServerProcess):
    """A server with --lan. `url` is the address for the owner, and `network_url` is the address for
    other devices. The folder `state` contains the certificate."""

    def __init__(self, *arguments: str, state: Path) -> None:
        self.lan_port = free_port()
        super().__init__(*arguments, "--lan", "--lan-port", str(self.lan_port))
        # The server stores the certificate below one of these folders, depending on the system.
        self.environment = {"XDG_STATE_HOME": str(state), "HOME": str(state)}

    @property
    def network_url(self) -> str:
        return f"https://127.0.0.1:{self.lan_port}/"


async def eventually(
    condition: Callable[[], object],
    seconds: float = 60.0,
    message: str = "the condition did not become true in time",
) -> None:
    """Wait until `condition()` is true."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < end, message
        await asyncio.sleep(0.02)
