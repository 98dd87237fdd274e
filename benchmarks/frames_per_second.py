"""Distinct latent frames per second during interactive training.

    python benchmarks/frames_per_second.py [--items 5000 70000] [--seconds 15]

The data are the 5,000 bundled digits. For more items, the digits are repeated with noise. torch
uses two threads. After the first layout, a region is labelled every three seconds. A frame counts
if it differs from the previous frame. "longest turn" is the longest time that a command waits for
the training loop.
"""

import argparse
import time

import numpy as np

# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: F401  # isort: skip
import torch

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset, Trainer, preset

WANTED = {5000: 20, 70000: 3}
GESTURE_SECONDS = 3.0
REGION = 300


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `n` pictures (n, 28, 28) and their classes (n,)."""
    items = load_digits()
    assert items.truth is not None
    repeats = -(-n // len(items))
    images = np.tile(items.data, (repeats, 1, 1))[:n]
    if repeats > 1:
        noise = np.random.default_rng(0).normal(0, 20, images.shape)
        images = np.clip(images + noise, 0, 255).astype(np.uint8)
    return images, np.tile(items.truth, repeats)[:n]


def measure(n: int, seconds: float) -> None:
    """Train on `n` items for `seconds`. Print the frame rate and the longest turn of the loop."""
    images, truth = digits(n)
    began = time.perf_counter()
    trainer = Trainer(Dataset.from_images(images), preset("default"), n_classes=10, seed=0)
    frames = trainer.frames()
    for snapshot in frames:
        if snapshot.phase != "layout":
            break
    laid_out = time.perf_counter() - began
    labels = np.full(n, -1, np.int16)
    random = np.random.default_rng(0)
    start = last = time.perf_counter()
    labelled_at, shown, distinct, longest, gesture = float("-inf"), -1, 0, 0.0, 0
    while last - start < seconds:
        if last - labelled_at > GESTURE_SECONDS:
            label = gesture % 10
            middle = snapshot.latent_mean[random.choice(np.flatnonzero(truth == label))]
            near = np.argsort(((snapshot.latent_mean - middle) ** 2).sum(axis=1))[
                : REGION * n // 5000
            ]
            labels[near] = label
            trainer.set_labels(labels)
            labelled_at, gesture = last, gesture + 1
        snapshot = next(frames)
        distinct += snapshot.frame != shown
        shown = snapshot.frame
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now
    rate = distinct / (last - start)
    print(
        f"{n:>6} items: {rate:5.1f} frames per second (wanted: {WANTED.get(n, '-')}), longest "
        f"turn {1000 * longest:.0f} ms;",
        end=" ",
    )
    print(f"first layout after {laid_out:.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, nargs="+", default=[5000, 70000])
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args()
    torch.set_num_threads(2)
    for n in options.items:
        measure(n, options.seconds)


if __name__ == "__main__":
    main()
