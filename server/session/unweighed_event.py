"""An event between its application and the weighing of votes."""

from typing import NamedTuple

from lodespace.session.commands.change import Change
from lodespace.session.events import Event, Items
from lodespace.session.fitted_votes import FittedVotes, weigh
from lodespace.session.sources import VotingState


class Begun(NamedTuple):
    """An event that was carried out, except for the weighing of votes."""

    event: Event
    """The event."""
    change: Change
    """Its change."""
    pinned: Items
    """Pinned items before the event (P,)."""
    votes: VotingState | None
    """The votes; None if they are not weighed."""
    known: FittedVotes | None
    """Label model of the votes, if the event did not change them."""

    @property
    def is_slow(self) -> bool:
        """Whether `weigh` is slow: up to seconds for a million items."""
        return self.votes is not None and self.known is None

    def weigh(self) -> FittedVotes | None:
        """Weigh the votes. Every thread may do it."""
        if self.votes is None:
            return None
        if self.known is not None:
            return self.known._replace(state=self.votes)
        return weigh(self.votes)
