"""Share of the bundled digits that is labelled and right after 25 region gestures.

    python benchmarks/gestures.py [--gestures 25] [--seeds 1] [--preset default]

A simulated annotator (simulated_annotator.py) labels the largest ball in latent space whose items
have nearly all the same class. After each gesture, training continues until it rests. The output
has three shares of all items. "labelled right": items with a correct label. "filled": items with a
correct label, or with a correct prediction if they have no label. "model": items with a correct
prediction.
"""

import argparse
import time

import numpy as np

# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: F401  # isort: skip
import torch
from map_quality import nearest_neighbour_accuracy
from simulated_annotator import SimulatedAnnotator

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset, Trainer, preset
from lodespace.models.snapshot import Snapshot

WANTED = 0.90
REPORT_AT = (5, 10, 15, 20, 25, 30, 40, 50)


def rest(trainer: Trainer) -> Snapshot:
    """Train until the training has no work left, and return the last snapshot."""
    snapshot = None
    for snapshot in trainer.frames():
        if snapshot.resting:
            break
    assert snapshot is not None
    return snapshot


def run(preset_name: str, seed: int, gestures: int) -> float:
    """Run one simulation and return the share of items that is labelled right at the end."""
    items = load_digits()
    assert items.truth is not None
    truth = items.truth
    start = time.perf_counter()
    config = preset("paper" if preset_name == "paper" else "default")
    trainer = Trainer(Dataset.from_images(items.data), config, n_classes=10, seed=seed)
    snapshot = rest(trainer)
    accuracy = nearest_neighbour_accuracy(snapshot.latent_mean, truth)
    print(f"seed {seed}: first training {time.perf_counter() - start:.1f} s, 10-NN {accuracy:.3f}")
    annotator = SimulatedAnnotator(truth, seed=seed)
    labels = np.full(len(truth), -1, np.int16)
    right = 0.0
    for gesture in range(1, gestures + 1):
        chosen, label = annotator.gesture(snapshot.latent_mean, labels)
        labels[chosen] = label
        trainer.set_labels(labels)
        snapshot = rest(trainer)
        right = float((labels == truth).mean())
        if gesture in REPORT_AT or gesture == gestures:
            filled = float((np.where(labels >= 0, labels, snapshot.prediction) == truth).mean())
            model = float((snapshot.prediction == truth).mean())
            elapsed = time.perf_counter() - start
            print(
                f"  gesture {gesture:3d}  labelled right {right:.3f}  filled {filled:.3f}  model "
                f"{model:.3f}"
                f"  [{elapsed:.0f} s]",
                flush=True,
            )
    return right


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gestures", type=int, default=25)
    parser.add_argument("--seeds", type=int, default=1, help="number of runs (default: 1)")
    parser.add_argument("--preset", choices=["default", "paper"], default="default")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    results = [run(options.preset, seed, options.gestures) for seed in range(options.seeds)]
    print(
        f"labelled right after {options.gestures}: {np.mean(results):.3f} (wanted for 25: at "
        f"least {WANTED})"
    )


if __name__ == "__main__":
    main()
