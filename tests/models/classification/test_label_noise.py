"""The share of wrong labels, and the doubts about labels."""

import pytest
import torch

from lodespace.models.classification.calibration import own_probability
from lodespace.models.classification.decisions import given_labels
from lodespace.models.classification.label_noise import LabelNoise, Looks, doubts


def labelled(
    sharpness: torch.Tensor, classes: int, share: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return left-out predictions (N, C), labels, and which labels are wrong (N,).

    The predictions are right about the classes, and they have learned from the wrong labels. An
    item of high `sharpness` (N,) is easy.
    """
    n = len(sharpness)
    generator = torch.Generator().manual_seed(1)
    scores = sharpness[:, None] * torch.randn(n, classes, generator=generator)
    true = torch.softmax(scores, dim=1)
    truth = torch.multinomial(true, 1, generator=generator).squeeze(1)
    wrong = torch.rand(n, generator=generator) < share
    shift = torch.randint(1, classes, (n,), generator=generator)
    labels = torch.where(wrong, (truth + shift) % classes, truth)
    return (1 - share) * true + share / (classes - 1) * (1 - true), labels, wrong


@pytest.mark.parametrize("classes", [2, 4, 10])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.12])
def test_a_sheet_promises_the_number_of_wrong_labels(share: float, classes: int) -> None:
    predictions, labels, wrong = labelled(torch.full((2000,), 20.0), classes, share)
    own = own_probability(predictions, labels)
    noise = LabelNoise.of(own, predictions.amax(dim=1), classes)
    assert noise.share == pytest.approx(float(wrong.float().mean()), abs=0.035)
    doubt = noise.doubts(own, classes)
    worst = doubt.argsort(descending=True)[:27]
    assert float(doubt[worst].sum()) == pytest.approx(int(wrong[worst].sum()), abs=3)
    if share:
        assert float(doubt[wrong].mean()) > 3 * float(doubt[~wrong].mean())


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_mistakes_on_hard_items_are_not_wrong_labels(share: float) -> None:
    """Two thirds of the items are so hard that every third prediction is wrong. Their labels are
    right. Estimated by expectation maximisation, every label of the first sheet would be wrong."""
    hard = torch.arange(3000) % 3 > 0
    predictions, labels, wrong = labelled(torch.where(hard, 1.5, 30.0), 4, share)
    contradicted = predictions.argmax(dim=1) != labels
    assert float(contradicted[hard].float().mean()) > 0.3
    own = own_probability(predictions, labels)
    noise = LabelNoise.of(own, predictions.amax(dim=1), 4)
    assert noise.share == pytest.approx(share, abs=0.03)
    doubt = noise.doubts(own, 4)
    worst = doubt.argsort(descending=True)[:27]
    assert float(doubt[worst].sum()) == pytest.approx(int(wrong[worst].sum()), abs=5)
    assert float(doubt.sum()) <= noise.share * 3000 + 30


def test_a_less_probable_label_is_more_doubtful() -> None:
    """Also among labels that are less probable than a wrong label is on average. On
    ItalyPowerDemand, such labels were sorted by the number of their items."""
    own = torch.linspace(0, 0.2, 50)
    doubt = LabelNoise(0.05, -1.0).doubts(own, 2)
    assert bool((doubt.diff() < 0).all())


def test_few_wrong_labels_in_a_small_region_are_suspects() -> None:
    """A lasso of 30 items contains three items of another class."""
    own = torch.cat([torch.full((27,), 0.97), torch.full((3,), 0.02)])
    noise = LabelNoise.of(own, torch.full((30,), 0.97), 5)
    doubt = noise.doubts(own, 5)
    assert float(doubt[27:].min()) > 0.5 > 0.01 > float(doubt[:27].max())
    assert LabelNoise.of(own[:0], own[:0], 5) == LabelNoise(0.02)


def test_wrong_labels_that_were_found_count_in_the_share() -> None:
    """A sheet of suspects shows the wrong labels of easy items first. Others remain suspects."""
    n, classes = 2000, 3
    easy = torch.arange(n) % 2 == 0
    predictions, labels, wrong = labelled(torch.where(easy, 30.0, 6.0), classes, 0.06)
    own, most = own_probability(predictions, labels), predictions.amax(dim=1)
    found = wrong & (most >= most[wrong].median())
    own[found], rest = 0.99, ~found  # the classes are right now
    left = int(wrong[rest].sum())
    noise = LabelNoise.of(own, most, classes, Looks(found, found))
    assert noise.share == pytest.approx(0.06, abs=0.03)
    worst = noise.doubts(own[rest], classes).topk(27).indices
    hits = int(wrong[rest][worst].sum())
    assert left > 40 and float(noise.doubts(own[rest], classes)[worst].sum()) > 0.8 * hits > 15
    without = LabelNoise.of(own[rest], most[rest], classes)
    assert float(without.doubts(own[rest], classes)[worst].sum()) < 0.5 * hits


@pytest.mark.parametrize("looked_at", [300, 550, 600])
def test_labels_that_people_have_kept_count_in_the_share(looked_at: int) -> None:
    predictions, labels, wrong = labelled(torch.full((600,), 20.0), 2, 0.05)
    own = own_probability(predictions, labels)
    reviewed = torch.arange(600) < looked_at
    corrected = reviewed & wrong
    own[corrected] = 0.99
    noise = LabelNoise.of(own, predictions.amax(dim=1), 2, Looks(reviewed, corrected))
    assert noise.share == pytest.approx(0.05, abs=0.03)
    doubt = noise.doubts(own, 2)[~reviewed]
    assert int((doubt > 0.5).sum()) <= int(wrong[~reviewed].sum()) + 2
    assert looked_at > 500 or int((doubt > 0.5)[wrong[~reviewed]].sum()) >= 5


def test_a_state_of_an_older_version_has_no_shift() -> None:
    noise = LabelNoise(0.125, -2.0)
    tensors = noise.tensors()
    assert LabelNoise.load(tensors) == noise
    del tensors["doubt_shift"]
    assert LabelNoise.load(tensors) == LabelNoise(0.125)


@pytest.mark.parametrize("classes", [2, 10])
def test_mistakes_that_voices_have_learned_do_not_support_a_label(classes: int) -> None:
    """Voices that have learned 5 % wrong labels give 0.05 to the other one of two classes."""
    own = torch.tensor([0.05 / (classes - 1), 0.05 / (classes - 1) + 0.05, 0.5, 0.95])
    doubt = doubts(own, 0.05, classes)
    assert float(doubt[0]) > 0.95 and 0.3 < float(doubt[1]) < 0.6
    assert float(doubt[2]) < 0.06 and float(doubt[3]) < 0.005


def test_the_only_label_of_a_class_is_not_a_suspect() -> None:
    probabilities = torch.tensor([[0.98, 0.01, 0.01], [0.9, 0.1, 0.0], [0.95, 0.05, 0.0]])
    labels = torch.tensor([0, 0, 2])
    found = given_labels(probabilities, labels, LabelNoise(0.05))
    assert found.argmax(dim=1).tolist() == [0, 0, 2]
    assert 1 - float(found[2, 2]) == pytest.approx(0.05, abs=0.005)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(3))


def test_a_label_that_all_other_labels_contradict_is_predicted_otherwise() -> None:
    probabilities = torch.tensor([[0.999, 0.001]]).repeat(400, 1)
    labels = torch.zeros(400, dtype=torch.int64)
    labels[:100] = 1
    labels[300:] = -1
    found = given_labels(probabilities, labels, LabelNoise(0.2))
    assert int(found[0].argmax()) == 0
    assert torch.equal(found[300:], probabilities[300:])
