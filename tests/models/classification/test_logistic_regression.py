"""Logistic regression: the solution, and predictions without the labels of a fold."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression as Reference

from lodespace.models.classification import logistic_regression
from lodespace.models.classification.logistic_regression import LogisticRegression


def labelled(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    classes = torch.arange(n) % 3
    return 2 * torch.eye(6)[classes] + torch.randn(n, 6, generator=generator), classes


def fitted(rows: torch.Tensor, classes: torch.Tensor, n_classes: int) -> LogisticRegression:
    work = LogisticRegression(rows, classes, n_classes)
    while not work.done:
        work.unit()
    return work


def test_the_solution_is_that_of_scikit_learn() -> None:
    rows, classes = labelled(120)
    found = fitted(rows, classes, 3).probabilities(rows)
    reference = Reference(C=1 / logistic_regression.PENALTY, max_iter=1000).fit(
        rows.numpy(), classes.numpy()
    )
    assert np.abs(found.numpy() - reference.predict_proba(rows.numpy())).max() < 0.05


def test_left_out_predictions_equal_a_fit_without_the_fold() -> None:
    rows, classes = labelled(60)
    whole = fitted(rows, classes, 3)
    others = whole._fold != whole._fold[7]
    alone = fitted(rows[others], classes[others], 3)
    torch.testing.assert_close(
        whole.left_out[~others], alone.probabilities(rows[~others]), atol=0.02, rtol=0
    )


def test_a_class_without_labels_has_probability_0() -> None:
    rows, classes = labelled(30)
    found = fitted(rows, classes + 2, 7).probabilities(rows)
    assert found.shape == (30, 7)
    assert float(found[:, [0, 1, 5, 6]].abs().max()) == 0
    torch.testing.assert_close(found.sum(dim=1), torch.ones(30))
