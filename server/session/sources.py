"""The sources of votes of a session: its people and its rules, as input of the label model.

A person's vote on an item is the class of the newest gesture of this person that contains the item
and is not undone. Other people's labels do not replace it. Accepted predictions are not votes. The
votes on items at which the person looked (`verified`) are a source of their own.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.items.class_lookup import lookup
from lodespace.protocol import UNLABELED
from lodespace.protocol.item_sets import ClassIds
from lodespace.rules.votes import Source, Votes
from lodespace.session.authors import person_of
from lodespace.session.label_history import GestureRecord
from lodespace.session.rules import Rule, voted
from lodespace.session.state import SessionState

LOOKED_ACCURACY = 0.95
"""Expected share of right labels among items at which a person looked."""
SELECTED_ACCURACY = 0.85
"""Expected share of right labels among items that a person selected together."""
RULE_ACCURACY = 0.8
"""Expected share of right votes of a rule."""


class VotingSource(NamedTuple):
    """A source of a session."""

    kind: Literal["person", "rule"]
    """Whether the source is a person or a rule."""
    number: int
    """Number of the rule; 0 for a person."""
    name: str
    """Name of the rule, or the person."""
    looked: bool
    """Whether the person looked at each of the items."""


class PersonVotes(NamedTuple):
    """Votes of one person on N items."""

    classes: npt.NDArray[np.int16]
    """Class per item (N,); UNLABELED without a vote."""
    looked: npt.NDArray[np.bool_]
    """Whether the person looked at the item (N,)."""


class VotingState(NamedTuple):
    """Gestures and rules of a session at one moment. Every thread may read them."""

    sequence: int
    """Number of the newest event."""
    n_items: int
    """Number of items, N."""
    gestures: list[GestureRecord]
    """Gestures that are votes, oldest first: neither undone nor accepted predictions."""
    rules: list[Rule]
    """Rules that are on, in the order in which they were added."""
    counted_as: ClassIds
    """Per class, the class that its items belong to; UNLABELED for a deleted class (C,)."""

    @classmethod
    def of(cls, state: SessionState, sequence: int | None = None) -> "VotingState":
        """Return the current gestures and rules. `sequence`: number of the newest event, if it is
        not yet that of `state`."""
        gestures = (
            record.shown()
            for _, record in sorted(state.history.gestures.items())
            if not record.accepted
        )
        return cls(
            state.sequence if sequence is None else sequence,
            len(state.items),
            [record for record in gestures if record is not None],
            [rule for rule in state.rules if rule.on],
            state.classes.counted_as(),
        )

    def same_votes(self, other: "VotingState") -> bool:
        """Return whether both states have the same votes, of sources of the same names."""
        return (
            self.n_items == other.n_items
            and np.array_equal(self.counted_as, other.counted_as)
            and len(self.gestures) == len(other.gestures)
            and len(self.rules) == len(other.rules)
            and all(map(_same_gesture, self.gestures, other.gestures))
            and all(map(_same_rule, self.rules, other.rules))
        )

    def resolve(self, class_ids: ClassIds) -> ClassIds:
        """Replace merged classes in `class_ids` (K,), and deleted classes by UNLABELED."""
        return lookup(self.counted_as, class_ids, UNLABELED)


def _same_gesture(one: GestureRecord, other: GestureRecord) -> bool:
    # Only the items of a blind gesture change: those whose labels are shown.
    return one.number == other.number and (
        one.items is other.items or np.array_equal(one.items, other.items)
    )


def _same_rule(one: Rule, other: Rule) -> bool:
    return (one.number, one.name, one.class_id, one.votes) == (
        other.number,
        other.name,
        other.class_id,
        other.votes,
    )


class SessionVotes(NamedTuple):
    """All votes of a session, as the label model reads them."""

    sources: list[VotingSource]
    """The sources (S)."""
    expected: list[Source]
    """The sources as the label model reads them (S)."""
    votes: Votes
    """The votes."""


def person_votes(state: VotingState) -> dict[str, PersonVotes]:
    """Return the votes of each person, in the order of their first gestures.

    People without a vote are left out.
    """
    n = state.n_items
    votes: dict[str, PersonVotes] = {}
    for record in state.gestures:
        person = person_of(record.client)
        if person not in votes:
            votes[person] = PersonVotes(np.full(n, UNLABELED, np.int16), np.zeros(n, np.bool_))
        of_person = votes[person]
        of_person.classes[record.items] = _given(record)
        of_person.looked[record.items] = record.verified
    resolved = {
        person: PersonVotes(state.resolve(classes), looked)
        for person, (classes, looked) in votes.items()
    }
    return {person: v for person, v in resolved.items() if (v.classes != UNLABELED).any()}


def open_conflicts(state: VotingState, found: SessionVotes) -> npt.NDArray[np.intp]:
    """Return the items on which sources vote for different classes, and which nobody has decided,
    ascending."""
    all_votes = _Range(state.n_items)
    all_votes.add(found.votes.items, found.votes.classes)
    return np.flatnonzero(all_votes.differ & ~decided(state, found))


def decided(state: VotingState, found: SessionVotes) -> npt.NDArray[np.bool_]:
    """Return for each item (N,) whether no conflict of its votes is left to decide.

    A person who looked at the item has decided it. If people who looked at it differ, it is decided
    when the newest of them looked after two votes for different classes.
    """
    looked = np.array([source.looked for source in found.sources], np.bool_)
    votes, range_ = found.votes, _Range(state.n_items)
    which = looked[votes.sources] if len(votes.sources) else np.zeros(0, np.bool_)
    range_.add(votes.items[which], votes.classes[which])
    done, differ = range_.most != UNLABELED, np.flatnonzero(range_.differ)
    done[differ] = _decided(state, differ)
    return done


class _Range:
    """Lowest and highest class of the votes on N items."""

    def __init__(self, n: int) -> None:
        self.least = np.full(n, np.iinfo(np.int64).max)
        self.most = np.full(n, UNLABELED, np.int64)

    def add(self, items: npt.NDArray[np.integer], classes: npt.NDArray[np.integer]) -> None:
        """Add votes: the class of each of `items` (K,), not UNLABELED."""
        np.minimum.at(self.least, items, classes)
        np.maximum.at(self.most, items, classes)

    @property
    def differ(self) -> npt.NDArray[np.bool_]:
        """Whether the item has votes for different classes (N,)."""
        return self.least < self.most


def _decided(state: VotingState, items: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return for each of `items` (K,) whether somebody looked at it after two votes for different
    classes, one of which may be an earlier vote of the same person."""
    place = np.full(state.n_items, -1)
    place[items] = np.arange(len(items))
    people = [person_of(record.client) for record in state.gestures]
    newest = np.zeros(len(items), np.int64)  # gesture of somebody who looked
    for record in state.gestures:
        if record.verified:
            at = place[record.items]
            newest[at[at >= 0]] = record.number
    # Votes of each person before this.
    earlier = {person: np.full(len(items), UNLABELED, np.int16) for person in people}
    for record, person in zip(state.gestures, people, strict=True):
        inside = place[record.items] >= 0
        at, given = place[record.items][inside], np.broadcast_to(_given(record), inside.shape)
        used = record.number < newest[at]
        earlier[person][at[used]] = given[inside][used]
    votes = _Range(len(items))
    for classes in earlier.values():
        resolved = state.resolve(classes)
        voted_on = np.flatnonzero(resolved != UNLABELED)
        votes.add(voted_on, resolved[voted_on])
    for rule in state.rules:
        rule_items, given = voted(rule, state.resolve)
        inside = place[rule_items] >= 0
        at = place[rule_items][inside]
        used = rule.number < newest[at]
        votes.add(at[used], given[inside][used])
    return votes.differ


def _given(record: GestureRecord) -> "ClassIds | np.int16":
    """Return the class of each item of a gesture, or one class for all of them."""
    return np.int16(record.class_id) if record.class_ids is None else record.class_ids


def session_votes(state: VotingState) -> SessionVotes:
    """Return the votes of all people and of the rules that are on."""
    sources: list[VotingSource] = []
    expected: list[Source] = []
    chosen: list[tuple[npt.NDArray[np.integer], npt.NDArray[np.integer] | int]] = []
    for person, (classes, looked) in person_votes(state).items():
        for looks in (True, False):
            items = np.flatnonzero((classes != UNLABELED) & (looked == looks))
            if len(items) == 0:
                continue
            sources.append(VotingSource("person", 0, person, looks))
            accuracy = LOOKED_ACCURACY if looks else SELECTED_ACCURACY
            expected.append(Source(person, accuracy, looks=looks))
            chosen.append((items, classes[items]))
    for rule in state.rules:
        sources.append(VotingSource("rule", rule.number, rule.name, False))
        expected.append(Source(rule.name, RULE_ACCURACY))
        chosen.append(voted(rule, state.resolve))
    return SessionVotes(sources, expected, Votes.of(chosen))
