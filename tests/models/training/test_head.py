"""The paper's head, which classifies latent means. Training fits the head before coming to rest."""

import numpy as np
import pytest
import torch
from map_quality import held_out_neighbour_accuracy

from lodespace.models import Dataset, Trainer, TrainingConfig, preset
from lodespace.models.config import PresetName
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.training import paper_loop
from lodespace.models.training.tasks.head import label_targets
from lodespace.models.vae.head import ClassificationHead
from lodespace.models.vae.head_fit import HeadFit
from samples.trainings import labels_of, quick, rest, small

N = 400


def of_preset(name: PresetName) -> TrainingConfig:
    if name == "paper":
        return preset("paper").replace(pretraining_epochs=5, batch_size=128, least_steps=1)
    return quick(preset=name)


def accuracies(trainer: Trainer, truth: np.ndarray, labelled: np.ndarray) -> tuple[float, float]:
    """Accuracy of the head, and of 10-NN on the same latent means, on the items without labels."""
    training = trainer.loop.vae_training
    mean = training.encode_all()
    others = np.setdiff1d(np.arange(len(truth)), labelled)
    with torch.no_grad():
        head = training.vae.head(mean).argmax(dim=1).numpy()
    latent = mean.numpy()
    neighbours = held_out_neighbour_accuracy(
        latent[labelled], truth[labelled], latent[others], truth[others]
    )
    return float((head == truth)[others].mean()), neighbours


@pytest.mark.parametrize("classes", [4, 20])
@pytest.mark.parametrize("name", ["default", "calm", "paper"])
def test_at_rest_the_head_is_as_accurate_as_neighbours(
    name: PresetName, classes: int, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not slow:
        monkeypatch.setattr(paper_loop, "CACHED_STEPS", 80)
        if classes == 4 or name == "calm":
            pytest.skip("runs with --slow")
    data, truth = small(N, classes)
    trainer = Trainer(data, of_preset(name), n_classes=classes, device="cpu")
    rest(trainer)
    labelled = np.random.default_rng(0).permutation(N)[: N // 2]
    trainer.set_labels(labels_of(truth, labelled))
    snapshot = rest(trainer)
    head, neighbours = accuracies(trainer, truth, labelled)
    assert head > neighbours - 0.03
    held_out = snapshot.metrics["held_out"]
    # The metric is measured on few labels, so it may differ from the share by chance.
    chance = 3 * (head * (1 - head) / held_out) ** 0.5
    assert abs(snapshot.metrics["head_accuracy"] - head) < chance


def test_the_fit_of_the_head_leaves_the_latent_means_as_they_are() -> None:
    data, truth = small(120)
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    trainer.set_labels(labels_of(truth, np.arange(0, 120, 3)))
    rest(trainer)
    before = trainer.loop.vae_training.encode_all()
    shown = trainer.loop.latent_mean.clone()
    weights = [p.detach().clone() for p in trainer.loop.vae_training.vae.head.parameters()]
    trainer.set_class_count(5)
    rest(trainer)
    assert torch.equal(before, trainer.loop.vae_training.encode_all())
    assert torch.equal(shown, trainer.loop.latent_mean)
    now = [p[:4] for p in trainer.loop.vae_training.vae.head.parameters()]
    assert not all(torch.equal(a, b) for a, b in zip(weights, now, strict=True))


@pytest.mark.parametrize("hidden_layers", [0, 1])
def test_a_fit_ends_where_the_loss_no_longer_decreases(hidden_layers: int) -> None:
    torch.manual_seed(0)
    mean = torch.randn(300, 3)
    labels = mean.argmax(dim=1)
    labels[::10] = UNLABELED
    items, target, weight = label_targets(labels, 3, mean.device)
    head = ClassificationHead(3, 3, hidden_layers)
    fit, losses = HeadFit(), []
    while not fit.unit(head, mean[items], target, weight):
        losses.append(fit.loss)
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.1
    assert (head(mean).argmax(dim=1) == mean.argmax(dim=1)).float().mean() > 0.95


def test_after_a_gesture_the_paper_minimises_equation_1(few_images: Dataset) -> None:
    """The first steps after a gesture train all layers except the trunk, on all loss terms."""
    truth = np.repeat(np.arange(3), 30).astype(np.int16)
    config = preset("paper", 2).replace(batch_size=32, pretraining_epochs=1, least_steps=1)
    trainer = Trainer(few_images, config, n_classes=3, device="cpu")
    rest(trainer)
    trainer.set_labels(truth)
    frames = trainer.frames()
    for _ in range(3):
        snapshot = next(frames)
    assert snapshot.phase == "interactive"
    assert snapshot.losses.keys() == {"reconstruction", "kl", "classification", "total"}
    vae = trainer.loop.vae_training.vae
    trunk = [p.detach().clone() for p in vae.encoder.trunk.parameters()]
    others = [
        p.detach().clone() for p in (*vae.decoder.parameters(), *vae.encoder.mean.parameters())
    ]
    next(frames)
    assert all(
        torch.equal(a, b) for a, b in zip(trunk, vae.encoder.trunk.parameters(), strict=True)
    )
    now = (*vae.decoder.parameters(), *vae.encoder.mean.parameters())
    assert not any(torch.equal(a, b) for a, b in zip(others, now, strict=True))
