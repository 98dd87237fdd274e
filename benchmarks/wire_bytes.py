"""Bytes per point and frame on the wire during real training, and the time to encode a frame.

    python benchmarks/wire_bytes.py [--gestures 8]

The default preset trains on the bundled digits while a simulated annotator labels. Every second
frame is encoded by this protocol. For comparison, the table has float16 positions as in the
messages of viser 1.1 (6 bytes per point, here also deflated), and float32 (12 bytes per point).
"""

import argparse
import time
import zlib

import numpy as np

# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: F401  # isort: skip
import torch
from simulated_annotator import SimulatedAnnotator

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset, Trainer, preset
from lodespace.protocol.frames import GRID_STEPS
from lodespace.scene.latent_grid import LatentGrid


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gestures", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(2)
    items = load_digits()
    assert items.truth is not None
    n = len(items)
    trainer = Trainer(Dataset.from_images(items.data), preset("default"), n_classes=10, seed=0)
    annotator = SimulatedAnnotator(items.truth)
    labels = np.full(n, -1, np.int16)
    grid = LatentGrid(n)
    ours, half, half_deflated, worst, seconds = [], [], [], 0.0, []
    gestures, shown = 0, -1
    for snapshot in trainer.frames():
        if snapshot.frame > shown + 1 or snapshot.resting:
            shown = snapshot.frame
            before = grid.revision
            if (
                not grid.publish(snapshot.latent_mean, step=snapshot.step, resting=False)
                and grid.revision != before
            ):
                began = time.perf_counter()
                frame = grid.delta_from(before)
                seconds.append(time.perf_counter() - began)
                assert frame is not None
                ours.append(len(frame))
                floats = snapshot.latent_mean.astype(np.float16).tobytes()
                half.append(len(floats))
                half_deflated.append(len(zlib.compress(floats, 1)))
                exact = (snapshot.latent_mean - np.array(grid.box.origin)) / grid.box.size
                worst = max(worst, float(np.abs(grid.grid / (GRID_STEPS - 1) - exact).max()))
        if snapshot.resting:
            if gestures == options.gestures:
                break
            chosen, label = annotator.gesture(snapshot.latent_mean, labels)
            labels[chosen] = label
            trainer.set_labels(labels)
            gestures += 1
    print(
        f"{len(ours)} frames of {n} points, {gestures} gestures; largest error 1/{1 / worst:.0f} "
        "of the box (wanted: 1/2048)"
    )
    print("| encoding | bytes per point and frame |")
    print("|---|---|")
    print(f"| this protocol | {np.mean(ours) / n:.2f} (wanted: at most 2.2) |")
    print(
        f"| float16, as viser 1.1 | {np.mean(half) / n:.2f}; deflated "
        f"{np.mean(half_deflated) / n:.2f} |"
    )
    print("| float32 | 12.00 |")
    print(
        f"encoding a delta frame: median {1e9 * np.median(seconds) / n:.0f} ns per point (wanted: "
        "under 60)"
    )


if __name__ == "__main__":
    main()
