"""The newest label model of a session, which sheets, figures and cards share."""

import asyncio

import numpy as np
import numpy.typing as npt

from lodespace.session.fitted_votes import FittedVotes, fitted
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingState, open_conflicts, session_votes


class KeptFit:
    """Fits the label model in a thread when somebody asks, once per state of the session.

    If votes are weighed (`labels_by: model`), the session has already fitted it.
    """

    def __init__(self, session: AnnotationSession) -> None:
        self._session = session
        self._one_at_a_time = asyncio.Lock()

    async def newest(self) -> FittedVotes:
        """Return the label model of the current votes."""
        async with self._one_at_a_time:
            kept = self._current()
            if kept is None:
                kept = await asyncio.to_thread(fitted, VotingState.of(self._session))
                self._session.fitted = kept
            return kept

    async def open_conflicts(self) -> npt.NDArray[np.intp]:
        """Return the items with votes for different classes that nobody has decided, ascending.

        This needs no label model, and is fast.
        """
        kept = self._current()
        if kept is not None:
            return await asyncio.to_thread(open_conflicts, kept.state, kept.votes)
        state = VotingState.of(self._session)
        return await asyncio.to_thread(lambda: open_conflicts(state, session_votes(state)))

    def _current(self) -> FittedVotes | None:
        """Return the label model of the current votes, if it was fitted."""
        session, kept = self._session, self._session.fitted
        if kept is None or kept.state.sequence != session.sequence:
            return None
        return kept if kept.state.n_items == len(session.items) else None
