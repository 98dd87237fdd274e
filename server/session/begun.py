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

    def weigh(self) -> FittedVotes | None:
        """Weigh the votes. This is slow, and every thread may do it."""
        return None if self.votes is None else weigh(self.votes)
