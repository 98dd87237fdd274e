"""Named axes on the bundled digits: correlation on hidden values, and the cost for the classes.

    python benchmarks/named_axes.py [--seeds 3] [--preset default] [--results FILE]

Two values are computed per picture. The slant is the sideways shift per unit of height, from the
second moments of the pixels. The stroke width is four times the mean distance of the ink from its
border, which is exact for a straight stroke. Half of the values are hidden. A map in 3D with 100
labels (10 per class) is trained until it rests. Then one axis of the map shows the slant or the
width, or two axes show both.

The output has Spearman's correlation of the coordinate with the hidden values, on the shown points
and on the encoder's means, and the accuracy of 10-NN on the shown points before and after.
`--results` appends each row to a file as JSON; rows that the file has already are not measured
again.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: F401  # isort: skip
import torch
from map_quality import nearest_neighbour_accuracy
from scipy import ndimage
from scipy.stats import spearmanr

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset, Snapshot, Trainer, preset

LABELS_PER_CLASS = 10
AXES = (("slant",), ("width",), ("slant", "width"))
WANTED_CORRELATION, WANTED_FALL = 0.9, 0.02
_FINER = 4
"""Factor by which pictures are enlarged to measure the stroke width."""

Images = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]


def slants(images: Images) -> Values:
    """Return the slant of each picture (N, H, W): positive if the top leans to the right."""
    weight = images / images.sum(axis=(1, 2), keepdims=True)
    down, right = np.mgrid[: images.shape[1], : images.shape[2]]
    down = down - (weight * down).sum(axis=(1, 2), keepdims=True)
    right = right - (weight * right).sum(axis=(1, 2), keepdims=True)
    return -(weight * right * down).sum(axis=(1, 2)) / (weight * down**2).sum(axis=(1, 2))


def widths(images: Images) -> Values:
    """Return the stroke width of each picture (N, H, W), in pixels.

    The mean distance to the border of a straight stroke is a quarter of its width.
    """
    found = []
    for image in images:
        finer = ndimage.zoom(image.astype(np.float32), _FINER, order=1)
        inside = ndimage.distance_transform_edt(np.pad(finer > finer.max() / 2, 1))
        found.append(4 * inside[inside > 0].mean() / _FINER)
    return np.array(found)


def rest(trainer: Trainer) -> Snapshot:
    """Train until the training has no work left, and return the last snapshot."""
    for snapshot in trainer.frames():
        if snapshot.resting:
            return snapshot
    raise AssertionError


def labelled(truth: npt.NDArray[np.integer], seed: int) -> npt.NDArray[np.int16]:
    """Return LABELS_PER_CLASS random labels per class, -1 for other items."""
    random = np.random.default_rng(seed)
    labels = np.full(len(truth), -1, np.int16)
    for k in np.unique(truth):
        labels[random.choice(np.flatnonzero(truth == k), LABELS_PER_CLASS, replace=False)] = k
    return labels


def half_known(values: Values, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return standardised values and a mask of the items whose values are hidden, each (N,).

    A random half of the values is hidden: these values are NaN.
    """
    hidden = np.random.default_rng(1000 + seed).random(len(values)) < 0.5
    known = np.where(hidden, np.nan, values)
    standard = (known - np.nanmean(known)) / np.nanstd(known)
    return standard.clip(-3, 3).astype(np.float32), hidden


def measure(
    trainer: Trainer, columns: dict[str, Values], names: tuple[str, ...], seed: int
) -> dict[str, Any]:
    """Return the figures of axes that show the columns `names`."""
    given = [half_known(columns[name], seed) for name in names]
    trainer.set_axes(range(len(names)), np.stack([values for values, _ in given], axis=1))
    began = time.perf_counter()
    shown = rest(trainer).latent_mean
    means = trainer.loop.vae_training.encode_all()
    axes = trainer.loop.axes
    assert axes is not None
    encoded = (means @ axes.directions.T).cpu().numpy()

    def correlation(found: npt.NDArray[np.floating]) -> list[float]:
        return [
            float(spearmanr(found[hidden, d], columns[name][hidden]).statistic)
            for d, (name, (_, hidden)) in enumerate(zip(names, given, strict=True))
        ]

    return {
        "correlation": correlation(shown),
        "encoder": correlation(encoded),
        "shown": shown,
        "seconds": time.perf_counter() - began,
    }


