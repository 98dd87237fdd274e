"""Several people label for a long time: memory and disk stay bounded, and no label is lost."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soak
import soak_figures

from lodespace.items.item_set import load_digits
from lodespace.recording.format import MAX_BYTES
from lodespace.recording.writer import GROWTH
from lodespace.training.undo_snapshots import DISK_BYTES, ON_DISK
from samples.training_inputs import BRIEF_OPTIONS

MINUTES_SLOW = 60
MILLION = 1_000_000
MINUTES_OF_A_MILLION = 10
MOST_BYTES = 3_600_000_000
"""Largest memory use of the trainer with a million items. It is 2.7 GB between gestures."""
GESTURES = 12
"""Number of gestures in a run without --slow. The run takes about 3 s after the
first training."""


@pytest.mark.slow
@pytest.mark.timeout(2 * 60 * MINUTES_SLOW)
def test_people_who_label_for_an_hour_lose_nothing(
    tmp_path: Path, small_data: Path, slow: bool
) -> None:
    """With --slow, the test labels the bundled digits for an hour. Without --slow, the test labels
    small data, and does not check memory: memory use settles only after some minutes."""
    project = tmp_path / "project"
    if slow:
        truth = load_digits().truth
        assert truth is not None
        found = soak.soak(project, truth, gestures=2 * 60 * MINUTES_SLOW)
    else:
        truth = np.load(small_data)["y"]
        found = soak.soak(
            *(project, truth, str(small_data), *BRIEF_OPTIONS),
            gestures=GESTURES,
            rate=4,
            sample_seconds=1,
        )
    print("\n".join(soak_figures.table(found)))
    assert found.refused == []
    assert found.agree and found.kept
    assert len(found.trainers) == 1, "the trainer was restarted"
    assert found.saved_at_stop, "the trainer was killed before it had saved its work"
    assert len(list((project / "moments").glob("*.safetensors"))) <= ON_DISK
    for sample in found.samples:
        assert sample.disk.get("moments", 0) <= 1.05 * DISK_BYTES
        assert sample.disk.get("recording.lds", 0) <= GROWTH * MAX_BYTES
    if slow:
        assert found.growth <= soak.WANTED_GROWTH
        assert found.stop_seconds < soak.WANTED_STOP_SECONDS


@pytest.mark.only_slow("ten minutes with a million items")
@pytest.mark.timeout(3 * 60 * MINUTES_OF_A_MILLION)
def test_two_people_label_a_million_vectors_beside_other_work(tmp_path: Path) -> None:
    data = tmp_path / "million.npz"
    # A process of its own: this process would keep the memory.
    code = (
        "import sys, numpy, scale; data, truth = scale.data('vectors', int(sys.argv[1]))\n"
        "numpy.savez(sys.argv[2], X=data.stored.numpy(), y=truth)"
    )
    folder = Path(soak.__file__).parent
    command = [sys.executable, "-c", code, str(MILLION), str(data)]
    subprocess.run(command, check=True, cwd=folder)
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        found = soak.soak(
            *(tmp_path / "project", np.load(data)["y"], str(data)),
            gestures=12 * MINUTES_OF_A_MILLION,
            people=2,
            rate=0.2,
            at_rest=False,
        )
    finally:
        other.kill()
        other.wait()
    print("\n".join(soak_figures.table(found)))
    assert found.refused == []
    assert found.agree and found.kept, "a label is lost"
    assert len(found.trainers) == 1, "the trainer was killed"
    minutes = found.samples[-1].seconds / 60
    assert minutes > 0.9 * MINUTES_OF_A_MILLION
    memory = [s.trainer for s in found.samples]
    third = len(memory) // 3
    # The networks of the first training are allocated in the first minutes. Memory rises for some
    # seconds while an undo snapshot or a checkpoint is written, so medians are compared.
    early, late = np.median(memory[third:-third]), np.median(memory[-third:])
    assert late <= soak.WANTED_GROWTH * early, "the memory of the trainer grows"
    assert max(memory) <= MOST_BYTES
