"""Blind labels: two people label the same items, and see each other's labels only afterwards.

The labels of a blind gesture are hidden until another person has labelled one of its items blind,
too. A hidden gesture is in the history of labels as if it were undone, so its votes and labels
count nowhere. Pure state: equal events give equal labels.
"""

from collections.abc import Callable
from functools import reduce

import numpy as np

from lodespace.protocol import UNLABELED
from lodespace.session.authors import person_of
from lodespace.session.events import Items
from lodespace.session.label_history import GestureRecord, LabelHistory


class BlindLabels:
    """The blind gestures of a session, by number."""

    def __init__(self) -> None:
        self._records: dict[int, GestureRecord] = {}

    def __contains__(self, number: int) -> bool:
        return number in self._records

    def copy(self) -> "BlindLabels":
        """Return the gestures as they are now, for another thread to read."""
        found = BlindLabels()
        found._records = dict(self._records)
        return found

    def touched(self, record: GestureRecord) -> Items:
        """Return the items (K,), ascending, whose labels may change with a blind gesture."""
        together = [record.items, *(other.items for other in self._partners(record))]
        return reduce(np.union1d, together).astype(np.uint32)

    def add(self, history: LabelHistory, record: GestureRecord) -> Items:
        """Add a gesture that is newer than all others. Returns the items whose label changed."""

        def change() -> None:
            history.add(record)
            self._records[record.number] = record
            self._show(history, record)

        return self._compared(history, record, change)

    def mark(self, history: LabelHistory, number: int, *, undone: bool) -> Items:
        """Undo or redo gesture `number`. Returns the items whose label changed."""
        record = self._records[number]

        def change() -> None:
            record.withdrawn = undone
            self._show(history, record)

        return self._compared(history, record, change)

    def answered(self, record: GestureRecord) -> bool:
        """Return whether another person has labelled items of the gesture blind, too."""
        return any(not other.withdrawn for other in self._partners(record))

    def hidden(self) -> list[GestureRecord]:
        """Return the gestures that nobody has answered yet, oldest first."""
        return [
            record
            for record in self._records.values()
            if not record.withdrawn and not self.answered(record)
        ]

    def labelled_by(self, person: str) -> Items:
        """Return the items (K,), ascending, that a person has labelled blind."""
        of_person = [
            record.items
            for record in self._records.values()
            if not record.withdrawn and person_of(record.client) == person
        ]
        return np.unique(np.concatenate([*of_person, np.empty(0, np.uint32)])).astype(np.uint32)

    def _partners(self, record: GestureRecord) -> list[GestureRecord]:
        """Return the blind gestures of others that give a class to an item of `record`, too."""
        person, items = person_of(record.client), _given(record)
        return [
            other
            for other in self._records.values()
            if person_of(other.client) != person
            and np.isin(items, _given(other), assume_unique=True).any()
        ]

    def _show(self, history: LabelHistory, record: GestureRecord) -> None:
        for one in (record, *self._partners(record)):
            hidden = one.withdrawn or not self.answered(one)
            if hidden and not one.undone:
                history.undo(one.number)
            elif not hidden and one.undone:
                history.redo(one.number)

    def _compared(
        self, history: LabelHistory, record: GestureRecord, change: Callable[[], None]
    ) -> Items:
        items = self.touched(record)
        before = history.labels[items]
        change()
        return items[history.labels[items] != before]


def _given(record: GestureRecord) -> Items:
    """Return the items of a gesture that get a class (K,)."""
    if record.class_ids is None:
        return record.items if record.class_id != UNLABELED else record.items[:0]
    return record.items[record.class_ids != UNLABELED]
