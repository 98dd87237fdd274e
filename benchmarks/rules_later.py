"""Labels of new items by rules.

    python benchmarks/rules_later.py [--seeds 5] [--only digits]

New items: 1,000 items (at most a third) are set aside. On the others, ten regions and two people
vote as in benchmarks/rules.py. The regions are stored as rules with prototypes and radii, and
applied to the new items without any gesture. The model of Lodespace is trained on all items, with
the labels of the old items by the label model, until training rests. Prints the share of right
labels of old items. For the new items, it prints three shares: those that rules match, and how many
of these are right by their rules, and by the prediction of the model. Two more shares are right on
all new items: by the rules, else by the prediction; and as Lodespace labels them, by the prediction
also where rules match (server/service/landed_predictions.py).

Two shares state how good these predictions can be. *Left out*: a tenth of the old items loses its
labels, and the model predicts these items. *True classes*: the prediction of the new items if all
old items have their true classes. *Other classifiers*: the same by logistic regression or a support
vector machine on the features, by the better of the two per seed.

All values are means of the seeds. Requires `pip install -e '.[test,gain]'`; a data set whose
package is missing is skipped.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

sys.path[:0] = [str(Path(__file__).parent)]
from honest_predictions import load  # noqa: E402
from rules import (  # noqa: E402
    REGIONS,
    Numbers,
    data_sets,
    features_of,
    parser_of,
    session,
)

from annotation_gain.data_sets import LabelledItems  # noqa: E402
from lodespace.models import Trainer, TrainingConfig  # noqa: E402
from lodespace.protocol import UNLABELED  # noqa: E402
from lodespace.rules.label_model import fit  # noqa: E402
from lodespace.rules.regions import FeatureRows, region_of  # noqa: E402
from lodespace.rules.votes import Votes  # noqa: E402

NEW = 1000
"""Largest number of new items."""


def main() -> int:
    options = parser_of(__doc__).parse_args()
    print(
        "| data set | right: old items | left out | new items, rules first | new items "
        "| true classes | other classifiers | matched by rules | of these, right by rules "
        "| by prediction |"
    )
    print("|---" * 10 + "|")
    for name, data in data_sets(options):
        features = features_of(data)
        found = [new_items(name, data, features, seed) for seed in range(options.seeds)]
        values = " | ".join(f"{value:.3f}" for value in np.mean(found, axis=0).tolist())
        print(f"| {name} | {values} |", flush=True)
    return 0


class NewItems(NamedTuple):
    """Shares of right labels, by kind of item."""

    old: float
    """Old items, by the label model."""
    left_out: float
    """Old items without labels of their own: by the prediction."""
    rules_first: float
    """New items: by the rules, else by the prediction."""
    new: float
    """New items as Lodespace labels them: by the prediction, also where rules match."""
    true_classes: float
    """New items: by the prediction, if the old items have their true classes."""
    others: float
    """New items: by the better of two other classifiers, which know the true classes."""
    matched: float
    """Share of the new items that rules match."""
    by_rules: float
    """New items that rules match: by the rules."""
    predicted: float
    """New items that rules match: by the prediction."""


def new_items(
    name: str, data: LabelledItems, features: npt.NDArray[np.float64], seed: int
) -> NewItems:
    """Return the shares of right labels of old and new items."""
    n = len(data)
    order = np.random.default_rng(seed + 1000).permutation(n)
    count = min(NEW, n // 3)
    new, old = order[:count], np.sort(order[count:])
    part = replace(data, items=np.asarray(data.items)[old], truth=data.truth[old])
    made = session(part, features[old], seed)
    space = FeatureRows("features", features[old].astype(np.float32))
    votes = made.votes
    chosen: list[tuple[Numbers, Numbers]] = []
    for number in range(len(made.sources)):
        own = votes.sources == number
        items, given = old[votes.items[own]], votes.classes[own]
        if number < REGIONS:
            region = region_of(space, np.sort(votes.items[own]))
            found = new[region.matching(features[new].astype(np.float32))]
            items = np.concatenate([old[region.matching(space.rows)], found])
            given = np.full(len(items), given[0])
        chosen.append((items, given))
    model = fit(Votes.of(chosen), made.sources, n, data.n_classes)
    labels, sure = model.labels()
    right, voted = labels == data.truth, labels >= 0
    is_new = np.isin(np.arange(n), new)
    known = np.where(is_new, UNLABELED, labels)
    weights = np.where(known >= 0, sure, 1)

    def right_by(labels: Numbers, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        return predictions(name, labels, weights, data.n_classes, seed) == data.truth

    predicted_right = right_by(known, weights)
    without = np.random.default_rng(seed).permutation(old)[: len(old) // 10]
    fewer = known.copy()
    fewer[without] = UNLABELED
    best = right_by(np.where(is_new, UNLABELED, data.truth), np.ones(n))
    matched = voted & is_new
    return NewItems(
        old=float(right[voted & ~is_new].mean()),
        left_out=float(right_by(fewer, weights)[without].mean()),
        rules_first=float(np.where(voted, right, predicted_right)[is_new].mean()),
        new=float(predicted_right[is_new].mean()),
        true_classes=float(best[is_new].mean()),
        others=others(features, data.truth, old, new),
        matched=float(voted[is_new].mean()),
        by_rules=float(right[matched].mean()),
        predicted=float(predicted_right[matched].mean()),
    )


def others(
    features: npt.NDArray[np.float64], truth: npt.NDArray[np.integer], old: Numbers, new: Numbers
) -> float:
    """Return the share of right predictions of `new` items (K,) by the better of two classifiers,
    which learned the true classes of the `old` items (M,)."""
    fitted = (
        each.fit(features[old], truth[old]) for each in (LogisticRegression(max_iter=500), SVC(C=3))
    )
    return max(float((each.predict(features[new]) == truth[new]).mean()) for each in fitted)


def predictions(
    name: str, labels: Numbers, weights: npt.NDArray[np.float64], n_classes: int, seed: int
) -> Numbers:
    """Return the predicted classes (N,) of the model that learned from `labels` (N,)."""
    config = replace(TrainingConfig(), encoder_epochs=1, least_steps=1)
    trainer = Trainer(load(name)[0], config, n_classes=n_classes, seed=seed, device="cpu")
    trainer.set_labels(labels.astype(np.int16), weights.astype(np.float32))
    found = next(snapshot for snapshot in trainer.frames() if snapshot.resting)
    return np.asarray(found.predictions.prediction, np.int64)


if __name__ == "__main__":
    sys.exit(main())
