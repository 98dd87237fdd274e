"""From the protocol's settings to the model's configuration, and back. Used where torch is: trainer process and bake."""

from typing import Any

import msgspec

from lodespace.models.config import TrainingConfig, preset
from lodespace.protocol import Settings


def configuration(settings: Settings, old: TrainingConfig | None = None) -> TrainingConfig:
    """`old` (or the preset's values) with what `settings` gives. Another preset begins from that preset's values.

    Raises ValueError, naming the setting, on a value the model cannot take.
    """
    given: dict[str, Any] = {k: v for k, v in msgspec.structs.asdict(settings).items() if v is not None}
    name = given.pop("preset", None)
    if old is None or (name is not None and name != old.preset):
        latent_dim = given.pop("latent_dim", old.latent_dim if old is not None else 3)
        old = preset(name or "default", latent_dim)
    return old.replace(**given)


def settings_of(config: TrainingConfig) -> Settings:
    """All of `config` that the protocol can set."""
    weights = config.weights
    return Settings(
        preset=config.preset,
        latent_dim=2 if config.latent_dim == 2 else 3,
        hidden_layers=config.hidden_layers,
        learning_rate=config.learning_rate,
        beta_kl=weights.beta_kl,
        beta_classifier=weights.beta_classifier,
        beta_neighbour=weights.beta_neighbour,
        beta_anchor=weights.beta_anchor,
        beta_encoder=weights.beta_encoder,
        stiffness=config.stiffness,
    )
