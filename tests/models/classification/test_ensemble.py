"""Predictions of all items in one sweep, and the continuation of a half-finished sweep."""

import numpy as np
import pytest
import torch

from lodespace.models import Dataset
from lodespace.models.classification import class_probabilities, ensemble
from lodespace.models.classification import label_spreading as spreading
from lodespace.models.classification import logistic_regression as regression
from lodespace.models.classification.ensemble import Predictions
from lodespace.models.classification.training_labels import TrainingLabels
from lodespace.models.classification.wide_classifier import WideClassifier
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.layout import adjacency
from lodespace.models.layout.fuzzy_graph import fuzzy_graph
from samples.graphs import nearest_neighbours

N = 2400
"""Number of items: more than two of the chunks in which items are predicted."""


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> tuple[WideClassifier, TrainingLabels]:
    """An untrained classifier, and 60 labels, whose spreading takes several units of work."""
    monkeypatch.setattr(spreading, "_PRODUCTS_PER_UNIT", 3_000_000)
    monkeypatch.setattr(regression, "_PRODUCTS_PER_UNIT", 100_000)
    monkeypatch.setattr(spreading, "_MOST_PRODUCTS", 500_000)
    monkeypatch.setattr(adjacency, "ENTRIES_PER_UNIT", 20_000)
    torch.manual_seed(0)
    truth = torch.arange(N) % 3
    vectors = (
        np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32) + 2 * truth[:, None].numpy()
    )
    dataset = Dataset.from_vectors(vectors)
    labels = torch.where(torch.arange(N) < 60, truth, -1)
    verified = torch.arange(N) < 20
    classifier = WideClassifier(
        dataset, FeatureNetwork(dataset), 3, torch.Generator().manual_seed(1)
    )
    graph = fuzzy_graph(*nearest_neighbours(dataset.stored, 10))
    return classifier, TrainingLabels(labels, labels, labels, verified, graph, [dataset.stored])


def begun() -> Predictions:
    predictions = Predictions(N, 3, torch.device("cpu"))
    predictions.start_sweep(torch.arange(60))
    return predictions


def finished(predictions: Predictions, classifier: WideClassifier, given: TrainingLabels) -> int:
    """Complete the sweep, and return the number of steps that this took."""
    units = 1
    while not predictions.step(classifier, given):
        units += 1
    return units


@pytest.mark.slow
@pytest.mark.parametrize(("many", "every"), [(N, 3), (N - 1, 4)])
def test_a_sweep_continued_from_the_middle_ends_with_the_same_result(
    setting: tuple[WideClassifier, TrainingLabels],
    monkeypatch: pytest.MonkeyPatch,
    many: int,
    every: int,
) -> None:
    monkeypatch.setattr(class_probabilities, "MANY", many)
    whole = begun()
    units = finished(whole, *setting)
    assert units >= 10, "the sweep has too few units for chunks, kernel and spreading"
    assert not any(tensor.nbytes >= 64 * N for tensor in whole.tensors().values())
    for done in range(1, units, every):
        first = begun()
        for _ in range(done):
            assert not first.step(*setting)
        again = Predictions(N, 3, torch.device("cpu"))
        again.load(
            {name: tensor.clone() for name, tensor in first.tensors().items()},
            first.position,
            first.complete,
        )
        assert finished(again, *setting) == units - done, f"after {done} units"
        assert torch.equal(again.probabilities, whole.probabilities)
        assert torch.equal(again.newest.doubt, whole.newest.doubt)


def test_few_labels_use_the_graph_and_a_label_does_not_confirm_itself(
    setting: tuple[WideClassifier, TrainingLabels],
) -> None:
    classifier, given = setting
    truth = torch.arange(N) % 3
    labels = given.classes.clone()
    labels[31] = (labels[31] + 1) % 3
    predictions = begun()
    finished(predictions, classifier, given._replace(classes=labels, trained=labels))
    assert float((predictions.newest.prediction == truth).float().mean()) > 0.9
    doubtful = torch.argsort(predictions.newest.doubt[:60], descending=True)[:6]
    assert 31 in doubtful.tolist()


def test_a_label_does_not_change_its_own_probability(
    setting: tuple[WideClassifier, TrainingLabels],
) -> None:
    classifier, given = setting
    predictions = begun()
    finished(predictions, classifier, given)
    own = predictions.probabilities[31].clone()
    labels = given.classes.clone()
    labels[31] = (labels[31] + 1) % 3
    predictions = begun()
    finished(predictions, classifier, given._replace(classes=labels, trained=labels))
    assert float((predictions.probabilities[31] - own).abs().max()) < 0.1
    doubt = predictions.newest.doubt[:60]
    assert int(doubt.argmax()) == 31
    assert doubt[31] > 0.3


def test_the_prediction_of_a_held_out_item_ignores_its_label(
    setting: tuple[WideClassifier, TrainingLabels],
) -> None:
    classifier, given = setting
    truth = torch.arange(N) % 3
    classes = given.classes.clone()
    classes[2000] = (truth[2000] + 1) % 3
    predictions = begun()
    finished(predictions, classifier, given._replace(classes=classes))
    assert predictions.newest.prediction[2000] == truth[2000]
    assert predictions.newest.doubt[2000] > 3 * predictions.newest.doubt[:60].median()


def test_a_sweep_of_an_older_version_starts_again(
    setting: tuple[WideClassifier, TrainingLabels],
) -> None:
    whole = begun()
    finished(whole, *setting)
    half = begun()
    for _ in range(4):
        half.step(*setting)
    old = {
        "probabilities": half.probabilities,
        "classifier_features": half.features.known(setting[0]),
        "sweep_order": half.order.items,
    }
    again = Predictions(N, 3, torch.device("cpu"))
    again.load(old, half.position, half.complete)
    assert torch.equal(again.order.items, half.order.items)
    finished(again, *setting)
    assert torch.equal(again.newest.doubt, whole.newest.doubt)


def test_the_learned_classifiers_weigh_what_they_predicted_before_labels(
    setting: tuple[WideClassifier, TrainingLabels],
) -> None:
    """An untrained classifier loses weight, although its weight normally grows with the labels."""
    classifier, given = setting
    truth = torch.arange(N) % 3
    predictions = begun()
    finished(predictions, classifier, given)
    assert predictions.learned_weight == pytest.approx(0.5)
    predictions.labels_given(given.classes)
    more = torch.where(torch.arange(N) < 260, truth, -1)
    predictions.labels_given(more)
    predictions.start_sweep(torch.arange(260))
    finished(predictions, classifier, given._replace(classes=more, trained=more))
    assert predictions.learned_weight < 0.4


def test_predictions_of_first_items_are_shown_before_the_others(
    setting: tuple[WideClassifier, TrainingLabels], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among many items, those that a person looks at have their predictions after one unit."""
    monkeypatch.setattr(ensemble, "CHUNK", 20)
    classifier, given = setting
    predictions = Predictions(N, 3, torch.device("cpu"))
    looked_at = torch.arange(2000, 2020)
    predictions.start_sweep(torch.cat([torch.arange(60), looked_at]))
    while not predictions.newest.confidence.any():
        assert not predictions.step(classifier, given)
    part = predictions.newest
    known = part.confidence > 0
    assert 80 <= known.sum() < N / 4
    assert known[looked_at].all() and known[:60].all()
    finished(predictions, classifier, given)
    whole = predictions.newest
    assert (whole.confidence > 0).all()
    for mine, final in zip(part, whole, strict=True):
        assert mine is not None and final is not None
        assert torch.equal(mine[known], final[known])
        assert mine is not final
