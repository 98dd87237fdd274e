"""A table that compares training on the CPU and on the GPU, made in less than four minutes.

    python benchmarks/gpu.py [--items 5000 70000] [--large 1000000] [--no-bake] [--patience 1]

The items are the bundled digits, and noisy copies of them. Columns of the table:

- epoch: one epoch of the variational autoencoder of the preset `default`, from the median time of
  a batch. Batches are timed for at most 5 s.
- first map: the time from the moment at which the items are in memory to the first map. It includes
  descriptor, principal components, neighbour graph and first positions. It also includes the
  compilation of methods that the device compiles at their first use.
- frames: different maps per second while a cluster is labelled every three seconds.
- label to motion: from a label to the next map, which shows the effect of the label. The cell has
  the median and the 90 % quantile of eight labels during training.
- bake: the time of `lodespace bake` on the digits with one epoch and all parts, measured from the
  start of the process.

The first training is short (few steps for features and encoder), because it has no effect on these
figures and would take minutes at 70,000 items. Each row has a time limit. A cell states why it
has no figure. `--patience 5` makes all limits five times as long, for a slow or busy machine.
`--large` items are measured on the GPU alone, if its free memory suffices.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# Imported before torch, because this package sets how the threads of torch wait.
import lodespace.models  # noqa: F401  # isort: skip
import numpy as np
import torch

from lodespace.items.item_set import bundled_digits_folder, load_digits
from lodespace.models import Dataset, Snapshot, Trainer, preset
from lodespace.models.device import choose_device
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.vae.training import VAETraining

COLUMNS = ("epoch", "first map", "frames", "label to motion")
ROW_SECONDS = {"cpu": (25.0, 80.0), "gpu": (15.0, 20.0)}
"""Time limits in seconds, per device: of the first row, and of each further row.

With the default options, the limits of all rows and bakes add up to 235 s."""
LARGE_SECONDS = 40.0
BAKE_SECONDS = {"cpu": 40.0, "gpu": 15.0}
EPOCH_SECONDS = 5.0
STEPS_PER_PART = 5
"""Batches that are timed together."""
FRAME_SECONDS = 6.0
GESTURE_SECONDS = 3.0
LABELS = 8
UNITS_BETWEEN_LABELS = 10
"""Number of units of work from one label to the next."""
REGION = 300
"""Number of items of a cluster that is labelled, if there are 5,000 items."""
BYTES_PER_ITEM = 20_000
"""Bytes that the training needs per item: item, rows for principal components, features, graph."""
SHORT = {"feature_steps": 5, "encoder_epochs": 1, "least_steps": 1, "layout_rounds": 40}
"""Settings of the first training."""


class OutOfTime(Exception):
    """The limit of a row has passed."""


@dataclass
class Row:
    """Row of the table: the figures for a number of items on a device."""

    items: int
    device: str
    cells: dict[str, str] = field(default_factory=dict)
    """Text of each measured column."""
    reason: str = ""
    """Why the other columns have no figure."""

    def as_markdown(self) -> str:
        cells = [self.cells.get(name, self.reason or "–") for name in (*COLUMNS, "bake")]
        return f"| {self.items:,} | {self.device} | {' | '.join(cells)} |"


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `n` pictures (n, 28, 28) and their classes (n,)."""
    items = load_digits()
    assert items.truth is not None
    random = np.random.default_rng(0)
    images = np.empty((n, *items.data.shape[1:]), np.uint8)
    for start in range(0, n, len(items)):
        part = items.data[: n - start]
        if start:
            noise = random.integers(-30, 31, part.shape, dtype=np.int16)
            part = np.clip(part + noise, 0, 255).astype(np.uint8)
        images[start : start + len(part)] = part
    return images, np.resize(items.truth, n)


def finish(device: torch.device) -> None:
    """Wait until the device has done all work."""
    if device.type != "cpu":
        torch.accelerator.synchronize()


