"""Gain of numbers along a curve: forces, search and size of gestures, by number of items.

    python benchmarks/item_order.py --items 50000 200000 1000000

The items are the vectors of benchmarks/scale.py. Their neighbours are searched in one cell of
k-means only, which is quick; about half of them are the exact ones, and the others are close, too.
The same graph and positions are then measured with the rows as numbers and with the numbers of an
import (importing/curve_order.py), in turns, on one thread. Times are processor seconds of the
fastest of `--rounds` rounds.

A gesture is a ball in the three leading principal components with a hundredth of all items. Its
size is that in the label log. The order itself is timed as well, with its largest memory.
"""

import argparse
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ITEMS_PER_SAMPLE = 40
K = 15
PROBES = 32
"""Number of cells that the trainer searches for the vectors of benchmarks/scale.py."""
BLOCK = 256
SEARCHED = 50 * BLOCK
GESTURES = 20
GESTURE = 0.01


def search(folder: Path) -> None:
    """Search neighbours of vectors.npy in one cell each, and measure a search in PROBES cells.

    This process does not import torch.
    """
    import faiss

    from lodespace.importing.curve_order import curve_order

    faiss.omp_set_num_threads(1)
    faiss.cvar.distance_compute_blas_threshold = 20
    vectors = np.load(folder / "vectors.npy")
    n, width = vectors.shape
    cells = 2 * math.isqrt(n)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(width), width, cells)
    index.train(vectors[:: max(1, n // (ITEMS_PER_SAMPLE * cells))])
    index.add(vectors)
    found = np.concatenate(
        [index.search(vectors[first : first + 8192], K + 1)[1] for first in range(0, n, 8192)]
    )
    # A cell with few items gives -1. Such a neighbour becomes the item with the next number.
    own = np.arange(n)[:, None]
    found = np.where((found < 0) | (found == own), (own + 1) % n, found)
    np.save(folder / "indices.npy", found[:, 1:].astype(np.int32))
    curve = faiss.IndexIVFFlat(index.quantizer, width, cells)
    order = curve_order(lambda some: vectors[some], n, width)
    curve.add(vectors[order])
    index.nprobe = curve.nprobe = PROBES

    def work(searched: Any, rows: npt.NDArray[np.float32]) -> Callable[[], object]:
        blocks = [rows[first : first + BLOCK] for first in range(0, len(rows), BLOCK)]
        return lambda: [searched.search(block, K + 9) for block in blocks]

    some = slice(n // 5, n // 5 + SEARCHED)
    np.save(
        folder / "seconds.npy",
        best(2, work(index, vectors[some]), work(curve, vectors[order[some]])),
    )


def best(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Return the processor seconds of the fastest round of each of `works`, which alternate."""
    found = [math.inf] * len(works)
    for _ in range(rounds):
        for number, work in enumerate(works):
            began = time.process_time()
            work()
            found[number] = min(found[number], time.process_time() - began)
    return found


def measure(n: int, rounds: int) -> dict[str, str]:
    """Return the measured values by name."""
    from scale import data

    from lodespace.importing.curve_order import curve_order
    from lodespace.models.features.principal_components import principal_components

    # isort: split
    import torch

    from lodespace.models.layout.fuzzy_graph import fuzzy_graph
    from lodespace.models.layout.graph import Graph
    from lodespace.models.layout.particles import Particles
    from lodespace.protocol.item_sets import pack

    torch.set_num_threads(1)
    stored = data("vectors", n)[0].stored
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "vectors.npy", stored.numpy())
        subprocess.run([sys.executable, __file__, "--search", folder], check=True)
        indices = torch.from_numpy(np.load(Path(folder) / "indices.npy")).long()
        searches = np.load(Path(folder) / "seconds.npy").tolist()
    distances = torch.stack(
        [(stored[indices[:, j]] - stored).square().sum(dim=1).sqrt() for j in range(K)], dim=1
    )
    distances, order = distances.sort(dim=1)
    graph = fuzzy_graph(indices.gather(1, order), distances)
    del indices, distances
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    rows = curve_order(lambda some: stored[some].numpy(), n, stored.shape[1])
    seconds = time.process_time() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    numbers = torch.empty(n, dtype=torch.int64)
    numbers[torch.from_numpy(rows)] = torch.arange(n)
    one, other = numbers[graph.head], numbers[graph.tail]
    head, tail = torch.minimum(one, other), torch.maximum(one, other)
    sort = (head * n + tail).argsort()
    curve = Graph(head[sort], tail[sort], graph.weight[sort])
    start = principal_components(stored, 3)
    both = [
        Particles(positions, each, torch.Generator().manual_seed(0))
        for positions, each in ((start, graph), (start[torch.from_numpy(rows)], curve))
    ]
    forces = best(rounds, *(lambda p=p: p.round(0.01) for p in both))
    sizes = gestures(start.numpy(), numbers.numpy(), pack)
    near = [float((each.tail - each.head < 4096).float().mean()) for each in (graph, curve)]
    return {
        "round of forces, ms": pair([1000 * s for s in forces]),
        "edges between numbers less than 4,096 apart, %": pair([100 * share for share in near]),
        f"search of {SEARCHED:,} items in {PROBES} cells, ms": pair([1000 * s for s in searches]),
        "gesture in the log, bytes": pair(sizes),
        "order, processor seconds": f"{seconds:.2f}",
        "order, MB of memory": f"{max(0, grown) / 1e3:.0f}",
    }


def gestures(
    positions: npt.NDArray[np.float32], numbers: npt.NDArray[np.int64], pack: Callable[..., bytes]
) -> list[float]:
    """Return the mean size of gestures with the rows as numbers, and with `numbers`."""
    n = len(positions)
    sizes: list[list[int]] = [[], []]
    for centre in np.random.default_rng(0).integers(0, n, GESTURES):
        away = np.square(positions - positions[centre]).sum(axis=1)
        items = np.argpartition(away, int(GESTURE * n))[: int(GESTURE * n)]
        for of, chosen in zip(sizes, (items, numbers[items]), strict=True):
            of.append(len(pack(np.sort(chosen).astype(np.uint32))))
    return [float(np.mean(of)) for of in sizes]


def pair(values: list[float]) -> str:
    """Return two values, and how many times smaller the second is."""
    one, other = values
    return f"{one:,.0f} → {other:,.0f} ({one / max(other, 1e-9):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, nargs="+", default=[50_000, 200_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--search", type=Path, help=argparse.SUPPRESS)
    options: Any = parser.parse_args()
    if options.search is not None:
        search(options.search)
        return
    found = {}
    for n in options.items:
        found[n] = measure(n, options.rounds)
        print(n, found[n], file=sys.stderr, flush=True)
    print("| | " + " | ".join(f"{n:,}" for n in found) + " |")
    print("|---" * (len(found) + 1) + "|")
    for name in next(iter(found.values())):
        print("| " + " | ".join([name, *(each[name] for each in found.values())]) + " |")


if __name__ == "__main__":
    main()
