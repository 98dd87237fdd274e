"""Configuration of the model and the training, and presets.

A checkpoint stores the configuration as JSON. This module does not import torch.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from lodespace.models.hyperparameters.hyperparameter import check_fields
from lodespace.models.hyperparameters.limits import ADJUSTABLE, IN_SESSIONS, Limits
from lodespace.models.loss_terms import LossWeights

PresetName = Literal["default", "calm", "paper", "figure2"]
PRESETS: tuple[PresetName, ...] = get_args(PresetName)
"""Names of the presets, in the order in which menus list them."""
Content = Literal["symbols", "photos", "spectrograms", "vectors"]
"""Kind of content of the items. The kind selects augmentations that keep the class of an item.

A mirrored photo shows the same subject, but a mirrored digit is a different symbol.
"""
MODEL_SIDES = (32, 64, 128)
"""Sides, in pixels, at which the networks read pictures. Doubling the side adds one layer."""
Count = Annotated[int, Limits(1)]
"""A number of at least 1, fixed when a training starts."""
Rate = Annotated[float, Limits(0, 1, above=True), ADJUSTABLE]
"""A number above 0 and at most 1, which can change during training."""
MODEL_PREFIX = "model_"
"""Prefix in the names of the hyperparameters that are fields of ModelConfig."""
_WEIGHTS = frozenset(f.name for f in dataclasses.fields(LossWeights))


def model_side(height: int, width: int) -> int:
    """Return the side, in pixels, at which the networks read pictures of `height` x `width` pixels.

    The side is the smallest of MODEL_SIDES that is at least as large as the picture, or the largest
    of MODEL_SIDES if the picture is larger.
    """
    return next((side for side in MODEL_SIDES if side >= max(height, width)), MODEL_SIDES[-1])


@dataclass(frozen=True)
class ModelConfig:
    """Architecture of the variational autoencoder. For vectors, encoder and decoder are MLPs."""

    channels: Annotated[tuple[int, ...], Limits(1, most=4)] = (8, 16, 32)
    """Output channels of the stride-2 convolutions of the encoder, first to last.

    The layers are for a side of 32, which can be halved 4 times. For larger pictures, the last
    layer is repeated. This default is 2 to 2.7 times faster than four layers of 32 channels
    (Burgess et al. 2018), and leads to the same map.
    """
    hidden: Count = 128
    """Units of each fully connected layer."""
    init: Literal["he", "pytorch"] = "he"
    """Initialisation of the networks.

    With "pytorch" a 3D latent space collapses, as tests show.
    """

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))
        check_fields(self)

    def channels_at(self, side: int) -> tuple[int, ...]:
        """Return the channels of the convolutions for pictures with sides of `side` pixels.

        Each doubling of the side adds a convolution.
        """
        return self.channels + self.channels[-1:] * ((side // MODEL_SIDES[0]).bit_length() - 1)


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that a training needs besides data, labels and seed."""

    preset: Annotated[PresetName, ADJUSTABLE] = "default"
    """Named set of values for all other hyperparameters (docs/model.md)."""
    latent_dim: Annotated[int, Limits(2, 3), ADJUSTABLE] = 3
    """Dimensions of the latent space."""
    labels_by: Annotated[Literal["newest", "model"], ADJUSTABLE, IN_SESSIONS] = "newest"
    """How the label of an item follows from several votes (docs/rules.md).

    "newest": the newest gesture or rule. "model": the most probable class by the label model, in
    which the votes of all people and rules are weighed. Its probability is the weight of the label
    in training. Verified labels stay in both cases.
    """
    hidden_layers: Annotated[int, Limits(0, 4), ADJUSTABLE] = 0
    """Hidden layers of the classification head; 0 is logistic regression."""
    model: ModelConfig = field(default_factory=ModelConfig)
    """Architecture of the variational autoencoder."""
    weights: LossWeights = field(default_factory=LossWeights)
    """Weights of the terms of the loss."""
    learning_rate: Rate = 2e-3
    """Learning rate of encoder, decoder and head in the first training."""
    interactive_learning_rate: Rate = 1e-3
    """Learning rate of encoder, decoder and head after the first training.

    If only the learning rate of the first training is set, this rate changes by the same factor.
    """
    batch_size: Annotated[int, Limits(2)] = 128
    """Items per batch of encoder and decoder."""
    pretraining_epochs: Annotated[int, Limits(1), IN_SESSIONS] = 15
    """Epochs of the first training of a session with the preset `paper`.

    With the preset `figure2`: epochs without labels, also in a bake.
    """
    labelled_epochs: Annotated[int, Limits(1), ADJUSTABLE] = 50
    """Epochs after a change of labels with the preset `figure2`."""
    kl_warmup_epochs: Annotated[float, Limits(0), ADJUSTABLE] = 5.0
    """Epochs over which the weight of the KL divergence grows linearly to its full value.

    If `kl_capacity` is set, the weight has its full value from the start.
    """
    kl_capacity: Annotated[float | None, Limits(0)] = None
    """Capacity C in nats per item. The KL term pulls the KL divergence to C instead of to 0.

    With a capacity, the KL term of the loss is beta_kl · |KL - C| (Burgess et al. 2018, who call
    the weight gamma and use 1,000).
    """
    kl_capacity_epochs: Annotated[float, Limits(0, above=True)] = 25.0
    """Epochs over which the capacity C grows linearly from 0 to `kl_capacity`."""
    head_input: Literal["mean", "sample"] = "mean"
    """Input of the head in training: the latent mean, or the sample that the decoder reads.

    Predictions always come from the mean.
    """
    stiffness: Annotated[float, Limits(0, 1), ADJUSTABLE] = 0.3
    """Resistance of unlabelled items to motion."""
    pace: Rate = 1.0
    """Factor that scales the speed limits of shown points."""
    neighbours: Annotated[int, Limits(2)] = 15
    """Edges per item of the k-NN graph."""
    principal_components: Count = 50
    """Number of principal components from which the first graph is built."""
    layout_rounds: Count = 200
    """Rounds of forces in the first layout."""
    feature_steps: Count = 300
    """Batches of self-supervised training."""
    rounds_per_gesture: Annotated[int, Limits(1), ADJUSTABLE] = 30
    """Rounds of forces after a change of labels, before a factor is applied.

    The factor is GESTURE_MOTION (training/map_guide.py).
    """
    classifier_steps_per_gesture: Annotated[int, Limits(1), ADJUSTABLE] = 40
    """Batches of the wide classifier after one change of labels."""
    encoder_epochs: Annotated[int, Limits(1), IN_SESSIONS] = 8
    """Epochs of the encoder in the first training of a session with the preset `default` or `calm`.
    """
    least_steps: Annotated[int, Limits(1), IN_SESSIONS] = 300
    """Minimum number of batches in the first training of a session.

    Without this minimum, the first training on few items would have too few batches.
    """
    gestures_per_graph: Annotated[int, Limits(1), ADJUSTABLE] = 5
    """Number of label changes after which the graph is built again."""

    def __post_init__(self) -> None:
        check_fields(self)

    def replace(self, **changes: Any) -> "TrainingConfig":
        """Return a copy with `changes`.

        The names are fields of this class, of LossWeights (beta_kl, ...), and of ModelConfig after
        MODEL_PREFIX (model_hidden, ...).

        Raises:
            ValueError: for a value outside its range.
        """
        own, weights, model = dict(changes), {}, {}
        for name in changes:
            if name in _WEIGHTS:
                weights[name] = own.pop(name)
            elif name.startswith(MODEL_PREFIX):
                model[name.removeprefix(MODEL_PREFIX)] = own.pop(name)
        if weights:
            own["weights"] = dataclasses.replace(own.get("weights", self.weights), **weights)
        if model:
            own["model"] = dataclasses.replace(own.get("model", self.model), **model)
        return dataclasses.replace(self, **own)

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as plain JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TrainingConfig":
        """Read what `to_json` wrote.

        Raises:
            ValueError: for names that this version does not know; the message lists them.
        """
        values = dict(values)
        _refuse_unknown(cls, values)
        _refuse_unknown(ModelConfig, values.get("model", {}))
        _refuse_unknown(LossWeights, values.get("weights", {}))
        values["model"] = ModelConfig(**values.get("model", {}))
        values["weights"] = LossWeights(**values.get("weights", {}))
        return cls(**values)


