"""Results of the label model: probabilities per item, and estimates per source."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.rules.candidates import Candidates

Floats = npt.NDArray[np.float64]


class SourceEstimate(NamedTuple):
    """Estimates for one source."""

    votes: int
    """Number of items on which the source votes."""
    conflicts: int
    """Number of items on which this source and another source vote for different classes."""
    compared: int
    """Number of items on which this source and at least two other sources vote, or at which another
    source has looked.

    The accuracy of a source is known only from such items. If only two sources vote and they
    differ, nobody knows which of them is right.
    """
    accuracy: float
    """Estimated share of right votes. For a source without votes, its expected accuracy."""
    low: float
    """Lower end of the 90 % interval of the accuracy."""
    high: float
    """Upper end of the 90 % interval of the accuracy."""


class Reason(NamedTuple):
    """The effect of one vote on the probabilities of an item."""

    source: int
    """Number of the source."""
    class_id: int
    """Class of the vote."""
    odds: float
    """Factor by which the vote changes the odds of its class; above 1 if it speaks for the class.
    """


class LabelModel(NamedTuple):
    """A fitted label model of S sources, N items and K classes."""

    candidates: Candidates
    """Votes of the items, and the classes in question per item."""
    probabilities: Floats
    """Probability of each candidate (E,)."""
    sources: list[SourceEstimate]
    """Estimates per source."""
    class_shares: Floats
    """Estimated share of each class among the items with votes (K,)."""
    ballot_odds: Floats
    """Factor of each ballot on the odds of its class (C,), weighed by its independence."""

    def of_items(self, items: npt.NDArray[np.integer]) -> Floats:
        """Return the probabilities of the classes of `items` (M,), as (M, K).

        For an item without votes, all probabilities are 0.
        """
        from scipy import sparse  # imported here, because the import takes 0.2 s

        patterns = self.candidates.patterns
        table = sparse.csr_matrix(
            (self.probabilities, self.candidates.class_id, self.candidates.starts),
            shape=(len(patterns.counts), len(self.class_shares)),
        )
        pattern = patterns.of_item[items]
        voted = pattern >= 0
        found = np.zeros((len(items), len(self.class_shares)))
        found[voted] = table[pattern[voted]].toarray()
        # The rest of the probability belongs to classes for which nobody voted.
        rest = np.where(found > 0, 0, self.class_shares) * voted[:, None]
        total = rest.sum(1, keepdims=True)
        rest *= np.divide(1 - found.sum(1, keepdims=True), total, where=total > 0, out=total * 0)
        return found + np.maximum(rest, 0)

    def labels(self) -> tuple[npt.NDArray[np.int64], Floats]:
        """Return the most probable class of each item (N,) and its probability (N,).

        Only classes for which a source voted are compared. An item without votes has class -1 and
        probability 0.
        """
        pattern = self.candidates.patterns.of_item
        voted = pattern >= 0
        classes = np.full(len(voted), -1, np.int64)
        confidence = np.zeros(len(voted))
        if voted.any():
            order = np.lexsort((-self.probabilities, self.candidates.pattern))
            best = order[self.candidates.starts[:-1]][pattern[voted]]
            classes[voted] = self.candidates.class_id[best]
            confidence[voted] = self.probabilities[best]
        return classes, confidence

    def reasons(self, item: int) -> list[Reason]:
        """Return the votes on `item`, most effective first; empty for an item without votes."""
        patterns = self.candidates.patterns
        pattern = patterns.of_item[item]
        if pattern < 0:
            return []
        found = [
            Reason(
                int(patterns.source[ballot]),
                int(patterns.class_id[ballot]),
                float(self.ballot_odds[ballot]),
            )
            for ballot in patterns.ballots[pattern].indices
        ]
        return sorted(found, key=lambda reason: (-reason.odds, reason.source))