def run(seed: int, name: str, items: int, done: set[tuple[int, str]]) -> Iterator[dict[str, Any]]:
    """Yield the rows of one seed, without those in `done`."""
    digits = load_digits()
    assert digits.truth is not None
    chosen = np.sort(np.random.default_rng(seed).permutation(len(digits.truth))[:items])
    images, truth = np.asarray(digits.data)[chosen], digits.truth[chosen]
    columns = {"slant": slants(images), "width": widths(images)}
    dataset = Dataset.from_images(images)
    wanted = [names for names in AXES if (seed, "+".join(names)) not in done]
    if not wanted:
        return
    config = preset("paper" if name == "paper" else "default")
    trainer = Trainer(dataset, config, n_classes=10, seed=seed)
    rest(trainer)
    trainer.set_labels(labelled(truth, seed))
    before = nearest_neighbour_accuracy(rest(trainer).latent_mean, truth)
    with tempfile.TemporaryDirectory() as folder:
        trainer.save(Path(folder))
        for names in wanted:
            trainer = Trainer.load(Path(folder), dataset)
            found = measure(trainer, columns, names, seed)
            after = nearest_neighbour_accuracy(found.pop("shown"), truth)
            axes = "+".join(names)
            yield {"seed": seed, "axes": axes, "before": before, "after": after, **found}


def line(row: dict[str, Any]) -> str:
    shown = " ".join(f"{value:.3f}" for value in row["correlation"])
    encoder = " ".join(f"{value:.3f}" for value in row["encoder"])
    return (
        f"seed {row['seed']}  {row['axes']:12s} shown {shown:12s} encoder {encoder:12s} "
        f"10-NN {row['before']:.3f} -> {row['after']:.3f}  ({row['seconds']:.0f} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3, help="number of runs (default: 3)")
    parser.add_argument("--preset", choices=["default", "paper"], default="default")
    parser.add_argument("--items", type=int, default=5000, help="number of digits (default: all)")
    parser.add_argument("--results", type=Path, help="file to which rows are appended")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows: list[dict[str, Any]] = []
    if options.results is not None and options.results.exists():
        rows = [json.loads(text) for text in options.results.read_text().splitlines()]
    for seed in range(options.seeds):
        done = {(row["seed"], row["axes"]) for row in rows}
        for row in run(seed, options.preset, options.items, done):
            print(line(row), flush=True)
            rows.append(row)
            if options.results is not None:
                with options.results.open("a") as file:
                    file.write(json.dumps(row) + "\n")
    print(f"\n{'axes':12s} {'shown':>15s} {'encoder':>15s} {'10-NN before':>13s} {'after':>6s}")
    met = True
    for names in AXES:
        own = [row for row in rows if row["axes"] == "+".join(names)]
        if not own:
            continue
        shown, encoder = (
            " ".join(f"{value:.3f}" for value in np.mean([row[key] for row in own], axis=0))
            for key in ("correlation", "encoder")
        )
        before, after = (float(np.mean([row[key] for row in own])) for key in ("before", "after"))
        print(f"{'+'.join(names):12s} {shown:>15s} {encoder:>15s} {before:13.3f} {after:6.3f}")
        if len(names) == 1:
            least = min(row["correlation"][0] for row in own)
            met = met and least >= WANTED_CORRELATION and before - after <= WANTED_FALL
    print(f"one axis: at least {WANTED_CORRELATION}, and at most {WANTED_FALL} less 10-NN: {met}")
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
