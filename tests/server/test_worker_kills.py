"""`lodespace serve --workers 2`: a killed process of the training loses no label."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from drivers.servers import ServerProcess, eventually
from drivers.stream_client import StreamClient
from lodespace import protocol


def trainers(server: ServerProcess) -> list[psutil.Process]:
    """Return the trainer process, and after it its followers."""
    assert server.process is not None
    found: list[psutil.Process] = []
    for trainer in psutil.Process(server.process.pid).children():
        found += [trainer, *(c for c in trainer.children() if is_follower(c))]
    return found


def is_follower(process: psutil.Process) -> bool:
    try:
        return "lodespace.models.workers.follower" in process.cmdline()
    except psutil.Error:  # the process has just ended
        return False


@pytest.mark.slow
@pytest.mark.only_slow("starts six processes with torch")
@pytest.mark.parametrize("killed", ["follower", "leader"])
async def test_a_killed_worker_is_started_again_with_all_labels(
    server_process: Callable[..., ServerProcess],
    copy_rested_project: Callable[[], Path],
    killed: str,
) -> None:
    server = server_process(str(copy_rested_project()), "--workers", "2")
    server.forks = False  # the test looks at the children of the process
    server.start()
    await asyncio.to_thread(server.wait_until_ready)
    async with StreamClient(server.url) as client:

        async def wait_for_predictions(items: list[int], class_id: int) -> None:
            await eventually(
                lambda: (client.predictions[items] == class_id).all(),
                seconds=120,
                message="the labels are not learned",
            )

        await eventually(lambda: len(trainers(server)) == 2, seconds=120)
        await client.label([0, 4, 8, 12], 0)
        await client.label([1, 5], 1)
        await wait_for_predictions([1, 5], 1)
        before = trainers(server)
        before[killed == "follower"].kill()
        # The process ends within the job that follows from this label.
        assert isinstance(await client.label([2, 6], 2), protocol.Ack)
        await eventually(lambda: not any(p.is_running() for p in before), seconds=120)
        assert isinstance(await client.label([10], 2), protocol.Ack)
        await eventually(lambda: len(trainers(server)) == 2, seconds=120)
        await wait_for_predictions([2, 6, 10], 2)
        assert client.labels[[0, 4, 8, 12, 1, 5, 2, 6, 10]].tolist() == [*[0] * 4, 1, 1, 2, 2, 2]
        after = trainers(server)
    await asyncio.to_thread(server.stop)
    assert not any(process.is_running() for process in after)
