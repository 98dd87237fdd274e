"""Publishing of frames: which snapshots clients see, with what accuracy, and at what rate."""

import time

from lodespace.models.snapshot import Snapshot
from lodespace.models.training.trainer import Trainer
from lodespace.training import messages as m
from lodespace.training.event_pipe import EventPipe
from lodespace.training.inspection import compact_forces
from lodespace.training.shared_frames import SharedFrames, TrainerFrame

FRAME_SECONDS = 1 / 60
"""Shortest interval between two published frames of a motion, in seconds. Most displays show 60
frames per second, so a shorter interval has no use."""


class FramePublisher:
    """Writes frames of `trainer` into the shared ring, and sends their numbers to the server."""

    def __init__(self, trainer: Trainer, ring: SharedFrames, events: EventPipe) -> None:
        self.trainer = trainer
        self.ring = ring
        self.events = events
        self._sequence = 0
        self._newest: tuple[int, bool] = (-1, False)
        self._published_at = 0.0
        self._recent: list[float] = []
        self._with_forces = False
        self._forces_sent = False

    def watch(self, *, forces: bool) -> None:
        """Set whether frames include forces. If they do, publish a frame with forces at once."""
        self._with_forces, self._forces_sent = forces, False
        if forces:
            self.publish(self.trainer.snapshot())

    def continue_with(self, trainer: Trainer, ring: SharedFrames) -> None:
        """Continue with a trainer and a ring of more items, in the same file."""
        self.trainer, self.ring = trainer, ring
        self._newest, self._forces_sent = (-1, False), False
        ring.invalidate()

    def publish(self, snapshot: Snapshot, *, exact: bool = False) -> None:
        """Publish `snapshot` unless it is already published, or follows the last frame too soon.

        Args:
            snapshot: newest state of the trainer.
            exact: publish at once, with positions accurate to one step of the quantisation grid.
        """
        now = time.monotonic()
        if self.trainer.display.shown is None:
            return
        again = exact or (self._with_forces and not self._forces_sent)
        if (snapshot.frame, snapshot.resting) == self._newest and not again:
            return
        if now - self._published_at < FRAME_SECONDS and not (snapshot.resting or again):
            return
        if snapshot.frame != self._newest[0]:
            self._recent = [*(t for t in self._recent if now - t < 2), now]
        self._published_at = now
        self._newest = (snapshot.frame, snapshot.resting)
        self._sequence += 1
        frame = TrainerFrame(
            self._sequence,
            snapshot.step,
            snapshot.latent_mean,
            snapshot.predictions,
            snapshot.resting,
            snapshot.resting or exact,
            compact_forces(self.trainer) if self._with_forces else None,
        )
        self._forces_sent = self._with_forces
        self.ring.write(frame)
        self.events.send(m.FrameReady(self._sequence))

    @property
    def frames_per_second(self) -> float:
        """Number of frames with new positions in the last second."""
        now = time.monotonic()
        return float(len([t for t in self._recent if now - t < 1]))
