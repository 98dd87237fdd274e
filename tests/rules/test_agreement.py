"""Kappa of two and of several people, against scikit-learn and a published example."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from lodespace.rules.agreement import cohen, fleiss

FLEISS_1971 = """444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444
222333 144444 224445 333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224
111155 224444 133333 555555"""
"""Diagnoses of 30 patients by 6 psychiatrists each (Fleiss 1971, table 1)."""
PUBLISHED = {1: 0.245, 2: 0.245, 3: 0.520, 4: 0.471, 5: 0.566}
"""Kappa per diagnosis."""


def of_1971() -> list[np.ndarray]:
    return list(np.array([[int(c) for c in text] for text in FLEISS_1971.split()]).T)


def test_kappa_of_two_people_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    for classes in (2, 3, 7):
        first = random.integers(0, classes, 300)
        second = np.where(random.random(300) < 0.6, first, random.integers(0, classes, 300))
        found = cohen(first, second)
        assert found.kappa == pytest.approx(cohen_kappa_score(first, second))
        assert found.items == 300 and found.same == (first == second).sum()
        for class_id, kappa in found.per_class.items():
            one = cohen_kappa_score(first == class_id, second == class_id)
            assert kappa == pytest.approx(one)


def test_kappa_of_two_people_leaves_out_items_of_one_person() -> None:
    first = np.array([0, 1, 1, 0, 2, -1, 4])
    second = np.array([0, 1, 0, 0, -1, 3, -1])
    found = cohen(first, second)
    assert (found.items, found.same) == (4, 3)
    assert found.kappa == pytest.approx(cohen_kappa_score(first[:4], second[:4]))
    assert sorted(found.per_class) == [0, 1]


def test_kappa_of_the_example_of_1971_is_the_published_one() -> None:
    found = fleiss(of_1971())
    assert found.items == 30 and found.same == 5
    assert found.kappa == pytest.approx(0.430, abs=0.0005)
    assert found.per_class == pytest.approx(PUBLISHED, abs=0.0005)


def test_kappa_of_several_people_uses_items_with_two_labels_or_more() -> None:
    votes = of_1971()
    alone = np.full(30, -1)
    alone[[2, 5]] = 3  # two labels more
    padded = [np.concatenate([one, np.full(4, -1)]) for one in [*votes, alone]]
    padded[0][30:] = 1  # four items with a single label
    found, before = fleiss(padded), fleiss(votes)
    assert found.items == 30 and found.kappa is not None and before.kappa is not None
    assert before.kappa < found.kappa < before.kappa + 0.02


@pytest.mark.parametrize("classes", [[], [1]])
def test_kappa_is_unknown_without_two_classes(classes: list[int]) -> None:
    one = np.array([-1, *classes])
    assert cohen(one, one).kappa is None and cohen(one, one).per_class == {}
    assert fleiss([one, one]).kappa is None and fleiss([]).items == 0
    assert cohen(one, one).same == len(classes)
