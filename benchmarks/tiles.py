"""A scene in tiles: an example to look at, and times, memory and disk space by number of items.

    python benchmarks/tiles.py --example OUT [--items 30000] [--tile-points 8192]
    python benchmarks/tiles.py --items 1000000 [--folder FOLDER] [--search-only]

The first form writes a site with the bundled digits, repeated with shifts and noise, as pictures.
Positions are the first three principal components, with noise. Half of the items have their label.

The second form generates vectors with positions and columns as Parquet shards in a temporary
folder, bakes them, serves the scene, and prints times, memory and sizes. Times are wall-clock
seconds, with processor seconds in brackets. `--search-only` writes the table of the items and
searches it in this process. The peak memory is that of Linux (VmHWM), which counts
the pages of mapped files, too. The temporary folder needs about 160 bytes per item.
"""

import argparse
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tiles_example import example

from lodespace.items.table import ID
from lodespace.tiles.folder import INDEX, TILES
from lodespace.tiles.item_table import ItemParquet, write_items
from lodespace.tiles.octree import TILE_POINTS
from lodespace.tiles.tileset import TILESET, read_tileset, tile_path

SHARD = 1_000_000
FEATURES = 16
CLUSTERS = 200
REPEATS = 5
SEARCHES = ("item-12345", "kind:kind 7", "cluster:42", "id:12345678")


def write_shards(n: int, folder: Path) -> None:
    """Write `n` vectors in clusters, with their positions and columns."""
    random = np.random.default_rng(0)
    centres = random.normal(0, 4, (CLUSTERS, FEATURES)).astype(np.float32)
    radii = random.uniform(0.2, 1.2, CLUSTERS).astype(np.float32)
    kinds = np.array([f"kind {k}" for k in range(12)])
    for shard, first in enumerate(range(0, n, SHARD)):
        count = min(SHARD, n - first)
        cluster = random.integers(0, CLUSTERS, count)
        noise = random.standard_normal((count, FEATURES), np.float32)
        vectors = centres[cluster] + noise * radii[cluster, None]
        labelled = random.random(count) < 0.1
        rows = pa.array(np.arange(first, first + count))
        table = pa.table(
            {
                "id": pc.binary_join_element_wise("item", rows.cast(pa.string()), "-"),
                "x": vectors[:, 0],
                "y": vectors[:, 1],
                "z": vectors[:, 2],
                "kind": np.where(labelled, kinds[cluster % 12], ""),
                "cluster": cluster.astype(np.int16),
                "value": random.normal(size=count).round(3),
                "vector": pa.FixedSizeListArray.from_arrays(
                    pa.array(vectors.astype(np.float16).ravel()), FEATURES
                ),
            }
        )
        pq.write_table(table, folder / f"shard-{shard:03d}.parquet", compression="zstd")


Times = tuple[float, float]
"""Wall-clock seconds of a request, and processor seconds of the server in steps of 10 ms."""