def measure(row: Row, device: torch.device, seconds: float) -> None:
    """Measure the columns of `row`, except the bake, within `seconds`."""
    end = time.perf_counter() + seconds
    try:
        images, truth = digits(row.items)
        dataset = Dataset.from_images(images).to(device)
        del images
        row.cells["epoch"] = f"{epoch_seconds(dataset, end):.2f} s"
        began = time.perf_counter()
        config = preset("default").replace(**SHORT)
        trainer = Trainer(dataset, config, n_classes=10, seed=0, device=str(device))
        frames = timed(trainer.frames(), end)
        until(frames, lambda snapshot: snapshot.frame > 1)
        finish(device)
        row.cells["first map"] = f"{time.perf_counter() - began:.1f} s"
        row.cells["frames"] = f"{frames_per_second(trainer, frames, truth):.0f} / s"
        times = label_to_motion(trainer, frames, truth)
        middle, high = np.quantile(times, [0.5, 0.9])
        row.cells["label to motion"] = f"{1000 * middle:.0f} ms ({1000 * high:.0f})"
    except OutOfTime:
        row.reason = f"not in {seconds:.0f} s"
    except torch.OutOfMemoryError:
        row.reason = "out of memory"


def timed(frames: Iterator[Snapshot], end: float) -> Iterator[Snapshot]:
    """Yield the frames. Raises OutOfTime after the time `end`."""
    for snapshot in frames:
        yield snapshot
        if time.perf_counter() > end:
            raise OutOfTime


def until(frames: Iterator[Snapshot], reached: Callable[[Snapshot], bool]) -> Snapshot:
    """Train until `reached` returns True for a snapshot, and return this snapshot."""
    return next(snapshot for snapshot in frames if reached(snapshot))


