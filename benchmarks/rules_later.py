"""Labels of new items by rules, and the order of conflict sheets.

    python benchmarks/rules_later.py [--seeds 5] [--only digits]

New items: 1,000 items (at most a third) are set aside. On the others, ten regions and two people
vote as in benchmarks/rules.py. The regions are stored as rules with prototypes and radii, and
applied to the new items without any gesture. An item that no rule matches gets the prediction of a
logistic regression that learned from the labels of the other items. Prints the shares of right
labels of old and of new items, the share of new items that rules label, and the share of right
labels among these.

Conflicts: two people label the same 1,000 items one by one, and differ on a random 10 % of them;
each is wrong on half of these. Prints the share of these items on the conflict sheets, and the
share of the information (entropy of the class probabilities) of all conflicts that the first three
sheets of 27 items have.

All values are means of the seeds. Requires `pip install -e '.[test,gain]'`; a data set whose
package is missing is skipped.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

sys.path[:0] = [str(Path(__file__).parent)]
from rules import DATA_SETS, REGIONS, Numbers, features_of, session  # noqa: E402

from annotation_gain.data_sets import LabelledItems, MissingDataError, sources  # noqa: E402
from lodespace.review.conflicts import conflicts  # noqa: E402
from lodespace.rules.label_model import fit  # noqa: E402
from lodespace.rules.regions import FeatureRows, region_of  # noqa: E402
from lodespace.rules.votes import Source, Votes  # noqa: E402
from lodespace.session.sources import SessionVotes, VotingSource  # noqa: E402

NEW = 1000
"""Number of new items, and of items that two people label."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds (default: 5)")
    parser.add_argument(
        "--only", action="append", choices=DATA_SETS, help="only this data set; can be repeated"
    )
    options = parser.parse_args()
    print(
        "| data set | right: old items | new items | new items labelled by rules "
        "| right of these | differing items on sheets | information on 3 sheets |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in options.only or DATA_SETS:
        try:
            data = sources()[name].load()
        except MissingDataError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        features = features_of(data)
        found = [
            (*new_items(data, features, seed), *ordered(data, seed))
            for seed in range(options.seeds)
        ]
        values = " | ".join(f"{value:.3f}" for value in np.mean(found, axis=0).tolist())
        print(f"| {name} | {values} |", flush=True)
    return 0


def new_items(
    data: LabelledItems, features: npt.NDArray[np.float64], seed: int
) -> tuple[float, float, float, float]:
    """Return the shares of right old items, of right new items, of new items that rules label, and
    of right ones among these."""
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
        items, given = votes.items[own], votes.classes[own]
        if number < REGIONS:
            region = region_of(space, np.sort(items))
            found = region.matching(features[new].astype(np.float32)) + len(old)
            kept = region.matching(space.rows)
            items = np.concatenate([kept, found])
            given = np.full(len(items), given[0])
        chosen.append((items, given))
    model = fit(Votes.of(chosen), made.sources, n, data.n_classes)
    labels, _ = model.labels()
    truth = np.concatenate([data.truth[old], data.truth[new]]).astype(np.int64)
    is_old = np.arange(n) < len(old)
    voted = labels >= 0
    classifier = LogisticRegression(max_iter=200).fit(
        features[old][voted[is_old]], labels[is_old & voted]
    )
    predicted = classifier.predict(features[new])
    given = np.where(voted[~is_old], labels[~is_old], predicted)
    return (
        float((labels == truth)[is_old & voted].mean()),
        float((given == truth[~is_old]).mean()),
        float(voted[~is_old].mean()),
        float((labels == truth)[~is_old & voted].mean()),
    )


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
    found = conflicts(votes, np.zeros(n, np.bool_), data.n_classes)
    listed = float(np.isin(planted, found.items).mean())
    model = fit(votes.votes, votes.expected, n, data.n_classes)
    p = np.clip(model.of_items(found.items), 1e-12, 1)
    information = -(p * np.log2(p)).sum(axis=1)
    return listed, float(information[:81].sum() / information.sum())


if __name__ == "__main__":
    sys.exit(main())
