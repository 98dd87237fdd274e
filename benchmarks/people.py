"""Time until the label of one person is on the pages of all others, with 1, 2 and 8 people.

    python benchmarks/people.py [--labels 100]

The benchmark starts a real server on the bundled digits, without the trainer. All people send their
pointer and view ten times a second, as pages do. In the first measurements, one of them labels. In
the last one, all of them label, on average once a second. The pages of all people are in one
process, so the times include the work of all these pages for the messages of the others.
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
"""Number of items of a label."""
PAUSE = 0.05
"""Seconds between the labels of a person who labels alone."""
LONGEST = 10.0
"""Seconds after which a label that has not arrived is an error."""


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


async def label(
    person: StreamClient, others: list[StreamClient], labels: int, pause: float, seed: int
) -> tuple[list[float], list[float]]:
    """Label some items `labels` times. Return the seconds until the answers, and until the labels
    are on the pages of the others."""
    random = np.random.default_rng(seed)
    answered, shown = list[float](), list[float]()
    for k in range(labels):
        items = random.choice(len(person.labels), REGION, replace=False).tolist()
        began = time.perf_counter()
        answer = await person.label(items, k % len(person.classes))
        assert isinstance(answer, protocol.Ack), answer
        answered.append(time.perf_counter() - began)
        # There is no asyncio event for an arriving label.
        while any(other.sequence < answer.sequence for other in others):
            assert time.perf_counter() - began < LONGEST, "a label did not arrive"
            await asyncio.sleep(0.0005)
        if others:
            shown.append(time.perf_counter() - began)
        # People who label at the same time do not keep step.
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))
    return answered, shown


async def measure(url: str, people: int, labels: int, *, all_label: bool) -> Measured:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(StreamClient(url)) for _ in range(people)]
        moving = [asyncio.create_task(move(client)) for client in clients]
        await asyncio.sleep(1)
        for client in clients:
            client.operations.clear()
        began = time.perf_counter()
        who = clients if all_label else clients[:1]
        times = await asyncio.gather(
            *(
                label(
                    person,
                    [client for client in clients if client is not person],
                    labels,
                    1.0 if all_label else PAUSE,
                    seed,
                )
                for seed, person in enumerate(who)
            )
        )
        seconds = time.perf_counter() - began
        seen = sum(len(client.seen(protocol.PeerMoved)) for client in clients)
        for task in moving:
            task.cancel()
        await asyncio.gather(*moving, return_exceptions=True)
    answered = [one for each, _ in times for one in each]
    shown = [one for _, each in times for one in each]
    pairs = people * (people - 1)
    return Measured(answered, shown, seen / pairs / seconds if pairs else 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=int, default=100, help="number of labels per person")
    options = parser.parse_args()
    print(
        "| people | who label | median to answer, ms | 90 % | median to all pages, ms | 90 % "
        "| messages per person and second |\n|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess("--project", f"{folder}/digits", "--no-training")
        server.start()
        server.wait_until_ready()
        try:
            for people, all_label in (*((k, False) for k in PEOPLE), (PEOPLE[-1], True)):
                found = asyncio.run(
                    measure(server.url, people, options.labels, all_label=all_label)
                )
                who = "all" if all_label else "one"
                cells = [f"{1000 * t:.1f}" for t in np.quantile(found.answered, [0.5, 0.9])]
                if found.shown:
                    cells += [f"{1000 * t:.1f}" for t in np.quantile(found.shown, [0.5, 0.9])]
                    cells.append(f"{found.messages:.1f}")
                else:
                    cells += [""] * 3
                print("|", " | ".join([str(people), who, *cells]), "|", flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
