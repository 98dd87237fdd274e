"""Items per second of one process and of several processes, one thread each.

    python benchmarks/workers.py [--workers 2] [--repeats 7]

The data are the 5,000 bundled digits. One process and all processes take turns in the same run, so
that other work on the machine changes both. The table has the medians of the repeats. "Weak" means
that the work per process is the same: R processes train R batches per step. "Strong" means that the
total work is the same: R processes train one batch per step.

The last column is the ratio by processor time: R times the processor time per item of one process,
divided by that of the leader, which does more than the others. It is the ratio on a machine where
no process waits for a processor. Neighbours do not have it, because each process searches in a
further process, with FAISS.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset, preset
from lodespace.models.classification.item_features import CHUNK
from lodespace.models.classification.wide_classifier import BATCH_SIZE, WideClassifier
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.features.self_supervision import BATCH_SIZE as VIEWS
from lodespace.models.features.self_supervision import SelfSupervision
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.neighbour_search import OwnSearch
from lodespace.models.layout.shared_search import SharedSearch
from lodespace.models.light_torch import leave_out_compiler
from lodespace.models.shared_items import shared
from lodespace.models.vae.training import VAETraining
from lodespace.models.workers.launch import local_team

WANTED = 1.5
"""Wanted ratio of the weak scaling of encoder and decoder with two processes."""
NEIGHBOURS = 15
SEARCHED = "neighbours of 20,000"

Work = Callable[[], int]
"""Does a piece of work, and returns the number of items."""


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def vae_steps(dataset: Dataset, batch_size: int, steps: int) -> Work:
    config = preset("default").replace(batch_size=batch_size)
    training = VAETraining(dataset, config, 10, generator(), generator())
    unlabelled = torch.full((len(dataset),), UNLABELED)
    targets = torch.randn(len(dataset), config.latent_dim, generator=generator())

    def work() -> int:
        for _ in range(steps):
            training.step(unlabelled, targets=targets)
        return steps * batch_size * training.batches_per_step

    return work


def view_steps(dataset: Dataset, steps: int) -> Work:
    learning = SelfSupervision(dataset, generator(), generator())

    def work() -> int:
        for _ in range(steps):
            learning.step()
        return steps * VIEWS

    return work


def classifier_steps(dataset: Dataset, labels: torch.Tensor, steps: int) -> Work:
    classifier = WideClassifier(dataset, FeatureNetwork(dataset), 10, generator())
    weights, verified = torch.ones(len(dataset)), torch.ones(len(dataset), dtype=torch.bool)

    def work() -> int:
        for _ in range(steps):
            classifier.step(labels, weights, verified, generator())
        return steps * BATCH_SIZE

    return work


def predictions(dataset: Dataset) -> Work:
    classifier = WideClassifier(dataset, FeatureNetwork(dataset), 10, generator())
    items = torch.arange(len(dataset))

    def work() -> int:
        if dataset.team is not None:
            classifier.probabilities_by(dataset.team, items, CHUNK)
        else:
            for some in items.split(CHUNK):
                classifier.probabilities(some)
        return len(items)

    return work


def neighbours(dataset: Dataset) -> Work:
    features = torch.randn(20_000, 50, generator=generator())
    team = dataset.team
    search = SharedSearch(features, NEIGHBOURS, team) if team else OwnSearch(features, NEIGHBOURS)
    while not search.prepare():
        pass
    per_unit, rows = search.rows_per_unit, 4096

    def work() -> int:
        for first in range(0, rows, per_unit):
            search.nearest(slice(first, min(first + per_unit, rows)))
        return rows

    return work


class Rate(NamedTuple):
    """Items per second, by the clock and by the processor time of this process."""

    wall: float
    processor: float


def rate(work: Work) -> Rate:
    wall, processor = time.perf_counter(), time.process_time()
    items = work()
    return Rate(
        items / (time.perf_counter() - wall), items / max(1e-6, time.process_time() - processor)
    )


def rates(alone: Work, together: Work, repeats: int) -> list[tuple[Rate, Rate]]:
    """Return the rates of both, which take turns."""
    alone()
    together()
    return [(rate(alone), rate(together)) for _ in range(repeats)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    leave_out_compiler()
    torch.set_num_threads(1)
    items = load_digits()
    assert items.truth is not None
    labels = torch.from_numpy(items.truth).long()
    dataset, workers = Dataset.from_images(items.data), options.workers
    with local_team(workers, "cpu", threads=1) as team:
        both = shared(dataset, team)
        batch = preset("default").batch_size
        rows: list[tuple[str, Work, Work]] = [
            (
                "encoder and decoder, weak",
                vae_steps(dataset, batch, 20),
                vae_steps(both, batch, 20),
            ),
            (
                "encoder and decoder, strong",
                vae_steps(dataset, batch, 20),
                vae_steps(both, batch // workers, 20),
            ),
            ("self-supervision, strong", view_steps(dataset, 6), view_steps(both, 6)),
            (
                "classifier, strong",
                classifier_steps(dataset, labels, 20),
                classifier_steps(both, labels, 20),
            ),
            ("predictions", predictions(dataset), predictions(both)),
            (SEARCHED, neighbours(dataset), neighbours(both)),
        ]
        print(f"| work | 1 process, items/s | {workers} processes | ratio | by processor time |")
        print("|---|---|---|---|---|")
        median = statistics.median
        for name, alone, together in rows:
            found = rates(alone, together, options.repeats)
            one, all_ = (median(pair[k].wall for pair in found) for k in (0, 1))
            ratio = median(b.wall / a.wall for a, b in found)
            ideal = median(b.processor / a.processor for a, b in found)
            shown = "" if name == SEARCHED else f"{ideal:.2f}"
            print(f"| {name} | {one:,.0f} | {all_:,.0f} | {ratio:.2f} | {shown} |", flush=True)
    print(f"wanted: {WANTED} for encoder and decoder, weak, with 2 processes")


if __name__ == "__main__":
    main()
