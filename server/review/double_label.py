"""The double-label queue: the same items to two people, blind.

A sheet shows neither labels nor predictions, so the two people decide independently of each other,
and their agreement measures how well the classes are defined. A person gets, in this order:

1. items that another person has labelled blind, or has on an open sheet;
2. items at which another person has looked one by one, as on a contact sheet;
3. the most informative items without a label;
4. items that others have labelled together, such as a region.

The labels of the items 1 and 3 are hidden until both people have labelled them
(session/blind_labels.py). The items 2 and 4 have a label already, so the second one is shown at
once.
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import SHEET_SIZE, UNLABELED, Sheet, SheetGroup, SheetItem
from lodespace.review.contact_sheets import queue
from lodespace.session.authors import is_person, person_of
from lodespace.session.blind_labels import BlindLabels
from lodespace.session.item_state import ItemState
from lodespace.session.sources import VotingState, person_votes

Flags = npt.NDArray[np.bool_]


class LabelledByPeople(NamedTuple):
    """The people's labels of N items."""

    voting: VotingState
    """All labels that are shown."""
    blind: BlindLabels
    """The blind gestures."""


class DoubleLabelQueue:
    """Gives sheets to people. A sheet that a person has not confirmed yet is only in memory."""

    def __init__(self) -> None:
        self._given: dict[str, list[int]] = {}
        """Items of the newest sheet of each person."""
        self._left_out: dict[str, list[int]] = defaultdict(list)
        """Items on sheets of each person, whose class was unclear to the person."""

    def sheet(
        self, state: ItemState, labels: LabelledByPeople, person: str, size: int = SHEET_SIZE
    ) -> Sheet:
        """Return the next sheet of a person, of at most `size` items."""
        own, blind = _labelled_by(labels, person), labels.blind
        # A label of an item outside of sheets must not end the sheet that contains the item.
        answered = np.zeros(len(own), np.bool_)
        answered[blind.labelled_by(person)] = True
        free = ~own & ~state.locked
        if answered[self._given.get(person, [])].any():
            # The sheet was confirmed. Its items whose class was unclear are not on another one.
            sheet = self._given.pop(person)
            self._left_out[person] += [item for item in sheet if not own[item]]
        free[self._left_out[person]] = False
        waiting = [
            hidden[free[hidden]].tolist()
            for items, hidden in blind.hidden_of_others(person)
            if not answered[items].any()
        ]
        begun = [self._given.get(person, [])]
        for other, items in self._given.items():
            done = answered[items].any() or _done(blind, other, items)
            if not (done or state.labelled[items].any()):
                begun.append(items)
        for items in (*waiting, *begun):
            shown = [item for item in items if free[item]]
            if shown:
                self._given[person] = items
                everything = {*shown, *(item for each in waiting for item in each)}
                return _sheet(shown, len(everything))
        items, total = self._new(state, labels, free, person, size)
        self._given[person] = items
        return _sheet(items, total)

    def _new(
        self, state: ItemState, labels: LabelledByPeople, free: Flags, person: str, size: int
    ) -> tuple[list[int], int]:
        """Return items of a new sheet, and the number of all such items."""
        looked, together = _labelled_by_others(labels, person)
        unlabelled = free & ~state.labelled
        for _, hidden in labels.blind.hidden_of_others(person):
            unlabelled[hidden] = False
        for items in self._given.values():
            unlabelled[items] = False
        order = queue(state, "uncertain", size)[0]
        for items in (
            looked[free[looked]],
            np.concatenate(
                [order[unlabelled[order]], np.setdiff1d(np.flatnonzero(unlabelled), order)]
            ),
            together[free[together]],
        ):
            if len(items):
                return sorted(items[:size].tolist()), len(items)
        return [], 0


def _done(blind: BlindLabels, person: str, items: list[int]) -> bool:
    """Return whether a person has confirmed the sheet with these items."""
    return bool(set(items) & set(blind.labelled_by(person).tolist()))


def _labelled_by(labels: LabelledByPeople, person: str) -> Flags:
    """Return for each item (N,) whether a person has labelled it, also with a hidden label."""
    found = np.zeros(labels.voting.n_items, np.bool_)
    votes = person_votes(labels.voting).get(person)
    if votes is not None:
        found = votes.classes != UNLABELED
    found[labels.blind.labelled_by(person)] = True
    return found


def _labelled_by_others(
    labels: LabelledByPeople, person: str
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the items at which another person has looked, and the others that another person has
    labelled. Both are in the order of the gestures."""
    others = {
        other: votes
        for other, votes in person_votes(labels.voting).items()
        if other != person and is_person(other)
    }
    listed: tuple[list[npt.NDArray[np.intp]], ...] = ([], [])
    looked = np.zeros(labels.voting.n_items, np.bool_)
    for record in labels.voting.gestures:
        votes = others.get(person_of(record.client))
        if votes is None:
            continue
        items = record.items[votes.classes[record.items] != UNLABELED].astype(np.intp)
        listed[0 if record.verified else 1].append(items)
        if record.verified:
            looked[items] = True
    one_by_one, together = (_first_of_each(np.concatenate([*each, _NONE])) for each in listed)
    return one_by_one, together[~looked[together]]


_NONE = np.empty(0, np.intp)


def _first_of_each(items: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return `items` (K,) without repetitions, in the same order."""
    return items[np.sort(np.unique(items, return_index=True)[1])]


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
