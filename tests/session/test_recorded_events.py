"""Events of the label log that are rebuilt from a recording."""

import numpy as np
import pytest

from lodespace import protocol
from lodespace.items.item_set import ItemSet
from lodespace.project.recorded_events import event_from
from lodespace.recording.salvage import RecordedEvent
from lodespace.session.events import LabelEachEvent, LabelEvent
from lodespace.session.session import AnnotationSession

N = 5000


def rebuilt(labels: protocol.Labels) -> object:
    """Return the event of a recorded message about labels, or None."""
    session = AnnotationSession(ItemSet("small", "vector", np.zeros((N, 2), np.float32), ("a",)))
    recorded = RecordedEvent(sequence=labels.sequence, labels=labels, classes=None, told=None)
    return event_from(recorded, session)


@pytest.mark.parametrize("count", [3, 3000])
@pytest.mark.parametrize("classes", [1, 2])
def test_listed_and_packed_labels_are_events(count: int, classes: int) -> None:
    items = np.arange(0, count, dtype=np.uint32) + 7
    class_ids = (np.arange(count) % classes).astype(np.int16)
    event = rebuilt(protocol.Labels.of(items, class_ids, sequence=4, gesture=4, by="anna"))
    assert isinstance(event, LabelEvent | LabelEachEvent)
    assert isinstance(event, LabelEachEvent) == (classes > 1)
    assert np.array_equal(event.items, items) and event.client == "anna"
    if isinstance(event, LabelEachEvent):
        assert np.array_equal(event.class_ids, class_ids)


@pytest.mark.parametrize("packed", ["AAAA", "no base64"])
def test_malformed_packed_labels_are_left_out(packed: str) -> None:
    labels = protocol.Labels(
        sequence=4, gesture=4, by="anna", items=[], class_ids=[], packed=packed
    )
    assert rebuilt(labels) is None
