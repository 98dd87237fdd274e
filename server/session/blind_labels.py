"""Blind labels: two people label the same items, and see each other's labels only afterwards.

A label of a blind gesture is hidden until another person has labelled the item, too, blind or not,
or has set it aside on a blind sheet because its class was unclear.
In the history of labels, a hidden label is as if it were undone, so it counts nowhere. Pure state:
equal events give equal labels.
"""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED
from lodespace.session.authors import is_person, person_of
from lodespace.session.events import Items
from lodespace.session.label_history import GestureRecord, LabelHistory

Flags = npt.NDArray[np.bool_]


class BlindLabels:
    """The blind gestures of a session, by number."""

    def __init__(self) -> None:
        self._records: dict[int, GestureRecord] = {}
        self._items: Items = np.empty(0, np.uint32)
        """Items of all blind gestures, ascending."""

    def __contains__(self, number: int) -> bool:
        return number in self._records

    def touches(self, items: Items) -> bool:
        """Return whether one of `items` (K,) is in a blind gesture, undone or not."""
        return bool(_is_in(self._items, items).any())

    def copy(self) -> "BlindLabels":
        """Return the gestures as they are now, for another thread to read."""
        found = BlindLabels()
        found._records = {
            number: msgspec.structs.replace(record) for number, record in self._records.items()
        }
        found._items = self._items
        return found

    def add(self, history: LabelHistory, record: GestureRecord) -> Items:
        """Add a gesture that is newer than all others. Returns the items whose label changed."""
        self._records[record.number] = record
        self._items = np.union1d(self._items, record.items)
        record.hidden = np.zeros(len(record.items), np.bool_)
        return self.update(history, record.items, lambda: history.add(record))

    def mark(self, history: LabelHistory, number: int, *, undone: bool) -> Items:
        """Undo or redo gesture `number`. Returns the items whose label changed."""
        record = self._records[number]
        record.undone = undone
        return self.update(history, record.items, lambda: record.items)

    def update(self, history: LabelHistory, items: Items, change: Callable[[], Items]) -> Items:
        """Carry out a change of gestures on some items (K,), and show or hide their blind labels.

        Args:
            history: The labels of the session.
            items: The items, ascending.
            change: Changes `history`. Returns the items whose label changed.

        Returns:
            The items whose label changed.
        """
        if not self.touches(items):
            return change()
        before = history.labels[items]
        change()
        for record in self._records.values():
            at = np.flatnonzero(_is_in(items, record.items))
            if len(at):
                assert record.hidden is not None
                hidden = record.hidden.copy()
                hidden[at] = self._hidden(history, record, at)
                history.hide(record, hidden)
        return items[history.labels[items] != before]

    def answered(self, history: LabelHistory, items: Items, person: str) -> Flags:
        """Return for each of `items` (K,) whether another person than `person` has labelled it."""
        return np.array([_answered(history, item, person) for item in items.tolist()], np.bool_)

    def hidden_of_others(self, person: str) -> list[Items]:
        """Return the items of each gesture of others whose labels are hidden (K,), because nobody
        has answered them yet, oldest gesture first."""
        found = list[Items]()
        for record in self._standing():
            if person_of(record.client) != person:
                assert record.hidden is not None
                hidden = record.hidden & (_classes(record) != UNLABELED)
                if hidden.any():
                    found.append(record.items[hidden])
        return found

    def answered_by(self, person: str) -> Items:
        """Return the items of the blind gestures of a person (K,), ascending, with those whose
        class was unclear to the person."""
        own = [r.items for r in self._standing() if person_of(r.client) == person]
        return np.unique(np.concatenate([*own, np.empty(0, np.uint32)])).astype(np.uint32)

    def _standing(self) -> Iterator[GestureRecord]:
        return (record for record in self._records.values() if not record.undone)

    def _hidden(
        self, history: LabelHistory, record: GestureRecord, at: npt.NDArray[np.intp]
    ) -> Flags:
        """Return whether the labels at the places `at` (K,) of a gesture are hidden now (K,).

        An item without a class stays hidden: its class was unclear to the person.
        """
        if record.undone:
            return np.ones(len(at), np.bool_)
        answered = self.answered(history, record.items[at], person_of(record.client))
        return ~answered | (_classes(record)[at] == UNLABELED)


def _answered(history: LabelHistory, item: int, person: str) -> bool:
    """Return whether another person than `person` has labelled an item, and has not removed this
    label since, or has found the class of the item unclear on a blind sheet."""
    done = {person}
    for number, class_id in history.rows_on(item):
        record = history.gestures[number]
        other = person_of(record.client)
        if other in done or not is_person(other) or record.undone or record.accepted:
            continue
        if class_id != UNLABELED or record.blind:
            return True
        done.add(other)
    return False


def _is_in(items: Items, wanted: Items) -> Flags:
    """Return whether each of `wanted` (K,) is in `items` (L,). Both are ascending."""
    at = np.searchsorted(items, wanted)
    at[at == len(items)] = 0
    return items[at] == wanted if len(items) else np.zeros(len(wanted), np.bool_)


def _classes(record: GestureRecord) -> npt.NDArray[np.int16]:
    """Return the class that each item of a gesture got (K,)."""
    if record.class_ids is None:
        return np.full(len(record.items), record.class_id, np.int16)
    return record.class_ids
