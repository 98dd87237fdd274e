"""Votes of each person as a table: one row per item, one column per person.

A person's vote on an item is the class of the newest gesture of this person that contains the item
and is not undone. Other people's labels do not replace it. Accepted predictions are not votes.
`lodespace import --votes-from` reads the table.
"""

import numpy as np
import numpy.typing as npt

from lodespace.exporting.table import parquet_bytes
from lodespace.items.original_order import OriginalOrder
from lodespace.protocol import UNLABELED
from lodespace.session.authors import person_of
from lodespace.session.session import AnnotationSession

_PERSON = "person "
"""Beginning of the column's name for a person who is called like the column with the ids."""


def votes_of(session: AnnotationSession) -> dict[str, npt.NDArray[np.int16]]:
    """Return the votes of each person, in the order of their first gestures.

    Each array (N,) has the class per item, in the order of the session's items; UNLABELED without a
    vote. People without a vote are left out.
    """
    votes: dict[str, npt.NDArray[np.int16]] = {}
    for _, record in sorted(session.history.gestures.items()):
        if record.undone or record.accepted:
            continue
        person = person_of(record.client)
        if person not in votes:
            votes[person] = np.full(len(session.items), UNLABELED, np.int16)
        given = record.class_id if record.class_ids is None else record.class_ids
        votes[person][record.items] = given
    votes = {person: session.classes.resolve(given) for person, given in votes.items()}
    return {person: given for person, given in votes.items() if (given != UNLABELED).any()}


def as_parquet(session: AnnotationSession) -> bytes:
    """Return the votes as a Parquet file, in the order of the original data.

    The column `id` has the ids of the items. An item without a vote of a person has no value.
    """
    import pyarrow as pa

    original = OriginalOrder(session.items)
    rows = slice(None) if original.numbers is None else original.numbers
    names = {c.class_id: c.name for c in session.classes.classes}
    listed = pa.array([names.get(number) for number in range(max(names, default=0) + 1)])
    columns = {"id": pa.array([str(item_id) for item_id in original.items.ids], pa.string())}
    for person, given in votes_of(session).items():
        chosen = pa.array(given[rows], mask=given[rows] == UNLABELED)
        columns[_PERSON + person if person in columns else person] = listed.take(chosen)
    return parquet_bytes(pa.table(columns))
