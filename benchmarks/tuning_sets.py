"""Shares right with few labels on data sets that are for tuning.

    pip install -e '.[test,gain]'
    apt-get install --no-install-recommends r-cran-mlbench r-cran-modeldata
    python benchmarks/tuning_sets.py [--seeds 0 1] [--only glass] [--labels 135] [--jobs 2]

The data sets are the development sets of `python benchmarks/annotation_gain` (data_sets.py), three
parts of segments with 500 items each, and 1,000 digits, so that constants can be chosen on them.
The simulated person follows the suggestions of the page, and stops when `--labels` items have
labels. For each data set, the program prints means over the seeds:

- the share right with 9, 18, 27, 54, 81 and 135 labels, linear between gestures, and 0 before the
  first. After the end of a run, its last share counts;
- the seconds until 95 % are right in the runs that reach it, and the number of these runs;
- the absolute error of the page's estimate of the share right: its mean over the gestures of a run,
  and its largest value in all runs.

The last line has the means over the data sets. Its seconds are the mean over all runs that reach
95 %, and its last figure is the largest error on any data set.
"""

import argparse
import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: F401  # isort: skip
import numpy as np
import torch

from annotation_gain import data_sets, ours, plan
from annotation_gain.course import Course
from annotation_gain.time_model import TimeModel

AT = (9, 18, 27, 54, 81, 135)
"""Numbers of labels at which the share right is printed."""
GOAL = 0.95
PART = 500
PARTS = {f"segments-{PART}-{seed}": seed for seed in (1, 2, 3)}
"""Seeds of the random parts of segments, by name."""
NAMES = (*data_sets.development(), *PARTS, "digits-1000")


@dataclass(frozen=True)
class Figures:
    """Figures of one run."""

    right: list[float]
    """Share right at each of AT."""
    seconds: float | None
    """Seconds until GOAL is reached; None if it is not reached."""
    errors: list[float]
    """Absolute error of the estimated share right, for each gesture after which it is shown."""


def load(name: str) -> data_sets.LabelledItems:
    """Return a data set of NAMES. Raises MissingDataError."""
    if name not in PARTS:
        return data_sets.load(name)
    whole = data_sets.load("segments")
    chosen = np.random.default_rng(PARTS[name]).permutation(len(whole))[:PART]
    return data_sets.LabelledItems(name, whole.items[chosen], whole.truth[chosen], whole.kind)


def shares_right(course: Course, counts: Sequence[int]) -> list[float]:
    """Return the share right at each number of labels in `counts`, linear between gestures."""
    labels = [0, *(round(gesture.labelled * course.n_items) for gesture in course.gestures)]
    right = [0.0, *(gesture.right for gesture in course.gestures)]
    return [float(share) for share in np.interp(counts, labels, right)]


def figures(course: Course) -> Figures:
    """Return the figures of a run with a list of classes, without its accepted predictions."""
    looked = course.looked_at()
    return Figures(
        shares_right(looked, AT),
        looked.seconds_to(GOAL, TimeModel().known_classes()),
        [
            abs(gesture.told.right - gesture.right)
            for gesture in looked.gestures
            if gesture.told is not None and gesture.told.right is not None
        ],
    )


def measured(name: str, seed: int, labels: int) -> Figures:
    """Return the figures of one run, which ends with `labels` labels. Raises MissingDataError."""
    torch.set_num_threads(1)
    return figures(asyncio.run(ours.as_suggested(load(name), seed, plan.BUDGET, labels=labels)))


def line(name: str, runs: Sequence[Figures], labels: int) -> str:
    """Return the line of the output for `runs`. Numbers of labels after `labels` have a dash."""
    right = np.mean([run.right for run in runs], axis=0)
    shares = [f"{r:.3f}" if at <= labels else "-" for at, r in zip(AT, right, strict=True)]
    reached = [run.seconds for run in runs if run.seconds is not None]
    seconds = f"{np.mean(reached):.0f}" if reached else "-"
    shown = [run.errors for run in runs if run.errors]
    mean = f"{np.mean([np.mean(errors) for errors in shown]):.3f}" if shown else "-"
    largest = f"{max(map(max, shown)):.3f}" if shown else "-"
    return row(name, *shares, seconds, f"{len(reached)}/{len(runs)}", mean, largest)


def row(name: str, *cells: str) -> str:
    """Return a line of the output, with columns of equal width."""
    return f"{name:<20}" + "".join(f"{cell:>10}" for cell in cells)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the runs")
    parser.add_argument(
        "--only", action="append", choices=NAMES, help="only this data set; can be repeated"
    )
    parser.add_argument(
        "--labels",
        type=int,
        default=AT[-1],
        help=f"number of labels at which a run ends (default: {AT[-1]}); a run also ends after "
        f"{plan.BUDGET} gestures",
    )
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time (default: 2)")
    options = parser.parse_args()
    print(row("data set", *map(str, AT), f"s to {GOAL}", "reached", "error", "largest"))
    found: list[Figures] = []
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        submitted = {
            name: [pool.submit(measured, name, seed, options.labels) for seed in options.seeds]
            for name in options.only or NAMES
        }
        for name, runs in submitted.items():
            try:
                of_set = [run.result() for run in runs]
            except data_sets.MissingDataError as error:
                print(f"{name}: skipped: {error}", flush=True)
                continue
            print(line(name, of_set, options.labels), flush=True)
            found += of_set
    if found:
        print(line("mean", found, options.labels))


if __name__ == "__main__":
    main()
