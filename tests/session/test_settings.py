"""Tests of the training settings."""

from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lodespace.protocol import Settings
from lodespace.protocol.values import Preset
from lodespace.session.settings import SettingsHistory, merge, with_defaults

_WEIGHT = st.none() | st.floats(0, 1e6)
_ANY = st.builds(
    Settings,
    preset=st.none() | st.sampled_from(get_args(Preset)),
    latent_dim=st.sampled_from([None, 2, 3]),
    hidden_layers=st.none() | st.integers(0, 4),
    learning_rate=st.none() | st.floats(0, 1, exclude_min=True),
    stiffness=st.none() | st.floats(0, 1),
    **{f"beta_{name}": _WEIGHT for name in ("kl", "classifier", "neighbour", "anchor", "encoder")},
)


@settings(max_examples=30)
@given(_ANY)
@example(Settings(learning_rate=5e-324))
def test_all_settings_of_the_protocol_are_accepted(changes: Settings) -> None:
    changed = with_defaults(changes)
    assert changes.learning_rate in (None, changed.learning_rate)
    assert all(getattr(changed, name) is not None for name in changed.__struct_fields__)


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
