"""How many rounds of forces are due, and how strong each is: the first layout anneals, later motions fade out."""

from collections.abc import Mapping
from typing import Any

LAYOUT_STEP = 1.0
INTERACTIVE_STEP = 0.3
NEW_GRAPH_STEP = 0.5


class Motion:
    """`due` of `planned` rounds are left; `step` is what the first of them had."""

    def __init__(self) -> None:
        self.due = 0
        self.planned = 0
        self.step = LAYOUT_STEP

    def plan(self, rounds: int, step: float) -> None:
        """Begin a motion; a gentler one never cuts short a stronger one."""
        if self.due * self.step <= rounds * step:
            self.due = self.planned = rounds
            self.step = step

    @property
    def laying_out(self) -> bool:
        return self.due > 0 and self.step == LAYOUT_STEP

    @property
    def done(self) -> float:
        """Share of the motion that is behind us, 0..1."""
        return 1 - self.due / self.planned if self.due else 1.0

    def next_step(self) -> float | None:
        """The step of the next round, None when none is due. It shrinks to nothing: in a layout from the first round on, later
        over the second half.
        """
        if not self.due:
            return None
        remaining = self.due / self.planned
        self.due -= 1
        return self.step * (remaining if self.step == LAYOUT_STEP else min(1.0, 2 * remaining))

    def counters(self) -> dict[str, Any]:
        return {"rounds_due": self.due, "rounds_planned": self.planned, "round_step": self.step}

    def load(self, counters: Mapping[str, Any]) -> None:
        self.due, self.planned = counters["rounds_due"], counters["rounds_planned"]
        self.step = counters["round_step"]
