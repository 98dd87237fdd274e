"""Tests of the training settings."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lodespace.models import preset
from lodespace.models.config_table import HYPERPARAMETERS
from lodespace.protocol import Settings
from lodespace.protocol.values import Preset
from lodespace.session.settings import (
    SettingsHistory,
    configuration,
    describe,
    described,
    fixed_changes,
    merge,
    settings_from,
    settings_of,
    values_in,
    with_defaults,
)

_WEIGHT = st.none() | st.floats(0, 1e6)
_ANY = st.builds(
    Settings,
    preset=st.none() | st.sampled_from(get_args(Preset)),
    latent_dim=st.sampled_from([None, 2, 3]),
    hidden_layers=st.none() | st.integers(0, 4),
    learning_rate=st.none() | st.floats(0, 1, exclude_min=True),
    stiffness=st.none() | st.floats(0, 1),
    **{f"beta_{name}": _WEIGHT for name in ("kl", "classifier", "neighbour", "anchor", "encoder")},
    more=st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "pace": st.floats(0, 1, exclude_min=True),
            "batch_size": st.integers(2, 5000),
            "model_channels": st.lists(st.integers(1, 64), min_size=1, max_size=4),
        },
    ),
)


@settings(max_examples=30)
@given(_ANY)
@example(Settings(learning_rate=5e-324))
def test_all_settings_of_the_protocol_are_accepted(changes: Settings) -> None:
    changed = with_defaults(changes)
    assert changes.learning_rate in (None, changed.learning_rate)
    assert all(getattr(changed, name) is not None for name in changed.__struct_fields__)
    assert set(values_in(changed)) == set(HYPERPARAMETERS)
    assert with_defaults(changed) == changed


def test_all_values_of_a_configuration_survive_as_settings() -> None:
    config = preset("calm").replace(
        beta_kl=0.5, model_channels=(4, 8), interactive_learning_rate=1.0
    )
    assert configuration(settings_of(config)) == config
    wire = msgspec.json.decode(msgspec.json.encode(settings_of(config)), type=Settings)
    assert repr(configuration(wire)) == repr(config), "a number has another type"


def test_another_preset_keeps_what_is_fixed_and_replaces_the_rest() -> None:
    first = Settings(latent_dim=2, beta_kl=9.0, more={"batch_size": 64, "pace": 0.5})
    merged = merge(first, Settings(preset="paper"))
    assert configuration(merged) == preset("paper", 2).replace(batch_size=64)
    trained = configuration(first)
    assert configuration(Settings(preset="paper"), trained) == configuration(merged)


def test_the_preset_figure2_brings_its_own_networks() -> None:
    begun = configuration(Settings(latent_dim=3))
    figure2 = preset("figure2", 2)
    assert configuration(Settings(preset="figure2"), begun) == figure2
    full = merge(with_defaults(Settings()), Settings(preset="figure2"))
    assert configuration(with_defaults(full), begun) == figure2
    wide = begun.replace(model_hidden=64)
    assert configuration(Settings(preset="figure2"), wide) == figure2.replace(model_hidden=64)
    asked = settings_from({"preset": "figure2", "model_hidden": 256, "batch_size": 8})
    assert fixed_changes(with_defaults(Settings()), asked) == {"batch_size": 128}


def test_training_keeps_what_is_fixed_whatever_is_asked() -> None:
    trained = preset("default").replace(batch_size=64, model_hidden=32)
    asked = Settings(beta_kl=5.0, more={"batch_size": 8, "model_hidden": 16, "pace": 0.5})
    assert configuration(asked, trained) == trained.replace(beta_kl=5.0, pace=0.5)


def test_both_learning_rates_change_by_the_same_factor() -> None:
    assert configuration(Settings(learning_rate=1e-2)).interactive_learning_rate == 5e-3
    full = with_defaults(Settings())
    merged = configuration(merge(full, Settings(learning_rate=1e-2)))
    assert merged.interactive_learning_rate == pytest.approx(5e-3)
    both = Settings(learning_rate=1e-2, more={"interactive_learning_rate": 0.1})
    assert configuration(merge(full, both)).interactive_learning_rate == 0.1


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"paces": 1}, "there is no setting 'paces'; did you mean 'pace'"),
        ({"pace": 2.0}, "pace must be above 0 and at most 1"),
        ({"beta_kl": -1.0}, "beta_kl must be"),
    ],
)
def test_settings_of_wrong_names_or_values_are_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        settings_from(values)
    with pytest.raises(ValueError, match=says):
        with_defaults(merge(Settings(), Settings(more=values)))


def test_a_description_of_settings_is_read_back() -> None:
    changes = settings_from({"beta_kl": 20, "preset": "calm", "pace": 0.5, "hidden_layers": 2})
    assert describe(changes) == "preset calm, hidden_layers 2, beta_kl 20, pace 0.5"
    assert described(describe(changes)) == changes
    for text in ("", "beta_kl", "gravity 3", "beta_kl x"):
        with pytest.raises(ValueError, match=r"beta_kl|describe"):
            described(text)


def test_a_new_change_does_not_read_earlier_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    merged: list[Settings] = []

    def counting(old: Settings, new: Settings) -> Settings:
        merged.append(new)
        return merge(old, new)

    monkeypatch.setattr("lodespace.session.settings.merge", counting)
    history = SettingsHistory(Settings())
    for number in range(1, 21):
        history.add(number, Settings(beta_kl=number / 10))
    assert len(merged) == 20 and history.current.beta_kl == 2.0
    history.rebuild(lambda number: number < 20)
    assert history.current.beta_kl == 1.9
    history.add(21, Settings(stiffness=0.25))
    assert (history.current.beta_kl, history.current.stiffness) == (1.9, 0.25)
