"""Training settings: their changes, and their conversion to the model's configuration.

This module does not import torch, because the server imports this module and runs without torch.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from lodespace.models.config import TrainingConfig, preset
from lodespace.models.config_table import FIXED, HYPERPARAMETERS, unknown_name, values_of
from lodespace.models.hyperparameters.hyperparameter import text_of
from lodespace.protocol import Preset, Settings

MORE = tuple(name for name in HYPERPARAMETERS if name not in Settings.__struct_fields__)
"""Names of the hyperparameters that are in `Settings.more`."""


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Return settings with `values`, whose keys are names of hyperparameters.

    Raises:
        ValueError: A name is unknown, or a value is out of range. The message states the name.
    """
    checked: dict[str, Any] = {}
    for name, value in values.items():
        row = HYPERPARAMETERS.get(name)
        if row is None:
            raise ValueError(unknown_name(name, HYPERPARAMETERS))
        checked[name] = row.checked(value)
    more = {name: checked.pop(name) for name in MORE if name in checked}
    return Settings(**checked, more=more or None)


def values_in(settings: Settings) -> dict[str, Any]:
    """Return the values of `settings` that are not None, by the name of the hyperparameter."""
    given = {k: v for k, v in msgspec.structs.asdict(settings).items() if v is not None}
    more: dict[str, Any] = given.pop("more", {})
    return given | more


def merge(old: Settings, new: Settings) -> Settings:
    """Return `old`, updated with the values of `new`.

    If `new` has another preset, the values of that preset replace the values of `old`, with two
    exceptions. First, the dimension of the latent space stays, unless the new preset is `figure2`,
    whose dimension is part of the paper's setting. Second, a setting that is fixed when training
    starts keeps its value, unless this is the value of the old preset.
    """
    values, given = values_in(old), values_in(new)
    if new.preset is not None and new.preset != (old.preset or "default"):
        values = _kept_by(old, new.preset)
    rate = given.get("learning_rate")
    if rate is not None and "interactive_learning_rate" in values:
        before = values.get("learning_rate", preset(old.preset or "default").learning_rate)
        values["interactive_learning_rate"] = _scaled(
            values["interactive_learning_rate"], rate / before
        )
    return settings_from(values | given)


def _scaled(rate: float, factor: float) -> float:
    """Return a learning rate multiplied by `factor`, limited to values above 0 and at most 1."""
    return min(1.0, max(sys.float_info.min, rate * factor))


def _kept_by(old: Settings, name: Preset) -> dict[str, Any]:
    """Return the values of `old` that a change to the preset `name` keeps."""
    kept = _own_fixed(configuration(old))
    labels_by = (old.more or {}).get("labels_by")
    if labels_by is not None:
        kept |= {"labels_by": labels_by}  # not a value of the model, but of the session
    return (
        kept
        if old.latent_dim is None or name == "figure2"
        else kept | {"latent_dim": old.latent_dim}
    )


def _own_fixed(config: TrainingConfig) -> dict[str, Any]:
    """Return the values that are fixed when training starts and differ from the preset's values."""
    own, usual = values_of(config), values_of(preset(config.preset))
    return {name: own[name] for name in FIXED if own[name] != usual[name]}


def changes_to(current: Settings, new: Settings) -> Settings:
    """Return `new` without the values that are the same in `current`. `current` has all values.

    If `new` has another preset, the function returns all values of `new`.
    """
    now, given = values_in(current), values_in(new)
    if given.get("preset", now["preset"]) != now["preset"]:
        return new
    return settings_from({name: value for name, value in given.items() if value != now[name]})


def fixed_changes(current: Settings, new: Settings) -> dict[str, Any]:
    """Return the current values of the fixed settings that `new` would change, by name.

    `current` has all values.
    """
    given = values_in(new)
    others = settings_from({name: value for name, value in given.items() if name not in FIXED})
    now = values_in(with_defaults(merge(current, others)))
    return {name: now[name] for name in FIXED if name in given and given[name] != now[name]}


def with_defaults(settings: Settings) -> Settings:
    """Return `settings` with every field filled: a field that is None gets the preset's value.

    Raises:
        ValueError: A setting has a value that the model cannot take. The message names the setting.
    """
    return settings_of(configuration(settings))


def describe(settings: Settings) -> str:
    """Return the values that are not None as text, for example "beta_kl 20, stiffness 0.5"."""
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {text_of(value)}"
        for name, value in values_in(settings).items()
    )


def described(text: str) -> Settings:
    """Return the settings that `describe` put into `text`.

    The text has only six digits per number, so the settings can differ slightly. Raises ValueError
    if the text is not valid.
    """
    parts = [part.rsplit(" ", 1) for part in text.split(", ")]
    if any(len(part) != 2 or part[0] not in HYPERPARAMETERS for part in parts):
        raise ValueError(f"{text!r} does not describe settings")
    return settings_from({name: HYPERPARAMETERS[name].parse(value) for name, value in parts})


class SettingsHistory:
    """The first settings, all changes by event number, and the `current` settings.

    Every field of `current` has a value.
    """

    def __init__(self, first: Settings) -> None:
        self._first = self._merged = first
        self._changes: dict[int, Settings] = {}
        self.current = with_defaults(first)

    def add(self, number: int, changes: Settings) -> None:
        """Add the changes of event `number`, which is newer than all others, and update `current`.

        The earlier changes are not merged again, so that opening a log of 10,000 changes takes
        seconds, not minutes.
        """
        self._changes[number] = changes
        self._use(merge(self._merged, changes))

    def rebuild(self, stands: Callable[[int], bool]) -> None:
        """Compute `current` from the first settings and all changes that are not undone.

        `stands(number)` returns whether the change of event `number` is not undone.
        """
        settings = self._first
        for number, changes in self._changes.items():
            if stands(number):
                settings = merge(settings, changes)
        self._use(settings)

    def _use(self, merged: Settings) -> None:
        self._merged, self.current = merged, with_defaults(merged)


def configuration(settings: Settings, old: TrainingConfig | None = None) -> TrainingConfig:
    """Return the configuration `old`, updated with the values of `settings`.

    The hyperparameters that are fixed when training starts keep the values of `old`. If `old` is
    None, or if `settings` has another preset than `old`, the values update the preset of `settings`
    instead of `old`. The exceptions for a change of the preset are those of `merge`.

    Raises:
        ValueError: A setting has a value that the model cannot take. The message names the setting.
    """
    # A message may contain the number 128 as 128.0, and a tuple as a list.
    given = values_in(settings_from(values_in(settings)))
    name = given.pop("preset", None)
    if old is None or (name is not None and name != old.preset):
        name = name or "default"
        latent_dim = None if old is None or name == "figure2" else old.latent_dim
        kept = {} if old is None else _own_fixed(old)
        old = preset(name, given.pop("latent_dim", latent_dim)).replace(**kept)
    else:
        given |= {name: value for name, value in values_of(old).items() if name in FIXED}
    if "learning_rate" in given and "interactive_learning_rate" not in given:
        # One setting changes both learning rates, which keep their ratio.
        factor = given["learning_rate"] / old.learning_rate
        given["interactive_learning_rate"] = _scaled(old.interactive_learning_rate, factor)
    return old.replace(**given)


def settings_of(config: TrainingConfig) -> Settings:
    """Return all values of `config` as settings."""
    return settings_from(values_of(config))
