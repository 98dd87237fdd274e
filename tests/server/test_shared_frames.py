"""The ring of frames: a reader gets a complete frame or None."""

import subprocess
import sys
import time

import numpy as np
import pytest

from lodespace.models.item_predictions import ItemPredictions
from lodespace.training import shared_frames
from lodespace.training.shared_frames import (
    SLOTS,
    SharedFrames,
    TrainerFrame,
    anonymous_file,
    size_for,
)

N = 20_000

WRITER = """
import sys
import numpy as np
from lodespace.models.item_predictions import ItemPredictions
from lodespace.training.shared_frames import SharedFrames, TrainerFrame

n, frames = int(sys.argv[2]), int(sys.argv[3])
with open(int(sys.argv[1]), "r+b") as file:
    ring = SharedFrames(file, n)
for k in range(1, frames + 1):
    mean = np.full((n, 3), k, np.float32)
    same = np.full(n, k, np.float32)
    predictions = ItemPredictions(np.full(n, k % 1000, np.int16), same, same, same)
    ring.write(TrainerFrame(k, k, mean, predictions, False))
    print(k, flush=True)
"""


def frame(sequence: int, n: int, axes: int = 3, resting: bool = False) -> TrainerFrame:
    random = np.random.default_rng(sequence)
    return TrainerFrame(
        sequence,
        10 * sequence,
        random.normal(size=(n, axes)).astype(np.float32),
        ItemPredictions(
            random.integers(-1, 9, n).astype(np.int16), *random.random((3, n)).astype(np.float32)
        ),
        resting,
    )


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("n", [1, 7, 1000])
def test_a_written_frame_is_read(n: int, axes: int) -> None:
    with anonymous_file(size_for(n)) as file:
        writer, reader = SharedFrames(file, n), SharedFrames(file, n)
        for sequence in range(1, 2 * SLOTS):
            written = frame(sequence, n, axes, resting=sequence % 2 == 0)
            writer.write(written)
            read = reader.read(sequence)
            assert read is not None
            assert (read.sequence, read.step, read.resting) == (
                written.sequence,
                written.step,
                written.resting,
            )
            np.testing.assert_array_equal(read.latent_mean, written.latent_mean)
            np.testing.assert_array_equal(
                read.predictions.prediction, written.predictions.prediction
            )
            np.testing.assert_array_equal(
                read.predictions.confidence, written.predictions.confidence
            )
            np.testing.assert_array_equal(read.predictions.margin, written.predictions.margin)
            np.testing.assert_array_equal(read.predictions.doubt, written.predictions.doubt)


def test_a_frame_whose_slot_was_taken_is_not_there() -> None:
    with anonymous_file(size_for(5)) as file:
        ring = SharedFrames(file, 5)
        for sequence in range(1, SLOTS + 2):
            ring.write(frame(sequence, 5))
        assert ring.read(1) is None
        assert ring.read(2) is not None
        assert ring.read(SLOTS + 2) is None


def test_a_read_frame_is_a_copy() -> None:
    with anonymous_file(size_for(5)) as file:
        ring = SharedFrames(file, 5)
        first = frame(1, 5)
        ring.write(first)
        read = ring.read(1)
        for sequence in range(2, SLOTS + 2):
            ring.write(frame(sequence, 5))
        assert read is not None
        np.testing.assert_array_equal(read.latent_mean, first.latent_mean)


def test_no_frame_is_ever_half_written() -> None:
    """Another process fills all arrays of a frame with the number of the frame. A frame that is
    read contains no other number."""
    whole = missed = 0
    with anonymous_file(size_for(N)) as file:
        ring = SharedFrames(file, N)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file.fileno()), str(N), "1500"],
            stdout=subprocess.PIPE,
            pass_fds=(file.fileno(),),
        )
        assert writer.stdout is not None
        for line in writer.stdout:
            sequence = int(line)
            read = ring.read(sequence)
            if read is None:
                missed += 1
                continue
            whole += 1
            assert (read.latent_mean == sequence).all()
            assert (read.predictions.prediction == sequence % 1000).all()
            assert (read.predictions.confidence == sequence).all()
            assert (read.predictions.margin == sequence).all() and (
                read.predictions.doubt == sequence
            ).all()
        writer.stdout.close()
        assert writer.wait() == 0
    assert whole > 0
    assert whole + missed == 1500


def test_a_slow_reader_sees_the_slot_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame is written to the slot while a reader copies the slot: the reader returns None."""
    with anonymous_file(size_for(5)) as file:
        ring = SharedFrames(file, 5)
        ring.write(frame(1, 5))
        taken = TrainerFrame

        def overtaken(*values: object) -> TrainerFrame:
            monkeypatch.setattr(shared_frames, "TrainerFrame", taken)
            ring.write(frame(1 + SLOTS, 5))
            return taken(*values)  # type: ignore[arg-type]

        monkeypatch.setattr(shared_frames, "TrainerFrame", overtaken)
        assert ring.read(1) is None


def test_the_file_has_no_name_and_is_gone_with_the_process() -> None:
    script = (
        "import os, signal\n"
        "from lodespace.training.shared_frames import anonymous_file\n"
        "file = anonymous_file(1 << 16)\n"
        "print(os.fstat(file.fileno()).st_nlink, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    begun = time.time()
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout.strip() == "0", (result.stdout, result.stderr, begun)
