"""The trainer: settings, state, losses."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import CommandId, Phase, Preset, TrainerState, Weight


class Settings(Message):
    """Settings that can change during training. In a request, an absent field means no change."""

    preset: Preset | None = None
    """Named set of defaults for the other fields."""
    latent_dim: Literal[2, 3] | None = None
    """Dimension of the latent space."""
    hidden_layers: Annotated[int, msgspec.Meta(ge=0, le=4)] | None = None
    """Number of hidden layers of the classifier head; 0 for logistic regression."""
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    """Learning rate of the first training.

    The rate after gestures is a fixed share of this rate.
    """
    beta_kl: Weight | None = None
    """Weight of the KL term."""
    beta_classifier: Weight | None = None
    """Weight of the classification term."""
    beta_neighbour: Weight | None = None
    """Weight of the neighbour term, the attraction and repulsion by the neighbour graph."""
    beta_anchor: Weight | None = None
    """Weight of the anchor term, which pulls dragged and pinned items to their targets."""
    beta_encoder: Weight | None = None
    """Weight of the encoder term, which pulls the encoder's means to the items' latent means."""
    beta_axis: Weight | None = None
    """Weight of the axis term, which pulls items along a named axis to their value."""
    stiffness: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """Resistance of unlabelled items to motion, 0..1."""
    more: dict[str, bool | float | str | list[int] | None] | None = None
    """Further hyperparameters by name, for example `pace` or `batch_size` (docs/training.md).

    A request may change those that can change during training; the others are fixed when training
    starts.
    """


class Losses(Message):
    """One sample of the training curves. The server sends about two samples per second."""

    step: int
    """Training step at which these values were measured."""
    epoch: float
    """Number of passes over the data."""
    terms: dict[str, float]
    """Value of each loss term before weighting, and the weighted sum `total`, in nats
    (models/vae/losses.py)."""
    metrics: dict[str, float]
    """`label_accuracy`: accuracy of the classifier on held-out labelled items, 0..1; `held_out`:
    number of these items; `head_accuracy`: accuracy of the paper's classifier head on the same
    items. All three are absent while there are too few of these items, or a class has no label."""
    kl_per_dimension: list[float]
    """KL divergence per latent dimension, in nats."""


class Training(Message):
    """State of the trainer."""

    state: TrainerState
    """State of the trainer process."""
    phase: Phase
    """Phase of training."""
    progress: float
    """Progress of the first training, 0..1; 1 afterwards."""
    step: int
    """Number of training steps so far."""
    frames_per_second: float
    """Number of frames that the trainer publishes per second."""
    settings: Settings
    """Current settings, with all fields filled."""
    message: str = ""
    """A sentence for a person; empty when there is nothing to say."""


class SetTraining(Operation, tag="set_training"):
    """Run or pause training, or change settings. The trainer reacts within one batch.

    A change of settings is an event of the label log, so it can be undone.
    """

    command_id: CommandId
    """Id of the command."""
    run: bool | None = None
    """Whether training runs (true) or is paused (false); null for no change."""
    settings: Settings | None = None
    """Settings to change."""


class TrainingChanged(Operation, tag="training"):
    """State or progress of the trainer changed. Each message replaces the previous message."""

    training: Training
    """The newest state."""


class LossesMeasured(Operation, tag="losses"):
    """The newest value of each training curve. If an older message is not sent yet, the newer
    message replaces it."""

    losses: Losses
    """The newest sample of the training curves."""
