"""Gestures and seconds that a person needs to label a data set, compared to other methods.

    python benchmarks/annotation_gain [--seeds 3] [--jobs 2] [--only digits] [--fresh]

Runs the shipped server with a simulated person, and the other methods on the same data. Stores each
run as a file in build/annotation_gain, and writes docs/gain-table.md and docs/images/gain-*.svg
from these files. A stored run is not repeated. Options such as `--region 8` set constants of the
time model. Requires `pip install -e '.[test,gain]'`. All runs take about three hours on two cores.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]
# Before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: E402, F401  # isort: skip
import torch  # noqa: E402

from annotation_gain import plan  # noqa: E402
from annotation_gain.time_model import TimeModel  # noqa: E402

ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--jobs",
        type=int,
        default=2,
        help="number of runs at the same time, with one thread each (default: 2)",
    )
    parser.add_argument(
        "--only",
        default="",
        help="only runs whose name (method--data--seed--gestures) contains this text",
    )
    parser.add_argument("--fresh", action="store_true", help="repeat the stored runs too")
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "annotation_gain")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument(
        "--run",
        nargs=4,
        metavar=("METHOD", "DATA", "SEED", "GESTURES"),
        help="carry out only this run, and write no report",
    )
    for name, seconds in asdict(TimeModel()).items():
        parser.add_argument(
            f"--{name}",
            type=float,
            default=seconds,
            help=f"constant of the time model (default: {seconds:g} s)",
        )
    options = parser.parse_args()
    if options.run:
        method, data, seed, gestures = options.run
        run = plan.Run(method, data, int(seed), int(gestures))
        torch.set_num_threads(1)
        plan.carry_out(run, options.results).write(options.results / f"{run.name}.json")
        return
    planned = plan.runs(options.seeds, options.only)
    plan.carry_out_all(planned, options.results, options.jobs, fresh=options.fresh)
    from annotation_gain import report

    model = TimeModel(**{name: getattr(options, name) for name in asdict(TimeModel())})
    report.write(options.results, options.docs, model, plan.runs(options.seeds))


if __name__ == "__main__":
    main()
