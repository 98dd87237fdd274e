"""Labels as the sum of gestures. Pure state: the same events in the same order give the same labels.

The label of an item is the class of the newest gesture that holds it and still stands; without one it is UNLABELED. So undo takes a
gesture out from anywhere in the pile, and later gestures of others on the same items keep their say.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lodespace.errors import RequestError
from lodespace.protocol import UNLABELED, Gesture, History


@dataclass
class GestureRecord:
    """`number` is the sequence number of its event. items uint32 (K,), ascending."""

    number: int
    class_id: int
    items: npt.NDArray[np.uint32]
    client: str
    at: float
    revision: int
    tool: str
    undone: bool = False


class LabelHistory:
    """labels int16 (N,) and owner int64 (N,): which gesture gave the label (0 for none)."""

    def __init__(self, n: int) -> None:
        self.labels = np.full(n, UNLABELED, np.int16)
        self.owner = np.zeros(n, np.int64)
        self.gestures: dict[int, GestureRecord] = {}
        self._undone_by: dict[str, list[int]] = {}

    def add(self, record: GestureRecord) -> npt.NDArray[np.uint32]:
        """A new gesture. Returns the items whose label changed."""
        self.gestures[record.number] = record
        self._undone_by.pop(record.client, None)
        changed = record.items[self.labels[record.items] != record.class_id]
        self.owner[record.items] = record.number
        self.labels[record.items] = record.class_id
        return changed

    def undo(self, number: int) -> npt.NDArray[np.uint32]:
        """Take gesture `number` back. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = True
        self._undone_by.setdefault(record.client, []).append(number)
        open_items = record.items[self.owner[record.items] == number]
        before = self.labels[open_items].copy()
        affected = open_items
        self.labels[open_items] = UNLABELED
        self.owner[open_items] = 0
        for older in reversed(self.gestures.values()):
            if len(open_items) == 0:
                break
            if older.undone or older.number >= number:
                continue
            held = np.isin(open_items, older.items, assume_unique=True)
            self.labels[open_items[held]] = older.class_id
            self.owner[open_items[held]] = older.number
            open_items = open_items[~held]
        return affected[self.labels[affected] != before]

    def redo(self, number: int) -> npt.NDArray[np.uint32]:
        """Let gesture `number` stand again. Returns the items whose label changed."""
        record = self.gestures[number]
        record.undone = False
        stack = self._undone_by.get(record.client, [])
        if number in stack:
            stack.remove(number)
        mine = record.items[self.owner[record.items] < number]
        changed = mine[self.labels[mine] != record.class_id]
        self.labels[mine] = record.class_id
        self.owner[mine] = number
        return changed

    def next_undo(self, client: str) -> int:
        """The gesture that `client` would take back. Raises RequestError when there is none."""
        for record in reversed(self.gestures.values()):
            if record.client == client and not record.undone:
                return record.number
        raise RequestError("there is no gesture of yours to take back", code="nothing_to_undo", status=409)

    def next_redo(self, client: str) -> int:
        """The gesture that `client` would bring back. Raises RequestError when there is none."""
        stack = self._undone_by.get(client)
        if not stack:
            raise RequestError("there is no gesture of yours to bring back", code="nothing_to_redo", status=409)
        return stack[-1]

    def summary(self, client: str) -> History:
        """The gestures as the protocol tells them, and what `client` could undo and redo."""
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
            for r in self.gestures.values()
        ]
        can_undo = any(r.client == client and not r.undone for r in self.gestures.values())
        return History(gestures=gestures, can_undo=can_undo, can_redo=bool(self._undone_by.get(client)))
