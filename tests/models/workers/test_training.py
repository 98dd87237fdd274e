"""A whole training by two processes."""

import hashlib

import numpy as np
import pytest

from lodespace.models import Dataset, Trainer, preset
from lodespace.models.shared_items import shared
from lodespace.models.workers.team import Team

pytestmark = pytest.mark.slow


def trained(dataset: Dataset) -> Trainer:
    config = preset("default", 2).replace(
        layout_rounds=5, feature_steps=4, batch_size=32, classifier_steps_per_gesture=4
    )
    trainer = Trainer(dataset, config, n_classes=3, seed=4, device="cpu")
    labels = np.full(90, -1, np.int16)
    labels[::6] = np.arange(90)[::6] // 30
    trainer.set_labels(labels)
    for _ in trainer.frames(epochs=1):
        pass
    return trainer


def digest(trainer: Trainer) -> str:
    found = hashlib.sha256()
    for name, tensor in sorted(trainer.state().tensors.items()):
        found.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return found.hexdigest()


def test_two_processes_train_twice_to_the_same_bytes(few_images: Dataset, team: Team) -> None:
    first, second = (trained(shared(few_images, team)) for _ in range(2))
    assert digest(first) == digest(second)
    assert first.loop.vae_training.epoch >= 1
    truth = np.arange(90) // 30
    assert (first.snapshot().prediction == truth).mean() > 0.9
