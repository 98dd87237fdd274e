"""Computation of the sheets, cues, suggestions and quality that a session's clients use.

A thread makes these computations one after another, from copies of the state, so that the event
loop never waits.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TypeVar

from lodespace import protocol
from lodespace.review import conflicts, contact_sheets, cues, quality, suggestion
from lodespace.review.calibration import Calibration, evidence
from lodespace.review.captions import with_texts
from lodespace.review.double_label import DoubleLabelQueue, LabelledByPeople
from lodespace.review.kept_fit import KeptFit
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingState

log = logging.getLogger(__name__)

QUALITY_SECONDS = 0.5
"""Shortest interval between two estimates of the quality, in seconds."""

T = TypeVar("T")


class Review:
    """Sheets, cues, suggestions and estimated label quality of `session`.

    The quality is estimated again after a change of labels, predictions or measured accuracy.
    `tell` is called with each estimate that differs from the previous estimate.
    """

    def __init__(
        self,
        session: AnnotationSession,
        kept_fit: KeptFit,
        tell: Callable[[protocol.Quality], None],
    ) -> None:
        self.session = session
        self._kept_fit = kept_fit
        self.quality: protocol.Quality | None = None
        """Newest estimate of the quality; None before the first estimate."""
        self._tell = tell
        self._measured: tuple[float | None, int] = (None, 0)
        self._one_at_a_time = asyncio.Lock()
        self._changed = asyncio.Event()
        self._changed.set()
        self._known = -1
        self._calibration = (-1, Calibration())
        """Number of an event, and the calibration fitted to sheets confirmed up to that event."""
        self._double = DoubleLabelQueue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start estimating the quality. Return after the first estimate, so that a newly opened
        page can show an estimate.
        """
        await self._estimate_now()
        self._task = asyncio.create_task(self._estimate())

    async def stop(self) -> None:
        """Stop estimating the quality."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    # Changes --------------------------------------------------------------------------------------

    def labelled(self) -> None:
        """Request a new estimate.

        Call this method when labels, classes or regions may have changed.
        """
        self._changed.set()

    def predicted(self) -> None:
        """Request a new estimate if predictions have changed. Most frames only move points."""
        if self.session.scores.uncertainty.version != self._known:
            self._known = self.session.scores.uncertainty.version
            self._changed.set()

    def measured(self, metrics: dict[str, float]) -> None:
        """Request a new estimate if `metrics` has a new accuracy on held-out labels."""
        accuracy = metrics.get("label_accuracy")
        measured = (accuracy, 0 if accuracy is None else int(metrics.get("held_out", 0)))
        if measured != self._measured:
            self._measured = measured
            self._changed.set()

    # Queries --------------------------------------------------------------------------------------

    async def sheet(
        self, kind: protocol.SheetKind, size: int, skip: int, person: str
    ) -> protocol.Sheet:
        """Return a contact sheet with `size` items of a queue, for a person.

        The first `skip` items of the queue are left out, but not of the double-label queue.
        """
        items = self.session.items
        if kind == "double":
            state, calibration = self.session.item_state(), self._calibrated()
            labels = LabelledByPeople(VotingState.of(self.session), self.session.blind.copy())
            return await self._work_out(
                lambda: with_texts(
                    self._double.sheet(calibration().applied(state), labels, person, size), items
                )
            )
        if kind == "conflicts":
            found = await self._kept_fit.newest()
            state = self.session.item_state()
            return await self._work_out(
                lambda: with_texts(
                    conflicts.sheet(state, conflicts.conflicts(found), size, skip), items
                )
            )
        state, calibration = self.session.item_state(), self._calibrated()
        return await self._work_out(
            lambda: with_texts(
                contact_sheets.sheet(calibration().applied(state), kind, size, skip), items
            )
        )

    async def suggestion(self) -> protocol.Suggestion:
        """Return the suggested next gesture."""
        state, calibration = self.session.item_state(), self._calibrated()
        names = {info.class_id: info.name for info in self.session.classes.classes}
        return await self._work_out(
            lambda: suggestion.suggest(calibration().applied(state), lambda c: names.get(c, str(c)))
        )

    async def cue(self, which: protocol.Cue) -> bytes:
        """Return the cue `which`, one byte per item."""
        state = self.session.item_state()
        return await self._work_out(lambda: cues.cue(state, which).tobytes())

    def _calibrated(self) -> Callable[[], Calibration]:
        """Return a function that fits the calibration to the newest confirmed contact sheets.

        The function may run in any thread.
        """
        sequence, known = self.session.sequence, self._calibration
        if known[0] == sequence:
            return lambda: known[1]
        answers = evidence(self.session)

        def fitted() -> Calibration:
            self._calibration = (sequence, Calibration(answers))
            return self._calibration[1]

        return fitted

    async def _work_out(self, work: Callable[[], T]) -> T:
        async with self._one_at_a_time:
            return await asyncio.to_thread(work)

    async def _estimate(self) -> None:
        while True:
            await asyncio.sleep(QUALITY_SECONDS)
            await self._changed.wait()
            try:
                await self._estimate_now()
            except Exception:
                # The next change starts another attempt.
                log.exception("the quality of the labels could not be estimated")

    async def _estimate_now(self) -> None:
        self._changed.clear()
        state = self.session.item_state()
        accuracy, held_out = self._measured
        calibration = self._calibrated()
        found = await self._work_out(
            lambda: quality.quality(
                state,
                held_out_accuracy=accuracy,
                held_out=held_out,
                calibration=calibration(),
            )
        )
        if found != self.quality:
            self.quality = found
            self._tell(found)
