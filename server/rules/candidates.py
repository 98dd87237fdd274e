"""Patterns of votes, and the classes in question for each pattern."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.rules.votes import Votes

if TYPE_CHECKING:
    from scipy import sparse

Numbers = npt.NDArray[np.int64]


class Patterns(NamedTuple):
    """Votes, with equal items counted once.

    A *ballot* is a pair of a source and a class for which the source votes. A *pattern* is a set of
    ballots that at least one item has. All items of a pattern have the same probabilities. There
    are C ballots and P patterns. If regions overlap little, there are few patterns.
    """

    of_item: Numbers
    """Pattern of each item (N,); -1 for an item without votes."""
    counts: npt.NDArray[np.float64]
    """Number of items of each pattern (P,)."""
    ballots: "sparse.csr_matrix"
    """Whether a pattern has a ballot (P, C): 1 or 0, float64."""
    source: Numbers
    """Source of each ballot (C,)."""
    class_id: Numbers
    """Class of each ballot (C,)."""


def patterns_of(votes: Votes, n_items: int, n_classes: int) -> Patterns:
    """Return the patterns of `votes`."""
    from scipy import sparse  # imported here, because the import takes 0.2 s

    keys, ballot = _numbered(votes.sources * n_classes + votes.classes)
    # A pattern is found by the sum of random numbers of its ballots. With 64 bits, two of a million
    # patterns have the same sum with a probability of 3e-8.
    random = np.random.default_rng(0).integers(1, 2**63, len(keys), np.uint64)
    sums = np.zeros(n_items, np.uint64)
    order = np.argsort(votes.items, kind="stable")
    items, ballot = votes.items[order], ballot[order]
    starts = np.flatnonzero(np.diff(items, prepend=-1))
    if len(items):
        sums[items[starts]] = np.add.reduceat(random[ballot], starts)
    voted = items[starts]
    _, first, of_voted, counts = np.unique(
        sums[voted], return_index=True, return_inverse=True, return_counts=True
    )
    of_item = np.full(n_items, -1, np.int64)
    of_item[voted] = of_voted
    ends = np.append(starts[1:], len(items))
    lengths = (ends - starts)[first]
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    within = np.arange(pointers[-1]) - np.repeat(pointers[:-1], lengths)
    columns = ballot[np.repeat(starts[first], lengths) + within]
    matrix = sparse.csr_matrix(
        (np.ones(len(columns)), columns, pointers), shape=(len(counts), len(keys))
    )
    source, class_id = np.divmod(keys, n_classes)
    return Patterns(of_item, counts.astype(np.float64), matrix, source, class_id)


class Candidates(NamedTuple):
    """The classes in question for each pattern: those for which one of its ballots votes.

    There are E candidates. A *factor* is the effect of one ballot of the pattern on one of its
    candidates; there are T factors. Factors with the same ballot and class are equal: their *pair*
    is the same. There are Q pairs. So with 1,000 classes, only classes that have votes take time.
    """

    patterns: Patterns
    """The patterns."""
    pattern: Numbers
    """Pattern of each candidate (E,), ascending."""
    class_id: Numbers
    """Class of each candidate (E,), ascending within a pattern."""
    starts: Numbers
    """First candidate of each pattern, and E at the end (P + 1,)."""
    factor_candidate: Numbers
    """Candidate of each factor (T,), ascending."""
    factor_pair: Numbers
    """Pair of each factor (T,)."""
    factor_starts: Numbers
    """First factor of each candidate (E,)."""
    is_own: npt.NDArray[np.bool_]
    """Whether the ballot of each factor votes for the class of the candidate (T,)."""
    pair_ballot: Numbers
    """Ballot of each pair (Q,)."""
    pair_class: Numbers
    """Class of each pair (Q,)."""
    own_pair: Numbers
    """Pair of each ballot with its own class (C,)."""


def candidates_of(patterns: Patterns) -> Candidates:
    """Return the candidates of `patterns`."""
    n_classes = int(patterns.class_id.max(initial=-1)) + 1
    ballots, lengths = patterns.ballots, np.diff(patterns.ballots.indptr)
    row = np.repeat(np.arange(len(lengths)), lengths)
    keys = np.unique(row * n_classes + patterns.class_id[ballots.indices])
    pattern, class_id = np.divmod(keys, n_classes) if len(keys) else (keys, keys)
    starts = np.searchsorted(pattern, np.arange(len(lengths) + 1))
    # One factor per candidate and ballot of its pattern.
    per_candidate = lengths[pattern]
    factor_candidate = np.repeat(np.arange(len(keys)), per_candidate)
    factor_starts = np.cumsum(per_candidate) - per_candidate
    within = np.arange(len(factor_candidate)) - np.repeat(factor_starts, per_candidate)
    first = ballots.indptr[:-1][pattern].astype(np.int64)
    ballot = ballots.indices[first[factor_candidate] + within].astype(np.int64)
    of_factor = class_id[factor_candidate]
    pair_keys, factor_pair = _numbered(ballot * n_classes + of_factor)
    pair_ballot, pair_class = np.divmod(pair_keys, max(n_classes, 1))
    own = np.arange(len(patterns.source)) * n_classes + patterns.class_id
    return Candidates(
        patterns=patterns,
        pattern=pattern,
        class_id=class_id,
        starts=starts,
        factor_candidate=factor_candidate,
        factor_pair=factor_pair,
        factor_starts=factor_starts,
        is_own=patterns.class_id[ballot] == of_factor,
        pair_ballot=pair_ballot,
        pair_class=pair_class,
        own_pair=np.searchsorted(pair_keys, own),
    )


def _numbered(keys: Numbers) -> tuple[Numbers, Numbers]:
    """Return the different values of `keys` (M,), ascending, and the number of each key (M,).

    Equal to `np.unique(keys, return_inverse=True)`, but without a sort if the keys are small.
    """
    size = int(keys.max(initial=-1)) + 1
    if size > len(keys):
        return np.unique(keys, return_inverse=True)
    present = np.zeros(size, np.bool_)
    present[keys] = True
    numbers = np.cumsum(present) - 1
    return np.flatnonzero(present), numbers[keys]
