"""Detection of a slow or hanging trainer process, by the duration of its turns.

A turn is one iteration of the trainer's main loop: commands, one unit of work, a frame. A heartbeat
from a thread of its own reports the number of finished turns and the processor time of the process.
On a machine under load, with a cold disk or swapped memory, turns are slow. A restart would make
them slower. So a trainer counts as hanging only if load cannot be the reason.
"""

TICK_SECONDS = 1.0
"""Seconds between two checks."""
SLOW_SECONDS = 60.0
"""If a turn takes longer than this number of seconds, the server shows a warning."""
HANG_SECONDS = 600.0
"""A trainer counts as hanging only if it sends nothing, or does not finish a turn, for this number
of seconds.

Load alone does not cause such a silence: even if a thousand other threads are ready to run, a
scheduler runs the thread of the heartbeat every few seconds.
"""
LEAST_PROCESSOR_SECONDS = 1.0
"""A process that waits for a processor gets at least this processor time in HANG_SECONDS, even if
hundreds of other processes compute. A process that uses less waits for something else.
"""
MOST_PROCESSOR_SECONDS = 600.0
"""Processor time per thread, in seconds, after which a turn counts as endless. This is the value
for 0 items; PROCESSOR_SECONDS_PER_ITEM is added per item."""
PROCESSOR_SECONDS_PER_ITEM = 1e-3
"""Addition to MOST_PROCESSOR_SECONDS per item, because the longest turns grow with the number of
items. The longest turn opens the data set, and takes 0.1 ms per item."""


class TurnWatch:
    """Measures how long the current turn has taken.

    Time is the number of seconds that the server itself has waited, in ticks. So time in which the
    server did not run, because the machine slept or was overloaded, does not count.
    """

    def __init__(self, n_items: int, threads: int) -> None:
        """Watch a trainer on `n_items` items that computes with `threads` threads."""
        self._endless = threads * (MOST_PROCESSOR_SECONDS + PROCESSOR_SECONDS_PER_ITEM * n_items)
        self._turns = -1
        self._processor_seconds = 0.0
        self._at_start_of_turn = 0.0
        self.in_turn = 0.0
        """Seconds since the current turn was first seen."""
        self._silent = 0.0

    def event(self) -> None:
        """Record an event from the main loop. An event shows that the loop is at work."""
        self._silent = self.in_turn = 0.0
        self._at_start_of_turn = self._processor_seconds

    def heartbeat(self, turns: int, processor_seconds: float) -> None:
        """Record a heartbeat: the number of finished turns, and the processor time so far."""
        self._silent = 0.0
        self._processor_seconds = processor_seconds
        if turns != self._turns:
            self._turns = turns
            self.event()

    def tick(self) -> None:
        """Record that the server has waited for TICK_SECONDS."""
        self._silent += TICK_SECONDS
        self.in_turn += TICK_SECONDS

    @property
    def slow(self) -> bool:
        """Whether the current turn takes so long that a warning is due."""
        return self.in_turn >= SLOW_SECONDS

    @property
    def used(self) -> float:
        """Processor time of the current turn, in seconds."""
        return self._processor_seconds - self._at_start_of_turn

    @property
    def hangs(self) -> bool:
        """Whether the process no longer works, and load cannot be the reason."""
        if self._silent >= HANG_SECONDS:
            return True
        idle = self.used < LEAST_PROCESSOR_SECONDS
        return self.in_turn >= HANG_SECONDS and (idle or self.used > self._endless)
