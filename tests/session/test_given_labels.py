"""Labels that came with the data or by an import differ from labels that a person gives."""

import numpy as np

from lodespace.session.authors import IMPORT
from samples.event_logs import Log, label


def given(log: Log) -> list[int]:
    return np.flatnonzero(log.session.item_state().given).tolist()


def test_imported_labels_are_given_until_a_person_labels_their_items() -> None:
    log = Log()
    log.do(label(1, [1, 2, 3, 4], 0), IMPORT)
    log.do(label(2, [4, 5], 1), "page-of-anna")
    assert given(log) == [1, 2, 3]
    log.do(label(3, [7], 2), IMPORT)
    assert given(log) == [1, 2, 3, 7]
    assert np.array_equal(log.replayed().given, log.session.given)


def test_first_labels_are_given_unless_they_were_accepted() -> None:
    log = Log()
    labels = np.full(len(log.items), -1, np.int16)
    labels[:4] = 1
    log.session.begin_with(labels, accepted=np.arange(len(labels)) == 2)
    assert given(log) == [0, 1, 3]
