import json
import math

import pytest

from lodespace.models import LossWeights, ModelConfig, TrainingConfig, preset
from lodespace.models.config import PRESETS, PresetName


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("latent_dim", [2, 3])
def test_a_config_survives_json(name: PresetName, latent_dim: int) -> None:
    config = preset(name, latent_dim).replace(
        hidden_layers=2, beta_kl=0.5, model=ModelConfig(channels=(4, 8))
    )
    assert TrainingConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_paper_is_equation_1_and_nothing_else() -> None:
    weights = preset("paper").weights
    assert (weights.beta_kl, weights.beta_classifier) == (3, 100)
    assert (weights.beta_neighbour, weights.beta_anchor, weights.beta_encoder) == (0, 0, 0)
    assert preset("paper").learning_rate == 5e-3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("preset", "fast"),
        ("latent_dim", 4),
        ("hidden_layers", -1),
        ("learning_rate", 0.0),
        ("learning_rate", math.nan),
        ("interactive_learning_rate", 2.0),
        ("batch_size", 1),
        ("stiffness", 1.5),
        ("neighbours", 1),
        ("pretraining_epochs", 0),
        ("kl_warmup_epochs", -1.0),
        ("kl_warmup_epochs", math.inf),
        ("kl_capacity", -1.0),
        ("kl_capacity", math.inf),
        ("kl_capacity_epochs", 0.0),
        ("head_input", "both"),
        ("labelled_epochs", 0),
        ("beta_kl", -1.0),
        ("beta_classifier", math.nan),
        ("beta_encoder", math.inf),
    ],
)
def test_a_bad_value_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        preset("default").replace(**{field: value})


@pytest.mark.parametrize("channels", [(), (8, 8, 8, 8, 8), (8, 0)])
def test_channels_that_fit_no_picture_are_refused(channels: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="channels"):
        ModelConfig(channels=channels)


@pytest.mark.parametrize("where", ["", "model", "weights"])
def test_json_with_an_unknown_name_is_refused_by_that_name(where: str) -> None:
    values = preset("paper").to_json()
    (values[where] if where else values)["gravity"] = 1
    with pytest.raises(ValueError, match="gravity"):
        TrainingConfig.from_json(values)


def test_weights_are_replaced_beside_other_fields() -> None:
    config = preset("paper").replace(beta_kl=7.0, stiffness=0.0)
    assert (config.weights.beta_kl, config.weights.beta_classifier, config.stiffness) == (7, 100, 0)
    assert preset("paper").weights == LossWeights(beta_neighbour=0, beta_anchor=0, beta_encoder=0)
