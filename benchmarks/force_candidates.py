"""Processor time of one round of forces, by torch and by candidates that could replace it.

    python benchmarks/force_candidates.py [--items 70000 1000000] [--rounds 5] [--compile]

The items are points in three dimensions with their 15 nearest neighbours. They are numbered in
random order, and again along the map. The candidates run in turn, on one thread, in one process, so
the load of the machine affects all of them alike; the table has medians, in milliseconds of
processor time. "force" is the neighbour term alone, without the sampling of the items that repel;
"round" is a whole round.

numba is measured where it is installed. `--compile` adds torch.compile, which needs a C++ compiler.
"""

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable

import lodespace.models  # noqa: F401  before torch: sets how its threads wait

# isort: split
import numpy as np
import numpy.typing as npt
import torch
from scipy.spatial import cKDTree

from lodespace.models.compiled import loaded
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.graph_rows import GraphRows
from lodespace.models.layout.neighbour_force import NeighbourForce, scattered_force
from lodespace.models.layout.neighbour_loss import FORCE_LIMIT, NEAR, NEGATIVES, A, B
from lodespace.models.layout.particles import SAMPLES, Particles

NEIGHBOURS = 15
Force = Callable[[], torch.Tensor]


def points_and_graph(n: int) -> tuple[torch.Tensor, Graph]:
    """Return positions (n, 3) in kernel units, numbered along the map, and their graph."""
    random = np.random.default_rng(0)
    points = random.normal(size=(n, 3)).astype(np.float32) * 4
    points = points[cKDTree(points).indices]
    _, found = cKDTree(points).query(points, NEIGHBOURS + 1)
    ends = np.stack([np.repeat(np.arange(n), NEIGHBOURS), found[:, 1:].ravel()]).astype(np.int64)
    graph = graph_of(ends, np.ones(ends.shape[1], np.float32), n)
    weight = torch.from_numpy(random.random(len(graph)).astype(np.float32))
    return torch.from_numpy(points), Graph(graph.head, graph.tail, weight)


