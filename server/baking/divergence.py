"""The error of a training that diverges, with advice."""

from collections.abc import Iterator

from lodespace.errors import TrainingError
from lodespace.models.snapshot import Snapshot
from lodespace.models.training.trainer import Trainer


def finite_frames(trainer: Trainer, epochs: int | None = None) -> Iterator[Snapshot]:
    """Yield the snapshots of `trainer.frames(epochs)`.

    Raises TrainingError if the training diverges.
    """
    try:
        yield from trainer.frames(epochs)
    except FloatingPointError as error:
        raise TrainingError(
            f"training diverged: {error}; try a lower learning rate (learning_rate)"
        ) from error
