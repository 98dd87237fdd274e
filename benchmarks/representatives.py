"""Quality of a large map that is moved by representatives, compared with moving all items.

    python benchmarks/representatives.py --items 200000 [--seeds 0 1]

The items are the vectors of scale.py. Both ways start from the same positions, on the same graph,
with the same seed:

- layout: all items move for the rounds of the first layout. Or the representatives move for these
  rounds, and then all items settle.
- labels: the map of the first row moves by class probabilities of which 95 % name the right class.

10-NN is the share of items whose 10 nearest items on the map have the same class by a vote. Times
are processor seconds.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from map_quality import nearest_neighbour_accuracy, spread
from scale import data

# Imported before torch: it sets how torch's threads wait.
from lodespace.models import preset

# isort: split
import torch

from lodespace.models.features.described_components import described_components
from lodespace.models.features.principal_components import starting_positions
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.incremental_graph import GraphBuilding
from lodespace.models.layout.live_motion import LiveMotion
from lodespace.models.layout.particles import Particles
from lodespace.models.layout.representatives import Representatives, RepresentativeSearch
from lodespace.models.layout.schedule import (
    INTERACTIVE_STEP,
    LAYOUT_STEP,
    SETTLE_ROUNDS,
    SETTLE_ROUNDS_OF_LAYOUT,
    SETTLE_STEP,
    Motion,
)
from lodespace.models.training.map_guide import GESTURE_MOTION, STIFFNESS_SCALE

RIGHT = 0.95
"""Share of the class probabilities that name the right class."""


class Items(NamedTuple):
    """N items with their neighbour graph."""

    components: torch.Tensor
    graph: Graph
    representatives: Representatives
    truth: np.ndarray


def finished(unit: Callable[[], object]) -> object:
    """Call `unit` until it returns a result."""
    while (found := unit()) is None:
        pass
    return found


def prepared(n: int) -> Items:
    dataset, truth = data("vectors", n)
    config = preset("default")
    components = described_components(dataset, config.principal_components)
    graph = finished(GraphBuilding(components, config.neighbours).unit)
    assert isinstance(graph, Graph)
    clock = time.process_time()
    chosen = finished(RepresentativeSearch(graph, components, config.neighbours, None).unit)
    assert isinstance(chosen, Representatives)
    print(f"{len(chosen.items):,} representatives in {time.process_time() - clock:.1f} s")
    return Items(components, graph, chosen, truth)


def steps(rounds: int, step: float) -> Iterator[float]:
    motion = Motion()
    motion.plan(rounds, step)
    while (size := motion.next_step()) is not None:
        yield size


def run(moving: Particles | LiveMotion, rounds: int, step: float) -> float:
    """Do rounds of forces. Return the processor seconds."""
    clock = time.process_time()
    for size in steps(rounds, step):
        moving.round(size)
    return time.process_time() - clock


def row(name: str, particles: Particles, truth: np.ndarray, seconds: float) -> None:
    z = particles.position.numpy()
    accuracy = nearest_neighbour_accuracy(z, truth)
    print(f"| {name} | {accuracy:.4f} | {spread(z):.2f} | {seconds:.1f} |", flush=True)


def at(items: Items, position: torch.Tensor, seed: int) -> Particles:
    """Return particles at `position`, in kernel units."""
    particles = Particles(position, items.graph, torch.Generator().manual_seed(seed))
    particles.put_back(
        {
            "position": position,
            "target": position,
            "stiffness": torch.full((len(position),), preset("default").stiffness)
            * STIFFNESS_SCALE,
        },
        spread(position.numpy()),
    )
    return particles


def live_motion(particles: Particles, items: Items) -> LiveMotion:
    return LiveMotion(particles, items.representatives, preset("default").neighbours)


def layout(items: Items, seed: int) -> torch.Tensor:
    """Compare layouts. Return the positions after moving all items."""
    rounds = preset("default").layout_rounds
    start = starting_positions(items.components, 3, torch.Generator().manual_seed(seed))

    def fresh() -> Particles:
        return Particles(start, items.graph, torch.Generator().manual_seed(seed))

    every = fresh()
    row("layout, all items", every, items.truth, run(every, rounds, LAYOUT_STEP))
    some = fresh()
    live = live_motion(some, items)
    seconds = run(live, rounds, LAYOUT_STEP)
    live.expand()
    row("layout, representatives, before settling", some, items.truth, seconds)
    seconds += run(some, SETTLE_ROUNDS_OF_LAYOUT, SETTLE_STEP)
    row("layout, representatives", some, items.truth, seconds)
    return every.position


def labels(items: Items, position: torch.Tensor, seed: int) -> None:
    """Compare motions after labels."""
    rounds = GESTURE_MOTION * preset("default").rounds_per_gesture
    random, n = np.random.default_rng(seed), len(items.truth)
    named = np.where(random.random(n) < RIGHT, items.truth, random.integers(10, size=n))
    probabilities = torch.full((n, 10), 0.15 / 9)
    probabilities[torch.arange(n), torch.from_numpy(named.astype(np.int64))] = 0.85
    every = at(items, position, seed)
    every.set_agreement(probabilities, 1.0)
    row("labels, all items", every, items.truth, run(every, rounds, INTERACTIVE_STEP))
    some = at(items, position, seed)
    live = live_motion(some, items)
    live.own.set_agreement(probabilities[items.representatives.items], 1.0)
    seconds = run(live, rounds, INTERACTIVE_STEP)
    row("labels, representatives, before settling", some, items.truth, seconds)
    some.set_agreement(probabilities, 1.0)
    seconds += run(some, SETTLE_ROUNDS, SETTLE_STEP)
    row("labels, representatives", some, items.truth, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    torch.set_num_threads(1)
    items = prepared(options.items)
    print("| map | 10-NN | spread | processor s |\n|---|---|---|---|")
    for seed in options.seeds:
        labels(items, layout(items, seed), seed)


if __name__ == "__main__":
    main()
