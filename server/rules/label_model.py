"""Label model: the probabilities of the classes of an item, from the votes of many sources.

The model of Dawid and Skene (1979), with abstentions as in data programming (Ratner et al., 2016).
A source s that votes for class v on an item changes the odds of class y by Q[s,v](y) / P(y). Here,
P(y) is the share of class y among all items with votes, and Q[s,v](y) is the share of class y among
the items for which s votes v. Q[s,v](v) is the *accuracy* of the vote. An abstention does not
change the odds: a region covers a part of its class, and its items are not a random sample. If each
source votes on each item, this is the model of Dawid and Skene.

P and Q are estimated by expectation maximisation. Votes of dependent sources count less, so that
a rule and its copy together count as one rule.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lodespace.rules.candidates import Candidates, candidates_of, patterns_of
from lodespace.rules.results import LabelModel, SourceEstimate
from lodespace.rules.votes import Source, Votes

Floats = npt.NDArray[np.float64]

_ROUNDS = 100
"""Largest number of rounds of expectation maximisation."""
_SETTLED = 3e-4
"""The rounds end when no probability of a source changes by more than this."""
_CLASS_STRENGTH = 30.0
"""In the accuracy of a source in one class, its accuracy over all classes counts as much as this
number of votes."""
_CLASS_PRIOR = 1.0
"""Number of items that are added to each class, so that no class has a share of 0."""
_LARGEST = 1 - 1e-6
"""Largest accuracy, so that no vote is certain."""
_SMALLEST = 1e-12
"""Smallest probability, so that every logarithm is finite."""
_LEVEL = 0.9
"""Level of the intervals of accuracies."""
_DESIGN_EFFECT = 1.5
"""For the width of intervals, this number of votes counts as one independent vote.

