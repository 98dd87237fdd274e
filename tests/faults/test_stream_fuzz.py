"""A million malformed messages: the server refuses each of them, and continues to serve other
clients."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import psutil
import pytest

from drivers.servers import ServerProcess
from drivers.stream_client import StreamClient
from drivers.stream_fuzzer import OPERATIONS, Answers, Frames, Fuzzer
from lodespace import protocol

CLIENTS = 4
BYTES_PER_COMMAND = 4096
"""Number of bytes that the server keeps in memory per acknowledged command, for the command
history."""


class LoggedServer(ServerProcess):
    """A server process whose log is written to `log`."""

    log: Path

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lodespace", "serve", *self.arguments],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, **self.environment},
            )


@pytest.fixture
def server(tmp_path: Path, small_data: Path) -> Iterator[LoggedServer]:
    process = LoggedServer(str(small_data), "--project", str(tmp_path / "p"), "--no-training")
    process.log = tmp_path / "log.txt"
    process.start()
    process.wait_until_ready()
    yield process
    process.stop()


def test_the_fuzzer_changes_every_kind_of_operation() -> None:
    kinds = {str(one.__struct_config__.tag) for one in get_args(protocol.ClientOperation)}
    assert {message["op"] for message in OPERATIONS} == kinds
    for message in OPERATIONS:
        protocol.decode_client_operation(msgspec.json.encode(Frames(0).message(message)))
    frames, again = Frames(1), Frames(1)
    texts = [frames.text() for _ in range(500)]
    assert texts == [again.text() for _ in range(500)]
    assert len(set(texts)) > 400


@pytest.mark.timeout(7200)
@pytest.mark.slow
async def test_frames_that_make_no_sense_do_no_harm(server: LoggedServer, slow: bool) -> None:
    """Send malformed frames. With --slow, these are 1,000,000 text frames and 20,000 raw frames;
    otherwise 3,000 text frames and 50 raw frames."""
    texts, raws = (1_000_000, 20_000) if slow else (3_000, 50)
    answers = Answers()
    assert server.process is not None
    memory = psutil.Process(server.process.pid)
    # The first frames fill caches and load modules, so that memory is compared from then on.
    for seed in (0, 100):
        await run(server, answers, texts // 20, raws // 20, seed=seed)
    before, at_first = memory.memory_info().rss, answers.acknowledged
    for part in range(2, 20):
        await run(server, answers, texts // 20, raws // 20, seed=100 * part)
        grown = memory.memory_info().rss - before
        said = server.log.read_text()
        # With -s, the figures of a long run are shown as it goes on.
        print(f"{answers}, grown {grown / 1e6:.1f} MB, log {len(said):,} characters", flush=True)
        assert answers.codes["internal_error"] == 0
    assert answers.sent >= texts + raws
    assert "Traceback" not in said and "ERROR" not in said
    assert answers.codes.total() > texts // 2
    allowed = (20 << 20) + BYTES_PER_COMMAND * (answers.acknowledged - at_first)
    assert grown < allowed
    async with StreamClient(server.url) as anna:
        # Some frames are valid, and lock classes.
        for locked in [info for info in anna.classes if info.locked and not info.removed]:
            unlock = protocol.EditClass(
                f"unlock-{locked.class_id:04}", class_id=locked.class_id, locked=False
            )
            assert isinstance(await anna.command(unlock), protocol.Ack)
        made = await anna.command(protocol.AddClass(command_id="a-new-class", name="after all"))
        if isinstance(made, protocol.Ack):  # all 1,024 ids may have been used
            assert isinstance(await anna.label([5, 3], made.class_id), protocol.Ack)
        everywhere = protocol.Region(
            polygon=[-9, -9, -9, 9, 9, 9, 9, -9], clip_from_latent=np.eye(4).ravel().tolist()
        )
        found = await anna.command(protocol.Resolve(command_id="all-items", regions=[everywhere]))
        assert len(found.items) == 200
    server.stop()
    assert "Traceback" not in server.log.read_text()


async def run(server: ServerProcess, answers: Answers, texts: int, raws: int, seed: int) -> None:
    fuzzers = [Fuzzer(server.url, seed + k, answers) for k in range(CLIENTS)]
    share = -(-texts // CLIENTS)
    await asyncio.gather(
        *(fuzzer.send_texts(share) for fuzzer in fuzzers),
        *(fuzzer.send_raws(-(-raws // CLIENTS)) for fuzzer in fuzzers),
    )
