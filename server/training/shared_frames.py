"""Shared memory that carries frames from trainer to server: a ring of slots in a nameless file.

Both processes map the file into memory. Because the file has no name, the system frees the file
when the last process ends, even if that process is killed. Each slot has a counter: twice the
number of the frame in the slot, or an odd number while the trainer writes the slot. The trainer
fills a slot, and then sends the number of the frame over its pipe. The server reads the slot when
it receives this number. The frame is complete if the counter is twice this number both before and
after the reading. Otherwise, a newer frame has replaced it, and the number of the newer frame
follows over the pipe.
"""

import contextlib
import mmap
import os
import tempfile
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.models.item_predictions import ItemPredictions
from lodespace.protocol import FORCE_TERMS
from lodespace.protocol.frames import FrameForces

SLOTS = 4
"""Number of frames in the ring."""
MAX_DIM = 3
"""Largest number of latent dimensions; each slot has space for this number."""
_TERMS = len(FORCE_TERMS)
_SURENESS = ("confidence", "margin", "doubt")
_HEADER = np.dtype(
    [
        ("sequence", "<u8"),
        ("step", "<i8"),
        ("latent_dim", "<i4"),
        ("resting", "<i4"),
        ("exact", "<i4"),
        ("has_forces", "<i4"),
        ("force_scales", "<f4", (_TERMS,)),
    ]
)


class TrainerFrame(NamedTuple):
    """One frame of training, of N items in D latent dimensions."""

    sequence: int
    """Number of the frame, from 1."""
    step: int
    """Training step."""
    latent_mean: npt.NDArray[np.float32]
    """Latent means as shown, float32 (N, D)."""
    predictions: ItemPredictions[npt.NDArray[Any]]
    """Predictions per item."""
    resting: bool
    """Whether the points have stopped moving and no work is left."""
    exact: bool = False
    """Whether positions must be accurate to one step of the quantisation grid, as in the last frame
    before training rests."""
    forces: FrameForces | None = None
    """Forces on all items; None while no client watches forces."""


class SharedFrames:
    """A ring of SLOTS frames of `n` items, in an open file of `size_for(n)` bytes."""

    def __init__(self, file: IO[bytes], n: int) -> None:
        self.n = n
        self._map = mmap.mmap(file.fileno(), size_for(n))
        self._slot_bytes = size_for(n) // SLOTS

    def invalidate(self) -> None:
        """Mark all slots as being written, so that no reader takes a frame of another ring."""
        for slot in range(SLOTS):
            self._views(slot)[0]["sequence"] = 1

    def write(self, frame: TrainerFrame) -> None:
        """Write a frame into its slot. Frames are numbered from 1, without gaps."""
        header, mean, prediction, sureness, forces = self._views(frame.sequence % SLOTS)
        d = frame.latent_mean.shape[1]
        header["sequence"] = 2 * frame.sequence - 1
        header["step"] = frame.step
        header["latent_dim"] = d
        header["resting"] = frame.resting
        header["exact"] = frame.exact
        header["has_forces"] = frame.forces is not None
        mean[:, :d] = frame.latent_mean
        if frame.forces is not None:
            header["force_scales"] = frame.forces.scales
            forces[:, :, :d] = frame.forces.vectors
        prediction[:] = frame.predictions.prediction
        for row, values in zip(sureness, frame.predictions[1:], strict=True):
            row[:] = values
        header["sequence"] = 2 * frame.sequence

    def read(self, sequence: int) -> TrainerFrame | None:
        """Return a copy of frame `sequence`, or None if a newer frame has replaced it."""
        header, mean, prediction, sureness, vectors = self._views(sequence % SLOTS)
        if int(header["sequence"]) != 2 * sequence:
            return None
        d = int(header["latent_dim"])
        forces = (
            FrameForces(header["force_scales"].copy(), vectors[:, :, :d].copy())
            if header["has_forces"]
            else None
        )
        frame = TrainerFrame(
            sequence,
            int(header["step"]),
            mean[:, :d].copy(),
            ItemPredictions(prediction.copy(), *sureness.copy()),
            bool(header["resting"]),
            bool(header["exact"]),
            forces,
        )
        return frame if int(header["sequence"]) == 2 * sequence else None

    def _views(
        self, slot: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        start, n = slot * self._slot_bytes, self.n
        header = np.frombuffer(self._map, _HEADER, 1, start)[0:1].reshape(())
        start += _HEADER.itemsize
        mean = np.frombuffer(self._map, "<f4", n * MAX_DIM, start).reshape(n, MAX_DIM)
        sureness = np.frombuffer(self._map, "<f4", len(_SURENESS) * n, start + mean.nbytes).reshape(
            -1, n
        )
        start += mean.nbytes + sureness.nbytes
        prediction = np.frombuffer(self._map, "<i2", n, start)
        forces = np.frombuffer(self._map, "i1", _TERMS * n * MAX_DIM, start + prediction.nbytes)
        return header, mean, prediction, sureness, forces.reshape(_TERMS, n, MAX_DIM)


def size_for(n: int) -> int:
    """Return the size of the ring for n items, in bytes. Slots begin at multiples of 8 bytes."""
    slot = _HEADER.itemsize + n * (4 * MAX_DIM + 4 * len(_SURENESS) + 2 + _TERMS * MAX_DIM)
    return SLOTS * (-(-slot // 8) * 8)


def anonymous_file(size: int) -> IO[bytes]:
    """Return a nameless file of `size` bytes, in memory if there is room, else on disk.

    Raises OSError when there is no room on disk either.
    """
    memory = Path("/dev/shm")  # noqa: S108  # the file has no name there
    if memory.is_dir():
        with contextlib.suppress(OSError):
            return _reserved(size, memory)
    return _reserved(size, None)


def enlarge(file: IO[bytes], size: int) -> None:
    """Make the file of a ring at least `size` bytes long. Raises OSError if there is no room."""
    if os.fstat(file.fileno()).st_size >= size:
        return
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:
        file.truncate(size)


def _reserved(size: int, folder: Path | None) -> IO[bytes]:
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # the file outlives this function
    try:
        if hasattr(os, "posix_fallocate"):
            # Reserve the space, because on a full disk a write to the mapped file would kill the
            # process.
            os.posix_fallocate(file.fileno(), 0, size)
        file.truncate(size)
    except OSError:
        file.close()
        raise
    return file
