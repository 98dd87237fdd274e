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


def weigh(state: SessionState) -> None:
    """Compute the labels by the label model, if the settings say so."""
    if state.weighs:
        found = session_votes(state)
        if len({(source.kind, source.number, source.name) for source in found.sources}) > 1:
            state.weighing.fit(found.votes, found.expected, len(state.classes))
        else:
            # One person's votes do not contradict each other: the newest label is the vote.
            state.weighing.clear(on=True)
    elif state.weighing.on:
        state.weighing.clear(on=False)


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


def decided(state: SessionState, found: SessionVotes) -> npt.NDArray[np.bool_]:
    """Return for each item (N,) whether no conflict of its votes is left to decide.

    A person who looked at the item has decided it. If people who looked at it differ, it is decided
    when the newest of them looked after two others had voted for different classes.
    """
    n = len(state.items)
    looked = np.array([source.looked for source in found.sources], np.bool_)
    votes = found.votes
    which = looked[votes.sources] if len(votes.sources) else np.zeros(0, np.bool_)
    least, most = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    np.minimum.at(least, votes.items[which], votes.classes[which])
    np.maximum.at(most, votes.items[which], votes.classes[which])
    done = most >= 0
    for item in np.flatnonzero(done & (least < most)).tolist():
        done[item] = _decided(state, item)
    return done


def _decided(state: SessionState, item: int) -> bool:
    """Return whether somebody looked at `item` after two others had voted for different classes."""
    records = [state.history.gestures[number] for number in state.history.gestures_on(item)]
    newest = next((record for record in records if record.verified), None)
    if newest is None:
        return False
    others: dict[str, int] = {}
    for record in records:
        person = person_of(record.client)
        if record.number < newest.number and person != person_of(newest.client):
            place = int(np.searchsorted(record.items, item))
            given = record.class_id if record.class_ids is None else int(record.class_ids[place])
            others.setdefault(person, given)
    for rule in state.rules:
        place = int(np.searchsorted(rule.votes.items, item))
        if rule.on and rule.number < newest.number and item in rule.votes.items[place : place + 1]:
            each = rule.votes.class_ids
            others[f"rule {rule.number}"] = rule.class_id if each is None else int(each[place])
    return len(set(others.values()) - {UNLABELED}) > 1


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
