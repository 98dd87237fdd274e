"""Agreement of people who label the same items: Cohen's and Fleiss' kappa.

A kappa compares the observed agreement with the agreement that two people would reach by chance if
they gave the classes as often as they did: 1 is full agreement, 0 is chance.

- J. Cohen: A coefficient of agreement for nominal scales. Educational and Psychological
  Measurement 20 (1960).
- J. L. Fleiss: Measuring nominal scale agreement among many raters. Psychological Bulletin 76
  (1971).
- J. L. Fleiss, B. Levin, M. C. Paik: Statistical methods for rates and proportions (2003), section
  18.3: different numbers of raters per item.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED

Floats = npt.NDArray[np.float64]


class Kappa(NamedTuple):
    """Agreement on the items that at least two people labelled."""

    items: int
    """Number of these items."""
    same: int
    """Number of these items to which all who labelled them gave the same class."""
    kappa: float | None
    """Kappa; None if it is not defined: without items, or with a single class."""
    per_class: dict[int, float]
    """Kappa of each class against all others. Classes for which it is not defined are left out."""


def cohen(first: npt.NDArray[np.integer], second: npt.NDArray[np.integer]) -> Kappa:
    """Return Cohen's kappa of two people.

    Args:
        first: Class per item by the first person (N,); UNLABELED for an item without a label.
        second: Class per item by the second person (N,).
    """
    both = (first != UNLABELED) & (second != UNLABELED)
    classes, numbers = np.unique(np.concatenate([first[both], second[both]]), return_inverse=True)
    n, c = int(both.sum()), len(classes)
    if n == 0:
        return Kappa(0, 0, None, {})
    a, b = numbers[:n], numbers[n:]
    table = np.bincount(a * c + b, minlength=c * c).reshape(c, c) / n
    rows, columns, same = table.sum(axis=1), table.sum(axis=0), np.diag(table)
    expected = rows * columns + (1 - rows) * (1 - columns)
    observed = 1 - rows - columns + 2 * same
    return Kappa(
        n,
        int((a == b).sum()),
        _kappa(float(same.sum()), float((rows * columns).sum())),
        _per_class(classes, observed, expected),
    )


def fleiss(votes: Sequence[npt.NDArray[np.integer]]) -> Kappa:
    """Return Fleiss' kappa of several people, on the items that at least two of them labelled.

    With `x` labels of class `k` among the `m` labels of an item, over `N` items with `M` labels on
    average, the kappa of the class is

        1 - sum(x (m - x) / m) / (N (M - 1) p (1 - p)),   p = sum(x) / (N M)

    and the kappa of all classes is their mean with the weights `p (1 - p)`. If all items have the
    same number of labels, these are the equations of Fleiss (1971).

    Args:
        votes: Per person, the class per item (N,); UNLABELED for an item without a label.
    """
    given = [np.flatnonzero(classes != UNLABELED) for classes in votes]
    items = np.concatenate([*given, np.empty(0, np.int64)]).astype(np.int64)
    classes = np.concatenate(
        [*(v[chosen] for v, chosen in zip(votes, given, strict=True)), np.empty(0, np.int64)]
    ).astype(np.int64)
    raters = np.bincount(items)[items] if len(items) else items
    items, classes = items[raters > 1], classes[raters > 1]
    if len(items) == 0:
        return Kappa(0, 0, None, {})
    listed, k = np.unique(classes, return_inverse=True)
    _, i, m = np.unique(items, return_inverse=True, return_counts=True)
    cells, x = np.unique(i * len(listed) + k, return_counts=True)
    of_item, of_class = cells // len(listed), cells % len(listed)
    n, mean = len(m), len(items) / len(m)
    p = np.bincount(k) / len(items)
    differing = np.bincount(of_class, x * (m[of_item] - x) / m[of_item], minlength=len(listed))
    spread = n * (mean - 1) * p * (1 - p)
    total = float(spread.sum())
    return Kappa(
        n,
        int((x == m[of_item]).sum()),
        1 - float(differing.sum()) / total if total > 0 else None,
        {
            int(class_id): 1 - float(d) / float(s)
            for class_id, d, s in zip(listed, differing, spread, strict=True)
            if s > 0
        },
    )


def _kappa(observed: float, expected: float) -> float | None:
    return (observed - expected) / (1 - expected) if expected < 1 - 1e-12 else None


def _per_class(
    classes: npt.NDArray[np.integer], observed: Floats, expected: Floats
) -> dict[int, float]:
    found = (
        (int(class_id), _kappa(float(o), float(e)))
        for class_id, o, e in zip(classes, observed, expected, strict=True)
    )
    return {class_id: kappa for class_id, kappa in found if kappa is not None}
