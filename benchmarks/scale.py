"""Times, memory and disk space of the trainer by number of items.

    python benchmarks/scale.py --items 20000 70000 [--kind vectors] [--seconds 120]

The items are the bundled digits, repeated with shifts and noise: as pictures, or as 64 random
projections. Each number of items is measured in a process of its own, with the default preset, on
one thread (`--threads`). Times are wall-clock seconds, with processor seconds in brackets. They
include the process that searches neighbours.

Up to `--layout-up-to` items, the layout is computed from the start. For more items, the benchmark
prepares a graph with the usual number of edges, between arbitrary items. The times after a label
are then longer than with a real graph, because arbitrary items are not close in memory.

Above 100,000 items, representatives move for all items. With `--move-all`, all items move.

"Rest to 2 %" begins when representatives are at rest and all items are predicted. Afterwards, each
shown point is within 2 % of the spread of the map of its place in the last frame.
After the first label, the benchmark waits `--seconds` for predictions of all items; "> 120" means
that they took longer. The last column has the factor by which a value grows with ten times as many
items: 10 for N, 11 to 13 for N log N, 100 for N squared.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from lodespace.items.item_set import load_digits

# Imported before torch: it sets how torch's threads wait.
from lodespace.models import Dataset, Trainer, preset
from lodespace.models.light_torch import leave_out_compiler

# isort: split
import torch

from lodespace.models.display.tempo import Tempo
from lodespace.models.layout import particle_map
from lodespace.models.layout.fuzzy_graph import fuzzy_graph
from lodespace.models.training.particle_loop import ParticleLoop
from lodespace.training.undo_snapshots import UndoSnapshots

FEATURES = 64
LABELLED = 100
CLUSTER = 24
"""A prepared graph consists of groups of this number of items. All neighbours of an item are in its
group. With 15 neighbours per item, this gives the usual number of edges, 11.5 per item."""
ROUNDS = 3


@dataclass
class Clock:
    """Wall-clock and processor seconds since the clock was made."""

    wall: float = field(default_factory=time.perf_counter)
    processor: float = field(default_factory=lambda: processor_seconds())

    def __call__(self) -> tuple[float, float]:
        return time.perf_counter() - self.wall, processor_seconds() - self.processor


def processor_seconds() -> float:
    """Return the processor seconds of this process, and of its processes that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def data(kind: str, n: int) -> tuple[Dataset, np.ndarray]:
    """Return `n` items and their classes (N,)."""
    digits = load_digits()
    assert digits.truth is not None
    random = np.random.default_rng(0)
    projection = random.normal(size=(digits.data[0].size, FEATURES)).astype(np.float32) / 28
    pictures = np.empty((n if kind == "pictures" else 0, 28, 28), np.uint8)
    vectors = np.empty((n if kind == "vectors" else 0, FEATURES), np.float32)
    truth = np.resize(digits.truth, n)
    for first in range(0, n, len(digits.data)):
        rows = slice(first, min(first + len(digits.data), n))
        moved = np.roll(digits.data, random.integers(-2, 3, 2), axis=(1, 2))[: rows.stop - first]
        noisy = (moved + random.normal(0, 12, moved.shape)).clip(0, 255)
        if kind == "pictures":
            pictures[rows] = noisy
        else:
            vectors[rows] = (noisy.reshape(len(noisy), -1) / 255).astype(np.float32) @ projection
    whole = Dataset.from_images(pictures) if kind == "pictures" else Dataset.from_vectors(vectors)
    return whole, truth


