"""The table of hyperparameters: all values of TrainingConfig, by name.

The table is made from the fields of TrainingConfig, LossWeights and ModelConfig: their types,
ranges, defaults and docstrings. Command line, Python functions, TOML files and docs/training.md are
made from the table, so a new field needs no further text. This module does not import torch.
"""

import dataclasses
import difflib
from collections.abc import Iterable, Iterator

from lodespace.models.config import (
    MODEL_PREFIX,
    PRESETS,
    ModelConfig,
    TrainingConfig,
    preset,
)
from lodespace.models.hyperparameters.hyperparameter import (
    Hyperparameter,
    Value,
    fields_of,
    text_of,
)
from lodespace.models.loss_terms import LossWeights


def _rows() -> Iterator[Hyperparameter]:
    """Yield the rows in the order of the fields. A nested dataclass gives one row for each of its
    fields.
    """
    own = {row.field: row for row in fields_of(TrainingConfig)}
    parts = {"model": fields_of(ModelConfig, MODEL_PREFIX), "weights": fields_of(LossWeights)}
    for field in dataclasses.fields(TrainingConfig):
        yield from parts.get(field.name) or (own[field.name],)


HYPERPARAMETERS = {row.name: row for row in _rows()}
"""All hyperparameters by name, in the order of the fields of TrainingConfig."""
FIXED = tuple(name for name, row in HYPERPARAMETERS.items() if not row.adjustable)
"""Names of the hyperparameters that are fixed when a training starts."""


def values_of(config: TrainingConfig) -> dict[str, Value]:
    """Return all values of `config` by the names of the table."""
    owners = {TrainingConfig: config, LossWeights: config.weights, ModelConfig: config.model}
    return {name: getattr(owners[row.owner], row.field) for name, row in HYPERPARAMETERS.items()}


def defaults_of(row: Hyperparameter) -> str:
    """Return the default of `row`, and the values of other presets: "0.3; calm: 0.8"."""
    values = {name: text_of(values_of(preset(name))[row.name]) for name in PRESETS}
    usual = values["default"]
    others: dict[str, list[str]] = {}
    for name, value in values.items():
        if value != usual and row.field != "preset":
            others.setdefault(value, []).append(name)
    return "; ".join([usual, *(f"{', '.join(names)}: {value}" for value, names in others.items())])


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Return the text of an error about an unknown name, with the most similar name of `known`."""
    found = difflib.get_close_matches(name.replace("-", "_"), known, 1)
    return f"there is no setting '{name}'" + (f"; did you mean '{found[0]}'?" if found else "")