Neighbouring items often have the same wrong votes, so without this factor, some intervals would be
too narrow. With the factor, the intervals of a data set contain the truth in 91 to 96 % of cases,
without it in 89 to 94 % (benchmarks/rules.py --seeds 30).
"""


def fit(votes: Votes, sources: Sequence[Source], n_items: int, n_classes: int) -> LabelModel:
    """Return the label model of `votes`.

    Args:
        votes: The votes. Their sources are indices into `sources`.
        sources: The sources (S).
        n_items: Number N of items.
        n_classes: Number K of classes, at least 1.

    Raises:
        ProtocolError: A vote has an item, source or class that does not exist, or a source has
            several votes on an item.
    """
    votes.check(n_items, n_classes, len(sources))
    patterns = patterns_of(votes, n_items, n_classes)
    return _Fit(candidates_of(patterns), sources, n_classes).run()


class _Fit:
    """Expectation maximisation over patterns and their candidates."""

    def __init__(self, candidates: Candidates, sources: Sequence[Source], n_classes: int) -> None:
        self.candidates, self.patterns = candidates, candidates.patterns
        self.sources, self.k = sources, n_classes
        self.expected = np.array([source.accuracy for source in sources], np.float64)
        self.strength = np.array([source.strength for source in sources], np.float64)
        self.looks = np.array([source.looks for source in sources], np.bool_)
        self.n_ballots = len(self.patterns.source)
        self.per_ballot = self.patterns.ballots.T.tocsr().multiply(self.patterns.counts).tocsr()
        """Number of items per ballot and pattern (C, P)."""
        self.votes = np.asarray(self.per_ballot.sum(1)).ravel()
        """Number of votes per ballot (C,)."""
        self.compared = np.zeros(len(self.patterns.counts))
        """How far the votes of each pattern are compared, 0 to 1 (P,)."""
        self.compared_votes = np.zeros(self.n_ballots)
        """Number of compared votes per ballot (C,)."""
        self.shares = np.full(n_classes, 1 / n_classes)
        self.accuracy = self.expected.copy()
        self.given = self._expected_given()
        """Q: share of the pair's class among the items of the pair's ballot, per pair (Q,)."""

    def run(self) -> LabelModel:
        weights = np.ones(self.n_ballots)
        self._count_shares(self._expect(weights))
        self.given = self._expected_given()
        # Accuracies per class have many values, and would adapt to wrong first probabilities. So
        # the first rounds estimate one accuracy per source.
        for strength in (np.inf, _CLASS_STRENGTH):
            weights = self._independence()
            self._compare(weights)
            for _ in range(_ROUNDS):
                before = self.given
                self._maximise(self._expect(weights), strength)
                if len(before) == 0 or np.abs(self.given - before).max() < _SETTLED:
                    break
        probabilities = self._expect(weights)
        own = np.minimum(self.given[self.candidates.own_pair], _LARGEST)
        share = np.minimum(self.shares[self.patterns.class_id], _LARGEST)
        odds = np.asarray(own / (1 - own) * (1 - share) / share) ** weights
        return LabelModel(
            self.candidates,
            self._verified(probabilities),
            self._estimates(probabilities),
            self.shares,
            odds,
        )

    # Expectation

    def _expect(self, weights: Floats) -> Floats:
        """Return the probability of each candidate (E,).

        `weights` (C,) are the exponents of the factors of the ballots.
        """
        c = self.candidates
        if len(c.class_id) == 0:
            return np.empty(0)
        factors = (np.log(self.given) - np.log(self.shares[c.pair_class])) * weights[c.pair_ballot]
        logs = np.log(self.shares[c.class_id]) + np.add.reduceat(
            factors[c.factor_pair], c.factor_starts
        )
        # Classes for which nobody voted, together.
        rest = np.log(np.maximum(1 - self._per_pattern(self.shares[c.class_id]), _SMALLEST))
        rest += self.patterns.ballots @ (weights * np.log(self._given_other()))
        highest = np.maximum(np.maximum.reduceat(logs, c.starts[:-1]), rest)
        logs = np.exp(logs - highest[c.pattern])
        total = self._per_pattern(logs) + np.exp(rest - highest)
        return np.asarray(logs / total[c.pattern])

    def _per_pattern(self, values: Floats) -> Floats:
        """Return the sum of `values` (E,) over the candidates of each pattern (P,)."""
        return np.asarray(np.add.reduceat(values, self.candidates.starts[:-1]))

    def _given_other(self) -> Floats:
        """Return the mean factor of each ballot (C,) on the odds of classes other than its own."""
        own = np.minimum(self.given[self.candidates.own_pair], _LARGEST)
        share = np.minimum(self.shares[self.patterns.class_id], _LARGEST)
        return np.asarray((1 - own) / (1 - share))

    # Maximisation

    def _maximise(self, probabilities: Floats, strength: float) -> None:
        """Estimate shares, accuracies and Q from the probabilities of the candidates (E,).

        For the accuracy of a source in one class, its accuracy over all classes counts as much as
        `strength` votes. If `strength` is infinite, a source is equally accurate in all classes.
        """
        c = self.candidates
        self._count_shares(probabilities)
        mass = probabilities * (self.patterns.counts * self.compared)[c.pattern]
        counts = np.bincount(c.factor_pair, mass[c.factor_candidate], len(c.pair_class))
        n_sources = len(self.sources)
        right = np.bincount(self.patterns.source, counts[c.own_pair], n_sources)
        votes = np.bincount(self.patterns.source, self.compared_votes, n_sources)
        self.accuracy = (right + self.strength * self.expected) / (votes + self.strength)
        expected = self._expected_given()
        votes = np.maximum(self.compared_votes, _SMALLEST)[c.pair_ballot]
        weight = 1 / (1 + votes / strength)
        self.given = self._in_favour(weight * expected + (1 - weight) * counts / votes)

    def _compare(self, weights: Floats) -> None:
        """Set how far the votes of each pattern are compared: 0 for a single vote, 1 for two or
        more independent votes.

        A single vote does not confirm itself. If it counted, its probability would be
        the accuracy, and the accuracy the mean of these probabilities.
        """
        self.compared = np.clip(np.asarray(self.patterns.ballots @ weights) - 1, 0, 1)
        self.compared_votes = np.asarray(self.per_ballot @ self.compared)

    def _count_shares(self, probabilities: Floats) -> None:
        """Estimate the share of each class from the probabilities of the candidates (E,)."""
        c = self.candidates
        mass = probabilities * self.patterns.counts[c.pattern]
        counts = np.bincount(c.class_id, mass, self.k).astype(np.float64) + _CLASS_PRIOR
        counts += max(0.0, float(self.patterns.counts.sum() - mass.sum())) * self.shares
        self.shares = np.asarray(counts / counts.sum())

    def _expected_given(self) -> Floats:
        """Return Q (Q,) as expected from the accuracy of each source over all classes."""
        c = self.candidates
        accuracy = np.minimum(self.accuracy[self.patterns.source], _LARGEST)[c.pair_ballot]
        own_class = self.patterns.class_id[c.pair_ballot]
        others = np.maximum(1 - self.shares[own_class], _SMALLEST)
        wrong = (1 - accuracy) * self.shares[c.pair_class] / others
        return self._in_favour(np.where(c.pair_class == own_class, accuracy, wrong))

    def _in_favour(self, given: Floats) -> Floats:
        """Return Q (Q,) in which no vote speaks against its own class: Q[s,v](v) >= P(v).

        If most votes are for one class, its share exceeds the expected accuracies, and all votes
        for this class would speak against it. The accuracies would then tend to 0.
        """
        own = self.candidates.own_pair
        given[own] = np.maximum(given[own], self.shares[self.patterns.class_id])
        return given

    # Dependence

    def _independence(self) -> Floats:
        """Return the weight of each ballot (C,): 1 for an independent ballot, 1/n for n copies.

        Two ballots for the same class depend on each other if more items have both than two
        independent sources would choose by chance. Of independent sources, each chooses its share
        of the right items and its share of the wrong items of a class. The dependence of two
        ballots is their excess of common items, divided by the excess of two equal ballots. Sources
        that look at each item are independent of each other.
        """
        common = (self.per_ballot @ self.patterns.ballots).tocoo()
        first, second, both = common.row, common.col, common.data
        source, class_id = self.patterns.source, self.patterns.class_id
        pair = (first != second) & (class_id[first] == class_id[second])
        pair &= ~(self.looks[source[first]] & self.looks[source[second]])
        first, second, both = first[pair], second[pair], both[pair]
        own = self.given[self.candidates.own_pair]
        right, wrong = own * self.votes, (1 - own) * self.votes
        items = self.patterns.counts.sum()
        of_class = np.maximum(self.shares[class_id] * items, right)[first]
        of_class = np.maximum(of_class, right[second])
        chance = right[first] * right[second] / of_class
        chance += wrong[first] * wrong[second] / np.maximum(items - of_class, 1)
        equal = self.votes[first] + self.votes[second] - both
        dependence = np.clip((both - chance) / np.maximum(equal - chance, 1), 0, 1)
        return np.asarray(1 / (1 + np.bincount(first, dependence, self.n_ballots)))

    # Results

    def _verified(self, probabilities: Floats) -> Floats:
        """Return `probabilities` (E,), in which verified votes outvote all other votes.

        If an item has verified votes, only their classes have a probability above 0.
        """
        c = self.candidates
        if not self.looks.any() or len(c.class_id) == 0:
            return probabilities
        ballot = c.pair_ballot[c.factor_pair]
        seen = self.looks[self.patterns.source[ballot]]
        seen &= self.patterns.class_id[ballot] == c.class_id[c.factor_candidate]
        allowed = np.zeros(len(c.class_id), np.bool_)
        allowed[c.factor_candidate[seen]] = True
        decided = self._per_pattern(allowed.astype(np.float64)) > 0
        # A tiny value keeps the sum positive if the model excluded all classes that were seen.
        kept = np.where(allowed, probabilities + _SMALLEST, 0)
        total = np.where(decided, self._per_pattern(kept), 1)
        return np.where(decided[c.pattern], kept / total[c.pattern], probabilities)

    def _estimates(self, probabilities: Floats) -> list[SourceEstimate]:
        """Return the estimates of all sources, from the probabilities of the candidates (E,)."""
        from scipy.stats import beta  # imported here, because the import takes 0.2 s

        n_sources, c = len(self.sources), self.candidates
        entry = np.flatnonzero(c.is_own)
        candidate, pair = c.factor_candidate[entry], c.factor_pair[entry]
        source = self.patterns.source[c.pair_ballot[pair]]
        count = self.patterns.counts[c.pattern[candidate]]
        # r is the probability that the vote is right according to the other sources alone: without
        # the vote itself, and without the shares of the classes.
        own = np.clip(self.given[pair], _SMALLEST, _LARGEST)
        after = np.clip(probabilities[candidate], 1e-9, 1 - 1e-9)
        odds = after / (1 - after) * (1 - own) / own
        r = odds / (1 + odds)
        a = np.clip(self.accuracy, 1e-3, 1 - 1e-3)
        slope = (2 * r - 1) / (a[source] * r + (1 - a[source]) * (1 - r))
        information = np.bincount(source, count * slope**2, n_sources).astype(np.float64)
        information += self.strength / (a * (1 - a))
        effective = np.maximum(information * a * (1 - a) / _DESIGN_EFFECT, 1)
        low, high = beta.interval(_LEVEL, effective * a + 0.5, effective * (1 - a) + 0.5)
        several = np.diff(c.starts)[c.pattern[candidate]] > 1
        votes = np.bincount(source, count, n_sources)
        conflicts = np.bincount(source, count * several, n_sources)
        known = np.diff(self.patterns.ballots.indptr)[c.pattern[candidate]] > 2
        looked = self.patterns.ballots @ self.looks[self.patterns.source].astype(np.float64)
        known |= (looked[c.pattern[candidate]] > 0) & ~self.looks[source]
        compared = np.bincount(source, count * known, n_sources)
        counts = np.stack([votes, conflicts, compared], 1).astype(int).tolist()
        values = np.stack([self.accuracy, low, high], 1).tolist()
        return [SourceEstimate(*n, *v) for n, v in zip(counts, values, strict=True)]
