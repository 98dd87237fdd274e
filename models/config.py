"""What can be chosen about the model and its training, and the two presets. Saved as JSON beside the weights."""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, Literal

PresetName = Literal["paper", "default", "calm"]
Content = Literal["symbols", "photos", "spectrograms", "vectors"]
"""What items are of, hence how one may change and stay what it is: a mirrored photo shows the same, a mirrored digit does not."""
MODEL_SIDES = (32, 64, 128)
"""Sides of the pictures that the networks read; one more layer for each."""
_COUNTS = (
    "pretraining_epochs",
    "principal_components",
    "layout_rounds",
    "feature_steps",
    "rounds_per_gesture",
    "classifier_steps_per_gesture",
    "encoder_epochs",
    "least_steps",
    "gestures_per_graph",
)


def model_side(height: int, width: int) -> int:
    """The side at which the networks read pictures of this size: 32, 64 or 128, the least that holds them."""
    return next((side for side in MODEL_SIDES if side >= max(height, width)), MODEL_SIDES[-1])


@dataclass(frozen=True)
class ModelConfig:
    """Architecture of the variational autoencoder for pictures (MLP pair for vectors).

    `channels`: output channels of the stride-2 convolutions, first to last, for 32 x 32; larger pictures have more layers like the
    last. (8, 16, 32) is 2 to 2.7 times faster than four layers of 32 (Burgess et al. 2018) with the same map; `hidden`: units of each
    fully connected layer.
    `init`: "he" is what trains; "pytorch" collapses in 3D and is kept to show that.
    """

    channels: tuple[int, ...] = (8, 16, 32)
    hidden: int = 128
    init: Literal["he", "pytorch"] = "he"

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))
        _check(
            1 <= len(self.channels) <= 4, "channels", "1 to 4 stride-2 layers fit a 32 x 32 picture"
        )
        _check(all(c > 0 for c in self.channels), "channels", "must be positive")
        _check(self.hidden > 0, "hidden", "must be positive")

    def channels_at(self, side: int) -> tuple[int, ...]:
        """Channels of the convolutions for pictures of `side`: one layer more for each doubling of 32."""
        return self.channels + self.channels[-1:] * ((side // MODEL_SIDES[0]).bit_length() - 1)


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms (docs/model.md); the reconstruction has weight 1. Their scale hangs on the reductions in losses.py."""

    beta_kl: float = 3.0
    beta_classifier: float = 100.0
    beta_neighbour: float = 1.0
    beta_anchor: float = 1.0
    beta_encoder: float = 200.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            _check(value >= 0 and math.isfinite(value), name, "must be 0 or more, and finite")


@dataclass(frozen=True)
class TrainingConfig:
    """Everything a run needs besides data, labels and seed.

    `learning_rate`: of the encoder, decoder and head in the first training; `interactive_learning_rate`: after gestures.
    `kl_warmup_epochs`: the KL weight grows linearly over these. `pretraining_epochs`: of the first training.
    `stiffness` (0..1): how much unlabelled items resist moving.
    `pace` (above 0, up to 1): how fast what is shown may move. `neighbours`: edges an item of the k-NN graph.
    `layout_rounds`: rounds of forces of the first layout; `rounds_per_gesture`, `classifier_steps_per_gesture`: work
    that one change of labels starts. `feature_steps`: batches of self-supervised training. `encoder_epochs`: of the encoder beside the
    particles. `least_steps`: batches of the first training, however few the items are and an epoch therefore has.
    """

    preset: PresetName = "default"
    latent_dim: int = 3
    hidden_layers: int = 0
    model: ModelConfig = field(default_factory=ModelConfig)
    weights: LossWeights = field(default_factory=LossWeights)
    learning_rate: float = 2e-3
    interactive_learning_rate: float = 1e-3
    batch_size: int = 128
    pretraining_epochs: int = 15
    kl_warmup_epochs: float = 5.0
    stiffness: float = 0.3
    pace: float = 1.0
    neighbours: int = 15
    principal_components: int = 50
    layout_rounds: int = 200
    feature_steps: int = 300
    rounds_per_gesture: int = 30
    classifier_steps_per_gesture: int = 40
    encoder_epochs: int = 8
    least_steps: int = 300
    gestures_per_graph: int = 5

    def __post_init__(self) -> None:
        _check(
            self.preset in ("paper", "default", "calm"),
            "preset",
            "must be 'paper', 'default' or 'calm'",
        )
        _check(
            self.latent_dim in (2, 3),
            "latent_dim",
            "must be 2 or 3: a space a person can stand before",
        )
        _check(
            0 <= self.hidden_layers <= 4, "hidden_layers", "must be 0 (logistic regression) to 4"
        )
        _check(0 < self.learning_rate <= 1, "learning_rate", "must be above 0 and at most 1")
        _check(
            0 < self.interactive_learning_rate <= 1,
            "interactive_learning_rate",
            "must be above 0 and at most 1",
        )
        _check(self.batch_size >= 2, "batch_size", "must be at least 2")
        _check(0 <= self.stiffness <= 1, "stiffness", "must be 0 to 1")
        _check(0 < self.pace <= 1, "pace", "must be above 0 and at most 1")
        _check(self.neighbours >= 2, "neighbours", "must be at least 2")
        _check(
            0 <= self.kl_warmup_epochs < math.inf,
            "kl_warmup_epochs",
            "must be 0 or more, and finite",
        )
        for name in _COUNTS:
            _check(getattr(self, name) >= 1, name, "must be at least 1")

    def replace(self, **changes: Any) -> "TrainingConfig":
        """A copy with `changes`; names of LossWeights (beta_kl, ...) are taken too. Raises ValueError on a bad value."""
        weight_names = {f.name for f in dataclasses.fields(LossWeights)}
        own = {name: value for name, value in changes.items() if name not in weight_names}
        weights = {name: value for name, value in changes.items() if name in weight_names}
        if weights:
            own["weights"] = dataclasses.replace(self.weights, **weights)
        return dataclasses.replace(self, **own)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TrainingConfig":
        """The config that `to_json` wrote. Raises ValueError, naming them, when it has names that are not known here."""
        values = dict(values)
        _refuse_unknown(cls, values)
        _refuse_unknown(ModelConfig, values.get("model", {}))
        _refuse_unknown(LossWeights, values.get("weights", {}))
        values["model"] = ModelConfig(**values.get("model", {}))
        values["weights"] = LossWeights(**values.get("weights", {}))
        return cls(**values)


def preset(name: PresetName, latent_dim: int = 3) -> TrainingConfig:
    """`paper`: equation 1, the encoder's output shown, nothing else. `default`: particles (docs/model.md).

    `calm`: the same particles, for a person who wants to keep their bearings: unlabelled items hold their places, and nothing moves fast.
    """
    if name == "paper":
        weights = LossWeights(beta_neighbour=0.0, beta_anchor=0.0, beta_encoder=0.0)
        # The paper's own rate; measured over 3 seeds it maps better than 2e-3 once the initialisation is sound.
        return TrainingConfig(
            preset="paper", latent_dim=latent_dim, weights=weights, learning_rate=5e-3
        )
    if name == "calm":
        return TrainingConfig(preset="calm", latent_dim=latent_dim, stiffness=0.8, pace=0.35)
    return TrainingConfig(preset=name, latent_dim=latent_dim)


def _refuse_unknown(kind: type, values: dict[str, Any]) -> None:
    unknown = set(values) - {f.name for f in dataclasses.fields(kind)}
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")


def _check(condition: bool, name: str, rule: str) -> None:
    if not condition:
        raise ValueError(f"{name} {rule}")
