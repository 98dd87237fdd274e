"""Items added to a served project: motion of the others, places of the new ones, time until shown.

    python benchmarks/growing.py --items 10000 --added 1000

The items are vectors: the leading principal components of the bundled digits, with noise, so that
each digit gives several different items. A service trains on the first items until it rests. Then
the others are added in one batch. The table has the displacement of the earlier points, as a share
of the spread of the cloud, at once and at rest; the share of equal digits among the ten nearest
earlier points, for the added points and for earlier points; and the seconds until clients get the
new scene, and until training rests again. With `--labelled`, some items get a label first.

    python benchmarks/growing.py --watch 3600 --items 200

starts `lodespace serve FOLDER --watch` with pictures of digits, and writes one new picture a second
into the folder for that number of seconds. A client reads all frames, as a page does. Each minute,
a line states the items and the memory of server and trainer: resident, and without mapped files.
At the end, the client waits until all pictures are items, and the log of the server is printed.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
from PIL import Image
from scipy.spatial import cKDTree

from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.items.item_set import load_digits
from lodespace.project.opening import new_project
from lodespace.service.service import Service

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.servers import ServerProcess, eventually  # noqa: E402
from drivers.stream_client import StreamClient  # noqa: E402

COMPONENTS = 30
NEAREST = 10
SAMPLE_SECONDS = 60
LAST_SECONDS = 600
"""Longest time until the last pictures are items, in seconds."""


def vectors(n: int, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int16]]:
    """Return n vectors and the digit of each."""
    digits = load_digits()
    assert digits.truth is not None
    rows = digits.data.reshape(len(digits.data), -1).astype(np.float64)
    rows -= rows.mean(axis=0)
    _, _, directions = np.linalg.svd(rows[::5], full_matrices=False)
    components = rows @ directions[:COMPONENTS].T
    random = np.random.default_rng(seed)
    chosen = random.integers(0, len(rows), n)
    noise = random.normal(0, 0.3, (n, COMPONENTS)) * components.std(axis=0)
    return (components[chosen] + noise).astype(np.float32), digits.truth[chosen].astype(np.int16)


async def rest(service: Service) -> float:
    """Wait until training rests. Returns the seconds."""
    began = time.monotonic()
    while service.trainer.training.state != "resting":  # noqa: ASYNC110  # there is no event
        await asyncio.sleep(0.05)
    return time.monotonic() - began


def moved(now: npt.NDArray[np.float64], before: npt.NDArray[np.float64]) -> list[float]:
    """Return the median, the 99th percentile and the maximum of the displacement, per spread."""
    far = np.linalg.norm(now[: len(before)] - before, axis=1) / before.std(axis=0).mean()
    return [round(float(value), 4) for value in (*np.quantile(far, [0.5, 0.99]), far.max())]


def equal(mean: npt.NDArray[np.float64], truth: npt.NDArray[np.int16], n: int) -> list[float]:
    """Return the share of equal digits near added points, and near as many earlier points."""
    tree = cKDTree(mean[:n])
    added = tree.query(mean[n:], k=NEAREST)[1]
    own = tree.query(mean[: len(mean) - n], k=NEAREST + 1)[1][:, 1:]
    return [
        round(float((truth[added] == truth[n:, None]).mean()), 4),
        round(float((truth[own] == truth[: len(own), None]).mean()), 4),
    ]


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    n, more = options.items, options.added
    rows, truth = vectors(n + more, 0)
    project = new_project(folder / "project", from_arrays("items", rows[:n]), "benchmark")
    service = Service(project, ServerConfig(), threads=options.threads)
    await service.start()
    session = service.session
    if options.labelled:
        for digit in range(10):
            await service.commands.carry_out(
                protocol.AddClass(command_id=f"class-of-digit-{digit}", name=str(digit)),
                "benchmark",
            )
        chosen = list(range(options.labelled))
        command = protocol.LabelEach(
            command_id="labels-of-the-benchmark",
            items=chosen,
            class_ids=truth[: options.labelled].tolist(),
            revision=0,
            provenance=protocol.Provenance(tool="sheet", verified=True),
        )
        await service.commands.carry_out(command, "benchmark")
    trained = await rest(service)
    before = session.grid.latent_mean().copy()
    began = time.monotonic()
    await service.growth.add(from_arrays("added", rows[n:]))
    shown = time.monotonic() - began
    at_once = session.grid.latent_mean().copy()
    await asyncio.sleep(1)
    again = await rest(service)
    at_rest = session.grid.latent_mean().copy()
    result: dict[str, object] = {
        "items": n,
        "added": more,
        "labelled": options.labelled,
        "trained_seconds": round(trained, 1),
        "shown_seconds": round(shown, 2),
        "rest_seconds": round(1 + again, 1),
        "moved_at_once (median, p99, max)": moved(at_once, before),
        "moved_at_rest (median, p99, max)": moved(at_rest, before),
        "equal_at_once (added, earlier)": equal(at_once, truth, n),
        "equal_at_rest (added, earlier)": equal(at_rest, truth, n),
        "server_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    if options.labelled:
        predicted = session.scores.prediction[n:]
        result["predicted_right_of_added"] = round(float((predicted == truth[n:]).mean()), 4)
    await service.stop()
    return result


class Pictures:
    """Writes pictures of the bundled digits, each with noise of its own, into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self._digits = load_digits().data
        self._random = np.random.default_rng(0)

    def write(self) -> None:
        digit = self._digits[self._random.integers(len(self._digits))].astype(np.float64)
        noise = self._random.normal(0, 16, digit.shape)
        picture = Image.fromarray((digit + noise).clip(0, 255).astype(np.uint8))
        picture.save(self.folder / f"{self.count:06d}.png")
        self.count += 1


