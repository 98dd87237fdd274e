"""Time and bytes to label, undo and pin many items, uploaded as a selection and listed as JSON.

    python benchmarks/large_selection.py [--items 2000000] [--chosen 200000,1000000]

The benchmark starts a real server without a trainer on vectors, with two clients. One client labels
a random part of the items and undoes the label. "on disk" is the time until the server has
acknowledged the gesture: its event is then on disk. "at the other client" is the time until the
second client has the new labels. A selection needs one gesture. A JSON message lists at most 60,000
items, so listed items need several gestures, which are sent together.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import psutil

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.servers import ServerProcess  # noqa: E402
from drivers.stream_client import StreamClient  # noqa: E402
from lodespace import protocol  # noqa: E402
from lodespace.protocol.item_sets import pack  # noqa: E402
from lodespace.protocol.selection_frames import PART_HEADER, encode_parts  # noqa: E402

WANTED = {200_000: 0.5, 1_000_000: 2.0}
"""Largest time until a gesture is on disk, in seconds, by number of items."""
CLASSES = 10
BY_API = protocol.Provenance(tool="lasso")
Items = npt.NDArray[np.uint32]


class Measured(NamedTuple):
    """One gesture, or several that are sent together."""

    on_disk: float
    """Time until the last acknowledgement, in seconds."""
    shown: float
    """Time until the other client has all labels, in seconds."""
    sent: int
    """Number of bytes sent."""
    largest: int
    """Size of the largest message sent, in bytes."""


class Clients:
    """The client that sends commands, and another client."""

    def __init__(self, sender: StreamClient, other: StreamClient) -> None:
        self.sender, self.other = sender, other

    async def measure(
        self, messages: list[tuple[bytes, list[Any]]], arrived: Callable[[], bool]
    ) -> Measured:
        """Send selections and the commands that follow them, and wait until they have arrived.

        Args:
            messages: Per message, the packed set to upload (empty bytes for none), and the commands
                that follow it.
            arrived: Returns whether the other client has received the effect.
        """
        sizes: list[int] = []
        began = time.perf_counter()
        answers: list[Awaitable[Any]] = []
        for packed, commands in messages:
            if packed:
                await self.sender.select(packed)
                sizes += [len(part) for part in encode_parts(0, packed)]
            for command in commands:
                sizes.append(len(protocol.encode_operation(command)))
                answers.append(asyncio.ensure_future(self.sender.command(command)))
        for answer in await asyncio.gather(*answers):
            assert isinstance(answer, protocol.Ack), answer
        on_disk = time.perf_counter() - began
        # There is no asyncio event for arriving labels.
        while not arrived():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        return Measured(on_disk, time.perf_counter() - began, sum(sizes), max(sizes))


def command_of(kind: type, **fields: Any) -> Any:
    return kind(command_id=uuid.uuid4().hex, **fields)


def labelling(items: Items, class_id: int, *, listed: bool) -> list[tuple[bytes, list[Any]]]:
    """Return the messages that label `items`.

    If `listed`, commands list the items. Otherwise one command refers to an uploaded selection.
    """
    fields = {"class_id": class_id, "revision": 0, "provenance": BY_API}
    if not listed:
        return [(pack(items), [command_of(protocol.Label, selection=0, **fields)])]
    step = protocol.MAX_LISTED_ITEMS
    parts = [items[start : start + step].tolist() for start in range(0, len(items), step)]
    return [(b"", [command_of(protocol.Label, items=part, **fields) for part in parts])]


async def measure(url: str, n: int, chosen: list[int], process: psutil.Process) -> bool:
    """Print all figures. Return whether the wanted times are met."""
    random = np.random.default_rng(0)
    met = True
    async with StreamClient(url) as sender, StreamClient(url) as other:
        clients = Clients(sender, other)
        for k in range(CLASSES):
            await sender.command(command_of(protocol.AddClass, name=f"class {k}"))
        for count in chosen:
            scattered = np.sort(random.choice(n, count, replace=False)).astype(np.uint32)
            run = np.arange(count, dtype=np.uint32) + np.uint32((n - count) // 2)
            for name, items in (("scattered", scattered), ("consecutive", run)):
                for listed in (True, False):
                    label = labelling(items, 1, listed=listed)
                    before = process.memory_info().rss
                    done = await clients.measure(
                        label, lambda items=items: bool((other.labels[items] == 1).all())
                    )
                    undos = [command_of(protocol.Undo) for _ in label[0][1]]
                    undone = await clients.measure(
                        [(b"", undos)], lambda items=items: bool((other.labels[items] == -1).all())
                    )
                    grown = (process.memory_info().rss - before) / 1e6
                    print(
                        f"{count:>9,} {name:<11} {'JSON lists' if listed else 'selection':<10} "
                        f"{len(label[0][1]):>3} gestures  on disk {done.on_disk:6.3f} s  at the "
                        f"other client {done.shown:6.3f} s  undone {undone.on_disk:6.3f} s  sent "
                        f"{done.sent / 1e3:8,.1f} kB (largest {done.largest / 1e3:6,.1f} kB)  "
                        f"server +{grown:.0f} MB",
                        flush=True,
                    )
                    if not listed:
                        met &= max(done.on_disk, undone.on_disk) <= WANTED.get(count, 2.0)
    return met


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=2_000_000)
    parser.add_argument("--chosen", default="200000,1000000", help="numbers of items to label")
    options = parser.parse_args()
    chosen = [int(count) for count in options.chosen.split(",")]
    print(
        f"{options.items:,} items; a part of a selection has a header of {PART_HEADER.size} bytes"
    )
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "vectors.npy"
        np.save(data, np.zeros((options.items, 4), np.float32))
        server = ServerProcess(str(data), "--project", f"{folder}/project", "--no-training")
        server.start()
        server.wait_until_ready(300)
        assert server.process is not None
        try:
            process = psutil.Process(server.process.pid)
            met = asyncio.run(measure(server.url, options.items, chosen, process))
            log = sum(path.stat().st_size for path in Path(folder).glob("project/labels.sqlite*"))
            print(f"label log {log / 1e6:.1f} MB, server {process.memory_info().rss / 1e6:.0f} MB")
        finally:
            server.stop()
    print(f"(wanted on disk and undone: {WANTED})")
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
