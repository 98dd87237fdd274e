"""Labels of new items by rules, and the order of conflict sheets.

    python benchmarks/rules_later.py [--seeds 5] [--only digits]

New items: 1,000 items (at most a third) are set aside. On the others, ten regions and two people
vote as in benchmarks/rules.py. The regions are stored as rules with prototypes and radii, and
applied to the new items without any gesture. The model of Lodespace is trained on all items, with
the labels of the old items by the label model, until training rests. Prints the share of right
labels of old items. For the new items, it prints three shares: those that rules match, and how many
of these are right by their rules, and by the prediction of the model. Two more shares are right on
all new items: by the rules, else by the prediction; and as Lodespace labels them, by the prediction
also where rules match (server/service/landed_predictions.py).

Conflicts: two people label the same 1,000 items one by one, and differ on a random 10 % of them;
each is wrong on half of these. Prints the share of these items on the conflict sheets, and the
share of the information (entropy of the class probabilities) of all conflicts that the first three
sheets of 27 items have.

All values are means of the seeds. Requires `pip install -e '.[test,gain]'`; a data set whose
package is missing is skipped.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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
from lodespace.review.conflicts import conflicts  # noqa: E402
from lodespace.rules.label_model import fit  # noqa: E402
from lodespace.rules.regions import FeatureRows, region_of  # noqa: E402
from lodespace.rules.votes import Source, Votes  # noqa: E402
from lodespace.session.fitted_votes import FittedVotes  # noqa: E402
from lodespace.session.sources import SessionVotes, VotingSource, VotingState  # noqa: E402

NEW = 1000
"""Number of new items, and of items that two people label."""


def main() -> int:
    options = parser_of(__doc__).parse_args()
    print(
        "| data set | right: old items | new items, rules first | new items | matched by rules "
        "| of these, right by rules | by prediction | differing items on sheets "
        "| information on 3 sheets |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, data in data_sets(options):
        features = features_of(data)
        found = [
            (*new_items(name, data, features, seed), *ordered(data, seed))
            for seed in range(options.seeds)
        ]
        values = " | ".join(f"{value:.3f}" for value in np.mean(found, axis=0).tolist())
        print(f"| {name} | {values} |", flush=True)
    return 0


class NewItems(NamedTuple):
    """Shares of right labels, by kind of item."""

    old: float
    """Old items, by the label model."""
    rules_first: float
    """New items: by the rules, else by the prediction."""
    new: float
    """New items as Lodespace labels them: by the prediction, also where rules match."""
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
    predicted = predictions(name, known, np.where(known >= 0, sure, 1), data.n_classes, seed)
    predicted_right = predicted == data.truth
    matched = voted & is_new
    return NewItems(
        old=float(right[voted & ~is_new].mean()),
        rules_first=float(np.where(voted, right, predicted_right)[is_new].mean()),
        new=float(predicted_right[is_new].mean()),
        matched=float(voted[is_new].mean()),
        by_rules=float(right[matched].mean()),
        predicted=float(predicted_right[matched].mean()),
    )


def predictions(
    name: str, labels: Numbers, weights: npt.NDArray[np.float64], n_classes: int, seed: int
) -> Numbers:
    """Return the predicted classes (N,) of the model that learned from `labels` (N,)."""
    config = replace(TrainingConfig(), encoder_epochs=1, least_steps=1)
    trainer = Trainer(load(name)[0], config, n_classes=n_classes, seed=seed, device="cpu")
    trainer.set_labels(labels.astype(np.int16), weights.astype(np.float32))
    found = next(snapshot for snapshot in trainer.frames() if snapshot.resting)
    return np.asarray(found.predictions.prediction, np.int64)


def ordered(data: LabelledItems, seed: int) -> tuple[float, float]:
    """Return the share of the differing items on the conflict sheets, and the share of the
    information on the first three."""
    random = np.random.default_rng(seed)
    n = min(NEW, len(data))
    truth = data.truth[random.permutation(len(data))[:n]].astype(np.int64)
    planted = random.choice(n, n // 10, replace=False)
    given = [truth.copy(), truth.copy()]
    for number, items in enumerate((planted[::2], planted[1::2])):
        given[number][items] += random.integers(1, data.n_classes, len(items))
        given[number] %= data.n_classes
    everything = np.arange(n)
    votes = SessionVotes(
        [VotingSource("person", 0, f"person {k}", True) for k in range(2)],
        [Source(f"person {k}", 0.95, looks=True) for k in range(2)],
        Votes.of([(everything, each) for each in given]),
    )
    state = VotingState(0, n, [], [], np.arange(data.n_classes, dtype=np.int16))
    model = fit(votes.votes, votes.expected, n, data.n_classes)
    found = conflicts(FittedVotes(state, votes, model))
    listed = float(np.isin(planted, found.items).mean())
    p = np.clip(model.of_items(found.items), 1e-12, 1)
    information = -(p * np.log2(p)).sum(axis=1)
    return listed, float(information[:81].sum() / information.sum())


if __name__ == "__main__":
    sys.exit(main())
