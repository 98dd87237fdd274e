"""`kill -9` of the server at any moment loses no acknowledged label. The expected state is kept by the client, as the server's is gone."""

import asyncio
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from servers import ServerProcess
from stream_client import StreamClient

from lodespace import protocol

ITEMS = 200
KILLS, KILLS_SLOW = 15, 50


async def label_until_killed(server: ServerProcess, expected: np.ndarray, seconds: float, dice: random.Random) -> int:
    """Label as fast as answers come, noting each answered label; kill the server meanwhile. Returns how many were answered."""
    answered = 0

    async def annotate(client: StreamClient) -> None:
        nonlocal answered
        while True:
            items = dice.sample(range(ITEMS), dice.randint(1, 30))
            class_id = dice.randint(-1, 3)
            ack = await client.label(items, class_id)
            assert isinstance(ack, protocol.Ack)
            expected[items] = class_id
            answered += 1

    async with StreamClient(server.url) as client:
        task = asyncio.create_task(annotate(client))
        await asyncio.sleep(seconds)
        server.kill()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return answered


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_no_kill_loses_an_acknowledged_label(
    server_process, small_data: Path, tmp_path: Path, slow: bool
) -> None:
    project = tmp_path / "project"
    server = server_process(str(small_data), "--project", str(project), "--no-training")
    expected = np.full(ITEMS, -1)
    uncertain: set[int] = set()
    dice = random.Random(1)
    total = 0
    for _ in range(KILLS_SLOW if slow else KILLS):
        server.start()
        await asyncio.to_thread(server.wait_until_ready)
        async with StreamClient(server.url) as client:
            # A label that was on its way when the server died may have been written or not; every other one must be as it was told.
            known = np.array([i for i in range(ITEMS) if i not in uncertain])
            assert (client.labels[known] == expected[known]).all()
            expected[:] = client.labels
        total += await label_until_killed(server, expected, dice.uniform(0.02, 0.35), dice)
        uncertain = items_of_newest_event(project)
    assert total > 100
    with sqlite3.connect(project / "labels.sqlite") as log:
        assert log.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    log.close()


def items_of_newest_event(project: Path) -> set[int]:
    """The only event whose answer may not have come: commands are carried out one at a time."""
    copy = project.with_name("copy.sqlite")
    for suffix in ("", "-wal"):
        source = project / f"labels.sqlite{suffix}"
        if source.exists():
            shutil.copyfile(source, f"{copy}{suffix}")
    with sqlite3.connect(copy) as log:
        newest = log.execute("SELECT items FROM events ORDER BY sequence DESC LIMIT 1").fetchone()
    log.close()
    for path in project.parent.glob("copy.sqlite*"):
        path.unlink()
    return set() if newest is None else set(np.frombuffer(newest[0], "<u4").tolist())


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to see the order of system calls")
def test_every_answer_comes_after_its_sync(tmp_path: Path) -> None:
    """The page cache survives kill -9, so only the order of calls shows that an answer waits for the disk."""
    script = """
import sys, asyncio
from pathlib import Path
from lodespace.store import Event, Store
store = Store(Path(sys.argv[1]))
for k in range(20):
    store.append_now(Event(command_id=f"command-{k:08d}", kind="gesture", client="anna", at=1.0, items=b"1234"))
    sys.stdout.write(f"ACK {k}\\n"); sys.stdout.flush()
"""
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-e", "trace=fdatasync,fsync,write", "-o", str(trace), sys.executable, "-c", script]
    subprocess.run([*command, str(tmp_path / "labels.sqlite")], check=True, stdout=subprocess.DEVNULL)
    synced, answers = False, 0
    for line in trace.read_text().splitlines():
        if "fdatasync(" in line or "fsync(" in line:
            synced = True
        elif 'write(1, "ACK' in line:
            assert synced, f"answered before it was on disk: {line}"
            synced, answers = False, answers + 1
    assert answers == 20


@pytest.mark.timeout(300)
async def test_kill_of_the_trainer_loses_nothing_and_training_goes_on(
    server_process, small_data: Path, tmp_path: Path
) -> None:
    import psutil

    server = server_process(str(small_data), "--project", str(tmp_path / "project"), "--threads", "1")
    server.start()
    await asyncio.to_thread(server.wait_until_ready)
    assert server.process is not None
    parent = psutil.Process(server.process.pid)

    async with aiohttp.ClientSession(server.url) as http, StreamClient(server.url) as client:

        async def state() -> dict[str, object]:
            return await (await http.get("/api/training")).json()

        async def wait_for(states: set[str], seconds: float) -> float:
            began = time.monotonic()
            while (await state())["state"] not in states:
                assert time.monotonic() - began < seconds, await state()
                await asyncio.sleep(0.05)
            return time.monotonic() - began

        await wait_for({"running", "resting"}, 60)
        await client.label([0, 1, 2, 3], 1)
        (trainer,) = parent.children()
        trainer.kill()
        assert isinstance(await client.label([4, 5], 2), protocol.Ack)  # labels need no trainer
        await wait_for({"restarting", "starting"}, 10)
        await wait_for({"running", "resting"}, 60)
        assert parent.children()[0].pid != trainer.pid
        assert client.labels[:6].tolist() == [1, 1, 1, 1, 2, 2]
        frames = len(client.frames)
        await client.label([6, 7, 8], 3)
        began = time.monotonic()
        while len(client.frames) == frames:
            assert time.monotonic() - began < 30, "the new trainer moves nothing"
            await asyncio.sleep(0.05)
