"""The label model against "the newest label wins", and the time of the label model.

    python benchmarks/rules.py [--seeds 5] [--only digits] [--times | --seconds]

Per data set and seed, ten overlapping regions and two people label the items. A region contains the
nearest neighbours of a random item, and has the class of most of its items; 80 to 95 % of its items
are of this class. The two people label items one by one; the first is wrong on 3 % of the items,
the second on 20 %. All votes are in a random order. An item has about 3 votes.

Prints, as means of the seeds: the share of wrong labels if the newest vote of an item is its label,
if the majority is, and if the label model chooses the label; the share of wrong predictions of a
logistic regression that learns from these labels, on the items without a vote of a person; the
error of the estimated accuracies of the sources; and how often their 90 % intervals contain the
truth.

The second table is of conflicts. Two people label the same 1,000 items one by one, and differ on a
random 10 % of them; each is wrong on half of these. It has the share of these items on the conflict
sheets, and the share of the information (entropy of the class probabilities) of all conflicts that
the first three sheets of 27 items have.

`--seconds` prints instead how long a simulated person needs with sheets alone, and with rules and
sheets (benchmarks/region_sheets.py). `--times` prints the processor time of the label model for
many items, votes and classes.

Requires `pip install -e '.[test,gain]'`; a data set whose package is missing is skipped.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

sys.path[:0] = [str(Path(__file__).parent)]
from annotation_gain.data_sets import LabelledItems, MissingDataError, sources  # noqa: E402
from lodespace.review.conflicts import conflicts  # noqa: E402
from lodespace.rules.label_model import fit  # noqa: E402
from lodespace.rules.votes import Source, Votes  # noqa: E402
from lodespace.session.fitted_votes import FittedVotes  # noqa: E402
from lodespace.session.sources import SessionVotes, VotingSource, VotingState  # noqa: E402

DATA_SETS = ("digits", "photo-features", "segments")
REGIONS = 10
PURITY = (0.8, 0.95)
"""Smallest and largest share of the region's class in a region."""
RIGHT = (0.97, 0.8)
"""Share of right votes of each person."""
VOTES = 3
"""Mean number of votes per item."""
LABELLED_TWICE = 1000
"""Number of items that two people label."""

Numbers = npt.NDArray[np.int64]


class Session(NamedTuple):
    """Votes of a simulated session."""

    votes: Votes
    """The votes, in a random order in time."""
    sources: list[Source]
    """The regions, then the people."""
    accuracy: npt.NDArray[np.float64]
    """True share of right votes of each source (S,)."""
    by_person: npt.NDArray[np.bool_]
    """Whether a person voted on each item (N,)."""


class Result(NamedTuple):
    """Figures of one session."""

    newest: float
    """Share of wrong labels if the newest vote is the label."""
    majority: float
    """Share of wrong labels if the most frequent vote is the label."""
    model: float
    """Share of wrong labels of the label model."""
    newest_learned: float
    """Share of wrong predictions of a classifier that learns from the newest votes."""
    model_learned: float
    """Share of wrong predictions of a classifier that learns from the label model."""
    accuracy_error: float
    """Mean absolute error of the estimated accuracies."""
    covered: float
    """Share of sources whose interval contains the true accuracy."""


