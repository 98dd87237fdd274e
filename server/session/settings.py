"""From the protocol's settings to the model's configuration, and back. Needs no torch: the server checks settings by it, too."""

from typing import Any

import msgspec

from lodespace.models.config import TrainingConfig, preset
from lodespace.protocol import Settings


def merged(old: Settings, new: Settings) -> Settings:
    """`old` with what `new` gives; absent fields stay. Another preset begins from that preset's values, in the same dimension."""
    if new.preset is not None and new.preset != (old.preset or "default"):
        old = Settings(latent_dim=old.latent_dim)
    changes = {
        name: value for name, value in msgspec.structs.asdict(new).items() if value is not None
    }
    return msgspec.structs.replace(old, **changes)


def in_full(settings: Settings) -> Settings:
    """`settings` with every field filled: the preset's value where there is none. Raises ValueError, naming the setting, on a bad one."""
    return settings_of(configuration(settings))


def described(settings: Settings) -> str:
    """What `settings` give, in a few words: "beta_kl 20, stiffness 0.5"."""
    given = {
        name: value for name, value in msgspec.structs.asdict(settings).items() if value is not None
    }
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in given.items()
    )


def configuration(settings: Settings, old: TrainingConfig | None = None) -> TrainingConfig:
    """`old` (or the preset's values) with what `settings` gives. Another preset begins from that preset's values.

    Raises ValueError, naming the setting, on a value the model cannot take.
    """
    given: dict[str, Any] = {
        k: v for k, v in msgspec.structs.asdict(settings).items() if v is not None
    }
    name = given.pop("preset", None)
    if old is None or (name is not None and name != old.preset):
        latent_dim = given.pop("latent_dim", old.latent_dim if old is not None else 3)
        old = preset(name or "default", latent_dim)
    if "learning_rate" in given:
        # One dial for both rates: they keep their ratio.
        ratio = given["learning_rate"] / old.learning_rate
        given["interactive_learning_rate"] = min(1.0, old.interactive_learning_rate * ratio)
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
