"""Settings of one training besides the hyperparameters: epochs, seed, labels, device.

This module does not import torch.
"""

from dataclasses import dataclass
from typing import Annotated

from lodespace.models.config_table import HYPERPARAMETERS, defaults_of
from lodespace.models.hyperparameters.hyperparameter import check_fields, fields_of, text_of
from lodespace.models.hyperparameters.limits import Limits


@dataclass(frozen=True)
class RunSettings:
    """Settings of a headless training besides the hyperparameters."""

    epochs: Annotated[int, Limits(1)] = 30
    """Passes of the encoder over the data.

    The preset `figure2` has `pretraining_epochs` and `labelled_epochs` instead.
    """
    seed: Annotated[int, Limits(0, (1 << 31) - 1)] = 0
    """Seed of the training. The same seed gives the same bytes on the same kind of machine."""
    labels: str | None = None
    """Which labels of the data to train with: none, all, or a number of labels per class.

    By default, all labels if they are a person's work, and otherwise no labels.
    """
    device: str = "auto"
    """Device of the model: auto, cpu, cuda or mps."""
    threads: Annotated[int, Limits(0, (1 << 31) - 1)] = 0
    """Processor threads of the model, or of each worker.

    0: all processors, which the workers of a machine share. With `ray`, the workers that Ray starts
    have one thread each.
    """

    workers: Annotated[int, Limits(1, 1024)] = 1
    """Processes that train together on this machine (docs/scale.md).

    A batch of encoder and decoder has `batch_size` items per worker. With torchrun, leave this
    setting out.
    """

    ray: str | None = None
    """Address of a Ray cluster on which the workers run: auto, local or HOST:PORT.

    At least two workers are needed. By default, the workers run on this machine.
    """

    def __post_init__(self) -> None:
        check_fields(self)
        if self.ray is not None and self.workers == 1:
            raise ValueError("ray: Ray starts further workers; set workers to 2 or more")


RUN_SETTINGS = {row.name: row for row in fields_of(RunSettings)}
"""The settings of a training by name, in the same form as the table of hyperparameters."""
ALL_SETTINGS = HYPERPARAMETERS | RUN_SETTINGS
"""All settings by name."""


def note_of(name: str) -> str:
    """Return range and default of a setting, for example "0 to 1; default: 0.3; calm: 0.8"."""
    row = ALL_SETTINGS[name]
    if name in RUN_SETTINGS:
        return f"default: {text_of(getattr(RunSettings(), name))}"
    return "; ".join(part for part in (row.range, f"default: {defaults_of(row)}") if part)