def prepare(loop: ParticleLoop, n: int) -> None:
    """Give the map a graph of the usual size, without a search for neighbours."""
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(n // CLUSTER * CLUSTER, generator=generator).view(-1, CLUSTER)
    k = loop.config.neighbours
    indices = torch.randint(n, (n, k), generator=generator)
    for own in range(CLUSTER):
        others = [(own + step) % CLUSTER for step in range(1, k + 1)]
        indices[order[:, own]] = order[:, others]
    distances = torch.rand(n, k, generator=generator).sort(dim=1).values + 0.1
    loop.map.begin(fuzzy_graph(indices, distances), 1)
    loop.graph.first_graph_built()


class Found(dict[str, object]):
    """Measured values by name. Each value is also printed, for the process that makes the table."""

    def __setitem__(self, name: str, value: object) -> None:
        super().__setitem__(name, value)
        print(json.dumps([name, value]), flush=True)


class Measurement:
    """The measurement of one number of items."""

    def __init__(self, options: argparse.Namespace, n: int) -> None:
        self.seconds = options.seconds
        self.found = Found()
        dataset, self.truth = data(options.kind, n)
        clock = Clock()
        self.trainer = Trainer(dataset, preset("default"), n_classes=10, device="cpu")
        self.found["open the data set, s"] = clock()
        loop = self.trainer.loop
        assert isinstance(loop, ParticleLoop)
        self.loop = loop
        self.frames = self.trainer.frames()
        self.longest = (0.0, 0.0)
        self.tempo = Tempo(time.perf_counter())
        if n <= options.layout_up_to:
            self.found["first frame of the layout, s"] = self.until(
                lambda: self.loop.map.particles is not None, math.inf
            )
            clock = Clock()
            self.until(lambda: not self.at_work, math.inf)
            self.found["first frame to the end of the layout, s"] = clock()
        else:
            prepare(loop, n)
            self.until(lambda: not self.loop.map.motion.laying_out, math.inf)

    @property
    def at_work(self) -> bool:
        """Whether the first layout is in progress."""
        map_ = self.loop.map
        return map_.motion.laying_out or map_.settling.due > 0 or map_.lacks_representatives

    def turn(self) -> None:
        wall, processor = time.perf_counter(), time.process_time()
        self.trainer.tempo = self.tempo.next(wall)
        next(self.frames)
        spent = time.perf_counter() - wall, time.process_time() - processor
        self.longest = max(self.longest, spent, key=lambda each: each[1])

    def until(self, reached: Callable[[], bool], seconds: float) -> tuple[float, float] | str:
        """Run until `reached()`. Return the time, or "> x" after `seconds`."""
        clock = Clock()
        while not reached():
            self.turn()
            if clock()[0] > seconds and not reached():
                return f"> {seconds:.0f}"
        return clock()

    def label(self, items: np.ndarray) -> None:
        labels = np.full(len(self.truth), -1, np.int16)
        labels[items] = self.truth[items]
        self.trainer.set_labels(labels)

    def gestures(self, folder: Path) -> None:
        """Label twice, and measure what follows."""
        n, snapshots = len(self.truth), UndoSnapshots(folder)
        chosen = np.random.default_rng(1).permutation(n)[: 2 * LABELLED]
        frame, clock = self.trainer.frame, Clock()
        snapshots.keep(1, self.trainer.state())
        self.label(chosen[:LABELLED])
        self.longest = (0.0, 0.0)
        while self.trainer.frame == frame:
            self.turn()
        self.found["label to first frame, s"] = clock()
        frame, rate = self.trainer.frame, Clock()
        for _ in range(10):
            self.turn()
        moved = self.trainer.frame - frame
        self.found["frames a second after a label"] = tuple(moved / spent for spent in rate())
        left = self.seconds - clock()[0]
        reached = self.until(lambda: bool(self.loop.predictions.confidence.any()), left)
        self.found["label to first prediction, s"] = (
            f"> {self.seconds:.0f}" if isinstance(reached, str) else clock()
        )
        moving = self.loop.map.motion
        settled = self.until(lambda: not (moving.due or self.loop.map.settling.due), self.seconds)
        if not isinstance(reached, str):
            end = settled if isinstance(settled, str) else clock()
            self.found["label to the settled map, s"] = end
        self.found["longest turn, s"] = self.longest
        self.places()
        self.disk(folder, snapshots, chosen)

    def places(self) -> None:
        """Measure how long the points take to their settled places."""
        map_, learning = self.loop.map, self.loop.learning
        self.until(lambda: not (map_.motion.due or learning.at_work), self.seconds)
        clock, frames, frame = Clock(), list[tuple[tuple[float, float], np.ndarray]](), -1
        while map_.settling.due or self.trainer.frame != frame:
            frame = self.trainer.frame
            frames.append((clock(), self.trainer.snapshot().latent_mean.astype(np.float16)))
            self.turn()
        last = frames[-1][1].astype(np.float32)
        near, reached = 0.02 * last.std(axis=0).mean(), clock()
        while frames and np.linalg.norm(frames[-1][1] - last, axis=1).max() <= near:
            reached = frames.pop()[0]
        self.found["rest to 2 %, s"] = reached

    def disk(self, folder: Path, snapshots: UndoSnapshots, chosen: np.ndarray) -> None:
        """Measure the snapshots of two more gestures, and an undo of the second one."""
        for event, when in ((2, "after predictions"), (3, "before new predictions")):
            snapshots.wait()
            before, clock = size_of(folder), Clock()
            snapshots.keep(event, self.trainer.state())
            snapshots.wait()
            self.found[f"write a snapshot {when}, s"] = clock()
            self.found[f"disk per gesture {when}, MB"] = (size_of(folder) - before) / 1e6
            self.label(chosen[: LABELLED + event])
            self.turn()
        snapshots.close(60)
        clock = Clock()
        self.trainer.save(folder / "checkpoint")
        self.found["save a checkpoint, s"] = clock()
        again, clock = UndoSnapshots(folder), Clock()  # it has no snapshots in memory
        found = again.newest(self.trainer.state_id)
        assert found is not None
        self.trainer.restore(found)
        self.found["undo from disk, s"] = clock()
        again.close()

    def steps(self) -> None:
        """Measure single steps."""
        particles = self.loop.map.particles
        assert particles is not None
        clock = Clock()
        for _ in range(ROUNDS):
            particles.round(0.01)
        self.found["round of forces, ms"] = rounds = tuple(1000 * t / ROUNDS for t in clock())
        n = len(self.truth)
        probabilities = torch.rand(n, 10, generator=torch.Generator().manual_seed(0))
        clock = Clock()
        # Compiled code weighs the edges in the next round.
        particles.set_agreement(probabilities / probabilities.sum(dim=1, keepdim=True), 1.0)
        particles.round(0.01)
        self.found["weigh all edges, ms"] = tuple(
            max(0.0, 1000 * each - round_) for each, round_ in zip(clock(), rounds, strict=True)
        )
        self.found["memory, MB"] = psutil.Process().memory_info().rss / 1e6
        # macOS counts bytes, other systems units of 1,024 bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.found["largest memory, MB"] = peak * unit / 1e6


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(options: argparse.Namespace, n: int) -> None:
    """Measure `n` items in this process, and print each value."""
    leave_out_compiler()
    torch.set_num_threads(options.threads)
    if options.move_all:
        particle_map.ITEMS_TO_MOVE = n
    measurement = Measurement(options, n)
    with tempfile.TemporaryDirectory() as folder:
        measurement.gestures(Path(folder))
    measurement.steps()


def measured(n: int) -> dict[str, object]:
    """Measure `n` items in a process of its own. If the process fails, return the values measured
    until then.
    """
    command = [sys.executable, __file__, *sys.argv[1:], "--one", str(n)]
    found: dict[str, object] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            name, value = json.loads(line)
            found[name] = value
            print(f"{n:,} items: {name} {text(value)}", file=sys.stderr)
    return found


def growth(values: list[tuple[int, object]]) -> str:
    """Return the factor by which a value grows with ten times as many items. The factor is measured
    between the smallest and the largest number of items.

    For a time, the processor time is used if it is known.
    """
    known = [(n, v[1] if isinstance(v, list) else v) for n, v in values if not isinstance(v, str)]
    known = [(n, float(v)) for n, v in known if isinstance(v, int | float) and v > 0]
    if len(known) < 2:
        return ""
    (n, first), (more, last) = known[0], known[-1]
    return f"{(last / first) ** (1 / math.log10(more / n)):.1f}"


def text(value: object) -> str:
    if isinstance(value, list):
        return f"{value[0]:.3g} ({value[1]:.3g})"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value or "")


def table(found: dict[int, dict[str, object]]) -> str:
    """Return the results as a Markdown table."""
    names = list(dict.fromkeys(name for each in found.values() for name in each))
    lines = [
        "| | " + " | ".join(f"{n:,}" for n in found) + " | per decade |",
        "|---" * (len(found) + 2) + "|",
    ]
    for name in names:
        values = [(n, each.get(name)) for n, each in found.items()]
        cells = [text(value) for _, value in values]
        lines.append("| " + " | ".join([name, *cells, growth(values)]) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, nargs="+", default=[20_000, 70_000])
    parser.add_argument("--kind", choices=("vectors", "pictures"), default="vectors")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--layout-up-to", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--move-all", action="store_true", help="choose no representatives")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        measure(options, options.one)
        return
    print(table({n: measured(n) for n in sorted(options.items)}))


if __name__ == "__main__":
    main()
