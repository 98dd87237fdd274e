"""Views: directions of embeddings, shapes of curves, sounds wherever they begin."""

import warnings

import numpy as np
import pytest
import torch

from lodespace.models import Dataset, Trainer
from lodespace.models.features.views import ViewName, view_features, view_names, view_of
from lodespace.models.portable import PortableModel, load_model
from samples.trainings import labels_of, quick, rest

SAMPLES = 64


def curves(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noisy curves (N, SAMPLES) of 3 classes with different frequencies, shifted at random."""
    random = np.random.default_rng(seed)
    truth = np.arange(n) % 3
    at = np.arange(SAMPLES)[None] / SAMPLES
    turns = 1 + 3.0 * truth[:, None] + 2 * random.random((n, 1))
    waves = 2 * np.pi * (turns * at + random.random((n, 1)))
    rows = np.sin(waves) + 0.5 * random.normal(size=(n, SAMPLES))
    return (10 + 3 * rows).astype(np.float32), truth


def agreement_of_neighbours(rows: torch.Tensor, truth: np.ndarray) -> float:
    """Share of the 30 nearest neighbours of an item that have its class, mean of all items."""
    distance = torch.cdist(rows, rows)
    distance.fill_diagonal_(torch.inf)
    nearest = distance.topk(30, largest=False).indices.numpy()
    return float((truth[nearest] == truth[:, None]).mean())


def test_views_are_offered_where_they_fit() -> None:
    random = np.random.default_rng(0)
    embeddings = Dataset.from_vectors(random.normal(size=(200, 100)))
    table = Dataset.from_vectors(random.normal(size=(200, 20)))
    pictures = Dataset.from_images(np.zeros((4, 28, 28), np.uint8))
    assert view_names(embeddings) == ["directions"]
    assert view_names(table) == view_names(pictures) == []
    assert view_names(Dataset.from_images(np.zeros((4, 32, 32), np.uint8), "spectrograms")) == [
        "sound"
    ]
    assert view_names(Dataset.from_vectors(curves(90)[0])) == ["directions", "series"]


def test_curves_are_compared_by_their_shape_not_by_their_place() -> None:
    rows, truth = curves(300)
    data = Dataset.from_vectors(rows)
    features = view_features(data, "series")
    assert float(features.square().mean()) == pytest.approx(1, abs=1e-4)
    assert agreement_of_neighbours(features, truth) > 0.9
    assert agreement_of_neighbours(data.stored, truth) < 0.8
    # Neither the height nor the offset of a curve counts.
    again = Dataset.from_vectors(5 * rows - 100, None)
    torch.testing.assert_close(
        torch.cdist(view_features(again, "series"), view_features(again, "series")),
        torch.cdist(features, features),
        atol=0.2,
        rtol=0.05,
    )


def test_a_spectrum_shows_the_frequency_of_a_curve_wherever_it_begins() -> None:
    at = np.arange(SAMPLES) / SAMPLES
    turns, begin = np.repeat([3, 11], 2), np.array([0.0, 0.3, 0.1, 0.7])
    waves = np.sin(2 * np.pi * (turns[:, None] * at + begin[:, None]))
    data = Dataset.from_vectors(waves.astype(np.float32))
    spectrum, _ = view_of(data, "series")(data.stored)
    assert spectrum.shape == (4, SAMPLES // 2)
    assert (spectrum.argmax(dim=1) + 1).tolist() == turns.tolist()
    torch.testing.assert_close(spectrum.exp()[::2], spectrum.exp()[1::2], atol=1e-2, rtol=1e-3)


def test_directions_ignore_the_length_of_a_vector() -> None:
    random = np.random.default_rng(1)
    centres = random.normal(size=(3, 80))
    truth = np.arange(240) % 3
    rows = centres[truth] + 0.8 * random.normal(size=(240, 80))
    lengths = np.exp(random.normal(0, 2, (240, 1)))
    data = Dataset.from_vectors(rows * lengths)
    assert agreement_of_neighbours(view_features(data, "directions"), truth) > 0.95
    assert agreement_of_neighbours(data.stored, truth) < 0.85


def test_directions_are_the_roots_of_the_values_with_their_signs() -> None:
    rows = torch.tensor([[1.0, -4.0, 9.0, 0.0], [2.0, 8.0, -2.0, 0.5]])
    data = Dataset.from_vectors(rows.numpy())
    (found,) = view_of(data, "directions")(data.stored)
    roots = torch.tensor([[1.0, -2.0, 3.0, 0.0], [2**0.5, 8**0.5, -(2**0.5), 0.5**0.5]])
    wanted = roots / roots.norm(dim=1, keepdim=True)
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-4)


def spectrograms(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy spectrograms (N, 32, 32) of 2 classes, steady and pulsed tones that begin anywhere."""
    random = np.random.default_rng(0)
    truth, pictures = np.arange(n) % 2, random.integers(0, 90, (n, 32, 32))
    for picture, pulsed in zip(pictures, truth, strict=True):
        begin, length, row = random.integers(16), random.integers(10, 16), random.integers(30)
        times = np.arange(begin, begin + length)
        picture[row : row + 2, times[(times % 4 < 2) | (pulsed == 0)]] = 220
    return pictures.astype(np.uint8), truth


def test_sounds_are_compared_wherever_they_begin() -> None:
    pictures, truth = spectrograms(300)
    data = Dataset.from_images(pictures, "spectrograms")
    features = view_features(data, "sound")
    assert float(features.square().mean()) == pytest.approx(1, abs=1e-4)
    assert agreement_of_neighbours(features, truth) > 0.8
    assert agreement_of_neighbours(data.inputs.flatten(1), truth) < 0.65
    clean = np.zeros((3, 32, 32), np.uint8)
    clean[0, 8:10, 4:16] = clean[1, 16:18, 12:24] = clean[2, 8:10, [4, 5, 8, 9, 12, 13]] = 200
    (found,) = view_of(data, "sound")(Dataset.from_images(clean, "spectrograms").inputs)
    moved, pulsed = (found[0] - found[1]).norm(), (found[0] - found[2]).norm()
    assert moved < 0.5 * pulsed


def test_a_view_of_a_row_does_not_depend_on_the_other_rows() -> None:
    data = Dataset.from_vectors(curves(60)[0])
    view = view_of(data, "series")
    for whole, part in zip(view(data.stored), view(data.stored[:7]), strict=True):
        torch.testing.assert_close(whole[:7], part)


def test_labels_show_that_curves_are_series(tmp_path: object) -> None:
    """The predictions, the graph and the exported model use the view with the best predictions."""
    rows, truth = curves(420)
    data = Dataset.from_vectors(rows[:300])
    trainer = Trainer(data, quick(), n_classes=3, device="cpu")
    rest(trainer)
    labels = labels_of(truth[:300], np.arange(0, 300, 8))
    trainer.set_labels(labels, verified=labels >= 0)
    snapshot = rest(trainer)
    assert (snapshot.prediction == truth[:300])[labels < 0].mean() > 0.96
    assert trainer.loop.graph.view == "series"
    model = PortableModel.of(trainer, ["a", "b", "c"])
    assert (model.predict(rows[:300]).class_ids == snapshot.prediction).mean() >= 0.97
    assert (model.predict(rows[300:]).class_ids == truth[300:]).mean() >= 0.9
    model.save(tmp_path)
    np.testing.assert_array_equal(
        load_model(tmp_path).predict(rows).class_ids, model.predict(rows).class_ids
    )


def test_a_training_continues_with_the_view_of_its_graph() -> None:
    rows, truth = curves(300)
    data = Dataset.from_vectors(rows)
    trainer = Trainer(data, quick(), n_classes=3, device="cpu")
    rest(trainer)
    trainer.set_labels(labels_of(truth, np.arange(0, 300, 8)))
    frames = trainer.frames()
    for _ in range(3000):
        if trainer.loop.graph.view is not None:
            break
        next(frames)
    other = Trainer.from_state(trainer.state(), data, device="cpu")
    assert other.loop.graph.view == "series"
    one, two = rest(trainer), rest(other)
    assert np.array_equal(one.latent_mean, two.latent_mean)
    assert np.array_equal(one.confidence, two.confidence)


@pytest.mark.parametrize("name", ["directions", "series", "sound"])
@pytest.mark.slow
def test_a_view_is_the_same_in_onnx(name: ViewName) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    rows = Dataset.from_vectors(curves(20)[0])
    if name == "sound":
        rows = Dataset.from_images(spectrograms(20)[0], "spectrograms")
    items = rows.inputs
    view = view_of(rows, name).eval()
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            view,
            (items[:2],),
            input_names=["items"],
            dynamic_shapes=({0: batch},),
            dynamo=True,
            verbose=False,
        )
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    found = session.run(None, {"items": items.numpy()})
    for one, other in zip(found, view(items), strict=True):
        np.testing.assert_allclose(one, other.numpy(), atol=2e-3)
