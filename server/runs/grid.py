"""The grid of a sweep: the values of some settings, and the seeds."""

import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lodespace.errors import SettingsError
from lodespace.models.config_table import unknown_name
from lodespace.models.hyperparameters.hyperparameter import Hyperparameter, text_of
from lodespace.session.run_settings import ALL_SETTINGS
from lodespace.session.settings_file import GRID, SEEDS, TomlContent

_MOST_RUNS = 10_000
"""Largest number of runs of a sweep. A larger grid is probably a mistake."""
_UNUSUAL = re.compile(r"[^\w.+-]")
_LONGEST_NAME = 120
"""Longest name of a run's folder, in characters."""


@dataclass(frozen=True)
class Point:
    """The settings in which one run differs from the others."""

    values: Mapping[str, Any]
    """Values of the settings of the grid, by name."""
    seed: int
    """Seed of the run."""

    @property
    def title(self) -> str:
        """The settings and the seed, for example "beta_kl 3, seed 1"."""
        return ", ".join(f"{name} {value}" for name, value in self.texts().items())

    def texts(self) -> dict[str, str]:
        """Return the settings and the seed as texts, by name."""
        return {**{k: text_of(v) for k, v in self.values.items()}, "seed": str(self.seed)}

    @property
    def folder(self) -> str:
        """Name of the folder of the run, for example "beta_kl=3,seed=1"."""
        texts = {key: _UNUSUAL.sub("-", value) for key, value in self.texts().items()}
        name = ",".join(f"{key}={value}" for key, value in texts.items())
        if len(name) <= _LONGEST_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{name[: _LONGEST_NAME - 9]}-{digest}"


@dataclass(frozen=True)
class Grid:
    """The values of each setting of a sweep, and the seeds. Each combination is a run."""

    axes: Mapping[str, tuple[Any, ...]]
    """Values by the name of the setting."""
    seeds: tuple[int, ...] = (0,)
    """Seeds of each combination of values."""

    def points(self) -> list[Point]:
        """Return all combinations, with the seeds of one combination next to each other.

        Raises SettingsError if there are too many.
        """
        names = list(self.axes)
        combined = itertools.product(*self.axes.values(), self.seeds)
        found = list(itertools.islice(combined, _MOST_RUNS + 1))
        if len(found) > _MOST_RUNS:
            raise SettingsError(f"the grid has more than {_MOST_RUNS:,} runs; give fewer values")
        return [Point(dict(zip(names, values, strict=True)), seed) for *values, seed in found]


def grid_of(
    texts: Sequence[str], content: TomlContent | None, seeds: str | None, seed: int
) -> Grid:
    """Return the grid that the command line and the settings file describe.

    Args:
        texts: Values of --grid, such as "beta_kl=1,3,20". They override the file.
        content: Content of the file of --settings. The file may contain the table [grid], and
            `seeds`.
        seeds: Value of --seeds: a number of seeds, or seeds separated by commas.
        seed: First seed, used if `seeds` is a number of seeds.

    Raises:
        SettingsError: A name or a value is wrong, or there is no grid.
    """
    axes: dict[str, tuple[Any, ...]] = {}
    stated: Any = None
    if content is not None:
        stated = content.values.get(SEEDS)
        axes |= _axes_of(content)
    for text in texts:
        name, separator, values = text.partition("=")
        row = _row_of(name.strip().replace("-", "_"))
        parts = values.split(";" if row.kind is tuple else ",")
        if not separator:
            raise SettingsError(f"--grid {text}: give a name and values, such as beta_kl=1,3,20")
        try:
            axes[row.name] = _unique([row.parse(part.strip()) for part in parts])
        except ValueError as error:
            raise SettingsError(f"--grid {text}: {error}") from error
    if seeds is not None:
        try:
            numbers = [int(part) for part in seeds.split(",")]
        except ValueError as error:
            raise SettingsError(
                f"--seeds {seeds}: give a number, or seeds such as 0,1,2"
            ) from error
        stated = numbers if "," in seeds else numbers[0]
    if not axes and stated is None:
        raise SettingsError(
            "a sweep needs --grid NAME=VALUE,VALUE or --seeds N, or both in the file of --settings"
        )
    return Grid(axes, _seeds(stated, seed))


def _axes_of(content: TomlContent) -> dict[str, tuple[Any, ...]]:
    table = content.values.get(GRID, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{content.place(GRID)}: [grid] must be a table")
    axes: dict[str, tuple[Any, ...]] = {}
    for name, values in table.items():
        try:
            row = _row_of(name)
            if not isinstance(values, list):
                raise SettingsError(f"{name} must be a list of values")
            axes[name] = _unique([row.checked(value) for value in values])
        except (ValueError, SettingsError) as error:
            raise SettingsError(f"{content.place(name)}: {error}") from error
    return axes


def _row_of(name: str) -> Hyperparameter:
    if name == "seed":
        raise SettingsError("give the seeds of a sweep with --seeds, or as `seeds` in the file")
    row = ALL_SETTINGS.get(name)
    if row is None:
        raise SettingsError(unknown_name(name, ALL_SETTINGS))
    return row


def _unique(values: list[Any]) -> tuple[Any, ...]:
    if not values:
        raise ValueError("give at least one value")
    return tuple(dict.fromkeys(values))


def _seeds(stated: Any, first: int) -> tuple[int, ...]:
    row = ALL_SETTINGS["seed"]
    try:
        if isinstance(stated, list):
            return _unique([row.checked(value) for value in stated])
        count = 1 if stated is None else row.checked(stated)
        if not 1 <= count <= _MOST_RUNS:
            raise ValueError(f"{SEEDS} must be 1 to {_MOST_RUNS:,}, not {count}")
        return tuple(row.checked(first + number) for number in range(count))
    except ValueError as error:
        raise SettingsError(f"{SEEDS}: {error}") from error
