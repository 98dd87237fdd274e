"""Fixtures that the test folders share, and the option --slow."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from drivers.forked import FORKS
from drivers.servers import ClientOf, ServerProcess, Serving, eventually
from lodespace.config import ServerConfig
from lodespace.importing import features
from samples.training_inputs import BRIEF
from samples.vectors import write_small_data

# torch reads this variable when it is loaded, here and in the processes that tests start. Two
# workers of pytest share two cores, and at these sizes a second thread costs more than it saves.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# On a busy machine, Hypothesis would report tests as failed because they are slow.
settings.register_profile("loaded", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("loaded"))
settings.load_profile("loaded")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slow", action="store_true", help="run long tests (kill loops, soak) in full length"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Select the profile of Hypothesis, from which modules choose their numbers of examples.
    Enable the forks of servers and trainers."""
    settings.load_profile("long" if config.getoption("--slow") else "loaded")
    FORKS["enabled"] = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests that run with --slow only."""
    if config.getoption("--slow"):
        return
    for item in items:
        if (marker := item.get_closest_marker("only_slow")) is not None:
            reason = ": ".join([*marker.args, "runs with --slow"])
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def no_default_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports in this process compute no features of photographs, unless a test asks for them."""
    monkeypatch.setattr(features, "default_for_photos", lambda: None)


class FileScheduling(LoadFileScheduling):
    """Runs the tests of a file in one worker of pytest-xdist, and all browser tests in one worker.

    The tests of a file share servers. On two cores, two pages at the same time draw so slowly that
    the tests take longer than in sequence, and some tests exceed their time limits.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "browser" if "/e2e/" in file else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FileScheduling:
    return FileScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Temporary folder that all tests, and the processes that they start, use as XDG_STATE_HOME."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def slow(request: pytest.FixtureRequest) -> bool:
    """Whether long tests run in full length."""
    return bool(request.config.getoption("--slow"))


@pytest.fixture
def small_data(tmp_path: Path) -> Path:
    """A .npz file with 200 vectors in four separate groups (samples/vectors.py)."""
    return write_small_data(tmp_path)


@pytest.fixture(scope="session")
def rested_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on the data of `small_data`, without labels, whose training rests.

    A test opens a copy of the folder (`copy_rested_project`)."""
    folder = tmp_path_factory.mktemp("rested")

    async def train() -> None:
        serving = Serving(write_small_data(folder), folder / "project", settings=BRIEF)
        async with serving:
            await eventually(lambda: serving.service.trainer.training.state == "resting", 240)

    asyncio.run(train())
    return folder / "project"


@pytest.fixture(scope="session")
def copy_rested_project(
    rested_project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Path]:
    """Return a function that makes a new copy of `rested_project`."""
    return lambda: shutil.copytree(rested_project, tmp_path_factory.mktemp("copy") / "project")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB. Only root can mount it, as in CI."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)])
    if mounted.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
async def served(tmp_path: Path, small_data: Path) -> AsyncIterator[str]:
    """Address of a server in this process, with `small_data` and without training."""
    async with Serving(small_data, tmp_path / "project", ServerConfig(train=False)) as url:
        yield url


@pytest.fixture
def client_of(aiohttp_client: Any) -> ClientOf:
    """A function that serves a project in this process, without a trainer.

    `http = await client_of(data, project_folder)` opens or creates the project.
    """

    async def serve(
        data: Path | None, folder: Path, config: ServerConfig | None = None
    ) -> TestClient:
        from lodespace.project.opening import open_project
        from lodespace.web.app import make_app
        from lodespace.web.request_guard import HOSTS

        app = make_app(
            config or ServerConfig(train=False),
            open_project(data, project_folder=folder, labels="none"),
        )
        client = await aiohttp_client(app)
        app[HOSTS].listen(client.port)
        return client

    return serve


@pytest.fixture
def server_process() -> Iterator[type[ServerProcess]]:
    """A subclass of ServerProcess, whose processes are stopped after the test."""
    made: list[ServerProcess] = []

    class Tracked(ServerProcess):
        def __init__(self, *arguments: str, port: int | None = None) -> None:
            super().__init__(*arguments, port=port)
            made.append(self)

    yield Tracked
    for process in made:
        process.stop()
