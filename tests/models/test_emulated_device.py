"""Training on an accelerator that is emulated on the CPU (drivers/emulated_device.py). Each call of
torch uses one device, and arrays, random generators and number types suit the device."""

from pathlib import Path

import numpy as np
import pytest
import torch

from drivers.emulated_device import DeviceError, Kind, emulated
from lodespace.baking.bake import bake
from lodespace.baking.parts import DEFAULT_PARTS
from lodespace.models import Dataset, Trainer, TrainingConfig, preset
from samples.trainings import labels_of, quick, rest, small

BRIEF = {
    "classifier_steps_per_gesture": 4,
    "encoder_epochs": 1,
    "feature_steps": 2,
    "layout_rounds": 10,
    "neighbours": 6,
    "rounds_per_gesture": 4,
}


def pictures() -> tuple[Dataset, np.ndarray]:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, (60, 28, 28), dtype=np.uint8)
    truth = np.arange(60) % 3
    for kind in range(3):
        images[truth == kind, :, 4 + 8 * kind : 8 + 8 * kind] += 180
    return Dataset.from_images(images), truth


def train_and_ask(data: Dataset, truth: np.ndarray, config: TrainingConfig, kind: Kind) -> Trainer:
    """Train, label, ask for forces, pictures and variances, and undo."""
    trainer = Trainer(data, config, n_classes=3, device=kind)
    for _ in trainer.frames(1):
        pass
    before = trainer.state()
    trainer.set_labels(labels_of(truth, np.arange(24)))
    last = rest(trainer)
    assert np.mean(last.prediction == truth) > 0.8
    forces = trainer.inspector.forces(np.arange(5), reconstruction=True)
    assert all(np.isfinite(force).all() for force in forces.values())
    assert np.isfinite(trainer.inspector.decode(last.latent_mean[:2])).all()
    assert np.isfinite(trainer.inspector.inspect(np.array([1, 2])).sigma).all()
    trainer.restore(before)
    for _, _ in zip(trainer.frames(), range(4), strict=False):
        pass
    return trainer


def test_training_on_mps_needs_no_float64_and_mixes_no_devices() -> None:
    data, truth = small(60, 3)
    with emulated("mps") as device:
        trainer = train_and_ask(data, truth, quick().replace(**BRIEF), "mps")
        assert trainer.loop.latent_mean.device.type == "mps"
    assert device.calls > 10_000


def test_state_of_the_cpu_continues_on_another_device(tmp_path: Path) -> None:
    """The bundled demo was trained on the CPU, whose random generator has another state."""
    data, _ = small(60, 3)
    before = Trainer(data, quick().replace(**BRIEF), n_classes=3, device="cpu")
    for _, _ in zip(before.frames(), range(3), strict=False):
        pass
    before.save(tmp_path)
    with emulated("cuda"):
        trainer = Trainer.load(tmp_path, data, device="cuda")
        assert trainer.loop.step == before.loop.step
        rest(trainer)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["cuda", "mps"])
@pytest.mark.parametrize("sort", ["vectors", "pictures", "paper"])
def test_pins_dims_classes_and_checkpoints_work_on_a_device(
    sort: str, kind: Kind, tmp_path: Path, slow: bool
) -> None:
    if (sort, kind) != ("pictures", "mps") and not slow:
        pytest.skip("each step takes long on an emulated device: runs with --slow")
    data, truth = small(120, 3) if sort == "vectors" else pictures()
    paper = preset("paper").replace(least_steps=60, labelled_epochs=10, pretraining_epochs=4)
    config = paper if sort == "paper" else quick()
    with emulated(kind):
        trainer = train_and_ask(data, truth, config, kind)
        trainer.set_anchors(np.array([3]), np.ones((1, config.latent_dim), np.float32))
        trainer.drag(np.array([4, 5]), np.zeros((2, config.latent_dim), np.float32))
        for _, _ in zip(trainer.frames(), range(4), strict=False):
            pass
        trainer.drag(np.array([], np.int64), np.zeros((0, config.latent_dim), np.float32))
        trainer.set_priority(np.array([1, 2]))
        slant = np.random.default_rng(1).normal(size=(len(truth), 1)).astype(np.float32)
        trainer.set_axes([0], (slant - slant.mean()) / slant.std())
        for _, _ in zip(trainer.frames(), range(20), strict=False):
            pass
        trainer.set_class_count(4)
        trainer.configure(trainer.config.replace(latent_dim=2))
        rest(trainer)
        trainer.save(tmp_path)
        again = Trainer.load(tmp_path, data, device=kind)
        assert np.isfinite(rest(again).latent_mean).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_every_part_of_a_bake_is_written_on_a_device(
    kind: Kind, small_data: Path, tmp_path: Path
) -> None:
    with emulated(kind) as device:
        out = bake(
            str(small_data), tmp_path / "out", epochs=1, labels="5", device=kind, threads=1,
            parts=DEFAULT_PARTS,
        )  # fmt: skip
    assert device.calls > 1000
    assert (out / "model" / "model.json").is_file()


def test_the_emulation_refuses_what_a_device_refuses() -> None:
    with emulated("mps") as device:
        ours = torch.ones(3, device="mps")
        one = torch.ones(3)
        index = torch.zeros(1, dtype=torch.int64)
        with pytest.raises(DeviceError, match="on the CPU"):
            ours + one
        with pytest.raises(DeviceError, match="on the CPU"):
            torch.cat([ours, one])
        with pytest.raises(DeviceError, match="on the CPU"):
            one[index.to("mps")]
        with pytest.raises(DeviceError, match="numpy"):
            np.asarray(ours)
        with pytest.raises(DeviceError, match="numpy"):
            ours.numpy()
        with pytest.raises(DeviceError, match="generator"):
            torch.rand(3, device="mps", generator=torch.Generator())
        with pytest.raises(DeviceError, match="float64"):
            ours.double()
        with pytest.raises(RuntimeError, match="RNG state"):
            torch.Generator("mps").set_state(torch.Generator().get_state())
        assert device.calls == 6


def test_the_emulation_allows_what_a_device_allows() -> None:
    with emulated("cuda"):
        ours = torch.arange(3.0, device="cuda")
        assert (ours + torch.tensor(1.0)).device.type == "cuda"
        assert ours[torch.tensor([True, False, True])].is_cuda
        assert ours.double().cpu().numpy().tolist() == [0, 1, 2]
        assert torch.zeros_like(ours, device="cpu").device.type == "cpu"
        layer = torch.nn.Linear(3, 2).to("cuda")
        layer(ours).sum().backward()
        assert layer.weight.grad is not None and layer.weight.grad.is_cuda
        noise = torch.rand(3, device="cuda", generator=torch.Generator("cuda").manual_seed(1))
    assert isinstance(noise, torch.Tensor)
    assert torch.ones(1).device.type == "cpu"
