"""Labels as the sum of gestures. Pure state: the same events in the same order give the same labels.

The label of an item is the class of the newest gesture that holds it and still stands; without one it is UNLABELED. So undo takes a
gesture out from anywhere in the pile, and later gestures of others on the same items keep their say. Whose turn it is, undo.py knows.
Whether somebody has looked at an item follows from the same gesture.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED


@dataclass
class GestureRecord:
    """`number` is the sequence number of its event. items uint32 (K,), ascending.

    `class_ids` int16 (K,): the class of each item, where they are several; `class_id` is -1 then. `verified`: each item was looked at.
    `below` int64 (K,): for each item the newest earlier gesture that holds it, standing or not; 0 for none. Set by LabelHistory.
    """

    number: int
    class_id: int
    items: npt.NDArray[np.uint32]
    client: str
    at: float
    revision: int
    tool: str
    class_ids: npt.NDArray[np.int16] | None = None
    verified: bool = False
    undone: bool = False
    below: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def given(self, items: npt.NDArray[np.uint32]) -> npt.NDArray[np.int16]:
        """The class that each of `items` (M,), which this gesture holds, got: (M,)."""
        if self.class_ids is None:
            return np.full(len(items), self.class_id, np.int16)
        return self.class_ids[np.searchsorted(self.items, items)]

    def classes(self) -> list[int]:
        """The classes it gave, ascending; without UNLABELED."""
        given = [self.class_id] if self.class_ids is None else np.unique(self.class_ids).tolist()
        return [class_id for class_id in given if class_id != UNLABELED]


class LabelHistory:
    """labels int16 (N,), owner int64 (N,): which gesture gave the label (0 for none), and verified bool (N,): whether that gesture was one
    that looked at each of its items."""

    def __init__(self, n: int) -> None:
        self.labels = np.full(n, UNLABELED, np.int16)
        self.owner = np.zeros(n, np.int64)
        self.verified = np.zeros(n, np.bool_)
        self.gestures: dict[int, GestureRecord] = {}
        self._top = np.zeros(n, np.int64)  # the newest gesture that holds an item, standing or not

    def add(self, record: GestureRecord) -> npt.NDArray[np.uint32]:
        """A new gesture, of a higher number than those before. Returns the items whose label changed."""
        self.gestures[record.number] = record
        record.below = self._top[record.items]
        self._top[record.items] = record.number
        return self._give(record, record.items)

    def undo(self, number: int) -> npt.NDArray[np.uint32]:
        """Take gesture `number` back. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = True
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
                if lower:
                    self._give(self.gestures[lower], held)
                else:
                    self.labels[held], self.owner[held], self.verified[held] = UNLABELED, 0, False

    def redo(self, number: int) -> npt.NDArray[np.uint32]:
        """Let gesture `number` stand again. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = False
        return self._give(record, record.items[self.owner[record.items] < number])

    def _give(self, record: GestureRecord, items: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """Let `items` (M,), which gesture `record` holds, be as it says. Returns those whose label changed."""
        given = record.given(items)
        changed = items[self.labels[items] != given]
        self.labels[items] = given
        self.owner[items] = record.number
        self.verified[items] = record.verified
        return changed