class Process:
    """A process of Lodespace, with its times and peak memory."""

    def __init__(self, *arguments: str) -> None:
        self.began = time.perf_counter()
        command = [sys.executable, "-m", "lodespace", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.peak, self.seconds = 0.0, 0.0
        self.anonymous = 0.0

    def look(self) -> None:
        """Update peak memory in GB and processor seconds."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            return
        sizes = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if "VmHWM" not in sizes:
            return
        self.peak = int(sizes["VmHWM"].split()[0]) / 1e6
        self.anonymous = max(self.anonymous, int(sizes["RssAnon"].split()[0]) / 1e6)
        self.seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait(self) -> float:
        """Wait for the end of the process. Returns wall-clock seconds."""
        while self.process.poll() is None:
            self.look()
            time.sleep(0.05)
        if self.process.returncode:
            raise SystemExit(f"the process ended with status {self.process.returncode}")
        return time.perf_counter() - self.began

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


def measure_search(n: int, folder: Path) -> None:
    """Write a table of `n` items with the columns of the shards, and search it."""
    kinds = np.array(["", *(f"kind {k}" for k in range(12))])

    def rows() -> Iterator[pa.RecordBatch]:
        random = np.random.default_rng(0)
        for first in range(0, n, SHARD):
            count = min(SHARD, n - first)
            cluster = random.integers(0, CLUSTERS, count)
            kind = pa.array((cluster % 12 + 1) * (random.random(count) < 0.1))
            numbers = pa.array(np.arange(first, first + count))
            yield pa.RecordBatch.from_pydict(
                {
                    ID: pc.binary_join_element_wise("item", numbers.cast(pa.string()), "-"),
                    "kind": pa.array(kinds).take(kind),
                    "cluster": pa.array(cluster.astype(np.int16)),
                    "value": pa.array(random.normal(size=count).round(3)),
                }
            )

    batches = rows()
    head = next(batches)
    write_items(folder / "items.parquet", itertools.chain([head], batches), head.schema)
    table = ItemParquet(folder / "items.parquet")
    for text in SEARCHES:
        times: list[Times] = []
        count = 0
        for _ in range(REPEATS):
            began, processor = time.perf_counter(), time.process_time()
            count = len(table.matching(text))
            times.append((time.perf_counter() - began, time.process_time() - processor))
        sys.stdout.write(f"search {text!r}, {count:,} of {n:,} items, s: {spread(times)}\n")
        sys.stdout.flush()


class Client:
    """Requests to a server, with their times."""

    def __init__(self, port: int, server: Process) -> None:
        self.url, self.server = f"http://127.0.0.1:{port}", server

    def ask(self, path: str, body: dict[str, Any] | None = None) -> tuple[Any, Times]:
        """Return an answer, and the times that it took."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"}
        )
        self.server.look()
        began, processor = time.perf_counter(), self.server.seconds
        with urllib.request.urlopen(request) as response:
            answer = response.read()
        wall = time.perf_counter() - began
        self.server.look()
        return json.loads(answer), (wall, self.server.seconds - processor)

    def wait(self) -> None:
        for _ in range(600):
            try:
                self.ask("/healthz")
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the server does not answer")


def region(scene: Path, wanted: int) -> dict[str, Any]:
    """Return a `resolve` command for a lasso with about `wanted` items, seen along the z axis."""
    info, _ = read_tileset(scene / TILES / TILESET)
    rng = np.random.default_rng(7)
    glb_count = min(info.items, TILE_POINTS)
    from lodespace.tiles.tile_glb import read_positions

    grid = read_positions(scene / TILES / tile_path(0, ".glb"), glb_count)
    at = grid[:, :2] / 65535 * 2 - 1
    middle = np.median(at, axis=0)
    radius = float(np.quantile(np.hypot(*(at - middle).T), min(1.0, wanted / info.items)))
    angles = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    corners = middle + radius * rng.uniform(0.95, 1.05, (120, 1)) * np.stack(
        [np.cos(angles), np.sin(angles)], axis=1
    )
    matrix = np.eye(4)
    for axis in range(3):
        matrix[axis, axis] = 2 / info.size
        matrix[axis, 3] = -1 - 2 * info.origin[axis] / info.size
    polygon = corners.ravel().tolist()
    one = {"polygon": polygon, "clip_from_latent": matrix.T.ravel().tolist()}
    return {"op": "resolve", "command_id": "benchmark", "regions": [one]}


def size_of(folder: Path, pattern: str) -> float:
    """Return the size of files in MB."""
    return sum(path.stat().st_size for path in folder.rglob(pattern) if path.is_file()) / 1e6


