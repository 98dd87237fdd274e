"""The sources of votes of a session: its people and its rules, as input of the label model.

A person's vote on an item is the class of the newest gesture of this person that contains the item
and is not undone. Other people's labels do not replace it. Accepted predictions are not votes. The
votes on items at which the person looked (`verified`) are a source of their own.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED
from lodespace.rules.votes import Source, Votes
from lodespace.session.authors import person_of
from lodespace.session.rules import voted
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


class SessionVotes(NamedTuple):
    """All votes of a session, as the label model reads them."""

    sources: list[VotingSource]
    """The sources (S)."""
    expected: list[Source]
    """The sources as the label model reads them (S)."""
    votes: Votes
    """The votes."""


def person_votes(state: SessionState) -> dict[str, PersonVotes]:
    """Return the votes of each person, in the order of their first gestures.

    People without a vote are left out.
    """
    n = len(state.items)
    votes: dict[str, PersonVotes] = {}
    for _, record in sorted(state.history.gestures.items()):
        if record.undone or record.accepted:
            continue
        person = person_of(record.client)
        if person not in votes:
            votes[person] = PersonVotes(np.full(n, UNLABELED, np.int16), np.zeros(n, np.bool_))
        of_person = votes[person]
        given = record.class_id if record.class_ids is None else record.class_ids
        of_person.classes[record.items] = given
        of_person.looked[record.items] = record.verified
    resolved = {
        person: PersonVotes(state.classes.resolve(classes), looked)
        for person, (classes, looked) in votes.items()
    }
    return {person: v for person, v in resolved.items() if (v.classes != UNLABELED).any()}


def session_votes(state: SessionState) -> SessionVotes:
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
        if rule.on:
            sources.append(VotingSource("rule", rule.number, rule.name, False))
            expected.append(Source(rule.name, RULE_ACCURACY))
            chosen.append(voted(rule, state.classes.resolve))
    return SessionVotes(sources, expected, Votes.of(chosen))
