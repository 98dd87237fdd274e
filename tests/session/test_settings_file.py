"""Settings as TOML files."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from lodespace.errors import SettingsError
from lodespace.models import ModelConfig, preset
from lodespace.models.config import PRESETS, PresetName
from lodespace.protocol import Settings
from lodespace.session.run_settings import ALL_SETTINGS, RunSettings
from lodespace.session.settings import configuration, values_in, with_defaults
from lodespace.session.settings_file import (
    SETTINGS_FILE,
    GivenSettings,
    read_settings,
    settings_of_any,
    toml_value,
    write_settings,
)


@pytest.mark.parametrize("name", PRESETS)
def test_written_settings_are_read_back_exactly(tmp_path: Path, name: PresetName) -> None:
    given = Settings(preset=name, beta_kl=1 / 3, learning_rate=5e-324, more={"batch_size": 64})
    settings = with_defaults(given)
    run: dict[str, Any] = {
        **{"epochs": 7, "seed": 2, "labels": "5", "device": "cpu"},
        **{"threads": 1, "workers": 2, "ray": "auto"},
    }
    write_settings(tmp_path, settings, run)
    found = read_settings(tmp_path / SETTINGS_FILE)
    assert found.settings == settings
    assert found.run_settings() == RunSettings(**run)
    text = (tmp_path / SETTINGS_FILE).read_text()
    assert set(tomllib.loads(text)) == set(ALL_SETTINGS)
    assert "# Weight of the KL divergence.\nbeta_kl = 0.3333333333333333\n" in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed = 1\nbeta_kll = 3\n", "line 2: there is no setting 'beta_kll'; did you mean 'beta_"),
        ("'beta-kl' = 3\n", "line 1: there is no setting 'beta-kl'; did you mean 'beta_kl'?"),
        ("# x\n\nzzz = 1\n", "line 3: there is no setting 'zzz'"),
        ("beta_kl = -1\n", "line 1: beta_kl must be 0 to 1,000,000, not -1"),
        ("\nbatch_size = '8'\n", "line 2: batch_size must be a whole number, not '8'"),
        ("epochs = 0\n", "line 1: epochs must be 1 or more, not 0"),
        ("seed = 1\n[weights]\nbeta_kl = 3\n", "line 2: there is no setting 'weights'"),
        ("preset = 'default'\n[grid]\nbeta_kl = [1]\n", "line 2: only `lodespace sweep` reads"),
        ("beta_kl = = 3\n", "line 1, column 11"),
        ("beta_kl = 3\nbeta_kl = 4\n", "not valid TOML"),
        ("model_channels = [8, [16]]\n", "line 1: model_channels must be a list of whole numbers"),
        ("a = " + "[" * 5000, "settings.toml: not"),
        (b"\xff", "UTF-8"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_mistake_names_file_line_and_nearest_name(
    tmp_path: Path, text: str | bytes | None, says: str
) -> None:
    path = tmp_path / "settings.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as raised:
        read_settings(path)
    assert str(raised.value).startswith(str(path))
    assert says in str(raised.value)


def test_newer_settings_update_older_ones() -> None:
    file = GivenSettings.of({"preset": "default", "beta_kl": 5.0, "batch_size": 64, "epochs": 9})
    given = file.updated(GivenSettings.of({"beta_kl": 1, "seed": 4}))
    assert given.settings is not None
    assert values_in(given.settings) == {"preset": "default", "beta_kl": 1.0, "batch_size": 64}
    assert given.run_settings() == RunSettings(epochs=9, seed=4)
    another = file.updated(GivenSettings.of({"preset": "paper"})).settings
    assert another is not None and configuration(another) == preset("paper").replace(batch_size=64)


def test_settings_are_taken_in_each_form(tmp_path: Path) -> None:
    config = preset("calm").replace(beta_kl=2.0, model=ModelConfig(channels=(4, 8)))
    (tmp_path / "x.toml").write_text("preset = 'calm'\nbeta_kl = 2\nmodel_channels = [4, 8]\n")
    forms = (
        config,
        tmp_path / "x.toml",
        str(tmp_path / "x.toml"),
        {"preset": "calm", "beta_kl": 2, "model_channels": (4, 8)},
        Settings(preset="calm", beta_kl=2.0, more={"model_channels": [4, 8]}),
    )
    for form in forms:
        settings = settings_of_any(form).settings
        assert settings is not None and configuration(settings) == config
    assert settings_of_any(None) == GivenSettings()
    with pytest.raises(SettingsError, match="dictionary"):
        settings_of_any(3)
    with pytest.raises(SettingsError, match="did you mean 'batch_size'"):
        settings_of_any({"batchsize": 3})


@pytest.mark.parametrize("text", ["5", 'a "b" \\ \n\t', "\x7f\u00e9\U0001f600", ""])
def test_text_is_written_as_valid_toml(text: str) -> None:
    assert tomllib.loads(f"a = {toml_value(text)}")["a"] == text
