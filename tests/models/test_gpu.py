"""Training on a GPU: the same losses as on the CPU, a gesture, and a bake."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lodespace.baking.bake import bake
from lodespace.baking.parts import DEFAULT_PARTS
from lodespace.models import Dataset, Trainer, preset
from lodespace.models.device import choose_device
from samples.trainings import labels_of, quick, rest, small

pytestmark = pytest.mark.gpu


@pytest.fixture
def gpu() -> str:
    device = choose_device()
    if device.type == "cpu":
        pytest.skip("needs a CUDA or MPS device; benchmarks/gpu.py measures it")
    return device.type


def test_losses_of_one_state_agree_with_the_cpu(gpu: str, few_images: Dataset) -> None:
    config = preset("paper").replace(pretraining_epochs=3)
    cpu = Trainer(few_images, config, n_classes=3, seed=0, device="cpu")
    for _ in cpu.frames(3):
        pass
    items = np.arange(len(few_images))
    state = cpu.state()
    other = Trainer.from_state(state, few_images, device=gpu)
    here, there = cpu.inspector.inspect(items), other.inspector.inspect(items)
    np.testing.assert_allclose(there.error, here.error, rtol=1e-3)
    np.testing.assert_allclose(there.sigma, here.sigma, rtol=1e-3)
    for name, force in cpu.inspector.forces(items).items():
        np.testing.assert_allclose(other.inspector.forces(items)[name], force, rtol=0.01, atol=1e-3)


def test_losses_after_training_agree_with_the_cpu(gpu: str, few_images: Dataset) -> None:
    """The noise differs between devices, so the losses agree only roughly."""
    found = {}
    for device in ("cpu", gpu):
        trainer = Trainer(few_images, preset("paper"), n_classes=3, seed=0, device=device)
        *_, last = trainer.frames(10)
        found[device] = last.losses["reconstruction"]
    assert found[gpu] == pytest.approx(found["cpu"], rel=0.1)


def test_a_gesture_on_the_gpu_labels_and_moves_the_map(gpu: str) -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device=gpu)
    first = rest(trainer)
    before = trainer.state()
    trainer.set_labels(labels_of(truth, np.arange(24)))
    last = rest(trainer)
    assert trainer.loop.latent_mean.device.type == gpu
    assert np.mean(last.prediction == truth) > 0.8
    assert last.frame > first.frame
    trainer.restore(before)
    returned = next(s for s in trainer.frames() if not s.rewinding)
    np.testing.assert_allclose(returned.latent_mean, first.latent_mean, atol=0.05)


def test_a_bake_on_the_gpu_has_every_part(gpu: str, small_data: Path, tmp_path: Path) -> None:
    out = bake(
        str(small_data), tmp_path / "out", epochs=1, labels="5", device=gpu, parts=DEFAULT_PARTS
    )
    assert {"index.html", "scene.glb", "training.glb", "recording.lds"} <= {
        path.name for path in out.iterdir()
    }


def test_the_demo_of_the_cpu_opens_on_the_gpu(gpu: str, tmp_path: Path) -> None:
    data, _ = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    next(iter(trainer.frames()))
    for _, _ in zip(trainer.frames(), range(3), strict=False):
        pass
    trainer.save(tmp_path)
    again = Trainer.load(tmp_path, data, device=gpu)
    assert torch.isfinite(again.loop.latent_mean).all()
    rest(again)
