"""The reports on the state of training: phase, progress, loss curves, collapsed dimensions."""

import time

from lodespace import protocol
from lodespace.models.config import preset
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.trainer import Trainer
from lodespace.models.vae.collapse import describe
from lodespace.session.settings import settings_of
from lodespace.training import messages as m
from lodespace.training.event_pipe import EventPipe
from lodespace.training.inspection import losses_of

STATE_SECONDS = 0.5
"""Longest time between two state messages, in seconds."""


class StateReporter:
    """Sends the state of `trainer` after each change, and at least every STATE_SECONDS."""

    def __init__(self, trainer: Trainer, events: EventPipe) -> None:
        self.trainer = trainer
        self.events = events
        self._sent_at = 0.0
        self._newest: tuple[object, ...] = ()
        self._collapse = ""

    def measured(self, snapshot: Snapshot) -> None:
        """Send losses if they are due, and the warning about collapsed dimensions if it changed."""
        due = snapshot.resting or time.monotonic() - self._sent_at >= STATE_SECONDS
        config = self.trainer.config
        message = describe(snapshot.collapsed, config.latent_dim, config.weights.beta_kl)
        if message != self._collapse:
            self._collapse = message
            usual = preset(config.preset).weights.beta_kl
            fix = protocol.Settings(beta_kl=usual) if message else None
            self.events.send(m.Collapsed(message, fix))
        if due:
            self.events.send(m.Measured(losses_of(snapshot)))

    def state(self, *, running: bool, resting: bool, event: int, frames_per_second: float) -> None:
        """Send the state, unless it is unchanged and was sent less than STATE_SECONDS ago.

        Args:
            running: whether training runs (not paused).
            resting: whether the published points are at rest.
            event: number of the newest event whose inputs were applied.
            frames_per_second: rate of published frames.
        """
        now = time.monotonic()
        loop = self.trainer.loop
        # The training loop finishes shortly before the shown points stop moving.
        phase = "interactive" if loop.phase == "resting" and not resting else loop.phase
        left_out = list(loop.axis_left_out)
        key = (running, phase, event, tuple(left_out))
        if key == self._newest and now - self._sent_at < STATE_SECONDS:
            return
        self._newest, self._sent_at = key, now
        settings = settings_of(self.trainer.config)
        self.events.send(
            m.State(
                running,
                event,
                phase,
                loop.progress,
                loop.step,
                frames_per_second,
                settings,
                left_out,
            )
        )
