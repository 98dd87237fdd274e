"""The label model of the votes of a session."""

from typing import NamedTuple

from lodespace.rules.label_model import fit
from lodespace.rules.results import LabelModel
from lodespace.session.sources import SessionVotes, VotingState, session_votes


class FittedVotes(NamedTuple):
    """The label model of all votes of a session at one moment."""

    state: VotingState
    """The gestures and rules."""
    votes: SessionVotes
    """Their votes."""
    model: LabelModel
    """The label model of these votes."""


def fitted(state: VotingState) -> FittedVotes:
    """Fit the label model to the votes of a session. This takes seconds for a million items."""
    return _fitted(state, session_votes(state))


def weigh(state: VotingState) -> FittedVotes | None:
    """Do the same as `fitted` if two people or rules voted, else return None.

    One person's votes do not contradict each other: the newest label is the vote.
    """
    votes = session_votes(state)
    several = len({(each.kind, each.number, each.name) for each in votes.sources}) > 1
    return _fitted(state, votes) if several else None


def _fitted(state: VotingState, votes: SessionVotes) -> FittedVotes:
    n_classes = max(1, len(state.counted_as))
    return FittedVotes(state, votes, fit(votes.votes, votes.expected, state.n_items, n_classes))
