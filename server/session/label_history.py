"""Labels as the sum of gestures. Pure state: the same events give the same labels.

The label of an item is the class of the newest gesture that contains it and is not undone; without
one the item is UNLABELED. So an undo can remove any gesture, and later gestures of other clients on
the same items stay in force. Which gesture a client undoes is decided in undo.py. Whether an item
is verified follows from the same gesture.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED


@dataclass
class GestureRecord:
    """One gesture that labels."""

    number: int
    """Sequence number of its event."""
    class_id: int
    """The class of all items; UNLABELED where `class_ids` holds them."""
    items: npt.NDArray[np.uint32]
    """Items (K,), ascending."""
    client: str
    """Id of the client."""
    at: float
    """Seconds since the Unix epoch."""
    revision: int
    """Revision of the positions that the client saw."""
    tool: str
    """Name of the tool that chose the items."""
    class_ids: npt.NDArray[np.int16] | None = None
    """The class of each item (K,), where there are several classes."""
    verified: bool = False
    """Whether the annotator looked at each item."""
    undone: bool = False
    """Whether the gesture is undone at present."""
    below: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """For each item (K,) the newest earlier gesture that contains it, undone or not; 0 without one.
    Set by LabelHistory."""

    def given(self, items: npt.NDArray[np.uint32]) -> npt.NDArray[np.int16]:
        """Return the class (M,) that the gesture gave to each of `items` (M,)."""
        if self.class_ids is None:
            return np.full(len(items), self.class_id, np.int16)
        return self.class_ids[np.searchsorted(self.items, items)]

    def classes(self) -> list[int]:
        """Return the classes that it gave, ascending, without UNLABELED."""
        given = [self.class_id] if self.class_ids is None else np.unique(self.class_ids).tolist()
        return [class_id for class_id in given if class_id != UNLABELED]


class LabelHistory:
    """Labels of N items.

    `labels` int16 (N,) are the classes. `owner` int64 (N,) is the gesture that gave the label, or
    0. `verified` bool (N,) is whether that gesture looked at each of its items.
    """

    def __init__(self, n: int) -> None:
        self.labels = np.full(n, UNLABELED, np.int16)
        self.owner = np.zeros(n, np.int64)
        self.verified = np.zeros(n, np.bool_)
        self.gestures: dict[int, GestureRecord] = {}
        self._top = np.zeros(n, np.int64)  # newest gesture that contains the item

    def add(self, record: GestureRecord) -> npt.NDArray[np.uint32]:
        """Add a gesture that is newer than all others. Returns the items whose label changed."""
        self.gestures[record.number] = record
        record.below = self._top[record.items]
        self._top[record.items] = record.number
        return self._give(record, record.items)

    def undo(self, number: int) -> npt.NDArray[np.uint32]:
        """Undo gesture `number`. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = True
        affected = record.items[self.owner[record.items] == number]
        before = self.labels[affected].copy()
        self._label_from_below(affected, number)
        return affected[self.labels[affected] != before]

    def _label_from_below(self, items: npt.NDArray[np.uint32], number: int) -> None:
        """Label `items` of gesture `number` by the newest earlier gestures in force."""
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
        """Redo gesture `number`. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = False
        return self._give(record, record.items[self.owner[record.items] < number])

    def _give(self, record: GestureRecord, items: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """Label `items` (M,) of gesture `record` by it. Returns those that changed."""
        given = record.given(items)
        changed = items[self.labels[items] != given]
        self.labels[items] = given
        self.owner[items] = record.number
        self.verified[items] = record.verified
        return changed
