"""The label model: probabilities of classes and accuracies of sources, compared with the truth."""

import numpy as np
import pytest

from lodespace.errors import ProtocolError
from lodespace.rules.label_model import fit
from lodespace.rules.results import LabelModel
from lodespace.rules.votes import Source, Votes

N, K = 3000, 5


def simulated(
    accuracies: list[float], coverages: list[float], *, n: int = N, k: int = K, seed: int = 0
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Return true classes (N,), and per source its items and classes."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, k, n)
    votes = []
    for accuracy, coverage in zip(accuracies, coverages, strict=True):
        items = np.flatnonzero(random.random(n) < coverage)
        given = truth[items].copy()
        wrong = random.random(len(items)) >= accuracy
        given[wrong] += random.integers(1, k, wrong.sum())
        votes.append((items, given % k))
    return truth, votes


def fitted(votes: list, sources: list[Source] | None = None, n: int = N, k: int = K) -> LabelModel:
    sources = sources or [Source(f"source {i}") for i in range(len(votes))]
    return fit(Votes.of(votes), sources, n, k)


def wrong_share(model: LabelModel, truth: np.ndarray) -> float:
    labels, _ = model.labels()
    voted = labels >= 0
    return float((labels[voted] != truth[voted]).mean())


def test_items_without_votes_have_no_class() -> None:
    model = fitted([(np.array([1, 3]), np.array([2, 0]))], n=5)
    labels, confidence = model.labels()
    assert labels.tolist() == [-1, 2, -1, 0, -1]
    assert (confidence[[0, 2, 4]] == 0).all()
    assert (model.of_items(np.array([0, 2])) == 0).all()
    assert model.reasons(0) == []


def test_no_votes_at_all() -> None:
    model = fitted([(np.empty(0, np.int64), 0)], n=4)
    assert model.labels()[0].tolist() == [-1] * 4
    assert model.sources[0].votes == 0
    assert model.sources[0].accuracy == pytest.approx(0.8)


def test_probabilities_of_a_single_vote_follow_its_accuracy() -> None:
    items = np.arange(1000)
    classes = np.arange(1000) % K
    model = fitted([(items, classes)], [Source("one", accuracy=0.8)], n=1000)
    table = model.of_items(items[:K])
    assert table.sum(1) == pytest.approx(1)
    assert table[np.arange(K), classes[:K]] == pytest.approx(0.8, abs=0.02)


def test_single_votes_do_not_confirm_their_accuracy() -> None:
    ranges = [(0, 428, 0), (423, 834, 6), (900, 1386, 1), (1400, 1799, 3)]
    regions = [(np.arange(first, end), class_id) for first, end, class_id in ranges]
    model = fitted(regions, n=2000, k=10)
    table = model.of_items(np.arange(2000))
    for (items, class_id), source in zip(regions, model.sources, strict=True):
        single = np.setdiff1d(items, np.arange(423, 428))
        assert (table[single, class_id] > 0.6).all()
        assert source.accuracy == pytest.approx(0.71 if class_id in (0, 6) else 0.8, abs=0.04)
    contradicted = table[423:428][:, [0, 6]]
    assert (contradicted > 0.35).all() and (contradicted.sum(1) > 0.85).all()


def test_accuracies_are_near_the_truth() -> None:
    accuracies = [0.95, 0.9, 0.8, 0.7, 0.6, 0.85]
    truth, votes = simulated(accuracies, [0.5] * 6)
    model = fitted(votes)
    true = [(given == truth[items]).mean() for items, given in votes]
    estimated = [source.accuracy for source in model.sources]
    assert np.abs(np.array(estimated) - true).mean() < 0.03
    inside = [
        source.low <= value <= source.high
        for source, value in zip(model.sources, true, strict=True)
    ]
    assert sum(inside) >= 5


def test_the_newest_of_several_votes_is_wrong_more_often() -> None:
    truth, votes = simulated([0.95, 0.8, 0.8, 0.7], [0.7] * 4)
    newest = np.full(N, -1)
    for items, given in votes:
        newest[items] = given
    voted = newest >= 0
    model = fitted(votes)
    assert wrong_share(model, truth) < 0.5 * (newest[voted] != truth[voted]).mean()


def test_confidences_are_calibrated() -> None:
    truth, votes = simulated([0.9, 0.8, 0.7], [0.8] * 3, n=20_000)
    model = fitted(votes, n=20_000)
    labels, confidence = model.labels()
    for low, high in ((0.5, 0.8), (0.8, 0.95), (0.95, 1.0)):
        chosen = (labels >= 0) & (confidence >= low) & (confidence <= high)
        right = (labels[chosen] == truth[chosen]).mean()
        assert right == pytest.approx(confidence[chosen].mean(), abs=0.05)


def test_a_copied_region_counts_as_one() -> None:
    """Nine copies of a region with wrong items do not outvote two people."""
    random = np.random.default_rng(3)
    truth = random.integers(0, K, N)
    # The region has class 0, but a third of its items are of other classes.
    right = np.flatnonzero(truth == 0)[:200]
    region = np.sort(np.concatenate([right, np.flatnonzero(truth != 0)[:100]]))
    items = np.arange(N)
    people = [
        (items, np.where(random.random(N) < 0.9, truth, (truth + step) % K)) for step in (1, 2)
    ]
    sources = [Source("person 1", accuracy=0.9), Source("person 2", accuracy=0.9)]
    one = fitted([*people, (region, 0)], [*sources, Source("region")])
    copies = [Source(f"copy {i}") for i in range(9)]
    ten = fitted([*people, *[(region, 0)] * 10], [*sources, Source("region"), *copies])
    labels = [model.labels()[0][region] for model in (one, ten)]
    assert (labels[0] != truth[region]).mean() < 0.05
    assert (labels[1] != labels[0]).mean() < 0.02


def test_independent_sources_are_not_taken_for_copies() -> None:
    truth, votes = simulated([0.9, 0.9, 0.9, 0.9], [0.5] * 4)
    model = fitted(votes)
    odds = model.ballot_odds
    # A vote that is right in 9 of 10 cases changes odds of 1 to 4 into 9 to 1.
    assert np.median(odds) == pytest.approx(36, rel=0.3)
    assert wrong_share(model, truth) < 0.1


def test_no_vote_outvotes_a_verified_label() -> None:
    items = np.arange(100)
    rules = [(items, 1)] * 3
    person = (np.array([5, 6]), np.array([0, 2]))
    sources = [Source(f"rule {i}", accuracy=0.99, strength=1000) for i in range(3)]
    model = fitted([*rules, person], [*sources, Source("person", looks=True)], n=100)
    labels, confidence = model.labels()
    assert labels[[5, 6]].tolist() == [0, 2]
    assert (confidence[[5, 6]] > 0.999).all()
    assert (np.delete(labels, [5, 6]) == 1).all()


def test_two_verified_labels_that_differ_are_weighed() -> None:
    """The person who is right more often decides."""
    truth, votes = simulated([0.97, 0.6, 0.9], [1.0, 1.0, 1.0], n=1000)
    sources = [
        Source("careful", accuracy=0.9, looks=True),
        Source("careless", accuracy=0.9, looks=True),
        Source("rule"),
    ]
    model = fitted(votes, sources, n=1000)
    labels, _ = model.labels()
    careful, careless = votes[0][1], votes[1][1]
    differ = careful != careless
    assert np.isin(labels[differ], np.stack([careful, careless])[:, differ]).all()
    assert (labels[differ] == careful[differ]).mean() > 0.9
    assert (labels == truth).mean() > 0.93


def test_conflicts_are_counted() -> None:
    first = (np.array([0, 1, 2]), np.array([1, 1, 1]))
    second = (np.array([1, 2, 3]), np.array([1, 0, 0]))
    model = fitted([first, second], n=5)
    assert [source.conflicts for source in model.sources] == [1, 1]
    assert [source.votes for source in model.sources] == [3, 3]
    assert [source.compared for source in model.sources] == [0, 0]
    model = fitted([first, second, (np.array([2]), np.array([0]))], n=5)
    assert [source.compared for source in model.sources] == [1, 1, 1]


def test_reasons_name_each_vote_of_an_item() -> None:
    _, votes = simulated([0.95, 0.6, 0.9], [1.0, 1.0, 1.0])
    model = fitted(votes)
    reasons = model.reasons(17)
    assert {(reason.source, reason.class_id) for reason in reasons} == {
        (source, int(given[17])) for source, (_, given) in enumerate(votes)
    }
    assert [reason.odds for reason in reasons] == sorted(
        (reason.odds for reason in reasons), reverse=True
    )


def test_the_order_of_the_votes_does_not_matter() -> None:
    _, votes = simulated([0.9, 0.8, 0.7], [0.6] * 3)
    ordered = Votes.of(votes)
    order = np.random.default_rng(1).permutation(len(ordered.items))
    shuffled = Votes(*(column[order] for column in ordered))
    sources = [Source(f"source {i}") for i in range(3)]
    first, second = (fit(given, sources, N, K) for given in (ordered, shuffled))
    assert np.array_equal(first.labels()[0], second.labels()[0])
    assert first.labels()[1] == pytest.approx(second.labels()[1])


@pytest.mark.parametrize(
    ("items", "classes", "message"),
    [
        ([0, 5], [0, 1], "item 5"),
        ([0, 1], [0, 7], "class 7"),
        ([0, -1], [0, 1], "item -1"),
        ([2, 2], [0, 1], "several votes on item 2"),
    ],
)
def test_votes_that_do_not_fit_are_refused(
    items: list[int], classes: list[int], message: str
) -> None:
    with pytest.raises(ProtocolError, match=message):
        fitted([(np.array(items), np.array(classes))], n=5, k=3)


@pytest.mark.only_slow
@pytest.mark.filterwarnings("ignore:The (copy|inplace) keyword")
@pytest.mark.parametrize("seed", range(4))
def test_results_are_those_of_another_implementation(seed: int) -> None:
    """Dawid-Skene of crowd-kit, on votes of five sources without abstentions."""
    aggregation = pytest.importorskip("crowdkit.aggregation", reason="needs crowd-kit")
    pandas = pytest.importorskip("pandas")
    truth, votes = simulated([0.9, 0.85, 0.7, 0.6, 0.55], [1.0] * 5, n=1000, seed=seed)
    weak = [Source(f"source {i}", strength=1) for i in range(5)]
    labels, _ = fitted(votes, weak, n=1000).labels()
    listed = Votes.of(votes)
    frame = pandas.DataFrame(
        {"task": listed.items, "worker": listed.sources, "label": listed.classes}
    )
    other = aggregation.DawidSkene(100).fit(frame).labels_.sort_index().to_numpy()
    assert (labels == other).mean() > 0.98
    assert (labels == truth).mean() > (other == truth).mean() - 0.01


def test_votes_for_one_class_only_do_not_speak_against_it() -> None:
    items = np.arange(40)
    person = np.array([1] * 3 + [0] * 27)
    votes = Votes.of([(items[:30], person), (items, 0)])
    model = fit(votes, [Source("person", 0.95, looks=True), Source("rule")], 40, 2)
    labels, sure = model.labels()
    assert labels.tolist() == [*person.tolist(), *[0] * 10] and (sure[30:] > 0.7).all()
    assert 0.75 < model.sources[1].accuracy < 0.98 and model.sources[0].accuracy > 0.8
