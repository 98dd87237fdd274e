"""The double-label queue: the same items to two people, blind.

A sheet shows neither labels nor predictions, so the two people decide independently of each other,
and their agreement measures how well the classes are defined. A person gets, in this order:

1. items that another person has labelled blind, or has on an open sheet;
2. items at which another person has looked one by one, as on a contact sheet;
3. the most informative items without a label;
4. items that others have labelled together, such as a region.

The labels of the items 1 and 3 are hidden until both people have labelled them, or one of them has
found the class unclear (session/blind_labels.py). The items 2 and 4 have a label already, so the
second one is shown at once. An item whose class was unclear to a person is part of the blind
gesture, without a class, and does not come again.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import SHEET_SIZE, UNLABELED, Sheet, SheetGroup, SheetItem
from lodespace.review.contact_sheets import queue
from lodespace.session.authors import is_person, person_of
from lodespace.session.blind_labels import BlindLabels
from lodespace.session.item_state import ItemState
from lodespace.session.sources import PersonVotes, VotingState, person_votes

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

    def sheet(
        self, state: ItemState, labels: LabelledByPeople, person: str, size: int = SHEET_SIZE
    ) -> Sheet:
        """Return the next sheet of a person, of at most `size` items."""
        votes, blind = person_votes(labels.voting), labels.blind
        # A label of an item outside of sheets must not end the sheet that contains the item.
        answered = np.zeros(labels.voting.n_items, np.bool_)
        answered[blind.answered_by(person)] = True
        free = ~answered & ~state.locked
        if person in votes:
            free &= votes[person].classes == UNLABELED
        if answered[self._given.get(person, [])].any():
            del self._given[person]  # the sheet was confirmed
        waiting = [hidden[free[hidden]].tolist() for hidden in blind.hidden_of_others(person)]
        begun = [self._given.get(person, [])]
        for other, items in self._given.items():
            if not np.isin(items, blind.answered_by(other)).any():
                begun.append([item for item in items if not state.labelled[item]])
        for items in (*waiting, *begun):
            shown = [item for item in items if free[item]][:size]
            if shown:
                self._given[person] = shown
                return _sheet(shown, len({*shown, *(item for each in waiting for item in each)}))
        items, total = self._new(state, labels, votes, free, person, size)
        self._given[person] = items
        return _sheet(items, total)

    def _new(
        self,
        state: ItemState,
        labels: LabelledByPeople,
        votes: Mapping[str, PersonVotes],
        free: Flags,
        person: str,
        size: int,
    ) -> tuple[list[int], int]:
        """Return items of a new sheet, and the number of all such items."""
        looked, together = _labelled_by_others(labels, votes, person)
        unlabelled = free & ~state.labelled
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


def _labelled_by_others(
    labels: LabelledByPeople, votes: Mapping[str, PersonVotes], person: str
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the items at which another person has looked, and the others that another person has
    labelled. Both are in the order of the gestures."""
    others = {other: each for other, each in votes.items() if other != person and is_person(other)}
    listed: tuple[list[npt.NDArray[np.intp]], ...] = ([], [])
    looked = np.zeros(labels.voting.n_items, np.bool_)
    for record in labels.voting.gestures:
        of_person = others.get(person_of(record.client))
        if of_person is None:
            continue
        items = record.items[of_person.classes[record.items] != UNLABELED].astype(np.intp)
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
