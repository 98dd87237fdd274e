"""Time from sending a label to the first delta frame that shows the effect of the label.

    python benchmarks/label_latency.py [--labels 40]

The benchmark starts a real server and trainer on the bundled digits, with one client. Before each
label, training rests, so the first frame of positions after the label shows the effect of the
label.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.servers import ServerProcess  # noqa: E402
from drivers.stream_client import StreamClient  # noqa: E402
from lodespace.items.item_set import load_digits  # noqa: E402
from lodespace.protocol import TrainingChanged  # noqa: E402
from lodespace.protocol.frames import PositionsFrame  # noqa: E402

WANTED_MS = 100
REGION = 40


def moved_since(client: StreamClient, frames: int) -> bool:
    """Return whether the client received a frame of positions after its first `frames` frames."""
    return any(isinstance(frame, PositionsFrame) for frame in client.frames[frames:])


async def rest(client: StreamClient) -> None:
    """Wait until training rests and no frame has arrived for 0.5 s."""
    while True:
        states = client.seen(TrainingChanged)
        if states and states[-1].training.state == "resting":
            frames = len(client.frames)
            await asyncio.sleep(0.5)
            if len(client.frames) == frames:
                return
        await asyncio.sleep(0.05)


async def measure(url: str, labels: int) -> tuple[list[float], list[float]]:
    """Return, for each label, the seconds to the answer and to the first frame of positions."""
    truth = load_digits().truth
    assert truth is not None
    random = np.random.default_rng(0)
    answered, moved = [], []
    async with StreamClient(url) as client:
        await rest(client)
        for _ in range(labels):
            label = int(random.integers(10))
            items = random.permutation(np.flatnonzero(truth == label))[:REGION].tolist()
            client.operations.clear()
            frames = len(client.frames)
            began = time.perf_counter()
            await client.label(items, label)
            answered.append(time.perf_counter() - began)
            # There is no asyncio event for an arriving frame.
            while not moved_since(client, frames):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            moved.append(time.perf_counter() - began)
            await rest(client)
    return answered, moved


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess("--project", f"{folder}/digits", "--threads", "2")
        server.start()
        server.wait_until_ready()
        try:
            answered, moved = asyncio.run(measure(server.url, options.labels))
        finally:
            server.stop()
    for name, times in (
        ("answer (label stored)", answered),
        ("first frame with its effect", moved),
    ):
        quantiles = 1000 * np.quantile(times, [0.5, 0.9, 1])
        print(
            f"label to {name:<26} median {quantiles[0]:4.0f} ms, 90 % {quantiles[1]:4.0f}, worst "
            f"{quantiles[2]:4.0f}"
        )
    print(f"(wanted: median to the first frame at most {WANTED_MS} ms)")


if __name__ == "__main__":
    main()