def graph_of(ends: npt.NDArray[np.int64], weight: npt.NDArray[np.float32], n: int) -> Graph:
    """Return the graph of edges between `ends` (2, E), each edge once, sorted by its ends."""
    edges, chosen = np.unique(ends.min(axis=0) * n + ends.max(axis=0), return_index=True)
    head, tail = (torch.from_numpy(each) for each in (edges // n, edges % n))
    return Graph(head, tail, torch.from_numpy(weight[chosen]))


def renumbered(position: torch.Tensor, graph: Graph) -> tuple[torch.Tensor, Graph]:
    """Return the same points and edges, with the points renumbered in random order."""
    n = len(position)
    number = np.random.default_rng(1).permutation(n)
    ends = np.stack([number[graph.head.numpy()], number[graph.tail.numpy()]])
    moved = torch.empty_like(position)
    moved[torch.from_numpy(number)] = position
    return moved, graph_of(ends, graph.weight.numpy(), n)


def numba_force(n: int, graph: Graph) -> Callable[..., torch.Tensor]:
    """Return a function that gathers the force. numba compiles the function at its first call."""
    import numba  # pyright: ignore[reportMissingImports]

    ends = torch.cat([graph.head, graph.tail])
    order = torch.argsort(ends, stable=True)
    tails = torch.cat([graph.tail, graph.head])[order].to(torch.int32).numpy()
    weights = torch.cat([graph.weight, graph.weight])[order].numpy()
    starts = np.zeros(n + 1, np.int64)
    starts[1:] = np.cumsum(np.bincount(ends.numpy(), minlength=n))
    a, b, near, limit = (np.float32(each) for each in (A, B, NEAR, FORCE_LIMIT))
    one, two, least = np.float32(1), np.float32(2), np.float32(1e-12)

    @numba.njit(fastmath=True, nogil=True)
    def gathered(z, others, strength, force):
        for i in range(len(z)):
            for axis in range(3):
                force[i, axis] = 0
            for k in range(starts[i], starts[i + 1]):
                j = tails[k]
                x, y, w = z[j, 0] - z[i, 0], z[j, 1] - z[i, 1], z[j, 2] - z[i, 2]
                d2 = max(x * x + y * y + w * w, least)
                power = d2**b
                scale = two * a * b * power / (d2 * (one + a * power)) * weights[k]
                force[i, 0] += scale * x
                force[i, 1] += scale * y
                force[i, 2] += scale * w
            share = strength[i] / others.shape[1]
            for m in range(others.shape[1]):
                j = others[i, m]
                x, y, w = z[i, 0] - z[j, 0], z[i, 1] - z[j, 1], z[i, 2] - z[j, 2]
                d2 = max(x * x + y * y + w * w, near)
                scale = two * b / (d2 * (one + a * d2**b))
                force[i, 0] += share * min(max(scale * x, -limit), limit)
                force[i, 1] += share * min(max(scale * y, -limit), limit)
                force[i, 2] += share * min(max(scale * w, -limit), limit)

    def call(position: torch.Tensor, others: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
        force = np.empty(position.shape, np.float32)
        gathered(position.numpy(), others.numpy(), strength.numpy(), force)
        return torch.from_numpy(force)

    return call


def round_by(position: torch.Tensor, graph: Graph, *, gathers: bool) -> Force:
    """Return a whole round of forces, by the compiled code if `gathers`, else by torch."""
    particles = Particles(position, graph, torch.Generator().manual_seed(0))
    particles.position, particles.scale = position, 4.0
    code = loaded.code

    def one() -> torch.Tensor:
        loaded.code = code if gathers else None
        particles.round(0.0)
        loaded.code = code
        return particles.position

    return one


def candidates(position: torch.Tensor, graph: Graph, *, compiles: bool) -> dict[str, Force]:
    """Return the candidates by name. Each is a function that does the work once."""
    n = len(position)
    others = torch.randint(n, (n, SAMPLES), generator=torch.Generator().manual_seed(1))
    strength = torch.full((n,), NEGATIVES)
    gathered = NeighbourForce(graph, n)
    gathered.strength = strength
    rows, probabilities = GraphRows(graph, position), torch.full((n, 10), 0.1)
    found: dict[str, Force] = {
        "force, torch": lambda: scattered_force(position, graph, graph.weight, others, strength),
        "force, C": lambda: gathered.force(position, others),
        "rows for C, at most 5 times per graph": lambda: GraphRows(graph, position).weights,
        "weights for C, per change of weights": lambda: rows.agreeing_weights(
            probabilities, (1.0, 0.02, 1.0)
        ),
    }
    if importlib.util.find_spec("numba") is not None:
        compiled = numba_force(n, graph)
        found["force, numba"] = lambda: compiled(position, others, strength)
    if compiles:
        whole = torch.compile(scattered_force)
        found["force, torch.compile"] = lambda: whole(
            position, graph, graph.weight, others, strength
        )
    found["round, torch"] = round_by(position, graph, gathers=False)
    found["round, C"] = round_by(position, graph, gathers=True)
    return found


def measure(
    position: torch.Tensor, graph: Graph, order: str, rounds: int, *, compiles: bool
) -> None:
    """Print the times of all candidates. `order` is how the items are numbered."""
    calls = candidates(position, graph, compiles=compiles)
    print(f"\n{len(position):,} items, {len(graph):,} edges, numbered {order}")
    results, first = {}, {}
    for name, call in calls.items():
        began = time.process_time()
        results[name] = call()
        first[name] = time.process_time() - began
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            began = time.process_time()
            call()
            times[name].append(time.process_time() - began)
    reference = results["force, torch"].double()
    for name, taken in times.items():
        kind = name.split(",")[0]
        ratio = statistics.median(times[f"{kind}, torch"]) if f"{kind}, torch" in times else None
        median = statistics.median(taken)
        line = f"{name:40} {1000 * median:8.1f} ms"
        if ratio is not None:
            line += f"  {ratio / median:5.1f} x  first {first[name]:5.1f} s"
        if kind == "force":
            error = float((results[name].double() - reference).norm() / reference.norm())
            line += f"  relative difference {error:.1e}"
        print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, nargs="+", default=[70_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for n in options.items:
        points, graph = points_and_graph(n)
        measure(points, graph, "along the map", options.rounds, compiles=options.compile)
        points, graph = renumbered(points, graph)
        measure(points, graph, "at random", options.rounds, compiles=options.compile)


if __name__ == "__main__":
    main()
