"""How many gestures, and seconds of a person's time, it takes to a labelled data set, beside what people would use instead.

    python benchmarks/annotation_gain [--seeds 3] [--jobs 2] [--only digits] [--fresh]

Runs the shipped server under a simulated person, and the opponents on the same data; writes the course of each run below build/, and from
them docs/gain-table.md and docs/images/gain-*.svg. A run whose course is there is not repeated. --region 8 and so on set the time model.
Needs `pip install -e '.[test,gain]'`. All of it takes about three hours on two cores.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]
import lodespace.models  # noqa: E402, F401  # isort: skip  # before torch: says how its threads wait
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
        "--jobs", type=int, default=2, help="runs at once, one processor thread each (default: 2)"
    )
    parser.add_argument(
        "--only", default="", help="runs whose name holds this (method--data--seed--gestures)"
    )
    parser.add_argument("--fresh", action="store_true", help="repeat what is there")
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "annotation_gain")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument(
        "--run",
        nargs=4,
        metavar=("METHOD", "DATA", "SEED", "GESTURES"),
        help="one run, and no report",
    )
    for name, seconds in asdict(TimeModel()).items():
        parser.add_argument(
            f"--{name}", type=float, default=seconds, help=f"time model (default: {seconds:g} s)"
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
