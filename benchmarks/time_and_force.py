"""Latency and smoothness of gestures on 10,000 items, with server, trainer and one client.

    python benchmarks/time_and_force.py [--items 10000] [--repeats 12]

The items are the bundled digits, and shifted and dimmed copies of them. Training rests before each
label, undo and drag, so that the next frame of positions shows the effect of this gesture. For a
drag, the measured time ends with the first frame in which an item moves without being dragged. To
measure smoothness, a cluster is labelled every three seconds during training. The row "scrub" has
the time to read the positions at one time of the recording. The benchmark itself reads these
positions, in the same way as the page.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import uuid
from itertools import pairwise
from pathlib import Path

import aiohttp
import msgspec
import numpy as np
import numpy.typing as npt

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.servers import ServerProcess  # noqa: E402
from drivers.stream_client import StreamClient  # noqa: E402
from lodespace import protocol  # noqa: E402
from lodespace.items.item_set import load_digits  # noqa: E402
from lodespace.protocol import frames  # noqa: E402
from lodespace.scene.glb import decode_scene  # noqa: E402

WANTED = {"label": 120, "undo": 100, "drag": 60}
CLUSTER = 60


def many_digits(n: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int16]]:
    """Return n pictures (n, 28, 28) and classes (n,): the digits, and shifted and dimmed copies."""
    items = load_digits()
    assert items.truth is not None
    random = np.random.default_rng(0)
    chosen = np.arange(n) % len(items.data)
    data = items.data[chosen].copy()
    for k in range(len(items.data), n):
        data[k] = np.roll(data[k], random.integers(-2, 3, 2), axis=(0, 1)) * random.uniform(0.7, 1)
    return data, items.truth[chosen].astype(np.int16)


class Watcher:
    """Records the times at which frames of positions arrive at a client."""

    def __init__(self, client: StreamClient) -> None:
        self.client = client
        self.times: list[float] = []
        take = client._frame

        def timed(frame: object) -> None:
            if isinstance(frame, frames.PositionsFrame):
                self.times.append(time.perf_counter())
            take(frame)

        client._frame = timed  # type: ignore[method-assign]

    @property
    def latent(self) -> npt.NDArray[np.float64]:
        """Positions of the items that the client has received, in grid steps, (N, 3)."""
        return self.client.positions[:, :3].astype(float)

    async def rest(self) -> None:
        """Wait until training rests and no frame has arrived for 0.6 s."""
        quiet = 0
        while quiet < 6:
            before = len(self.times)
            await asyncio.sleep(0.1)
            states = self.client.seen(protocol.TrainingChanged)
            resting = bool(states) and states[-1].training.state == "resting"
            quiet = quiet + 1 if resting and len(self.times) == before else 0

    async def first_motion(self, send: object, moved: object = None) -> float:
        """Await `send`, and return the milliseconds to the first frame of positions.

        With `moved`, the time ends with the first frame after which `moved` returns True.
        """
        count, began = len(self.times), time.perf_counter()
        await send  # type: ignore[misc]
        while True:
            if len(self.times) > count and (moved is None or moved()):  # type: ignore[operator]
                return 1000 * (self.times[-1 if moved else count] - began)
            await asyncio.sleep(0.0005)


def nearest(positions: npt.NDArray[np.float64], item: int, k: int) -> list[int]:
    """Return the k items nearest to `item` in positions (N, D), including `item`."""
    return np.argsort(np.linalg.norm(positions - positions[item], axis=1))[:k].tolist()


async def measure(url: str, truth: npt.NDArray[np.int16], repeats: int) -> None:
    """Measure and print all figures at the server with address `url`."""
    random = np.random.default_rng(0)
    times: dict[str, list[float]] = {"label": [], "undo": [], "drag": []}
    async with StreamClient(url) as client:
        watcher = Watcher(client)
        await watcher.rest()
        for _ in range(repeats):
            item = int(random.integers(len(truth)))
            operation = client.label_operation(
                nearest(watcher.latent, item, CLUSTER), int(truth[item])
            )
            times["label"].append(await watcher.first_motion(client.send(operation)))
            await watcher.rest()
            times["undo"].append(
                await watcher.first_motion(client.send(protocol.Undo(command_id=uuid.uuid4().hex)))
            )
            await watcher.rest()
            times["drag"].append(await drag(client, watcher, item))
            await watcher.rest()
        for name, taken in times.items():
            low, high = np.quantile(taken, [0.5, 0.9])
            what = "the neighbours' first motion" if name == "drag" else "first motion"
            print(
                f"{name + ' to ' + what:<38} median {low:4.0f} ms, 90 % {high:4.0f} (wanted "
                f"{WANTED[name]})"
            )
        await decoding(client)
        await session(client, watcher, truth, random)
    await scrubbing(url)


async def drag(client: StreamClient, watcher: Watcher, item: int) -> float:
    """Drag a cluster by a tenth of the width of the scene's box, then release it.

    Return the milliseconds to the first frame in which neighbours of the cluster move.
    """
    items = nearest(watcher.latent, item, CLUSTER)
    others = np.setdiff1d(nearest(watcher.latent, item, 4 * CLUSTER), items)
    before = client.positions.copy()
    async with client.http.get(client.url + "api/scene.glb") as answer:
        box = decode_scene(await answer.read()).box
    latent = np.asarray(box.origin) + before[items] / 65535 * box.size
    targets = [tuple(float(x) for x in row) for row in latent + np.array([0.1 * box.size, 0, 0])]

    def neighbours_moved() -> bool:
        return bool((client.positions[others] != before[others]).any())

    taken = await watcher.first_motion(
        client.send(protocol.Drag(items=items, targets=targets)), neighbours_moved
    )
    await client.send(protocol.Drag(items=[], targets=[]))
    return taken


async def decoding(client: StreamClient, seconds: float = 3.0) -> None:
    """Measure and print how many points of the latent space are decoded per second during
    training.
    """
    await client.label(list(range(40)), 0)
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        await client.command(
            protocol.Decode(command_id=uuid.uuid4().hex, points=[(0.1 * count % 1, 0.0, 0.0)])
        )
        count += 1
    print(f"{'places decoded while training':<38} {count / seconds:4.0f} per second (wanted 20)")


async def session(
    client: StreamClient,
    watcher: Watcher,
    truth: npt.NDArray[np.int16],
    random: np.random.Generator,
) -> None:
    """Label clusters during training. Print the frame rate, and how far points move."""
    await watcher.rest()
    seen = [watcher.latent.copy()]
    take = client._frame

    def keep(frame: object) -> None:
        take(frame)
        if isinstance(frame, frames.PositionsFrame):
            seen.append(watcher.latent.copy())

    client._frame = keep  # type: ignore[method-assign]
    began, resynced = time.perf_counter(), client.resynced
    for _ in range(8):
        item = int(random.choice(np.flatnonzero(client.labels == -1)))
        free = [i for i in nearest(watcher.latent, item, 4 * CLUSTER) if client.labels[i] == -1]
        same = [i for i in free if truth[i] == truth[item]][: 2 * CLUSTER]
        await client.label(same, int(truth[item]))
        await asyncio.sleep(3)
    seconds = time.perf_counter() - began
    client._frame = take  # type: ignore[method-assign]
    free = client.labels == -1
    medians, largest = [], []
    for a, b in pairwise(seen):
        spread = a.std(axis=0).mean()
        moved = np.linalg.norm(b - a, axis=1) / spread
        medians.append(float(np.median(moved[free])))
        largest.append(float(moved.max()))
    print(
        f"{'distinct frames while training':<38} {(len(seen) - 1) / seconds:4.1f} per second "
        "(wanted 12)"
    )
    print(
        f"{'displacement of unlabelled points':<38} median {100 * np.median(medians):.2f} %, "
        "median of the quickest frame "
        f"{100 * max(medians):.2f} % of the spread per frame (wanted 1)"
    )
    print(
        f"{'largest displacement of any point':<38} median {100 * np.median(largest):.2f} %, 99 % "
        "of frames below "
        f"{100 * np.quantile(largest, 0.99):.2f} %, maximum {100 * max(largest):.2f} % (wanted 5); "
        f"{client.resynced - resynced} new coordinate boxes"
    )


async def scrubbing(url: str, count: int = 40) -> None:
    """Measure the time to fetch and decode the positions at one time of the recording."""
    random = np.random.default_rng(1)
    taken = []
    async with aiohttp.ClientSession(url) as http:
        timeline = msgspec.json.decode(
            await (await http.get("/api/timeline")).read(), type=protocol.Timeline
        )
        keyframes = timeline.keyframes
        for moment in random.integers(timeline.moments, size=count).tolist():
            began = time.perf_counter()
            k = int(np.searchsorted(keyframes.moment, moment, side="right")) - 1
            end = [*keyframes.offset, timeline.end][k + 1] - 1
            answer = await http.get(
                "/api/recording", headers={"Range": f"bytes={keyframes.offset[k]}-{end}"}
            )
            show(await answer.read(), moment - keyframes.moment[k])
            taken.append(1000 * (time.perf_counter() - began))
    low, high = np.quantile(taken, [0.5, 1])
    print(
        f"{f'scrub to one of {timeline.moments} moments':<38} median {low:4.0f} ms, worst "
        f"{high:4.0f} (wanted 100)"
    )


def show(part: bytes, after: int) -> npt.NDArray[np.int64]:
    """Return the positions (N, 3) in `part`, `after` frames later than its first keyframe."""
    at, positions = 0, np.empty(0, np.int64)
    while at < len(part) and after >= 0:
        kind, length = part[at : at + 1], int.from_bytes(part[at + 9 : at + 13], "little")
        payload = part[at + 13 : at + 13 + length]
        at += 17 + length
        if kind == b"K":
            positions = decode_scene(payload).positions.astype(np.int64)
        elif kind == b"F":
            frame = frames.decode(payload)
            assert isinstance(frame, frames.PositionsFrame)
            positions[:, : frame.header.axes] += frame.delta
        after -= kind in (b"K", b"F")
    return positions


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=12)
    options = parser.parse_args()
    data, truth = many_digits(options.items)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.npz"
        np.savez(path, X=data, y=truth)
        server = ServerProcess(
            str(path), "--labels", "none", "--project", f"{folder}/project", "--threads", "2"
        )
        server.start()
        server.wait_until_ready()
        try:
            asyncio.run(measure(server.url, truth, options.repeats))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
