"""The table of hyperparameters is complete, and reads and checks values."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from lodespace.models.config import MODEL_PREFIX, PRESETS, ModelConfig, TrainingConfig, preset
from lodespace.models.config_table import FIXED, HYPERPARAMETERS, defaults_of, values_of
from lodespace.models.hyperparameters.hyperparameter import (
    Hyperparameter,
    Value,
    check_fields,
    fields_of,
    text_of,
)
from lodespace.models.hyperparameters.limits import ADJUSTABLE, Limits
from lodespace.models.loss_terms import LossWeights

ROWS = pytest.mark.parametrize("row", HYPERPARAMETERS.values(), ids=lambda row: row.name)


def test_every_field_of_the_configuration_is_in_the_table() -> None:
    own = [field.name for field in dataclasses.fields(TrainingConfig)]
    weights = [field.name for field in dataclasses.fields(LossWeights)]
    model = [MODEL_PREFIX + field.name for field in dataclasses.fields(ModelConfig)]
    assert sorted(HYPERPARAMETERS) == sorted({*own, *weights, *model} - {"weights", "model"})


@ROWS
def test_a_row_has_a_text_and_reads_its_default(row: Hyperparameter) -> None:
    assert row.summary.endswith(".") and len(row.summary) <= 100
    assert row.choices or row.limits is not None or row.kind in (bool, str)
    for name in PRESETS:
        value = values_of(preset(name))[row.name]
        assert row.parse(text_of(value)) == row.checked(value) == value
    assert defaults_of(row).startswith(text_of(values_of(TrainingConfig())[row.name]))


@ROWS
def test_a_value_of_the_table_replaces_the_field(row: Hyperparameter) -> None:
    other: dict[type, Value] = {int: 4, float: 0.25, tuple: (4, 8), str: "pytorch"}
    now = values_of(TrainingConfig())[row.name]
    value = next((choice for choice in row.choices if choice != now), other[row.kind])
    changed = TrainingConfig().replace(**{row.name: value})
    differing = {k for k, v in values_of(changed).items() if v != values_of(TrainingConfig())[k]}
    assert differing == {row.name} and values_of(changed)[row.name] == value


def test_presets_that_differ_are_named_with_their_default() -> None:
    assert defaults_of(HYPERPARAMETERS["stiffness"]) == "0.3; calm: 0.8"
    assert defaults_of(HYPERPARAMETERS["learning_rate"]) == "0.002; paper, figure2: 0.005"
    assert defaults_of(HYPERPARAMETERS["kl_capacity"]) == "none"


def test_architecture_and_batches_are_fixed_and_weights_are_not() -> None:
    assert {"model_channels", "model_hidden", "model_init", "batch_size"} <= set(FIXED)
    assert not {"beta_kl", "learning_rate", "latent_dim", "preset", "pace"} & set(FIXED)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("beta_kl", -1, "beta_kl must be 0 to 1,000,000, not -1"),
        ("beta_kl", float("nan"), "not nan"),
        ("beta_kl", "3", "beta_kl must be a number"),
        ("beta_kl", True, "beta_kl must be a number"),
        ("learning_rate", 0, "above 0 and at most 1"),
        ("batch_size", 1, "batch_size must be 2 or more"),
        ("batch_size", 12.5, "batch_size must be a whole number"),
        ("latent_dim", 4, "latent_dim must be 2 or 3, not 4"),
        ("preset", "fast", "default, calm, paper or figure2"),
        ("model_channels", [8, 0], "1 to 4 numbers, each 1 or more, not 8,0"),
        ("model_channels", [8] * 5, "1 to 4 numbers"),
        ("model_channels", 8, "a list of whole numbers"),
        ("kl_warmup_epochs", float("inf"), "0 or more"),
    ],
)
def test_a_wrong_value_is_refused_with_name_and_range(name: str, value: object, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be") as raised:
        HYPERPARAMETERS[name].checked(value)
    assert says in str(raised.value)


@pytest.mark.parametrize("text", ["", "x", "1e999", "8,,16", "0x8"])
@pytest.mark.parametrize("name", ["beta_kl", "batch_size", "model_channels", "preset"])
def test_invalid_text_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        HYPERPARAMETERS[name].parse(text)


@dataclass
class Example:
    """Fields of all kinds, as a later version may add them."""

    on: bool = False
    """Whether it is on."""
    share: Annotated[float | None, Limits(0, 1), ADJUSTABLE] = None
    """A share."""
    kind: Literal["a", "b"] = "a"
    plain: int = 3


def test_new_kinds_of_fields_need_no_further_code() -> None:
    on, share, kind, plain = fields_of(Example)
    assert (on.kind, on.summary, on.parse("true")) == (bool, "Whether it is on.", True)
    assert (share.optional, share.adjustable, share.checked(None)) == (True, True, None)
    assert share.parse("none") is None
    assert (kind.choices, kind.range, kind.summary) == (("a", "b"), "a or b", "")
    assert plain.checked(-7) == -7 and not plain.adjustable
    check_fields(Example(share=0.5))
    with pytest.raises(ValueError, match="share must be 0 to 1"):
        check_fields(Example(share=1.5))
