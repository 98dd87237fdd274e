"""Training settings: their changes, and their conversion to the model's configuration.

This module does not import torch, because the server imports this module and runs without torch.
"""

import dataclasses
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from lodespace.models.config import TrainingConfig, preset
from lodespace.protocol import Settings


def _given(settings: Settings) -> dict[str, Any]:
    return {k: v for k, v in msgspec.structs.asdict(settings).items() if v is not None}


def merge(old: Settings, new: Settings) -> Settings:
    """Return `old`, updated with the fields of `new` that are not None.

    If `new` has another preset, the values of that preset replace all values of `old` except the
    dimension of the latent space. The preset `figure2` replaces the dimension too, because it is a
    part of the paper's setting.
    """
    if new.preset is not None and new.preset != (old.preset or "default"):
        old = Settings(latent_dim=None if new.preset == "figure2" else old.latent_dim)
    return msgspec.structs.replace(old, **_given(new))


def with_defaults(settings: Settings) -> Settings:
    """Return `settings` with every field filled: a field that is None gets the preset's value.

    Raises:
        ValueError: A setting has a value that the model cannot take. The message names the setting.
    """
    return settings_of(configuration(settings))


def describe(settings: Settings) -> str:
    """Return the fields that are not None as text, for example "beta_kl 20, stiffness 0.5"."""
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in _given(settings).items()
    )


class SettingsHistory:
    """The first settings, all changes by event number, and the `current` settings in full."""

    def __init__(self, first: Settings) -> None:
        self._first = self._merged = first
        self._changes: dict[int, Settings] = {}
        self.current = with_defaults(first)

    def add(self, number: int, changes: Settings) -> None:
        """Add the changes of event `number`, which is newer than all others, and compute `current`.

        The earlier changes are not read again, so that opening a log of 10,000 changes takes
        seconds, not minutes.
        """
        self._changes[number] = changes
        self._use(merge(self._merged, changes))

    def rebuild(self, stands: Callable[[int], bool]) -> None:
        """Compute `current` from the first settings and all changes in force.

        `stands(number)` returns True if the change of event `number` is not undone, so that it is
        in force.
        """
        settings = self._first
        for number, changes in self._changes.items():
            if stands(number):
                settings = merge(settings, changes)
        self._use(settings)

    def _use(self, merged: Settings) -> None:
        self._merged, self.current = merged, with_defaults(merged)


def configuration(settings: Settings, old: TrainingConfig | None = None) -> TrainingConfig:
    """Return the configuration `old`, updated with the fields of `settings` that are not None.

    If `old` is None, or if `settings` has another preset than `old`, the fields update the values
    of the preset of `settings`.

    Raises:
        ValueError: A setting has a value that the model cannot take. The message names the setting.
    """
    given = _given(settings)
    name = given.pop("preset", None)
    if old is None or (name is not None and name != old.preset):
        name = name or "default"
        latent_dim = None if old is None or name == "figure2" else old.latent_dim
        old = preset(name, given.pop("latent_dim", latent_dim))
    if "learning_rate" in given:
        # One setting changes both learning rates, which keep their ratio.
        ratio = given["learning_rate"] / old.learning_rate
        scaled = old.interactive_learning_rate * ratio
        # The smallest rates that the protocol allows would become 0.
        given["interactive_learning_rate"] = min(1.0, max(sys.float_info.min, scaled))
    return old.replace(**given)


def settings_of(config: TrainingConfig) -> Settings:
    """Return the fields of `config` that the protocol can set."""
    return Settings(
        preset=config.preset,
        latent_dim=2 if config.latent_dim == 2 else 3,
        hidden_layers=config.hidden_layers,
        learning_rate=config.learning_rate,
        stiffness=config.stiffness,
        **dataclasses.asdict(config.weights),
    )
