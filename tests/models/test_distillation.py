"""The student: a network that learns to predict the classes that the page shows."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from lodespace.models import Dataset, Trainer, distillation, preset
from lodespace.models.distillation import distil, shown_probabilities
from lodespace.models.item_predictions import ItemPredictions
from lodespace.models.portable import PortableModel, load_model
from lodespace.models.training import paper_loop
from samples.trainings import labels_of, quick, rest, small

N = 300


def predicted(probabilities: torch.Tensor) -> ItemPredictions[torch.Tensor]:
    confidence, classes = probabilities.max(dim=1)
    return ItemPredictions(classes.to(torch.int16), confidence)


def test_a_student_learns_whatever_probabilities_it_gets() -> None:
    """A student needs only class probabilities, whichever classifiers they come from."""
    data = small(N)[0]
    probabilities = torch.softmax(6 * data.stored[:, :3], dim=1)
    before = torch.random.get_rng_state()
    student, agreement = distil(data, [], probabilities, predicted(probabilities))
    assert torch.equal(before, torch.random.get_rng_state())
    assert agreement.items == N and agreement.identical >= 0.97
    with torch.no_grad():
        found = student(data.stored)
    assert (found.argmax(dim=1) == probabilities.argmax(dim=1)).float().mean() >= 0.97
    assert (found - probabilities).abs().mean() < 0.05


def test_training_goes_on_while_too_few_predictions_are_identical(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = small(N)[0]
    random = torch.Generator().manual_seed(0)
    noise = torch.softmax(4 * torch.randn(N, 3, generator=random), dim=1)
    easy = torch.softmax(6 * data.stored[:, :3], dim=1)
    rounds = []
    train = distillation._train_round
    monkeypatch.setattr(distillation, "EPOCHS_PER_ROUND", 4)
    monkeypatch.setattr(
        distillation, "_train_round", lambda *given: (rounds.append(1), train(*given))
    )
    monkeypatch.setattr(distillation, "NEEDED", 1.0)
    distil(data, [], noise, predicted(noise))
    assert len(rounds) == distillation.MOST_ROUNDS
    monkeypatch.setattr(distillation, "NEEDED", 0.5)
    rounds.clear()
    distil(data, [], easy, predicted(easy))
    assert len(rounds) <= distillation.ROUNDS


def test_the_shown_class_counts_when_probabilities_are_newer() -> None:
    probabilities = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    shown = ItemPredictions(torch.tensor([1, 1, -1]), torch.tensor([0.9, 0.8, 0.0]))
    target = shown_probabilities(probabilities, shown)
    assert target.argmax(dim=1).tolist() == [1, 1, 2]
    assert torch.equal(target[1:], probabilities[1:])
    torch.testing.assert_close(target.sum(dim=1), torch.ones(3))


def test_a_portable_model_predicts_as_the_page_from_given_features() -> None:
    data, truth = small(N + 100)
    vectors = data.stored.numpy()
    features = vectors[:, ::-1].copy()
    train = Dataset.from_vectors(vectors[:N]).with_features(features[:N])
    trainer = Trainer(train, quick(), n_classes=4, device="cpu")
    rest(trainer)
    trainer.set_labels(labels_of(truth[:N], np.arange(27)))
    snapshot = rest(trainer)
    model = PortableModel.of(trainer, ["a", "b", "c", "d"])
    own, others = slice(0, N), slice(N, None)
    found = model.predict(vectors[own], features[own])
    assert (found.class_ids == snapshot.prediction).mean() >= 0.97
    assert found.classes[0] == "abcd"[found.class_ids[0]]
    page = (snapshot.prediction == truth[own])[27:].mean()
    new = model.predict(vectors[others], features[others])
    # The share is computed from 100 items, so it varies.
    assert (new.class_ids == truth[others]).mean() > page - 0.08
    with pytest.raises(ValueError, match="features"):
        model.predict(vectors[:3])


def test_the_student_is_stored_in_half_of_the_space_without_loss(tmp_path: Path) -> None:
    data, truth = small(90)
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    trainer.set_labels(labels_of(truth, np.arange(20)))
    rest(trainer)
    model = PortableModel.of(trainer, ["a", "b", "c", "d"])
    model.save(tmp_path)
    stored = load_file(tmp_path / "model.safetensors")
    weights = {name for name, tensor in stored.items() if tensor.dtype == torch.float16}
    student = {name for name in stored if name.startswith("student.") and stored[name].ndim > 1}
    assert student and student <= weights
    assert stored["vae.encoder.mean.weight"].dtype == torch.float32
    loaded = load_model(tmp_path).state_dict()
    for name, tensor in model.state_dict().items():
        assert loaded[name].dtype == tensor.dtype and torch.equal(loaded[name], tensor), name


def test_in_the_preset_paper_the_head_predicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_loop, "CACHED_STEPS", 2)
    monkeypatch.setattr(paper_loop, "FULL_EPOCHS", 1)
    data, truth = small(90)
    config = preset("paper", 2).replace(batch_size=32, pretraining_epochs=1, least_steps=1)
    trainer = Trainer(data, config, n_classes=4, device="cpu")
    trainer.set_labels(labels_of(truth, np.arange(60)))
    snapshot = rest(trainer)
    model = PortableModel.of(trainer, ["a", "b", "c", "d"])
    assert model.student is None
    found = model.predict(data.stored.numpy() * model.deviation.numpy() + model.mean.numpy())
    assert (found.class_ids == snapshot.prediction).all()


def test_a_model_of_format_1_is_still_read(tmp_path: Path) -> None:
    """In format 1, the classifier is a feature network with one linear layer."""
    trainer = Trainer(small(60)[0], quick(), n_classes=2, device="cpu")
    next(trainer.frames())
    made = PortableModel.of(trainer, ["a", "b"])
    student = {"descriptor": False, "networks": 1, "columns": 64, "hidden": 0}
    model = PortableModel(small(60)[0], made.description | {"student": student}).eval()
    model.save(tmp_path)
    names = {"student.networks.0.": "features.", "student.layers.0.": "output."}
    left_out = ("student.mean", "student.scale", "given_mean", "given_deviation")
    tensors = {}
    for name, tensor in model.state_dict().items():
        old = next((own for own in names if name.startswith(own)), "")
        if name not in left_out:
            tensors[names.get(old, "") + name.removeprefix(old)] = tensor.contiguous()
    save_file(tensors, tmp_path / "model.safetensors")
    description = made.description | {"format": 1, "classifier": True}
    for name in ("student", "source", "given_features", "agreement"):
        del description[name]
    (tmp_path / "model.json").write_text(json.dumps(description))
    items = np.random.default_rng(0).normal(size=(5, 10)).astype(np.float32)
    np.testing.assert_array_equal(
        load_model(tmp_path).predict(items).probabilities, model.predict(items).probabilities
    )
