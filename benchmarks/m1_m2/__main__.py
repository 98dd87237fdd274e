"""Accuracy of M1+M2 (Kingma et al. 2014) and of two presets of Lodespace, with 100 labels.

    python benchmarks/m1_m2 [--seeds 10] [--only m1+m2]
    python benchmarks/m1_m2 --tune

A draw of labels has 10 labels per class of the 5,000 bundled digits. The accuracy is that on the
other 4,900 digits. Each result is stored in build/m1_m2/results.json at once, so an interrupted run
continues where it stopped. With --tune, the candidates of candidates.py are compared on other draws
of labels.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1])]
# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: E402, F401  # isort: skip
import torch  # noqa: E402

from m1_m2.candidates import M1_CANDIDATES, M2_CANDIDATES, TUNING  # noqa: E402
from m1_m2.experiment import METHODS, Experiment  # noqa: E402

ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10, help="number of draws of labels")
    parser.add_argument(
        "--only", choices=METHODS, action="append", help="only this method; can be repeated"
    )
    parser.add_argument("--tune", action="store_true", help="compare the candidates instead")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "m1_m2")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    experiment = Experiment(options.results)
    if options.tune:
        print(tuning_table(experiment))
    else:
        print(table(experiment, options.only or list(METHODS), options.seeds))


def table(experiment: Experiment, methods: list[str], seeds: int) -> str:
    """Measure the methods. Return the Markdown table of mean and standard deviation."""
    lines = ["| method | accuracy on 4,900 digits without a label | seeds |", "|---" * 3 + "|"]
    for method in methods:
        found = [experiment.measure(method, seed) for seed in range(seeds)]
        spread = f" ± {np.std(found, ddof=1):.3f}" if len(found) > 1 else ""
        lines.append(f"| {METHODS[method]} | {np.mean(found):.3f}{spread} | {len(found)} |")
    return "\n".join(lines)


def tuning_table(experiment: Experiment) -> str:
    """Measure the candidates. Return the Markdown table of their mean accuracies."""
    lines = ["| model | settings | epochs | accuracy | draws |", "|---" * 5 + "|"]
    for name, m1 in M1_CANDIDATES.items():
        found = [experiment.m1_accuracy(name, m1, seed) for seed in TUNING]
        cells = ["M1, SVC", name, str(m1.epochs), f"{np.mean(found):.3f}", str(len(found))]
        lines.append(f"| {' | '.join(cells)} |")
    for name, m2 in M2_CANDIDATES.items():
        curves = [experiment.curve(name, m2, seed) for seed in TUNING]
        for epochs in curves[0]:
            mean = np.mean([curve[epochs] for curve in curves])
            lines.append(f"| M1+M2 | {name} | {epochs} | {mean:.3f} | {len(curves)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
