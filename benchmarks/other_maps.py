"""Time to a map with the same 10-NN accuracy, beside umap-learn and TorchDR.

    pip install -e '.[maps]'
    python benchmarks/other_maps.py [--items 200000] [--threads 2] [--limit 3600]

The items are those of scale.py: the bundled digits, repeated with shifts and noise, as 64 random
projections. Each method makes a map in 3 dimensions with 15 neighbours, in a process of its own,
one after the other, on the same processors. umap-learn and TorchDR use their default values
otherwise. Times are wall-clock seconds, with processor seconds in brackets, from the start of the
method to its map; imports and the creation of the items do not count.

The 10-NN accuracy is the share of 5,000 random items whose class is that of most of their 10
nearest items on the map. The map of Lodespace is measured while it is trained, and the time of the
measurement is left out. The program prints the best accuracy of Lodespace, and for each other
method the time at which the map of Lodespace was as accurate as the finished map of this method.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

DIMENSIONS, NEIGHBOURS = 3, 15
SAMPLE, K = 5000, 10
EVERY = 2.0
"""Smallest number of seconds of training between two measurements of the map of Lodespace."""
OTHERS = ("umap-learn", "torchdr")
Samples = list[tuple[float, float, float]]
"""Wall-clock seconds, processor seconds and 10-NN accuracy of each measured map."""


def accuracy(points: npt.NDArray[np.floating], truth: npt.NDArray[np.integer]) -> float:
    """Return the 10-NN accuracy of a map (N, D) on a sample of items. `truth` (N,) are classes."""
    from scipy.spatial import KDTree

    chosen = np.random.default_rng(1).choice(len(points), min(SAMPLE, len(points)), replace=False)
    near = np.asarray(KDTree(points).query(points[chosen], K + 1)[1])
    votes = np.apply_along_axis(
        lambda row: np.bincount(row, minlength=truth.max() + 1), 1, truth[near[:, 1:]]
    )
    return float((votes.argmax(1) == truth[chosen]).mean())


def lodespace(n: int, seconds: float) -> Samples:
    """Train until the map rests or `seconds` are over, and return the measured maps."""
    import scale

    from lodespace.models import Trainer, preset
    from lodespace.models.training.particle_loop import ParticleLoop

    dataset, truth = scale.data("vectors", n)
    samples: Samples = []
    clock, last, lost = scale.Clock(), 0.0, (0.0, 0.0)
    trainer = Trainer(dataset, preset("default"), n_classes=10, device="cpu")
    loop = trainer.loop
    assert isinstance(loop, ParticleLoop)
    for snapshot in trainer.frames():
        wall, processor = (value - away for value, away in zip(clock(), lost, strict=True))
        if loop.map.particles is not None and (
            wall - last > EVERY or snapshot.resting or wall > seconds
        ):
            measuring, last = scale.Clock(), wall
            samples.append((wall, processor, accuracy(snapshot.latent_mean, truth)))
            lost = (lost[0] + measuring()[0], lost[1] + measuring()[1])
        if snapshot.resting or wall > seconds:
            return samples
    return samples


def other(method: str, n: int) -> Samples:
    """Make a map with umap-learn or TorchDR, and measure it."""
    import scale

    dataset, truth = scale.data("vectors", n)
    rows = np.asarray(dataset.stored, np.float32)
    if method == "umap-learn":
        from umap import UMAP as Method

        options = {}
    else:
        from torchdr import UMAP as Method

        options = {"device": "cpu"}
    clock = scale.Clock()
    model = Method(n_components=DIMENSIONS, n_neighbors=NEIGHBOURS, **options)
    points = np.asarray(model.fit_transform(rows))
    return [(*clock(), accuracy(points, truth))]


def measured(method: str, options: argparse.Namespace) -> Samples:
    """Run a method in a process of its own. Returns no samples if it takes too long or fails."""
    command = [sys.executable, __file__, "--run", method, "--items", str(options.items)]
    threads = str(options.threads)
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    try:
        done = subprocess.run(
            [*command, "--limit", str(options.limit)],
            cwd=Path(__file__).parent,
            env={**os.environ, **dict.fromkeys(names, threads)},
            stdout=subprocess.PIPE,
            text=True,
            timeout=1.5 * options.limit,
        )
    except subprocess.TimeoutExpired:
        print(f"{method}: not finished after {1.5 * options.limit:.0f} s")
        return []
    if done.returncode:
        print(f"{method}: failed")
        return []
    return [tuple(sample) for sample in json.loads(done.stdout.splitlines()[-1])]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=float, default=3600, help="seconds per method")
    parser.add_argument(
        "--others", nargs="+", choices=OTHERS, default=OTHERS, help="methods beside Lodespace"
    )
    parser.add_argument("--run", choices=("lodespace", *OTHERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run = options.run
        samples = (
            lodespace(options.items, options.limit)
            if run == "lodespace"
            else other(run, options.items)
        )
        print(json.dumps(samples))
        return
    print(f"{options.items:,} items of 64 numbers, {options.threads} threads")
    ours = measured("lodespace", options)
    if ours:
        wall, processor, best = max(ours, key=lambda sample: sample[2])
        print(f"lodespace: best 10-NN {best:.3f} after {wall:.0f} s ({processor:.0f})", flush=True)
    for method in options.others:
        for wall, processor, reached in measured(method, options):
            said = f"{method}: 10-NN {reached:.3f} after {wall:.0f} s ({processor:.0f})"
            equal = next((sample for sample in ours if sample[2] >= reached), None)
            if equal is not None:
                said += f"; lodespace reaches it after {equal[0]:.0f} s ({equal[1]:.0f})"
            elif ours:
                said += "; lodespace does not reach it"
            print(said, flush=True)


if __name__ == "__main__":
    main()
