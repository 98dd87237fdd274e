"""The benchmark of docs/reproduction.md: which panels are trained, and what an interruption keeps.

Trainings are short, and on few items.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import reproduce_figure2 as figure2
import torch

from lodespace.models import Dataset, ModelConfig, TrainingConfig, preset
from lodespace.models.vae.training import VAETraining

LOGISTIC = max(figure2.chains(figure2.PANELS), key=len)
"""The panels of one training with labels, after 5, 15, 30 and 50 epochs."""


@pytest.fixture
def data() -> figure2.Data:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 255, (60, 28, 28), dtype=np.uint8)
    truth = np.arange(60) % 3
    dataset = Dataset.from_images(pictures)
    train, held_out = dataset.subset(slice(40)), dataset.inputs[40:]
    return figure2.Data(train, held_out, torch.from_numpy(truth[:40]), truth[:40], truth[40:])


@pytest.fixture
def config() -> TrainingConfig:
    small = ModelConfig(channels=(2, 2), hidden=4)
    return preset("figure2").replace(model=small, pretraining_epochs=1, batch_size=20)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each training step had labels."""
    made: list[bool] = []
    step = VAETraining.step

    def counted(self: VAETraining, labels: torch.Tensor, *, balanced: bool) -> dict[str, float]:
        made.append(bool((labels >= 0).any()))
        return step(self, labels, balanced=balanced)

    monkeypatch.setattr(VAETraining, "step", counted)
    return made


def test_panels_of_the_same_training_are_measured_in_one_run(
    data: figure2.Data, config: TrainingConfig, steps: list[bool], tmp_path: Path
) -> None:
    chosen = [figure2.PRETRAINING, *LOGISTIC[2:]]
    run = figure2.Run(data, config, tmp_path / "results.json", None)
    run.measure_seed(chosen, 0)
    assert all(run.result(panel, 0) for panel in chosen)
    # 1 epoch without labels, then 50 with labels, in which 30 epochs are measured too.
    assert (steps.count(False), steps.count(True)) == (2, 2 * max(p.epochs for p in chosen))

    assert len(run.table(chosen, 1).splitlines()) == 2 + len(chosen)


def test_an_interrupted_seed_keeps_the_measured_panels(
    data: figure2.Data,
    config: TrainingConfig,
    steps: list[bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, chosen = tmp_path / "results.json", [*LOGISTIC[:2], figure2.COLLAPSE]
    first = figure2.Run(data, config, path, None)
    measure = figure2.Run._measure

    def interrupted(
        self: figure2.Run, panel: figure2.Panel, seed: int, training: VAETraining
    ) -> None:
        measure(self, panel, seed, training)
        raise KeyboardInterrupt

    monkeypatch.setattr(figure2.Run, "_measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        first.measure_seed(chosen, 0)
    monkeypatch.undo()
    assert len(json.loads(path.read_text())) == 1
    again = figure2.Run(data, config, path, None)
    again.measure_seed(chosen, 0)
    assert all(again.result(panel, 0) for panel in chosen)
    before = path.read_text()
    steps.clear()
    figure2.Run(data, config, path, None).measure_seed(chosen, 0)
    assert not steps and path.read_text() == before


def test_each_setting_has_results_of_its_own(config: TrainingConfig) -> None:
    panel = figure2.PANELS[1]
    settings = [
        config,
        config.replace(head_input="mean"),
        config.replace(kl_capacity=5.0),
        config.replace(kl_capacity=5.0, beta_kl=1000),
        config.replace(learning_rate=1e-3),
        config.replace(kl_warmup_epochs=5.0),
        config.replace(model=ModelConfig(init="pytorch")),
    ]
    keys = {figure2.key_of(setting, panel, seed) for setting in settings for seed in (0, 1)}
    assert len(keys) == 2 * len(settings)
    assert len({figure2.key_of(config, panel, 0) for panel in figure2.ALL}) == len(figure2.ALL)


def test_a_capacity_keeps_its_own_weight_in_each_panel(
    data: figure2.Data, config: TrainingConfig
) -> None:
    raised = next(panel for panel in figure2.PANELS if panel.beta_kl == 20)
    assert figure2.prepared(data, config, raised, 0, None).config.weights.beta_kl == 20
    with_capacity = config.replace(kl_capacity=5.0, beta_kl=1000)
    assert figure2.prepared(data, with_capacity, raised, 0, None).config.weights.beta_kl == 1000
