"""The trainer: its settings, how it stands, what it measures."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import CommandId, Phase, Preset, TrainerState, Weight


class Settings(Message):
    """What can be set while training runs. In a request, absent fields stay as they are."""

    preset: Preset | None = None
    latent_dim: Literal[2, 3] | None = None
    hidden_layers: Annotated[int, msgspec.Meta(ge=0, le=4)] | None = None
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    beta_kl: Weight | None = None
    beta_classifier: Weight | None = None
    beta_neighbour: Weight | None = None
    beta_anchor: Weight | None = None
    beta_encoder: Weight | None = None
    stiffness: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class Losses(Message):
    """One sample of the training curves, about twice a second.

    `terms` are the loss terms as models/vae/losses.py reports them, each apart and unweighted, and `total`, weighted.
    `metrics`: "label_accuracy" (0..1) is the classifier's on labelled items it was not trained on, once there are
    enough of them, "held_out" how many these are, "head_accuracy" that of the paper's head on the latent mean alone.
    """

    step: int
    epoch: float
    terms: dict[str, float]
    metrics: dict[str, float]
    kl_per_dimension: list[float]


class Training(Message):
    """State of the trainer. `progress` (0..1) is that of the first training, 1 afterwards."""

    state: TrainerState
    phase: Phase
    progress: float
    step: int
    frames_per_second: float
    settings: Settings
    message: str = ""


class SetTraining(Operation, tag="set_training"):
    """Run, pause, or change settings. Taken by the trainer within one batch. A change of settings is a gesture, and can be undone."""

    command_id: CommandId
    run: bool | None = None
    settings: Settings | None = None


class TrainingChanged(Operation, tag="training"):
    """The trainer's state or progress changed."""

    training: Training


class LossesMeasured(Operation, tag="losses"):
    """A new sample of the training curves; newest wins."""

    losses: Losses
