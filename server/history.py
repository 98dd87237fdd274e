"""Labels as the sum of gestures. Pure state: the same events in the same order give the same labels.

The label of an item is the class of the newest gesture that holds it and still stands; without one it is UNLABELED. So undo takes a
gesture out from anywhere in the pile, and later gestures of others on the same items keep their say.
"""

from bisect import insort
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import numpy.typing as npt

from lodespace.errors import RequestError
from lodespace.protocol import UNLABELED, Gesture, History

SUMMARY_LENGTH = 200
"""Gestures that clients are told of: the whole history, sent after each gesture, would grow with its square."""


@dataclass
class GestureRecord:
    """`number` is the sequence number of its event. items uint32 (K,), ascending.

    `below` int64 (K,): for each item the newest earlier gesture that holds it, standing or not; 0 for none. Set by LabelHistory.
    """

    number: int
    class_id: int
    items: npt.NDArray[np.uint32]
    client: str
    at: float
    revision: int
    tool: str
    undone: bool = False
    below: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


class LabelHistory:
    """labels int16 (N,) and owner int64 (N,): which gesture gave the label (0 for none)."""

    def __init__(self, n: int) -> None:
        self.labels = np.full(n, UNLABELED, np.int16)
        self.owner = np.zeros(n, np.int64)
        self.gestures: dict[int, GestureRecord] = {}
        self._top = np.zeros(n, np.int64)  # the newest gesture that holds an item, standing or not
        self._standing: dict[str, list[int]] = {}  # of each client, ascending
        self._undone_by: dict[str, list[int]] = {}  # of each client, in the order they were undone

    def add(self, record: GestureRecord) -> npt.NDArray[np.uint32]:
        """A new gesture, of a higher number than those before. Returns the items whose label changed."""
        self.gestures[record.number] = record
        record.below = self._top[record.items]
        self._top[record.items] = record.number
        self._standing.setdefault(record.client, []).append(record.number)
        self._undone_by.pop(record.client, None)
        changed = record.items[self.labels[record.items] != record.class_id]
        self.owner[record.items] = record.number
        self.labels[record.items] = record.class_id
        return changed

    def undo(self, number: int) -> npt.NDArray[np.uint32]:
        """Take gesture `number` back. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = True
        self._standing[record.client].remove(number)
        self._undone_by.setdefault(record.client, []).append(number)
        affected = record.items[self.owner[record.items] == number]
        before = self.labels[affected].copy()
        self._give_to_those_below(affected, number)
        return affected[self.labels[affected] != before]

    def _give_to_those_below(self, items: npt.NDArray[np.uint32], number: int) -> None:
        """Label `items`, which gesture `number` holds, as the newest gestures below it that stand say; UNLABELED where there are none."""
        waiting = [(number, items)]
        while waiting:
            number, items = waiting.pop()
            record = self.gestures[number]
            below = record.below[np.searchsorted(record.items, items)]
            for lower in np.unique(below).tolist():
                held = items[below == lower]
                if lower and self.gestures[lower].undone:
                    waiting.append((lower, held))
                    continue
                self.labels[held] = self.gestures[lower].class_id if lower else UNLABELED
                self.owner[held] = lower

    def redo(self, number: int) -> npt.NDArray[np.uint32]:
        """Let gesture `number` stand again. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = False
        stack = self._undone_by.get(record.client, [])
        if number in stack:
            stack.remove(number)
        insort(self._standing[record.client], number)
        mine = record.items[self.owner[record.items] < number]
        changed = mine[self.labels[mine] != record.class_id]
        self.labels[mine] = record.class_id
        self.owner[mine] = number
        return changed

    def next_undo(self, client: str) -> int:
        """The gesture that `client` would take back. Raises RequestError when there is none."""
        standing = self._standing.get(client)
        if not standing:
            raise RequestError("there is no gesture of yours to take back", code="nothing_to_undo", status=409)
        return standing[-1]

    def next_redo(self, client: str) -> int:
        """The gesture that `client` would bring back. Raises RequestError when there is none."""
        stack = self._undone_by.get(client)
        if not stack:
            raise RequestError("there is no gesture of yours to bring back", code="nothing_to_redo", status=409)
        return stack[-1]

    def summary(self, client: str) -> History:
        """The newest SUMMARY_LENGTH gestures as the protocol tells them, and what `client` could undo and redo."""
        newest = list(islice(reversed(self.gestures.values()), SUMMARY_LENGTH))
        gestures = [
            Gesture(
                gesture=r.number,
                class_id=r.class_id,
                count=len(r.items),
                by=r.client,
                at=r.at,
                revision=r.revision,
                undone=r.undone,
            )
            for r in reversed(newest)
        ]
        can_undo, can_redo = bool(self._standing.get(client)), bool(self._undone_by.get(client))
        return History(gestures=gestures, can_undo=can_undo, can_redo=can_redo)
