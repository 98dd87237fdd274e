"""The fixture `lan`: a server with `--lan` in this process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.lan import Lan
from drivers.servers import Serving
from lodespace.config import LanConfig, ServerConfig


@pytest.fixture
async def lan(small_data: Path, tmp_path: Path) -> AsyncIterator[Lan]:
    state = tmp_path / "state"
    server = Serving(
        small_data,
        tmp_path / "project",
        ServerConfig(train=False, lan=LanConfig(port=0, state=state)),
    )
    async with server as own:
        made = Lan(server, own, state)
        yield made
        for session in made.sessions:
            await session.close()
