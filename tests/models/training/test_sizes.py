"""The same loop trains on larger pictures, on features that the user gives, and on vectors."""

from collections import deque

import numpy as np
import pytest
import torch

from lodespace.models import Dataset, ModelConfig, Trainer, preset
from lodespace.models.training.particle_loop import ParticleLoop
from lodespace.models.vae.losses import reconstruction_weight
from lodespace.models.vae.vae import VAE

FEW = {
    "feature_steps": 4,
    "encoder_epochs": 1,
    "least_steps": 1,
    "layout_rounds": 20,
    "rounds_per_gesture": 20,
    "classifier_steps_per_gesture": 5,
    "neighbours": 6,
}


def halves(n: int, side: int, channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Pictures, each bright either at the left or at the bottom, and the class of each picture."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, (n, side, side, channels), dtype=np.uint8)
    truth = np.arange(n) % 2
    images[truth == 0, :, : side // 2] += 180
    images[truth == 1, side // 2 :] += 180
    return images, truth


@pytest.mark.parametrize(("side", "layers"), [(32, 3), (64, 4), (128, 5)])
def test_depth_follows_the_side(side: int, layers: int) -> None:
    dataset = Dataset.from_images(halves(4, side)[0], "photos")
    vae = VAE.build(dataset, ModelConfig(), 3, 2, 0)
    convolutions = [m for m in vae.encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == layers
    assert vae(dataset.inputs).reconstruction.shape == (4, 3, side, side)


def test_the_weight_of_the_reconstruction_makes_all_sizes_count_as_one() -> None:
    weights = [
        reconstruction_weight(Dataset.from_images(halves(4, side, 1)[0][..., 0]))
        for side in (32, 64, 128)
    ]
    assert weights == [1, 1 / 4, 1 / 16]
    assert (
        reconstruction_weight(Dataset.from_vectors(np.random.default_rng(0).random((4, 5000)))) == 1
    )


@pytest.mark.parametrize(
    ("side", "n"), [(64, 40), pytest.param(128, 16, marks=pytest.mark.only_slow)]
)
@pytest.mark.slow
def test_large_pictures_are_told_apart_and_decoded(
    side: int, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lodespace.models.classification.learner.FRESH_CLASSIFIER_STEPS", 8)
    images, truth = halves(n, side)
    trainer = Trainer(
        Dataset.from_images(images, "photos"),
        preset("default").replace(**FEW),
        n_classes=2,
        device="cpu",
    )
    labels = np.full(n, -1, np.int16)
    labels[:12] = truth[:12]
    trainer.set_labels(labels)
    (last,) = deque(trainer.frames(1), maxlen=1)
    assert (last.prediction == truth).mean() > 0.9
    assert trainer.inspector.decode(last.latent_mean[:3]).shape == (3, 3, side, side)
    assert trainer.inspector.inspect(np.arange(2)).reconstruction.shape == (2, 3, side, side)


def test_given_features_say_what_is_alike() -> None:
    """The pictures are noise. The features have two groups, and so do map and predictions."""
    rng = np.random.default_rng(0)
    truth = np.arange(80) % 2
    images = rng.integers(0, 256, (80, 28, 28), dtype=np.uint8)
    features = rng.normal(0, 0.3, (80, 6)) + 4 * truth[:, None]
    dataset = Dataset.from_images(images).with_features(features)
    trainer = Trainer(dataset, preset("default").replace(**FEW), n_classes=2, device="cpu")
    labels = np.full(80, -1, np.int16)
    labels[:6] = truth[:6]
    trainer.set_labels(labels)
    (last,) = deque(trainer.frames(1), maxlen=1)
    assert (last.prediction == truth).mean() > 0.95
    mean = last.latent_mean
    within = np.mean([mean[truth == k].std(axis=0).mean() for k in range(2)])
    between = np.linalg.norm(mean[truth == 0].mean(axis=0) - mean[truth == 1].mean(axis=0))
    assert between > 2 * within
    loop = trainer.loop
    assert isinstance(loop, ParticleLoop)
    assert loop.features.self_supervision.steps_done == 0, (
        "features were learned although the data set has features"
    )


def test_the_graph_of_vectors_stands_on_the_vectors() -> None:
    rng = np.random.default_rng(0)
    dataset = Dataset.from_vectors(rng.normal(size=(60, 5)))
    trainer = Trainer(dataset, preset("default").replace(**FEW), n_classes=1, device="cpu")
    for _ in trainer.frames(1):
        pass
    loop = trainer.loop
    assert isinstance(loop, ParticleLoop) and loop.map.particles is not None
    assert loop.graph.features_in_graph and loop.features.self_supervision.steps_done == 0
    nearest = torch.cdist(dataset.stored, dataset.stored).fill_diagonal_(9e9).argmin(dim=1)
    edges = set(
        zip(
            loop.map.particles.graph.head.tolist(),
            loop.map.particles.graph.tail.tolist(),
            strict=True,
        )
    )
    both = edges | {(b, a) for a, b in edges}
    assert all((i, int(j)) in both for i, j in enumerate(nearest))
