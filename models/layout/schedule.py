"""Schedule of the rounds of forces: how many rounds are due, and how the step size decreases."""

from collections.abc import Mapping
from typing import Any

LAYOUT_STEP = 1.0
"""Step size of the first round of the first layout."""
INTERACTIVE_STEP = 0.3
"""Step size of the first round of forces after a gesture."""
NEW_GRAPH_STEP = 0.5
"""Step size of the first round of forces on a new graph."""

SETTLE_ROUNDS = 30
"""Number of rounds of forces on all items after a motion of representatives
(representatives.py)."""
SETTLE_ROUNDS_OF_LAYOUT = 140
"""Number of rounds of forces on all items after the first layout of representatives. The 10-NN
accuracy of 200,000 items was 0.911 with 60 rounds, 0.922 with 100, and 0.929 with 140 or more."""
SETTLE_STEP = 0.5
"""Step size of the first round of forces on all items, after rounds on the representatives."""


class Motion:
    """A motion of the points: the rounds of forces that are due, and the step size of each."""

    def __init__(self) -> None:
        self.due = 0
        """Number of rounds of the motion that are left."""
        self.planned = 0
        """Total number of rounds of the motion."""
        self.step = LAYOUT_STEP
        """Step size of the first round of the motion."""

    def plan(self, rounds: int, step: float) -> None:
        """Start a motion of `rounds` rounds, with step size `step` in the first round.

        A motion in progress continues instead, if the product of its remaining rounds and its step
        size is larger than `rounds * step`.
        """
        if self.due * self.step <= rounds * step:
            self.due = self.planned = rounds
            self.step = step

    @property
    def laying_out(self) -> bool:
        """Whether the first layout is in progress."""
        return self.due > 0 and self.step == LAYOUT_STEP

    @property
    def done(self) -> float:
        """Completed share (0..1) of the motion."""
        return 1 - self.due / self.planned if self.due else 1.0

    def next_step(self) -> float | None:
        """Count a round as done and return its step size; None when no round is due.

        The step size decreases to 0. In the first layout, it decreases in every round. In other
        motions, it decreases only in the second half of the rounds.
        """
        if not self.due:
            return None
        remaining = self.due / self.planned
        self.due -= 1
        return self.step * (remaining if self.step == LAYOUT_STEP else min(1.0, 2 * remaining))

    def counters(self) -> dict[str, Any]:
        """Return the numbers that `load` needs to continue the motion."""
        return {"rounds_due": self.due, "rounds_planned": self.planned, "round_step": self.step}

    def load(self, counters: Mapping[str, Any]) -> None:
        """Restore what the method `counters` returned."""
        self.due, self.planned = counters["rounds_due"], counters["rounds_planned"]
        self.step = counters["round_step"]
