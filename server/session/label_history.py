"""Labels of the items, computed from all gestures. Pure state: equal events give equal labels.

The label of an item is the class of the newest gesture that contains the item and is not undone. If
there is no such gesture, the item is UNLABELED. Whether the item is verified follows from the same
gesture. So an undo can remove any gesture, and later gestures of other clients on the same items
stay in force. undo.py decides which gesture a client undoes.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED
from lodespace.session.events import Seen

_NOTHING_BELOW = np.empty(0, np.int64)


@dataclass(slots=True)
class GestureRecord:
    """One gesture that labels items."""

    number: int
    """Sequence number of the event of the gesture."""
    class_id: int
    """Class that all items got; UNLABELED if labels were removed, or if `class_ids` is set."""
    items: npt.NDArray[np.uint32]
    """Numbers of the items (K,), ascending."""
    client: str
    """Id of the client that made the gesture."""
    at: float
    """Time of the gesture, in seconds since the Unix epoch."""
    revision: int
    """Revision of the positions that the client saw."""
    tool: str
    """Name of the tool that chose the items."""
    class_ids: npt.NDArray[np.int16] | None = None
    """Class of each item (K,); None if all items have the class `class_id`."""
    verified: bool = False
    """Whether the annotator looked at each item."""
    undone: bool = False
    """Whether the gesture is currently undone."""
    seen: Seen | None = None
    """State of the items before a confirmed sheet; None for other gestures."""
    below: npt.NDArray[np.int64] = field(default_factory=lambda: _NOTHING_BELOW)
    """Per item (K,), number of the newest earlier gesture that contains the item, undone or not.

    0 if there is no such gesture. LabelHistory sets this field.
    """

    def given(self, items: npt.NDArray[np.uint32]) -> npt.NDArray[np.int16]:
        """Return the class (M,) that the gesture gave to each of `items` (M,)."""
        if self.class_ids is None:
            return np.full(len(items), self.class_id, np.int16)
        return self.class_ids[np.searchsorted(self.items, items)]

    def class_of(self, item: int) -> int:
        """Return the class that the gesture gave to one of its items."""
        if self.class_ids is None:
            return self.class_id
        return int(self.class_ids[np.searchsorted(self.items, item)])

    def classes(self) -> list[int]:
        """Return the classes that the gesture gave, ascending, without UNLABELED."""
        given = [self.class_id] if self.class_ids is None else np.unique(self.class_ids).tolist()
        return [class_id for class_id in given if class_id != UNLABELED]


class LabelHistory:
    """Labels of N items.

    `labels` int16 (N,) are the classes. `owner` int64 (N,) is the number of the gesture that gave
    the label; 0 if no gesture gave it. `verified` bool (N,) is whether the annotator looked at the
    item in that gesture.
    """

    def __init__(self, n: int) -> None:
        self.labels = np.full(n, UNLABELED, np.int16)
        self.owner = np.zeros(n, np.int64)
        self.verified = np.zeros(n, np.bool_)
        self.gestures: dict[int, GestureRecord] = {}
        self._top = np.zeros(n, np.int64)  # number of the newest gesture that contains the item

    def add(self, record: GestureRecord) -> npt.NDArray[np.uint32]:
        """Add a gesture that is newer than all others. Returns the items whose label changed."""
        self.gestures[record.number] = record
        index = record.items.astype(np.intp)
        record.below = self._top[index]
        self._top[index] = record.number
        return self._give(record, record.items, index)

    def undo(self, number: int) -> npt.NDArray[np.uint32]:
        """Undo gesture `number`. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = True
        affected = record.items[self.owner[record.items] == number]
        before = self.labels[affected].copy()
        self._label_from_below(affected, number)
        return affected[self.labels[affected] != before]

    def _label_from_below(self, items: npt.NDArray[np.uint32], number: int) -> None:
        """Give each item the label of its newest gesture before `number` that is not undone."""
        waiting = [(number, items)]
        while waiting:
            number, items = waiting.pop()
            record = self.gestures[number]
            below = record.below[np.searchsorted(record.items, items)]
            undone = [n for n in set(below.tolist()) if n and self.gestures[n].undone]
            if undone:
                waiting += [(lower, items[below == lower]) for lower in undone]
                held = ~np.isin(below, undone)
                items, below = items[held], below[held]
            self._give_each(items, below)

    def _give_each(self, items: npt.NDArray[np.uint32], numbers: npt.NDArray[np.int64]) -> None:
        """Give each of `items` (M,) the label from its own gesture in `numbers` (M,).

        The number 0 makes an item unlabelled. The loop runs per item, not per gesture, because the
        items of one undone gesture often get their labels from almost as many earlier gestures.
        """
        labels, verified = list[int](), list[bool]()
        for item, number in zip(items.tolist(), numbers.tolist(), strict=True):
            record = self.gestures.get(number)
            labels.append(UNLABELED if record is None else record.class_of(item))
            verified.append(record is not None and record.verified)
        index = items.astype(np.intp)
        self.labels[index], self.owner[index], self.verified[index] = labels, numbers, verified

    def redo(self, number: int) -> npt.NDArray[np.uint32]:
        """Redo gesture `number`. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = False
        return self._give(record, record.items[self.owner[record.items] < number])

    def _give(
        self,
        record: GestureRecord,
        items: npt.NDArray[np.uint32],
        index: npt.NDArray[np.intp] | None = None,
    ) -> npt.NDArray[np.uint32]:
        """Give `items` (M,) the labels of gesture `record`. Returns items whose label changed.

        `index` is a copy of `items` in NumPy's type for indices (intp). With this copy, NumPy does
        not convert `items` again at each of the five accesses, which would take longer than the
        access.
        """
        if index is None:
            index = items.astype(np.intp)
        given = record.class_id if record.class_ids is None else record.given(items)
        changed = items[self.labels[index] != given]
        self.labels[index] = given
        self.owner[index] = record.number
        self.verified[index] = record.verified
        return changed
