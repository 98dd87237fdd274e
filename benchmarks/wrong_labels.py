"""Wrong labels that the first sheet of suspects promises, and those that are on it.

    python benchmarks/wrong_labels.py [--shares 0 0.05 0.12] [--jobs 2]

All items have labels, a share of the labels is wrong, and nobody has verified a label. The data
sets are parts of digits and segments, which are for tuning: six pairs of classes of segments, and
segments with noise added to the standardised columns, so that predictions are harder.
"""

import argparse
import asyncio
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]
# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: E402, F401  # isort: skip
import numpy as np  # noqa: E402
import torch  # noqa: E402
from few_classes import part  # noqa: E402

from annotation_gain import data_sets, suspects  # noqa: E402
from annotation_gain.data_sets import LabelledItems  # noqa: E402

PAIRS = tuple(f"segments {k} and {k + 1}" for k in range(6))
NOISES = {
    "segments, noise 0.5": (0.5, 2310),
    "segments, noise 1": (1.0, 2310),
    "400 segments, noise 1": (1.0, 400),
    "segments, noise 2": (2.0, 2310),
}
"""Deviation of the noise, and number of items, by the name of the data set."""


def load(name: str) -> LabelledItems:
    """Return one of the data sets that the program measures."""
    if name in PAIRS:
        first = PAIRS.index(name)
        return part(data_sets.load("segments"), range(first, first + 2))
    if name not in NOISES:
        return data_sets.load(name)
    deviation, count = NOISES[name]
    data = data_sets.load("segments")
    items = (data.items - data.items.mean(axis=0)) / (data.items.std(axis=0) + 1e-6)
    items = items + deviation * np.random.default_rng(3).normal(size=items.shape)
    chosen = np.random.default_rng(4).permutation(len(items))[:count]
    return LabelledItems(name, items[chosen].astype(np.float32), data.truth[chosen], data.kind)


def measured(name: str, share: float) -> tuple[float, int]:
    """Return how many of 27 suspects the first sheet promises to be wrong, and how many are."""
    torch.set_num_threads(1)
    suspects.WRONG = share
    (sheet,) = asyncio.run(suspects.of_lodespace(load(name), 0, 1)).gestures
    return sheet.promised or 0.0, sheet.corrected or 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shares", type=float, nargs="+", default=[0, 0.05, 0.12])
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time (default: 2)")
    options = parser.parse_args()
    names = [*PAIRS, *NOISES, "segments", "digits"]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        runs = {
            (name, share): pool.submit(measured, name, share)
            for name in names
            for share in options.shares
        }
        for (name, share), run in runs.items():
            promised, wrong = run.result()
            print(f"{name}, {share:.2f} wrong: {promised:.1f} promised, {wrong} found", flush=True)


if __name__ == "__main__":
    main()
