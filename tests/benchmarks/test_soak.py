"""Several people label for a long time: memory and disk stay bounded, and no label is lost."""

from pathlib import Path

import numpy as np
import pytest
import soak

from lodespace.items.item_set import load_digits
from lodespace.recording.format import MAX_BYTES
from lodespace.recording.writer import GROWTH
from lodespace.training.undo_snapshots import DISK_BYTES, ON_DISK
from samples.training_inputs import BRIEF_OPTIONS

MINUTES_SLOW = 60
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
    print("\n".join(soak.table(found)))
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
