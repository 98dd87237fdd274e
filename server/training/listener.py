"""The interface through which the supervisor reports the trainer's events."""

from typing import Protocol

from lodespace import protocol
from lodespace.training.shared_frames import TrainerFrame


class TrainerListener(Protocol):
    """Receiver of the trainer's events. All methods are called in the event loop."""

    def on_frame(self, frame: TrainerFrame) -> None:
        """Called for each new frame."""
        ...

    def on_losses(self, losses: protocol.Losses) -> None:
        """Called for each sample of the loss curves."""
        ...

    def on_training(self, training: protocol.Training) -> None:
        """Called when the state of training changes, and with each heartbeat."""
        ...

    def on_axes(self, left_out: list[tuple[int, float]]) -> None:
        """Called with each heartbeat. `left_out` has, per named axis, the number of left-out
        predictions, and the rank correlation of these predictions with the values."""
        ...

    def on_notice(self, notice: protocol.Notice) -> None:
        """Called for a warning, and with an empty message when the warning no longer applies."""
        ...