def epoch_seconds(dataset: Dataset, end: float) -> float:
    """Return the seconds for one epoch of the variational autoencoder."""
    device = dataset.device
    generator = torch.Generator().manual_seed(0)
    training = VAETraining(
        dataset, preset("default"), 10, generator, torch.Generator(device).manual_seed(1)
    )
    labels = torch.full((len(dataset),), UNLABELED)
    for _ in range(3):  # warm-up: the device compiles and chooses kernels
        training.step(labels, balanced=False)
    finish(device)
    began, parts = time.perf_counter(), list[float]()
    wanted = -(-training.epochs.batches_per_epoch // STEPS_PER_PART)
    while len(parts) < wanted and time.perf_counter() - began < EPOCH_SECONDS:
        started = time.perf_counter()
        for _ in range(STEPS_PER_PART):
            training.step(labels, balanced=False)
        finish(device)
        parts.append(time.perf_counter() - started)
    if time.perf_counter() > end:
        raise OutOfTime
    # The median is used, because other work of the machine delays some of the parts.
    return float(np.median(parts)) / STEPS_PER_PART * training.epochs.batches_per_epoch


def cluster(
    snapshot: Snapshot, truth: np.ndarray, label: int, random: np.random.Generator
) -> np.ndarray:
    """Return the numbers (K,), int64, of an item of a class and of its nearest items of the same
    class.
    """
    own = np.flatnonzero(truth == label)
    middle = snapshot.latent_mean[random.choice(own)]
    distance = ((snapshot.latent_mean[own] - middle) ** 2).sum(axis=1)
    return own[np.argsort(distance)[: max(1, REGION * len(truth) // 5000)]]


def frames_per_second(trainer: Trainer, frames: Iterator[Snapshot], truth: np.ndarray) -> float:
    """Return the number of different maps per second while clusters are labelled."""
    labels = np.full(len(truth), UNLABELED, np.int16)
    random = np.random.default_rng(0)
    snapshot = trainer.snapshot()
    began = time.perf_counter()
    gestures, count, shown = 0, 0, snapshot.frame
    while time.perf_counter() - began < FRAME_SECONDS:
        if time.perf_counter() - began >= gestures * GESTURE_SECONDS:
            labels[cluster(snapshot, truth, gestures % 10, random)] = gestures % 10
            trainer.set_labels(labels)
            gestures += 1
        snapshot = next(frames)
        count, shown = count + (snapshot.frame != shown), snapshot.frame
    return count / (time.perf_counter() - began)


def label_to_motion(trainer: Trainer, frames: Iterator[Snapshot], truth: np.ndarray) -> list[float]:
    """Return the seconds from each of LABELS labels to the next map."""
    labels = np.full(len(truth), UNLABELED, np.int16)
    random = np.random.default_rng(1)
    times: list[float] = []
    for number in range(LABELS):
        snapshot = trainer.snapshot()
        labels[cluster(snapshot, truth, number % 10, random)] = number % 10
        shown, began = snapshot.frame, time.perf_counter()
        trainer.set_labels(labels)
        until(frames, lambda snapshot, shown=shown: snapshot.frame > shown)
        times.append(time.perf_counter() - began)
        for _, _ in zip(frames, range(UNITS_BETWEEN_LABELS), strict=False):
            pass
    return times


def bake_seconds(device: str, limit: float) -> str:
    """Return the seconds to bake the digits, as text, or the reason why there is no figure."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lodespace", "bake", str(bundled_digits_folder())]
        command += ["-o", str(Path(folder) / "out"), "--epochs", "1", "--device", device]
        began = time.perf_counter()
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return f"not in {limit:.0f} s"
        if done.returncode:
            return f"failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
        return f"{time.perf_counter() - began:.0f} s"


def reason_to_skip(n: int, device: torch.device) -> str:
    """Return why `n` items are not measured on `device`, or an empty text."""
    if device.type == "cpu":
        return "no GPU here"
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info()
        if free < n * BYTES_PER_ITEM:
            return f"{free / 1e9:.0f} of {n * BYTES_PER_ITEM / 1e9:.0f} GB are free"
    return ""


def name_of(device: torch.device) -> str:
    """Return the name of the hardware."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    model = platform.processor() or platform.machine()
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    return f"{model}, {torch.get_num_threads()} threads"


def load() -> str:
    """Return the load of the machine as text, because other work makes all figures worse."""
    with suppress(AttributeError, OSError):  # Windows has no load average
        return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return f"{os.cpu_count()} cores"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, nargs="+", default=[5000, 70_000])
    parser.add_argument("--large", type=int, default=1_000_000, help="items on the GPU alone")
    parser.add_argument("--no-bake", action="store_true")
    parser.add_argument("--patience", type=float, default=1.0, help="factor of all limits of time")
    options = parser.parse_args(arguments)
    patience = options.patience
    gpu, cpu, began = choose_device(), torch.device("cpu"), time.perf_counter()
    print(f"torch {torch.__version__}; CPU: {name_of(cpu)}; GPU: {gpu_text(gpu)}; {load()}\n")
    print("| items | device |", " | ".join((*COLUMNS, "bake of the digits")), "|")
    print("|---" * (len(COLUMNS) + 3) + "|", flush=True)
    devices = [("cpu", cpu)] if gpu.type == "cpu" else [("cpu", cpu), ("gpu", gpu)]
    for kind, device in devices:
        for number, n in enumerate(options.items):
            row = Row(n, device.type)
            measure(row, device, patience * ROW_SECONDS[kind][min(number, 1)])
            if number == 0 and not options.no_bake:
                row.cells["bake"] = bake_seconds(device.type, patience * BAKE_SECONDS[kind])
            row.cells.setdefault("bake", "–")
            print(row.as_markdown(), flush=True)
    row = Row(options.large, gpu.type if gpu.type != "cpu" else "gpu")
    row.reason = reason_to_skip(options.large, gpu)
    if not row.reason:
        measure(row, gpu, patience * LARGE_SECONDS)
    row.cells.setdefault("bake", "–")
    print(row.as_markdown())
    print(f"\n{time.perf_counter() - began:.0f} s in total; {load()} at the end")


def gpu_text(gpu: torch.device) -> str:
    return "none" if gpu.type == "cpu" else name_of(gpu)


if __name__ == "__main__":
    main()
