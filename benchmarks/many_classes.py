"""Share right and classes found on data sets of 200 classes that are made for tuning.

    python benchmarks/many_classes.py [--seeds 7 8] [--sheets 30] [--jobs 2]

The data sets are made like `classes-200` of `python benchmarks/annotation_gain`, but with other
random numbers, so that constants can be chosen on them. The simulated person follows the
suggestions of the page. The program prints the share of right items, and the number of classes that
have labels, after each gesture.
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
import torch  # noqa: E402

from annotation_gain import ours  # noqa: E402
from annotation_gain.made_sets import MANY, many_classes  # noqa: E402


def measured(seed: int, sheets: int) -> tuple[list[float], list[int]]:
    """Return the share right and the number of classes with labels after each gesture."""
    torch.set_num_threads(1)
    course = asyncio.run(ours.as_suggested(many_classes(seed), 0, sheets + 1)).looked_at()
    return [g.right for g in course.gestures], [g.classes for g in course.gestures]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8], help="of the data sets")
    parser.add_argument("--sheets", type=int, default=30, help="number of gestures (default: 30)")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time (default: 2)")
    options = parser.parse_args()
    if MANY in options.seeds:
        parser.error(f"the data set of seed {MANY} is not for tuning; use another seed")
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(measured, seed, options.sheets) for seed in options.seeds]
        for seed, run in zip(options.seeds, runs, strict=True):
            right, classes = run.result()
            print(f"seed {seed}, right:", *(f"{share:.3f}" for share in right))
            print(f"seed {seed}, classes:", *classes, flush=True)


if __name__ == "__main__":
    main()
