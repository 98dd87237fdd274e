"""The people whose labels some items have, and whose labels a gesture replaces."""

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED
from lodespace.session.authors import is_person, person_of
from lodespace.session.events import Event, Items, LabelEachEvent, LabelEvent
from lodespace.session.state import SessionState


def labels_by_person(state: SessionState, items: Items) -> dict[str, int]:
    """Return for each person the number of `items` (K,) whose label the person, or a rule of the
    person, gave. Labels that no person gave, such as imported ones, are left out."""
    labelled = items[state.labels_of(items) != UNLABELED]
    numbers, counts = np.unique(state.owner_of(labelled), return_counts=True)
    found: dict[str, int] = {}
    for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        person = _author_of(state, number)
        if is_person(person):
            found[person] = found.get(person, 0) + count
    return found


def replaced_of_others(state: SessionState, event: Event) -> dict[str, int]:
    """Return for each other person the number of labels that a gesture would replace.

    The event is not applied yet. Blind labels replace no label before they are shown.
    """
    if not isinstance(event, LabelEvent | LabelEachEvent):
        return {}
    person = person_of(event.client)
    given: npt.NDArray[np.int16] | int = (
        event.class_ids if isinstance(event, LabelEachEvent) else event.class_id
    )
    replaced = state.labels_of(event.items) != given
    if event.provenance.blind:
        replaced &= state.blind.answered(state.history, event.items, person)
        replaced &= np.asarray(given) != UNLABELED
    found = labels_by_person(state, event.items[replaced])
    found.pop(person, None)
    return found


def _author_of(state: SessionState, number: int) -> str:
    """Return the person who made gesture or rule `number`; "" for neither."""
    rule = state.rules.get(number)
    if rule is not None:
        return person_of(rule.author)
    record = state.history.gestures.get(number)
    return "" if record is None else person_of(record.client)
