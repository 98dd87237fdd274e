"""Time until the label of one person is on the pages of all others, with 1, 2 and 8 people.

    python benchmarks/people.py [--labels 100]

The benchmark starts a real server on the bundled digits, without the trainer. All people send their
pointer and view ten times a second, as pages do. One of them labels.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.servers import ServerProcess  # noqa: E402
from drivers.stream_client import StreamClient  # noqa: E402
from lodespace import protocol  # noqa: E402

PEOPLE = (1, 2, 8)
REGION = 40


class Measured(NamedTuple):
    """Seconds per label, and messages about other people."""

    answered: list[float]
    """Seconds until the answer."""
    shown: list[float]
    """Seconds until the label is on the pages of all others; empty for one person."""
    messages: float
    """Messages about one person that another person gets per second."""


async def move(client: StreamClient) -> None:
    """Send a moving pointer ten times a second, as a page does."""
    step = 0
    while True:
        place = (step % 100 / 100, 0.0, 0.0)
        pose = protocol.Pose(position=(0.0, 0.0, 2.0), orientation=(0.0, 0.0, 0.0, 1.0))
        await client.send(protocol.Presence(head=pose, cursor=place))
        step += 1
        await asyncio.sleep(protocol.PRESENCE_SECONDS)


async def measure(url: str, people: int, labels: int) -> Measured:
    random = np.random.default_rng(0)
    answered: list[float] = []
    shown: list[float] = []
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(StreamClient(url)) for _ in range(people)]
        moving = [asyncio.create_task(move(client)) for client in clients]
        await asyncio.sleep(1)
        first, others = clients[0], clients[1:]
        for client in clients:
            client.operations.clear()
        began_all = time.perf_counter()
        for k in range(labels):
            items = random.choice(5000, REGION, replace=False).tolist()
            began = time.perf_counter()
            await first.label(items, k % 10)
            answered.append(time.perf_counter() - began)
            # There is no asyncio event for an arriving label.
            while not all(client.sequence >= first.sequence for client in others):  # noqa: ASYNC110
                await asyncio.sleep(0.0005)
            if others:
                shown.append(time.perf_counter() - began)
            await asyncio.sleep(0.05)
        seconds = time.perf_counter() - began_all
        for task in moving:
            task.cancel()
        seen = [len(client.seen(protocol.PeerMoved)) for client in clients]
        pairs = people * (people - 1)
        return Measured(answered, shown, sum(seen) / pairs / seconds if pairs else 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess("--project", f"{folder}/digits", "--no-training")
        server.start()
        server.wait_until_ready()
        try:
            for people in PEOPLE:
                found = asyncio.run(measure(server.url, people, options.labels))
                for name, times in (("answer", found.answered), ("all pages", found.shown)):
                    if times:
                        median, most = 1000 * np.quantile(times, [0.5, 0.9])
                        print(
                            f"{people} people, label to {name:<9} median {median:5.1f} ms, "
                            f"90 % {most:5.1f}"
                        )
                if people > 1:
                    print(f"{people} people, {found.messages:.1f} messages per person and second")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
