"""Gestures and seconds that a person needs to label a data set, compared to other methods.

    python benchmarks/annotation_gain [--seeds 5] [--jobs 2] [--only digits] [--fresh]

Runs Lodespace with a simulated person, and the other methods on the same data. Stores each run in
benchmarks/annotation_gain/runs, and writes docs/gain-table.md, docs/gain-sets.md and the first
table of docs/gain.md from the stored runs. A stored run is not repeated, so an interrupted
benchmark continues where it stopped. Options such as `--region 8` set constants of the time model.
A data set whose package is missing is skipped. Requires `pip install -e '.[test,gain]'`, and for
all data sets `apt-get install tuxpaint-stamps-default r-cran-mlbench r-cran-kernlab`. The exit
status is 1 if a run failed.
"""

import argparse
import signal
import sys
from dataclasses import asdict
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]
# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: E402, F401  # isort: skip
import torch  # noqa: E402

from annotation_gain import data_sets, plan, register, run_files  # noqa: E402
from annotation_gain.time_model import TimeModel  # noqa: E402

ROOT = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seeds", type=int, default=5, help="number of seeds of each run (default: 5)"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=2,
        help="number of runs at the same time, with one thread each (default: 2)",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="TEXT",
        help="only runs whose name (method--data--seed--gestures) contains this text; can be "
        "given several times. The report is then printed, and is written only with --docs",
    )
    parser.add_argument(
        "--gestures",
        type=int,
        help="limit on the gestures of each run, for a quick test; one-by-one labelling is "
        "limited to the items on this number of contact sheets",
    )
    parser.add_argument("--fresh", action="store_true", help="repeat the stored runs too")
    parser.add_argument(
        "--report", action="store_true", help="carry out nothing, only report on the stored runs"
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=run_files.RUNS,
        help="folder of the stored runs (default: benchmarks/annotation_gain/runs)",
    )
    parser.add_argument("--curves", type=Path, help="folder in which to draw the curves as SVG")
    parser.add_argument("--docs", type=Path, help="folder of the report (default: docs)")
    parser.add_argument(
        "--register",
        type=Path,
        default=register.REGISTER,
        help="register: each run on a data set that is not for tuning adds a line to this file",
    )
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
        torch.set_num_threads(1)
        # With this handler, a run that is ended by `kill` stops its server and is registered.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        try:
            plan.carry_out(
                plan.Run(method, data, int(seed), int(gestures)), options.results, options.register
            )
        except data_sets.MissingDataError as error:
            print(error, file=sys.stderr)
            return plan.MISSING
        return 0
    failed: list[plan.Run] = []
    planned = plan.runs(options.seeds, options.only, options.gestures)
    if not options.report:
        failed = plan.carry_out_all(
            *(planned, options.results, options.jobs),
            fresh=options.fresh,
            register_path=options.register,
        )
    from annotation_gain import report

    model = TimeModel(**{name: getattr(options, name) for name in asdict(TimeModel())})
    partial = options.only or options.gestures is not None
    docs = options.docs or (None if partial else ROOT / "docs")
    report.write(options.results, docs, model, planned, options.curves)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