def measure(n: int, folder: Path) -> list[tuple[str, str]]:
    """Generate, bake and serve `n` items in `folder`. Returns rows of a table."""
    rows: list[tuple[str, str]] = []

    def add(name: str, value: str) -> None:
        rows.append((name, value))
        sys.stdout.write(f"{name:44} {value}\n")
        sys.stdout.flush()

    shards, scene = folder / "shards", folder / "scene"
    shards.mkdir()
    write_shards(n, shards)
    add("items", f"{n:,}")
    add("shards, MB", f"{size_of(shards, '*.parquet'):,.0f}")
    bake = Process(
        *("bake", str(shards), "-o", str(scene), "--position", "x,y,z"),
        *("--label", "kind", "--id", "id"),
    )
    wall = bake.wait()
    add("bake, s", f"{wall:.1f} ({bake.seconds:.1f})")
    add("bake, peak memory, GB", f"{bake.peak:.2f}")
    info, tree = read_tileset(scene / TILES / TILESET)
    add("tiles, levels", f"{info.tiles:,}, {info.levels}")
    add("tiles, MB", f"{size_of(scene / TILES, '*.glb'):,.0f}")
    add("index, MB", f"{size_of(scene / INDEX, '*'):,.0f}")
    add("tileset.json, MB", f"{size_of(scene / TILES, TILESET):.2f}")
    for level in range(3):
        of = np.flatnonzero(tree.level == level)
        paths = [scene / TILES / tile_path(int(tile), ".glb") for tile in of]
        size = sum(path.stat().st_size for path in paths) / 1e6
        add(f"level {level}: tiles, items, MB", f"{len(of)}, {tree.count[of].sum():,}, {size:.2f}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Process(
        *("serve", str(scene), "--project", str(folder / "labels"), "--port", str(port)),
        "--no-browser",
    )
    try:
        requests(Client(port, server), scene, n, add)
        add("server, peak memory, GB", f"{server.peak:.2f}")
        add("server, peak memory without mapped files, GB", f"{server.anonymous:.2f}")
        add("server, processor time, s", f"{server.seconds:.1f}")
    finally:
        server.stop()
    add("labels, MB", f"{size_of(folder / 'labels', '*'):,.1f}")
    return rows


def requests(client: Client, scene: Path, n: int, add: Any) -> None:
    """Measure the requests of a page."""
    client.wait()
    add("server answers after, s", f"{time.perf_counter() - client.server.began:.1f}")
    for wanted in (n // 200, min(n // 2, 1_000_000), n // 2):
        lasso = region(scene, wanted)
        times, labels, undos = [], [], []
        chosen: dict[str, Any] = {}
        for repeat in range(REPEATS):
            chosen, seconds = client.ask("/api/select", lasso)
            times.append(seconds)
            command = f"label-{wanted}-{repeat}"
            body = {
                "op": "label_selected",
                "command_id": command,
                "handle": chosen["handle"],
                "class_id": repeat % 2,
                "provenance": {"tool": "lasso", "regions": []},
            }
            done, seconds = client.ask("/api/labels", body)
            assert done["count"] == chosen["count"]
            labels.append(seconds)
            undo = {"op": "undo", "command_id": f"undo-{wanted}-{repeat}"}
            undos.append(client.ask("/api/undo", undo)[1])
        count = f"{chosen['count']:,}"
        add(f"lasso of {count}: answer, s", spread(times))
        add(f"lasso of {count}: label on disk, s", spread(labels))
        add(f"lasso of {count}: undo on disk, s", spread(undos))
    for text in SEARCHES:
        times = []
        found: dict[str, Any] = {}
        for _ in range(REPEATS):
            found, seconds = client.ask(f"/api/search?q={urllib.request.quote(text)}")
            times.append(seconds)
        add(f"search {text!r}, {found['count']:,} items, s", spread(times))
    times = [client.ask(f"/api/items/{item}/info")[1] for item in range(0, n, n // 20)]
    add("columns of an item, s", spread(times))


def spread(times: list[Times]) -> str:
    """Return the median of the wall-clock seconds, with the mean of the processor seconds."""
    wall = statistics.median(wall for wall, _ in times)
    return f"{wall:.3f} ({statistics.mean(processor for _, processor in times):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--example", type=Path, metavar="OUT", help="write the example site")
    parser.add_argument("--items", type=int, metavar="N")
    parser.add_argument("--tile-points", type=int, default=TILE_POINTS, metavar="N")
    parser.add_argument("--folder", type=Path, help="folder for the temporary files")
    parser.add_argument("--search-only", action="store_true")
    options = parser.parse_args()
    if options.example is not None:
        example(options.items or 30_000, options.example, options.tile_points)
        return
    with tempfile.TemporaryDirectory(prefix="tiles-", dir=options.folder) as folder:
        if options.search_only:
            measure_search(options.items or 1_000_000, Path(folder))
        else:
            measure(options.items or 1_000_000, Path(folder))


if __name__ == "__main__":
    main()
