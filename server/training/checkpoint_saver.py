"""Saving of checkpoints in the trainer process, with reports of failures."""

import logging
import time
from pathlib import Path

from lodespace.files import reason_of
from lodespace.models.free_memory import return_free_memory
from lodespace.models.training.trainer import Trainer
from lodespace.training import messages as m
from lodespace.training.event_pipe import EventPipe

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 30.0
"""Longest time between two checkpoints while training runs, in seconds."""


class CheckpointSaver:
    """Saves checkpoints of `trainer` into `folder`.

    Reports a failure once per reason, and reports when saving works again.
    """

    def __init__(self, trainer: Trainer, folder: Path, events: EventPipe) -> None:
        self.trainer = trainer
        self.folder = folder
        self.events = events
        self._saved_at = time.monotonic()
        self._saved_step = trainer.loop.step if trainer.display.shown is not None else -1
        self._trouble = ""

    def continue_with(self, trainer: Trainer) -> None:
        """Continue with `trainer`, which has more items than the one before."""
        self.trainer, self._saved_step = trainer, -1

    @property
    def overdue(self) -> bool:
        """Whether the newest checkpoint is older than CHECKPOINT_SECONDS."""
        return time.monotonic() - self._saved_at > CHECKPOINT_SECONDS

    def save(self) -> None:
        """Save a checkpoint, unless the current step is saved already or no frame exists yet."""
        self._saved_at = time.monotonic()
        step = self.trainer.loop.step
        if step == self._saved_step or self.trainer.display.shown is None:
            return
        try:
            self.trainer.save(self.folder)
            self._saved_step = step
            trouble = ""
            return_free_memory()
        except OSError as error:
            trouble = (
                f"The model cannot be saved: {reason_of(error, self.folder)}. Training continues."
            )
            log.warning("%s", trouble)
        if trouble != self._trouble:
            self._trouble = trouble
            self.events.send(m.NotSaved(trouble))
