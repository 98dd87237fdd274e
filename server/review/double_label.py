"""The double-label queue: the same items to two people, blind.

A sheet has items without a label. When a person confirms the sheet, the labels are hidden
(session/blind_labels.py), and the next person who opens the queue gets the same items. Neither the
labels of the other person nor predictions are on the sheet, so the two people decide independently
of each other, and their agreement measures how well the classes are defined.
"""

import numpy as np

from lodespace.protocol import SHEET_SIZE, UNLABELED, Sheet, SheetGroup, SheetItem
from lodespace.review.contact_sheets import queue
from lodespace.session.authors import person_of
from lodespace.session.blind_labels import BlindLabels
from lodespace.session.item_state import ItemState


class DoubleLabelQueue:
    """Gives sheets to people. A sheet that a person has not confirmed yet is only in memory."""

    def __init__(self) -> None:
        self._given: dict[str, list[int]] = {}
        """Items of the newest sheet of each person."""

    def sheet(
        self, state: ItemState, blind: BlindLabels, person: str, size: int = SHEET_SIZE
    ) -> Sheet:
        """Return the next sheet of a person: items that another person has labelled blind or is
        about to label, else the most informative items without a label."""
        done = set(blind.labelled_by(person).tolist())
        waiting = [
            record.items.tolist() for record in blind.hidden() if person_of(record.client) != person
        ]
        begun = [
            self._given.get(person, []),
            *(
                items
                for other, items in self._given.items()
                if not set(items) & set(blind.labelled_by(other).tolist())
            ),
        ]

        def free(items: list[int]) -> list[int]:
            return [
                item
                for item in items
                if not state.locked[item] and state.labels[item] < 0 and item not in done
            ]

        for items in [*waiting, *begun]:
            shown = free(items)
            if shown and not done & set(items):
                self._given[person] = items
                total = {item for each in [items, *waiting] for item in free(each)}
                return _sheet(shown, len(total))
        items, total = self._new(state, blind, done, size)
        self._given[person] = items
        return _sheet(items, total)

    def _new(
        self, state: ItemState, blind: BlindLabels, done: set[int], size: int
    ) -> tuple[list[int], int]:
        """Return the most informative items without a label, and the number of all such items."""
        taken = np.zeros(len(state.labels), np.bool_)
        hidden = (record.items.tolist() for record in blind.hidden())
        for items in (*hidden, *self._given.values(), list(done)):
            taken[items] = True
        free = ~state.labelled & ~state.locked & ~taken
        order = queue(state, "uncertain", size)[0]
        rest = np.setdiff1d(np.flatnonzero(free), order)
        items = np.concatenate([order[free[order]], rest])
        return sorted(items[:size].tolist()), int(free.sum())


def _sheet(items: list[int], total: int) -> Sheet:
    """Return a sheet that shows neither labels nor predictions."""
    return Sheet(
        kind="double",
        items=[
            SheetItem(
                item=item,
                class_id=UNLABELED,
                prediction=UNLABELED,
                confidence=0,
                doubt=0,
                proposed=UNLABELED,
                group=0,
            )
            for item in items
        ],
        groups=[SheetGroup(size=None, may_be_new=False)] * min(1, len(items)),
        total=total,
        expected_wrong=None,
    )
