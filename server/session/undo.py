"""What can be undone: the acts of a session in the order they were made, and which of them stand. Pure state, replayed from the log.

An act is a gesture that labels, a change of settings, of pins or of classes. Beside who may take back what, this keeps the model's line of
states: `top` is the event that last changed what the model learns from. Undoing an act on which nothing has been built since leads back to
the state before it (`after` is then an older event than `number`); otherwise it is an event like any other, and the model trains on.
"""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from lodespace.errors import RequestError

ActKind = Literal["label", "settings", "anchor", "unpin", "class"]


@dataclass
class Act:
    """`number` is the sequence number of its event. `note` says in a few words what it was, where the kind alone does not."""

    number: int
    kind: ActKind
    client: str
    at: float
    revision: int
    class_id: int = -1
    count: int = 0
    note: str = ""
    undone: bool = False
    made_by: int = 0
    """The event that lets it stand: its own, or the newest redo."""
    unmade_by: int = 0


class Step(NamedTuple):
    """How an event moved the model's line of states: from `before` to `after`; `after` == `number` where it is a new one."""

    number: int
    before: int
    after: int

    @property
    def back(self) -> bool:
        return self.after != self.number


class ActLog:
    """All acts by number, and the line of states."""

    def __init__(self) -> None:
        self.acts: dict[int, Act] = {}
        self.top = 0
        self.last = Step(0, 0, 0)
        self._steps: dict[int, Step] = {}
        self._standing: dict[str, list[int]] = {}  # of each client, ascending
        self._undone: dict[str, list[int]] = {}  # of each client, in the order they were undone

    def __iter__(self) -> Iterator[Act]:
        return iter(self.acts.values())

    def add(self, act: Act, *, learned: bool = True) -> None:
        """A new act, of a higher number than those before. What its client has undone cannot be redone after it.

        `learned`: whether the model learns of it; the name of a class, say, is nothing to it, and taking that back moves no point.
        """
        act.made_by = act.number
        self.acts[act.number] = act
        self._standing.setdefault(act.client, []).append(act.number)
        self._undone.pop(act.client, None)
        if learned:
            self._move(act.number, act.number)
        else:
            self._stay(act.number)

    def undo(self, number: int, event: int) -> None:
        """Act `number` is taken back by event `event`."""
        act = self.acts[number]
        self._standing[act.client].remove(number)
        self._undone.setdefault(act.client, []).append(number)
        if act.made_by in self._steps:
            self._move(event, self._back_over(act.made_by, event))
        else:
            self._stay(event)
        act.undone, act.unmade_by = True, event

    def redo(self, number: int, event: int) -> None:
        """Act `number` stands again, by event `event`."""
        act = self.acts[number]
        stack = self._undone.get(act.client, [])
        if number in stack:
            stack.remove(number)
        insort(self._standing[act.client], number)
        if act.unmade_by in self._steps:
            self._move(event, self._back_over(act.unmade_by, event))
        else:
            self._stay(event)
        act.undone, act.made_by = False, event

    def _back_over(self, event: int, otherwise: int) -> int:
        """The state before `event`, if nothing was built on it since."""
        step = self._steps[event]
        return step.before if step.after == self.top else otherwise

    def _stay(self, event: int) -> None:
        self.last = Step(event, self.top, self.top)

    def _move(self, event: int, after: int) -> None:
        self.last = self._steps[event] = Step(event, self.top, after)
        self.top = after

    def next_undo(self, client: str) -> Act:
        """The act that `client` would take back. Raises RequestError when there is none."""
        standing = self._standing.get(client)
        if not standing:
            raise RequestError(
                "there is nothing of yours to take back", code="nothing_to_undo", status=409
            )
        return self.acts[standing[-1]]

    def next_redo(self, client: str) -> Act:
        """The act that `client` would bring back. Raises RequestError when there is none."""
        stack = self._undone.get(client)
        if not stack:
            raise RequestError(
                "there is nothing of yours to bring back", code="nothing_to_redo", status=409
            )
        return self.acts[stack[-1]]

    def can_undo(self, client: str) -> bool:
        return bool(self._standing.get(client))

    def can_redo(self, client: str) -> bool:
        return bool(self._undone.get(client))