def main() -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--times", action="store_true", help="print times instead")
    parser.add_argument(
        "--seconds", action="store_true", help="print the seconds of a person with rules instead"
    )
    options = parser.parse_args()
    if options.times:
        print_times()
        return 0
    if options.seconds:
        print_seconds(options)
        return 0
    print(
        "| data set | wrong labels: newest vote | majority | label model | ratio to newest "
        "| wrong predictions: newest vote | label model | error of accuracies | in interval |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, data in data_sets(options):
        features = features_of(data)
        results = [measure(data, features, seed) for seed in range(options.seeds)]
        r = Result(*np.mean(results, axis=0).tolist())
        print(
            f"| {name} | {r.newest:.3f} | {r.majority:.3f} | {r.model:.3f} "
            f"| {r.model / r.newest:.2f} | {r.newest_learned:.3f} | {r.model_learned:.3f} "
            f"| {r.accuracy_error:.3f} | {r.covered:.2f} |",
            flush=True,
        )
    print("\n| data set | differing items on sheets | information on three sheets |")
    print("|---|---|---|")
    for name, data in data_sets(options):
        shares = [ordered(data, seed) for seed in range(options.seeds)]
        listed, information = np.mean(shares, axis=0).tolist()
        print(f"| {name} | {listed:.3f} | {information:.3f} |", flush=True)
    return 0


def parser_of(text: str | None) -> argparse.ArgumentParser:
    """Return the parser of a benchmark, with the options `--seeds` and `--only`."""
    parser = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds (default: 5)")
    parser.add_argument(
        "--only", action="append", choices=DATA_SETS, help="only this data set; can be repeated"
    )
    return parser


def data_sets(options: argparse.Namespace) -> Iterator[tuple[str, LabelledItems]]:
    """Yield the names and items of the chosen data sets. A missing one is reported."""
    for name in options.only or DATA_SETS:
        try:
            yield name, sources()[name].load()
        except MissingDataError as error:
            print(f"{name}: {error}", file=sys.stderr)


def features_of(data: LabelledItems) -> npt.NDArray[np.float64]:
    """Return features of the items (N, F): rows as they are or components of pictures, scaled."""
    rows = np.asarray(data.items, np.float64).reshape(len(data), -1)
    if data.kind == "pictures":
        rows = PCA(50, random_state=0).fit_transform(rows)
        return rows / rows.std()
    return StandardScaler().fit_transform(rows)


def session(data: LabelledItems, features: npt.NDArray[np.float64], seed: int) -> Session:
    """Return the votes of ten regions and two people on the items of `data`."""
    random = np.random.default_rng(seed)
    n, truth = len(data), data.truth.astype(np.int64)
    search = NearestNeighbors().fit(features)
    chosen: list[tuple[Numbers, Numbers]] = []
    while len(chosen) < REGIONS:
        near = search.kneighbors(features[[random.integers(n)]], n // 5)[1][0]
        class_id = np.bincount(truth[near[: n // 50]]).argmax()
        purity = np.cumsum(truth[near] == class_id) / np.arange(1, len(near) + 1)
        wanted = random.uniform(*PURITY)
        sizes = np.flatnonzero(purity >= wanted) + 1
        # A region has at least a hundredth of the items, and not more right items than wanted.
        if len(sizes) and sizes[-1] >= n // 100 and purity[sizes[-1] - 1] <= PURITY[1]:
            items = near[: sizes[-1]].astype(np.int64)
            chosen.append((items, np.full(len(items), class_id)))
    left = VOTES * n - sum(len(items) for items, _ in chosen)
    by_person = np.zeros(n, np.bool_)
    for right in RIGHT:
        items = random.choice(n, min(left // len(RIGHT), n), replace=False)
        given = truth[items].copy()
        wrong = random.random(len(items)) >= right
        given[wrong] += random.integers(1, data.n_classes, wrong.sum())
        chosen.append((items, given % data.n_classes))
        by_person[items] = True
    names = [f"region {i}" for i in range(REGIONS)]
    regions = [Source(name) for name in names]
    people = [Source(f"person {i}", accuracy=0.9) for i in range(len(RIGHT))]
    accuracy = [float((given == truth[items]).mean()) for items, given in chosen]
    votes = Votes.of(chosen)
    order = random.permutation(len(votes.items))
    votes = Votes(*(column[order] for column in votes))
    return Session(votes, [*regions, *people], np.array(accuracy), by_person)


def measure(data: LabelledItems, features: npt.NDArray[np.float64], seed: int) -> Result:
    """Return the figures of one session."""
    truth, made = data.truth.astype(np.int64), session(data, features, seed)
    model = fit(made.votes, made.sources, len(data), data.n_classes)
    labels, _ = model.labels()
    voted = labels >= 0
    newest = np.full(len(data), -1)
    newest[made.votes.items] = made.votes.classes
    counts = np.zeros((len(data), data.n_classes))
    np.add.at(counts, (made.votes.items, made.votes.classes), 1)
    # Equal numbers of votes: a random class of them.
    counts += np.random.default_rng(seed).random(counts.shape) / 2
    estimated = np.array([source.accuracy for source in model.sources])
    inside = [
        source.low <= true <= source.high
        for source, true in zip(model.sources, made.accuracy, strict=True)
    ]
    rest = ~made.by_person if (~made.by_person).sum() > 50 else ~voted | voted
    return Result(
        newest=float((newest != truth)[voted].mean()),
        majority=float((counts.argmax(1) != truth)[voted].mean()),
        model=float((labels != truth)[voted].mean()),
        newest_learned=learned(features, newest, truth, voted, rest),
        model_learned=learned(features, labels, truth, voted, rest),
        accuracy_error=float(np.abs(estimated - made.accuracy).mean()),
        covered=float(np.mean(inside)),
    )


def learned(
    features: npt.NDArray[np.float64],
    labels: Numbers,
    truth: Numbers,
    voted: npt.NDArray[np.bool_],
    rest: npt.NDArray[np.bool_],
) -> float:
    """Return the share of wrong predictions on `rest` (N,), after training on `labels` (N,)."""
    classifier = LogisticRegression(max_iter=200).fit(features[voted], labels[voted])
    return float((classifier.predict(features[rest]) != truth[rest]).mean())


def ordered(data: LabelledItems, seed: int) -> tuple[float, float]:
    """Return the share of the differing items on the conflict sheets, and the share of the
    information on the first three."""
    random = np.random.default_rng(seed)
    n = min(LABELLED_TWICE, len(data))
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


def print_seconds(options: argparse.Namespace) -> None:
    """Print the seconds of a simulated person until 0.95 of the items are right."""
    import region_sheets  # it needs torch, and takes functions of this module

    lines: list[dict[str, Any]] = []
    for name, _ in data_sets(options):
        for seed in range(options.seeds):
            for method in ("sheets", "rules", "lasso"):
                lines.append(region_sheets.line_of(name, seed, method))
    region_sheets.report(lines)


def print_times() -> None:
    """Print the processor time of the label model."""
    print("| items | sources | classes | votes | processor seconds |\n|---|---|---|---|---|")
    for n, n_sources, n_classes in (
        (10_000, 50, 10),
        (10_000, 50, 1_000),
        (1_000_000, 50, 10),
    ):
        for regions in (True, False):
            votes, listed = made_votes(n, n_sources, n_classes, regions=regions)
            fit(votes, listed, n, n_classes)
            start = time.process_time()
            model = fit(votes, listed, n, n_classes)
            seconds = time.process_time() - start
            kind = "regions" if regions else "people"
            print(
                f"| {n:,} | {len(model.sources)} {kind} | {n_classes:,} | {len(votes.items):,} "
                f"| {seconds:.3f} |",
                flush=True,
            )


def made_votes(
    n: int, n_sources: int, n_classes: int, *, regions: bool
) -> tuple[Votes, list[Source]]:
    """Return about 3 votes per item, of regions or of people, 60 to 95 % of them right."""
    random = np.random.default_rng(0)
    truth = np.sort(random.integers(0, n_classes, n))
    chosen: list[tuple[Numbers, Numbers | int]] = []
    for right in np.linspace(0.6, 0.95, n_sources):
        if regions:
            first = int(random.integers(n - VOTES * n // n_sources))
            items = np.arange(first, first + VOTES * n // n_sources)
            chosen.append((items, int(np.bincount(truth[items]).argmax())))
            continue
        items = np.flatnonzero(random.random(n) < VOTES / n_sources)
        given = truth[items].copy()
        wrong = random.random(len(items)) >= right
        given[wrong] += random.integers(1, n_classes, wrong.sum())
        chosen.append((items, given % n_classes))
    return Votes.of(chosen), [Source(f"source {i}") for i in range(n_sources)]


if __name__ == "__main__":
    sys.exit(main())
