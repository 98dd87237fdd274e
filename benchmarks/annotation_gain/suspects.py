"""Search for wrong labels, among the suspects of Lodespace and of a method for comparison.

Suspects are the items whose labels are most probably wrong.

All items have labels, and 5 % of the labels are wrong. Nobody has verified a label. A person goes
through the first sheets of 27 suspects, and corrects the wrong labels.
"""

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors

from annotation_gain.course import Course
from annotation_gain.data_sets import LabelledItems
from annotation_gain.model_run import page_of
from annotation_gain.opponents import Rows, components
from annotation_gain.person import Labels
from annotation_gain.views import first_view
from lodespace.protocol import SHEET_SIZE

WRONG = 0.05
NEIGHBOURS = 15
FOLDS = 5


def wrong_labels(truth: Labels, seed: int) -> Labels:
    """Return `truth` (N,), with a share WRONG of the labels replaced by random wrong classes."""
    random = np.random.default_rng([seed, 5])
    labels = truth.copy()
    chosen = random.permutation(len(truth))[: round(WRONG * len(truth))]
    n_classes = int(truth.max()) + 1
    labels[chosen] = (truth[chosen] + random.integers(1, n_classes, len(chosen))) % n_classes
    return labels


async def of_lodespace(data: LabelledItems, seed: int, sheets: int) -> Course:
    """Review Lodespace's contact sheets of suspects, and count the wrong labels on each sheet."""
    course = Course("suspects", data.name, seed, len(data))
    labels = wrong_labels(data.truth, seed)
    async with page_of(data, seed) as page:
        await page.label_each(np.arange(len(data)), labels, tool="api")
        rest = await page.rest()
        for _ in range(sheets):
            sheet = await page.sheet("suspects")
            items = np.array([entry.item for entry in sheet.items], np.int64)
            if not len(items):
                break
            seen = data.truth[items]
            await page.label_each(items, seen)
            hits = int((labels[items] != seen).sum())
            labels[items] = seen
            rest = await page.rest()
            acts = {"sheet": 1, "picture": len(items), "correction": hits}
            course.add(
                *("suspects", len(items), acts, rest, labels, page.prediction, data.truth),
                promised=sheet.expected_wrong,
                corrected=hits,
            )
    return course


def by_folds(data: LabelledItems, seed: int, sheets: int) -> Course:
    """Review sheets of the suspects that `fold_doubts` finds, for comparison with Lodespace."""
    course = Course("suspects by folds", data.name, seed, len(data))
    labels = wrong_labels(data.truth, seed)
    rows = components(first_view(data))
    checked = np.zeros(len(data), bool)
    for _ in range(sheets):
        doubt = np.where(checked, -1, fold_doubts(rows, labels, seed))
        items = np.argsort(-doubt, kind="stable")[:SHEET_SIZE]
        hits = int((labels[items] != data.truth[items]).sum())
        labels[items], checked[items] = data.truth[items], True
        acts = {"sheet": 1, "picture": len(items), "correction": hits}
        course.add(*("suspects", len(items), acts, 0.0, labels, labels, data.truth), corrected=hits)
    return course


def fold_doubts(rows: Rows, labels: Labels, seed: int) -> npt.NDArray[np.float64]:
    """Return the doubt (N,) in each label, from 5-fold logistic regression and neighbours.

    The doubt is 1 minus the mean of two numbers. The first is the probability of the label by the
    regression on the other folds. The second is the share of the item's 15 nearest neighbours that
    have the same label.
    """
    belief = np.zeros(len(labels))
    sizes = np.bincount(labels)
    folds = min(FOLDS, int(sizes[sizes > 0].min()))
    parts = StratifiedKFold(max(2, folds), shuffle=True, random_state=seed).split(rows, labels)
    for train, left in parts:
        regression = LogisticRegression(C=1.0, max_iter=1000).fit(rows[train], labels[train])
        column = np.full(int(labels.max()) + 1, -1)
        column[regression.classes_] = np.arange(len(regression.classes_))
        own = column[labels[left]]
        found = regression.predict_proba(rows[left])[np.arange(len(left)), own]
        belief[left] = np.where(own >= 0, found, 0)
    near = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(rows) - 1)).fit(rows)
    agree = (labels[near.kneighbors(return_distance=False)] == labels[:, None]).mean(axis=1)
    return 1 - (belief + agree) / 2
