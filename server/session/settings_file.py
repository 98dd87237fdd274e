"""Settings as a TOML file: --settings FILE, and the settings.toml beside each result.

The file has one line per setting. The names are those of the tables of hyperparameters
(models/config_table.py) and of RunSettings. This module does not import torch.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lodespace.config import VERSION
from lodespace.errors import SettingsError
from lodespace.files import atomic_write
from lodespace.models.config import TrainingConfig
from lodespace.models.config_table import unknown_name, values_of
from lodespace.models.hyperparameters.hyperparameter import NONE
from lodespace.protocol import Settings
from lodespace.session.run_settings import ALL_SETTINGS, RUN_SETTINGS, RunSettings
from lodespace.session.settings import merge, settings_from, values_in, with_defaults

SETTINGS_FILE = "settings.toml"
"""Name of the file beside a result that has the settings of its training."""
GRID, SEEDS = "grid", "seeds"
"""Names of two entries of a settings file. Only `lodespace sweep` reads these entries."""


@dataclass(frozen=True)
class GivenSettings:
    """Settings that a person gave. Other settings keep their default, or the value of a project."""

    settings: Settings | None = None
    """Hyperparameters; None if none are given."""
    run: Mapping[str, Any] = field(default_factory=dict)
    """Values of RunSettings by name."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "GivenSettings":
        """Return settings from values by name. Raises SettingsError for a wrong name or value."""
        hyperparameters: dict[str, Any] = {}
        run: dict[str, Any] = {}
        try:
            for name, value in values.items():
                row = ALL_SETTINGS.get(name)
                if row is None:
                    raise ValueError(unknown_name(name, ALL_SETTINGS))
                (run if name in RUN_SETTINGS else hyperparameters)[name] = row.checked(value)
        except ValueError as error:
            raise SettingsError(str(error)) from error
        return cls(settings_from(hyperparameters) if hyperparameters else None, run)

    def updated(self, newer: "GivenSettings") -> "GivenSettings":
        """Return these settings, updated with `newer`.

        If `newer` has another preset, the values of that preset replace the values of these
        settings (`merge`).
        """
        settings = newer.settings
        if self.settings is not None and settings is not None:
            settings = merge(self.settings, settings)
        return GivenSettings(settings or self.settings, {**self.run, **newer.run})

    def run_settings(self) -> RunSettings:
        """Return the values of RunSettings. Values that are not given are defaults.

        Raises SettingsError if the values do not fit each other.
        """
        try:
            return RunSettings(**self.run)
        except ValueError as error:
            raise SettingsError(str(error)) from error


def settings_of_any(given: Any) -> GivenSettings:
    """Return the settings that `given` states.

    `given` is None, the path of a TOML file, a mapping, Settings or a TrainingConfig. Raises
    SettingsError.
    """
    match given:
        case None:
            return GivenSettings()
        case str() | Path():
            return read_settings(Path(given))
        case TrainingConfig():
            return GivenSettings.of(values_of(given))
        case Settings():
            return GivenSettings.of(values_in(given))
        case Mapping():
            return GivenSettings.of(given)
        case _:
            raise SettingsError(
                f"settings must be the path of a TOML file or a dictionary, not {type(given)}"
            )


def read_settings(path: Path) -> GivenSettings:
    """Return the settings in the TOML file `path`.

    Raises SettingsError. The message states the line. For an unknown name, the message also states
    the most similar known name.
    """
    content = read_toml(path)
    for name in (GRID, SEEDS):
        if name in content.values:
            raise SettingsError(f"{content.place(name)}: only `lodespace sweep` reads '{name}'")
    return content.settings()


@dataclass(frozen=True)
class TomlContent:
    """The content of a settings file."""

    path: Path
    """The file."""
    text: str
    """Text of the file."""
    values: dict[str, Any]
    """Values in the file by name."""

    def place(self, name: str) -> str:
        """Return path and line of the key or table `name`, for messages."""
        key = re.escape(name)
        pattern = re.compile(rf"""\s*(\[+\s*)?["']?{key}["']?\s*[=.\]]""")
        lines = self.text.splitlines()
        number = next((n for n, line in enumerate(lines, 1) if pattern.match(line)), 0)
        return f"{self.path}, line {number}" if number else str(self.path)

    def settings(self, *leave_out: str) -> GivenSettings:
        """Return the values as settings, without the names in `leave_out`.

        Raises SettingsError.
        """
        found = GivenSettings()
        for name, value in self.values.items():
            if name in leave_out:
                continue
            try:
                one = GivenSettings.of({name: value})
            except SettingsError as error:
                raise SettingsError(f"{self.place(name)}: {error}") from error
            # The values are joined without `merge`, because a preset in a file must not replace the
            # other values of the file.
            values = {} if found.settings is None else values_in(found.settings)
            values |= {} if one.settings is None else values_in(one.settings)
            settings = settings_from(values) if values else None
            found = GivenSettings(settings, {**found.run, **one.run})
        return found


def read_toml(path: Path) -> TomlContent:
    """Return the content of the TOML file `path`. Raises SettingsError."""
    try:
        text = path.read_text(encoding="utf-8")
        return TomlContent(path, text, tomllib.loads(text))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: not a TOML file in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error


def write_settings(
    folder: Path, settings: Settings, run: Mapping[str, Any], *, sync: bool = True
) -> None:
    """Write the settings of a result to settings.toml in the folder of the result.

    Args:
        folder: Folder of the result.
        settings: Hyperparameters. A value that is None is written as the preset's value.
        run: Values of RunSettings by name. A value None is left out.
        sync: Wait until the file is on the disk.

    Raises:
        OSError: The file cannot be written.
    """
    values = {**values_in(with_defaults(settings)), **run}
    lines = [
        f"# Settings of this folder, written by Lodespace {VERSION}.",
        "# To use them again, give the path of this file with --settings.",
    ]
    for name, row in ALL_SETTINGS.items():
        if name in values and (name not in run or values[name] is not None):
            lines += ["", f"# {row.summary}", f"{name} = {toml_value(values[name])}"]
    atomic_write(folder / SETTINGS_FILE, ("\n".join(lines) + "\n").encode(), sync=sync)


def toml_value(value: Any) -> str:
    """Return a number, a text or a list of numbers in the syntax of TOML. None becomes "none"."""
    match value:
        case None:
            return f'"{NONE}"'
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case list() | tuple():
            return "[" + ", ".join(map(toml_value, value)) + "]"
        case _:
            # A JSON string is a valid TOML string, unless it contains DEL, or surrogate pairs that
            # are written as \u escapes.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
