"""`kill -9` of the server at any moment loses no acknowledged label.

The expected state comes from the answers that the clients have recorded. A killed server loses
everything that is only in its memory.
"""

import asyncio
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import numpy as np
import pytest

from drivers.servers import ServerProcess, eventually
from drivers.stream_client import StreamClient
from lodespace import protocol

ITEMS = 200
KILLS, KILLS_SLOW = 3, 1000
"""Kills of the server, without and with --slow."""
LABELS, LABELS_SLOW = 0, 20_000
"""Number of acknowledged labels over all kills, without and with --slow. The test continues until
it has reached both this number and the number of kills."""


@dataclass
class Annotators:
    """Several people who label at the same time, as fast as answers arrive.

    They record the answers.
    """

    dice: random.Random
    """Source of random choices."""
    answered: dict[int, tuple[list[int], int]] = field(default_factory=dict)
    """Items and class of each answered event, by sequence number."""
    open: dict[str, protocol.Label] = field(default_factory=dict)
    """Commands that had no answer when the server was killed.

    The test sends them again, as the page does.
    """

    async def work(self, server: ServerProcess, answers: int, people: int) -> None:
        """Label as `people` clients, and kill the server after `answers` more answers."""
        before = len(self.answered)
        tasks = [
            asyncio.create_task(self.annotate(server.url, f"person-{k}")) for k in range(people)
        ]
        try:
            await eventually(
                lambda: len(self.answered) >= before + answers or any(task.done() for task in tasks)
            )
            await asyncio.sleep(self.dice.uniform(0, 0.02))
        finally:
            server.kill()
            for task in tasks:
                task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        wrong = [end for end in ends if isinstance(end, AssertionError)]
        assert not wrong, wrong

    async def annotate(self, url: str, client_id: str) -> None:
        async with StreamClient(url, client_id=client_id) as client:
            while True:
                command = self.open.get(client_id) or self.command(client)
                self.open[client_id] = command
                ack = await client.command(command)
                assert isinstance(ack, protocol.Ack), ack
                assert ack.sequence not in self.answered, (
                    "two commands got the same sequence number"
                )
                self.answered[ack.sequence] = (command.items, command.class_id)
                del self.open[client_id]

    def command(self, client: StreamClient) -> protocol.Label:
        items = self.dice.sample(range(ITEMS), self.dice.randint(1, 30))
        return client.label_operation(
            items, self.dice.randint(-1, 3), uuid.UUID(int=self.dice.getrandbits(128)).hex
        )

    def check(self, log_path: Path, labels: np.ndarray) -> None:
        """Check that the log has each acknowledged label once, and that its labels are `labels`."""
        with sqlite3.connect(f"file:{log_path}?mode=ro", uri=True) as log:
            assert log.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = log.execute(
                "SELECT sequence, command_id, event FROM events ORDER BY sequence"
            ).fetchall()
        log.close()
        events = {sequence: msgspec.msgpack.decode(event) for sequence, _, event in rows}
        written = {
            sequence: (np.frombuffer(event["items"], "<u4").tolist(), event["class_id"])
            for sequence, event in events.items()
        }
        for sequence, (items, class_id) in self.answered.items():
            assert written.get(sequence) == (sorted(items), class_id), (
                f"label {sequence} was answered and is lost"
            )
        more = {command_id for sequence, command_id, _ in rows if sequence not in self.answered}
        assert more <= {command.command_id for command in self.open.values()}
        expected = np.full(ITEMS, -1)
        for sequence in sorted(written):
            items, expected_class = written[sequence]
            expected[items] = expected_class
        assert (labels == expected).all()


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
async def test_no_kill_loses_an_acknowledged_label(
    server_process, small_data: Path, tmp_path: Path, slow: bool, record_property: Any
) -> None:
    kills, labels = (KILLS_SLOW, LABELS_SLOW) if slow else (KILLS, LABELS)
    done = 0
    project = tmp_path / "project"
    server = server_process(
        str(small_data), "--labels", "none", "--project", str(project), "--no-training"
    )
    dice = random.Random(1)
    annotators = Annotators(dice)
    while done < kills or len(annotators.answered) < labels:
        server.start()
        await asyncio.to_thread(server.wait_until_ready)
        async with StreamClient(server.url) as client:
            annotators.check(project / "labels.sqlite", client.labels)
        await annotators.work(server, dice.randint(0, 40), people=dice.randint(1, 4))
        done += 1
        if slow:
            sys.stdout.write(f"{done} kills, {len(annotators.answered)} acknowledged labels\n")
    assert annotators.answered
    record_property("kills", done)
    record_property("labels", len(annotators.answered))


@pytest.mark.slow
def test_every_answer_comes_after_its_sync(tmp_path: Path, small_data: Path) -> None:
    """The trace of system calls shows that the log is synced to disk before each answer. `kill -9`
    cannot test this: after the process has ended, the system still writes the unsynced data."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace to see the order of system calls")
    script = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from drivers.servers import Serving
from drivers.stream_client import StreamClient
from lodespace.config import ServerConfig

async def main():
    serving = Serving(Path(sys.argv[1]), Path(sys.argv[2]), ServerConfig(train=False))
    async with serving as url, StreamClient(url) as client:
        for k in range(30):
            await client.label([k], 1)

asyncio.run(main())
"""
    trace = tmp_path / "trace"
    watch = [
        "strace",
        "-f",
        "-s",
        "120",
        "-e",
        "trace=fdatasync,fsync,sendto,write",
        "-o",
        str(trace),
    ]
    arguments = [str(small_data), str(tmp_path / "project"), str(Path(__file__).parents[1])]
    subprocess.run([*watch, sys.executable, "-c", script, *arguments], check=True, timeout=120)
    synced, answers = False, 0
    for line in trace.read_text().splitlines():
        if re.search(r"f(data)?sync\(\d+\) += 0|<\.\.\. f(data)?sync resumed>.*= 0", line):
            synced = True
        elif 'op\\":\\"ack' in line:
            assert synced, f"answered before it was on disk: {line}"
            synced, answers = False, answers + 1
    assert answers == 30


@pytest.mark.slow
async def test_kill_of_the_trainer_loses_nothing_and_training_goes_on(
    server_process, copy_rested_project: Callable[[], Path]
) -> None:
    import psutil

    server = server_process(str(copy_rested_project()))
    server.forks = False  # the test looks at the children of the process
    server.start()
    await asyncio.to_thread(server.wait_until_ready)
    assert server.process is not None
    parent = psutil.Process(server.process.pid)

    async with aiohttp.ClientSession(server.url) as http, StreamClient(server.url) as client:

        async def state() -> dict[str, object]:
            return await (await http.get("/api/training")).json()

        async def wait_for(states: set[str], seconds: float) -> None:
            end = time.monotonic() + seconds
            while (await state())["state"] not in states:
                assert time.monotonic() < end, await state()
                await asyncio.sleep(0.05)

        await wait_for({"running", "resting"}, 120)
        await client.label([0, 1, 2, 3], 1)
        (trainer,) = parent.children()
        trainer.kill()
        assert isinstance(await client.label([4, 5], 2), protocol.Ack)  # labels need no trainer
        await eventually(lambda: any(child.pid != trainer.pid for child in parent.children()))
        await wait_for({"running", "resting"}, 120)
        assert client.labels[:6].tolist() == [1, 1, 1, 1, 2, 2]
        frames = len(client.frames)
        await client.label([6, 7, 8], 3)
        await eventually(
            lambda: len(client.frames) > frames, message="the new trainer moves nothing"
        )
