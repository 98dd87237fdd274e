"""Schedule of the rounds of forces: the first layout anneals, later motions fade out."""

from collections.abc import Mapping
from typing import Any

LAYOUT_STEP = 1.0
"""First step size of the first layout."""
INTERACTIVE_STEP = 0.3
"""Step size after a gesture."""
NEW_GRAPH_STEP = 0.5
"""Step size on a new graph."""


class Motion:
    """The rounds that are due, and the step size of each."""

    def __init__(self) -> None:
        self.due = 0
        """Rounds that are left."""
        self.planned = 0
        """Rounds of the motion in all."""
        self.step = LAYOUT_STEP
        """Step size of its first round."""

    def plan(self, rounds: int, step: float) -> None:
        """Start a motion, unless a stronger one is in progress."""
        if self.due * self.step <= rounds * step:
            self.due = self.planned = rounds
            self.step = step

    @property
    def laying_out(self) -> bool:
        """Whether this is the motion of the first layout."""
        return self.due > 0 and self.step == LAYOUT_STEP

    @property
    def done(self) -> float:
        """Share (0..1) of the motion that is done."""
        return 1 - self.due / self.planned if self.due else 1.0

    def next_step(self) -> float | None:
        """Step size of the next round, which then counts as done; None when none is due.

        It shrinks to 0: in a layout from the first round on, in other motions over the second half.
        """
        if not self.due:
            return None
        remaining = self.due / self.planned
        self.due -= 1
        return self.step * (remaining if self.step == LAYOUT_STEP else min(1.0, 2 * remaining))

    def counters(self) -> dict[str, Any]:
        """Numbers from which the motion continues."""
        return {"rounds_due": self.due, "rounds_planned": self.planned, "round_step": self.step}

    def load(self, counters: Mapping[str, Any]) -> None:
        """Continue from a saved state."""
        self.due, self.planned = counters["rounds_due"], counters["rounds_planned"]
        self.step = counters["round_step"]