def memory(process: psutil.Process) -> str:
    """Return the resident memory, and the part that is not mapped from files, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    anonymous = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return f"{process.memory_info().rss / 1e6:.0f} {int(anonymous.split()[1]) / 1000:.0f}"


def trainer_of(server: psutil.Process) -> psutil.Process:
    """Return the process of the trainer."""
    return next(p for p in server.children() if "lodespace.training" in " ".join(p.cmdline()))


async def watch(server: ServerProcess, pictures: Pictures, seconds: int) -> None:
    """Write a picture a second, and print a line per minute."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    async with StreamClient(server.url) as client:
        began = time.monotonic()
        print("minutes written items server_rss server_own trainer_rss trainer_own")
        for second in range(seconds + 1):
            if second % SAMPLE_SECONDS == 0:
                found = f"{memory(process)} {memory(trainer_of(process))}"
                print(second / 60, pictures.count, len(client.labels), found, flush=True)
                client.frames.clear()
                client.operations.clear()
            if second < seconds:
                await asyncio.sleep(max(0.0, began + second - time.monotonic()))
                pictures.write()
        ended = time.monotonic()
        await eventually(lambda: len(client.labels) == pictures.count, LAST_SECONDS)
        waited = time.monotonic() - ended
        print(f"all {len(client.labels)} pictures are items {waited:.0f} s after the last file")


def watched(options: argparse.Namespace, folder: Path) -> None:
    """Start a server that watches a folder, and write pictures into the folder."""
    pictures = Pictures(folder / "pictures")
    pictures.folder.mkdir()
    for _ in range(options.items):
        pictures.write()
    project = str(folder / "project")
    threads = ("--threads", str(options.threads)) if options.threads else ()
    server = ServerProcess(str(pictures.folder), "--project", project, "--watch", *threads)
    with (folder / "log").open("wb") as log:
        server.process = subprocess.Popen(
            [sys.executable, *server.program, "serve", *server.arguments],
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            server.wait_until_ready(600)
            asyncio.run(watch(server, pictures, options.watch))
        finally:
            server.stop()
    print("log:", (folder / "log").read_text(errors="replace") or "empty")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--added", type=int, default=1000)
    parser.add_argument("--labelled", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--watch", type=int, default=0, help="seconds of a watched folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.watch:
            watched(options, Path(folder))
            return
        print(json.dumps(asyncio.run(measure(options, Path(folder))), indent=1))


if __name__ == "__main__":
    main()
