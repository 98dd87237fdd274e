"""Votes of each person and rule as a table: one row per item, one column per source.

`session/sources.py` states what the vote of a person is. `lodespace import --votes-from` reads the
table.
"""

import numpy as np
import numpy.typing as npt

from lodespace.exporting.table import parquet_bytes
from lodespace.items.original_order import OriginalOrder
from lodespace.protocol import UNLABELED
from lodespace.session.rules import voted
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingState, person_votes

_PERSON = "person "
"""Beginning of the column's name for a source that is called like the column with the ids."""


def votes_of(session: AnnotationSession) -> dict[str, npt.NDArray[np.int16]]:
    """Return the votes of each person, in the order of their first gestures, then of each rule.

    Each array (N,) has the class per item, in the order of the session's items; UNLABELED without a
    vote. People without a vote and rules that are switched off are left out.
    """
    people = person_votes(VotingState.of(session))
    votes = {person: found.classes for person, found in people.items()}
    for rule in session.rules:
        if not rule.on:
            continue
        items, given = voted(rule, session.classes.resolve)
        name = rule.name if rule.name not in votes else f"{rule.name} (rule {rule.number})"
        votes[name] = np.full(len(session.items), UNLABELED, np.int16)
        votes[name][items] = given
    return votes


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