def preset(name: PresetName, latent_dim: int | None = None) -> TrainingConfig:
    """Return the configuration of a preset (docs/model.md).

    In `default`, each item is a particle, and forces that depend on the labels move the particles.
    `calm` differs from `default` by stiffer unlabelled items and slower motion, so that a person
    can follow the points. In `paper`, the model is trained only on equation 1 of the paper, and the
    page shows the encoder's latent means. `figure2` is the setting of the paper's figure 2, with
    the schedule of its experiments (docs/reproduction.md).

    Args:
        name: name of the preset.
        latent_dim: dimensions of the latent space. None for those of the preset: 2 in `figure2`,
            else 3.
    """
    latent_dim = latent_dim or (2 if name == "figure2" else 3)
    # 5e-3 is the paper's learning rate. With the initialisation "he", the maps of 3 seeds are
    # better at 5e-3 than at 2e-3.
    equation_1 = TrainingConfig(
        preset=name,
        latent_dim=latent_dim,
        weights=LossWeights(beta_neighbour=0.0, beta_anchor=0.0, beta_encoder=0.0),
        learning_rate=5e-3,
    )
    if name == "paper":
        return equation_1
    if name == "figure2":
        return equation_1.replace(
            model=BURGESS,
            interactive_learning_rate=5e-3,
            pretraining_epochs=50,
            labelled_epochs=50,
            kl_warmup_epochs=0.0,
            head_input="sample",
            least_steps=1,
        )
    if name == "calm":
        return TrainingConfig(preset="calm", latent_dim=latent_dim, stiffness=0.8, pace=0.35)
    return TrainingConfig(preset=name, latent_dim=latent_dim)


def _refuse_unknown(kind: type, values: dict[str, Any]) -> None:
    unknown = set(values) - {f.name for f in dataclasses.fields(kind)}
    if unknown:
        raise ValueError(f"unknown fields of {kind.__name__}: {', '.join(sorted(unknown))}")


BURGESS = ModelConfig(channels=(32, 32, 32, 32), hidden=256)
"""The network of Burgess et al. 2018: four convolutions, and two fully connected layers of 256."""
