"""Seconds to 95 % and 98 % on data sets of two and of three classes, with small sheets.

    pip install -e '.[test,gain]'
    python benchmarks/few_classes.py [--whole] [--jobs 2]

The data sets are parts of segments, a data set for tuning: its classes k and k + 1 (six pairs), and
k, k + 1 and k + 2 (five triples). The simulated person follows the suggestions of the page, as in
`python benchmarks/annotation_gain`. With `--whole`, all suggested sheets have 27 pictures, so that
the effect of small sheets can be seen. The program prints means over the data sets, with
seed 0.
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

from annotation_gain import data_sets, ours, plan  # noqa: E402
from annotation_gain.time_model import TimeModel  # noqa: E402
from lodespace.protocol import SHEET_SIZE  # noqa: E402
from lodespace.review import sheet_size  # noqa: E402

GOALS = (0.95, 0.98)


def part(data: data_sets.LabelledItems, classes: range) -> data_sets.LabelledItems:
    """Return the items of the given classes, with classes that count from 0."""
    chosen = np.isin(data.truth, classes)
    truth = (data.truth[chosen] - classes.start).astype(np.int16)
    return data_sets.LabelledItems(
        f"{data.name}-{classes.start}", data.items[chosen], truth, data.kind
    )


def seconds(first: int, count: int, whole: bool) -> list[float | None]:
    """Return the seconds to each of GOALS on `count` classes of segments, from class `first` on."""
    torch.set_num_threads(1)
    if whole:
        sheet_size.PER_CLASS, sheet_size.SMALL_UNTIL = SHEET_SIZE, 0
    data = part(data_sets.load("segments"), range(first, first + count))
    course = asyncio.run(ours.as_suggested(data, 0, plan.BUDGET))
    clock = TimeModel().known_classes()
    return [course.seconds_to(goal, clock) for goal in GOALS]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--whole", action="store_true", help="27 pictures on every sheet")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time (default: 2)")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for count in (2, 3):
            runs = [pool.submit(seconds, first, count, options.whole) for first in range(8 - count)]
            of_goals = list(zip(*(run.result() for run in runs), strict=True))
            means = [
                f"{goal:.2f} after {np.mean(reached):.0f} s in {len(reached)} of {len(found)} runs"
                for goal, found in zip(GOALS, of_goals, strict=True)
                if (reached := [value for value in found if value is not None])
            ]
            print(f"{count} classes: {'; '.join(means)}", flush=True)


if __name__ == "__main__":
    main()
