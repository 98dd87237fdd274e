"""The newest label model of a session, which sheets, figures and cards share."""

import asyncio

import numpy as np
import numpy.typing as npt

from lodespace.session.fitted_votes import FittedVotes, fitted
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingState, open_conflicts, session_votes


class KeptFit:
    """Fits the label model in a thread when somebody asks, and votes have changed.

    If votes are weighed (`labels_by: model`), the session has already fitted it.
    """

    def __init__(self, session: AnnotationSession) -> None:
        self._session = session
        self._kept: FittedVotes | None = None
        """The newest result, with the state of the session for which it was used last."""
        self._one_at_a_time = asyncio.Lock()

    async def newest(self) -> FittedVotes:
        """Return the label model of the current votes."""
        async with self._one_at_a_time:
            state, kept = self._current()
            if kept is None:
                kept = await asyncio.to_thread(fitted, state)
                self._kept = kept
            return kept

    async def open_conflicts(self) -> npt.NDArray[np.intp]:
        """Return the items with votes for different classes that nobody has decided, ascending.

        This needs no label model, and is fast.
        """
        state, kept = self._current()
        if kept is not None:
            return await asyncio.to_thread(open_conflicts, state, kept.votes)
        return await asyncio.to_thread(lambda: open_conflicts(state, session_votes(state)))

    def _current(self) -> tuple[VotingState, FittedVotes | None]:
        """Return the current votes, and their label model, if it was fitted."""
        session, kept = self._session, self._kept
        now = session.sequence, len(session.items)
        if kept is not None and (kept.state.sequence, kept.state.n_items) == now:
            return kept.state, kept
        state = VotingState.of(session)
        for known in (kept, session.fitted):
            if known is not None and known.state.same_votes(state):
                self._kept = known._replace(state=state)
                return state, self._kept
        return state, None
