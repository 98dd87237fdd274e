"""The weights of labels, and the mixture of three sources of predictions (voices)."""

import pytest
import torch

from lodespace.models.classification.kernel_classifier import BelievedLabels
from lodespace.models.classification.voices import FeatureVoices, Mixture, label_weights
from lodespace.models.layout.fuzzy_graph import fuzzy_graph
from samples.graphs import nearest_neighbours


def test_a_label_counts_as_the_root_of_the_items_it_represents() -> None:
    features = torch.cat([torch.zeros(80, 2), torch.full((20, 2), 5.0)])
    features += 0.01 * torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
    items = torch.tensor([3, 90, 91, 92])
    features[92] += 100.0
    weights = label_weights(features, items, torch.tensor([0, 0, 1, 2]), 3)
    counts = torch.cdist(features, features[items]).argmin(dim=1).bincount(minlength=4).float()
    assert counts[0] == 80 and counts[3] == 1
    assert float(weights[1] / weights[0]) == pytest.approx(float((counts[1] / 80).sqrt()))
    assert float(weights.sum()) == pytest.approx(float(counts[:2].sum()) * 4 / 100)
    assert not weights[2:].any(), "the only labels of their classes"


def test_a_label_alone_in_its_class_has_no_weight() -> None:
    features = torch.arange(6.0)[:, None]
    assert not label_weights(features, torch.tensor([0, 5]), torch.tensor([0, 1]), 2).any()


def test_the_mixture_prefers_the_voice_that_predicts_left_out_labels() -> None:
    classes = torch.arange(120) % 3
    good = torch.full((120, 3), 0.1)
    good[torch.arange(120), classes] = 0.8
    even = torch.full((120, 3), 1 / 3)
    bad = good.roll(1, dims=1)
    fitted = Mixture.fitted([bad, even, good], classes, torch.ones(120), [0.8, 0.1, 0.1])
    assert fitted.weights[2] > 0.8
    assert fitted.exponents[0] < 0.5 < fitted.exponents[2]
    assert float(fitted.of([bad, even, good])[0, 0]) > 0.9


def test_the_prior_of_the_weights_grows_with_the_number_of_classes() -> None:
    """With 200 classes, a left-out label has few other labels of its class, so a voice that suits
    few labels looks worse than it is. The same evidence about ten classes is convincing."""

    def fitted(n_classes: int) -> Mixture:
        own, rows = torch.arange(400) % n_classes, torch.arange(400)
        half = torch.full((400, n_classes), 1e-3)
        half[rows, torch.where(rows % 4 < 2, own, (own + 1) % n_classes)] = 1.0
        fair = torch.full((400, n_classes), 0.5 / (n_classes - 1))
        fair[rows, own] = 0.5
        return Mixture.fitted([half, fair], own, torch.full((400,), 0.5), [0.9, 0.1])

    many, few = fitted(200), fitted(10)
    assert few.weights[0] < 0.1 < 0.5 < many.weights[0]
    assert few.exponents[0] < 0.5 < 0.7 < many.exponents[0]


def test_a_dozen_labels_outweigh_the_prior_of_the_weights() -> None:
    """On small data sets, nothing else shows that another voice is better."""
    own = torch.arange(12) % 2
    fair, poor = torch.full((12, 2), 0.3), torch.full((12, 2), 0.2)
    fair[torch.arange(12), own] = 0.7
    wrong = torch.where(torch.arange(12) < 6, own, 1 - own)
    poor[torch.arange(12), wrong] = 0.8
    fitted = Mixture.fitted([poor, fair], own, torch.ones(12), [0.7, 0.3])
    assert fitted.weights[1] > 0.5


def test_overconfident_predictions_are_corrected() -> None:
    """A quarter of the items look like another class, but the voices predict with confidence."""
    generator = torch.Generator().manual_seed(2)
    n = 600
    truth = torch.arange(n) % 2
    seen = torch.where(torch.rand(n, generator=generator) < 0.25, 1 - truth, truth)
    features = torch.randn(n, 2, generator=generator) * 0.3 + 2.0 * seen[:, None] - 1
    features /= features.square().mean().sqrt()
    labels = torch.where(torch.arange(n) < 120, truth, -1)
    graph = fuzzy_graph(*nearest_neighbours(features, 8))
    voices = FeatureVoices(
        [features], graph, BelievedLabels(labels, torch.ones(n), labels >= 0, n_classes=2)
    )
    while not voices.done:
        voices.unit()
    found = voices.probabilities(torch.arange(n))
    told = float(found.amax(dim=1)[120:].mean())
    assert told == pytest.approx(
        float((found.argmax(dim=1) == truth)[120:].float().mean()), abs=0.08
    )
    assert sum(voices.weights.values()) == pytest.approx(1)
