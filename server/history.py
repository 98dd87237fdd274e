"""Labels as the sum of gestures. Pure state: the same events in the same order give the same labels.

The label of an item is the class of the newest gesture that holds it and still stands; without one it is UNLABELED. So undo takes a
gesture out from anywhere in the pile, and later gestures of others on the same items keep their say. Whose turn it is, acts.py knows.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED


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

    def add(self, record: GestureRecord) -> npt.NDArray[np.uint32]:
        """A new gesture, of a higher number than those before. Returns the items whose label changed."""
        self.gestures[record.number] = record
        record.below = self._top[record.items]
        self._top[record.items] = record.number
        changed = record.items[self.labels[record.items] != record.class_id]
        self.owner[record.items] = record.number
        self.labels[record.items] = record.class_id
        return changed

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
                self.labels[held] = self.gestures[lower].class_id if lower else UNLABELED
                self.owner[held] = lower

    def redo(self, number: int) -> npt.NDArray[np.uint32]:
        """Let gesture `number` stand again. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = False
        mine = record.items[self.owner[record.items] < number]
        changed = mine[self.labels[mine] != record.class_id]
        self.labels[mine] = record.class_id
        self.owner[mine] = number
        return changed
