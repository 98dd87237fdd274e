"""Blind labels: hidden until another person has labelled the items, too; reversible."""

import numpy as np

from lodespace.exporting.votes import votes_of
from lodespace.protocol import Labels
from lodespace.review.conflicts import conflicts
from lodespace.review.double_label import DoubleLabelQueue, LabelledByPeople
from lodespace.session.commands.registry import plan
from lodespace.session.fitted_votes import fitted
from lodespace.session.replaced_labels import replaced_of_others
from lodespace.session.sources import VotingState
from lodespace.session.summaries import history
from samples.event_logs import Log, dial, label, label_each, undo

MIA, TOM, ANN = "device-1.a", "device-2.b", "device-3.c"


def blind(log: Log, number: int, client: str, classes: dict[int, int]) -> None:
    log.do(label_each(number, classes, blind=True), client)


def labels(log: Log) -> dict[int, int]:
    """Return the labels of the session, after a check that a replay gives the same labels."""
    assert np.array_equal(log.replayed().labels, log.session.labels)
    return {item: int(c) for item, c in enumerate(log.session.labels) if c >= 0}


def test_blind_labels_are_hidden_until_both_have_labelled() -> None:
    log = Log()
    blind(log, 1, MIA, {0: 0, 1: 1, 2: 2})
    assert labels(log) == {} and votes_of(log.session) == {}
    blind(log, 2, "device-1.other-page", {3: 1})
    assert labels(log) == {}, "the same person answers"
    blind(log, 3, TOM, {0: 0, 1: 2})
    assert labels(log) == {0: 0, 1: 2}, "an item that nobody else has labelled is shown"
    votes = votes_of(log.session)
    assert votes["device-1"][:4].tolist() == [0, 1, -1, -1]
    assert votes["device-2"][:4].tolist() == [0, 2, -1, -1]
    blind(log, 4, ANN, {2: 0, 3: 0})
    assert labels(log) == {0: 0, 1: 2, 2: 0, 3: 0}
    assert votes_of(log.session)["device-1"][:4].tolist() == [0, 1, 2, 1]


def test_an_answer_and_its_undo_reveal_and_hide_both() -> None:
    log = Log()
    blind(log, 1, MIA, {0: 0, 1: 1})
    blind(log, 2, TOM, {0: 0, 1: 2})
    shown = labels(log)
    log.do(undo(3), TOM)
    assert labels(log) == {} and votes_of(log.session) == {}
    applied = log.do(undo(4), MIA)
    assert applied is not None and labels(log) == {}
    blind(log, 5, TOM, {0: 1})
    assert labels(log) == {}
    blind(log, 6, MIA, {0: 0, 1: 1})
    assert labels(log) == {0: 0} and shown == {0: 0, 1: 2}


def test_an_item_that_another_person_set_aside_is_shown_with_its_one_label() -> None:
    log = Log()
    blind(log, 1, MIA, {0: 0, 1: 1})
    blind(log, 2, TOM, {0: -1, 5: 1})
    assert labels(log) == {0: 0}
    blind(log, 3, TOM, {1: 1})
    assert labels(log) == {0: 0, 1: 1}
    log.do(undo(4, gesture=3), TOM)
    log.do(undo(5, gesture=2), TOM)
    assert labels(log) == {}


def test_a_label_that_is_not_blind_is_an_answer_until_it_is_undone() -> None:
    log = Log()
    log.do(label(1, [0, 1], 0), TOM)
    log.do(label_each(2, {2: 0}, tool="accept", verified=False), TOM)
    applied = log.do(label_each(3, {0: 1, 2: 1, 3: 1}, blind=True), MIA)
    assert applied is not None and "1 of these" in applied.ack.message
    assert labels(log) == {0: 1, 1: 0, 2: 0}, "an accepted prediction answers"
    log.do(undo(4), TOM)
    log.do(undo(5), TOM)
    assert labels(log) == {}
    log.do(label(6, [3, 4], 2), ANN)
    assert labels(log) == {3: 2, 4: 2} and votes_of(log.session)["device-1"][3] == 1
    log.do(label(7, [3], -1), ANN)
    assert labels(log) == {4: 2} and "device-1" not in votes_of(log.session)


def test_labels_of_others_that_a_blind_sheet_replaces_are_counted() -> None:
    log = Log()
    log.do(label(1, [0, 1, 2], 0), TOM)
    sheet = label_each(2, {0: 0, 1: 1, 2: -1, 5: 1}, blind=True)
    event = plan(log.session, sheet, MIA)
    assert event is not None and replaced_of_others(log.session, event) == {"device-2": 1}
    event = plan(log.session, sheet, TOM)
    assert event is not None and replaced_of_others(log.session, event) == {}


def test_the_history_does_not_name_hidden_classes() -> None:
    log = Log()
    blind(log, 1, MIA, {0: 0, 1: 1})
    (gesture,) = history(log.session, TOM).gestures
    assert "blind" in gesture.note and "class" not in gesture.note


def test_messages_have_the_labels_of_both_when_they_are_revealed() -> None:
    log = Log()
    applied = log.do(label_each(1, {0: 0, 1: 1, 5: 2}, blind=True), MIA)
    assert applied is not None and applied.ack.count == 3 and "hidden" in applied.ack.message
    assert [m.items for m in applied.news if isinstance(m, Labels)] == [[]]
    applied = log.do(label_each(2, {0: 0, 1: 1}, blind=True), TOM)
    assert applied is not None and "shown now" in applied.ack.message
    (news,) = [m for m in applied.news if isinstance(m, Labels)]
    assert news.items == [0, 1] and news.class_ids == [0, 1]


def test_weighed_labels_do_not_show_hidden_labels() -> None:
    log = Log()
    log.do(dial(1, more={"labels_by": "model"}), MIA)
    log.do(label(2, [6], 0), ANN)
    applied = log.do(label_each(3, {0: 0, 1: 1}, blind=True), MIA)
    assert applied is not None and labels(log) == {6: 0}
    assert all(set(m.class_ids) <= {-1} for m in applied.news if isinstance(m, Labels))
    blind(log, 4, TOM, {0: 0, 1: 1})
    assert labels(log) == {0: 0, 1: 1, 6: 0}


def test_differing_blind_labels_are_conflicts_until_a_third_look() -> None:
    log = Log()
    blind(log, 1, MIA, {0: 0, 1: 1})
    blind(log, 2, TOM, {0: 0, 1: 2})

    def queue() -> list[int]:
        return conflicts(fitted(VotingState.of(log.session))).items.tolist()

    assert queue() == [1]
    log.do(label_each(3, {1: 1}), ANN)
    assert queue() == [] and labels(log) == {0: 0, 1: 1}


def sheet(log: Log, queue: DoubleLabelQueue, person: str, size: int = 4) -> list[int]:
    session = log.session
    people = LabelledByPeople(VotingState.of(session), session.blind.copy())
    found = queue.sheet(session.item_state(), people, person, size)
    assert found.kind == "double" and found.total >= len(found.items)
    for one in found.items:
        assert (one.class_id, one.prediction, one.proposed, one.doubt) == (-1, -1, -1, 0)
    return [one.item for one in found.items]


def test_two_people_get_the_same_sheet_and_a_third_a_new_one() -> None:
    log, queue = Log(), DoubleLabelQueue()
    log.do(label(1, [7], 0), ANN)
    first = sheet(log, queue, "device-1")
    assert len(first) == 4 and 7 not in first
    assert sheet(log, queue, "device-1") == first, "a sheet that is opened again has other items"
    assert sheet(log, queue, "device-2") == first, "the second person gets other items"
    blind(log, 2, "device-1.a", dict.fromkeys(first, 0))
    second = sheet(log, queue, "device-1")
    assert not set(second) & {7, *first}
    assert sheet(log, queue, "device-2") == first
    queue = DoubleLabelQueue()  # the server has restarted
    assert sheet(log, queue, "device-3") == first
    blind(log, 3, "device-2.b", {**dict.fromkeys(first[:3], 1), first[3]: -1})
    assert not set(sheet(log, queue, "device-2")) & {7, *first}, "one of them is asked again"
    assert log.session.labels[first].tolist() == [1, 1, 1, 0], "the fourth has one label"
    assert sheet(log, queue, "device-3") == first, "items at which others have looked"


def test_a_second_person_gets_items_that_another_has_labelled() -> None:
    log, queue = Log(), DoubleLabelQueue()
    log.do(label(1, [0, 9], 0), TOM)  # a region
    log.do(label_each(2, {8: 1, 3: 1}), TOM)  # a sheet
    log.do(label_each(3, {5: 1, 3: 0}), "import")
    log.do(label_each(4, {6: 2}), TOM)
    assert sheet(log, queue, "device-1") == [3, 6, 8]
    assert sheet(log, queue, "device-3") == [3, 6, 8], "another open sheet of labelled items"
    assert not set(sheet(log, queue, "device-2")) & {0, 3, 5, 6, 8, 9}
    blind(log, 5, MIA, {3: 1, 6: -1, 8: 2})
    assert labels(log)[3] == 1 and labels(log)[8] == 2, "both labels are known now"
    for each in (DoubleLabelQueue(), queue):  # also after a restart
        assert sheet(log, each, "device-1") == [1, 2, 4, 7], "not 6 again: its class was unclear"
    blind(log, 6, MIA, {1: 0, 2: -1, 4: 0, 7: 0})
    assert sheet(log, queue, "device-1") == [0, 9], "the items of a region come last"
    blind(log, 7, MIA, {0: -1, 9: -1})
    assert sheet(log, queue, "device-1") == [], "the queue does not end"


def test_items_of_an_abandoned_sheet_go_to_others() -> None:
    log, queue = Log(), DoubleLabelQueue()
    left = sheet(log, queue, "device-1")
    blind(log, 1, TOM, {left[0]: 0})
    log.do(label(2, left[:1], 1), ANN)  # shows the label: the open sheet has a labelled item
    rest = set(range(10)) - {left[0]}
    found: set[int] = set()
    for number in range(3, 6):
        items = sheet(log, queue, "device-3")
        blind(log, number, ANN, dict.fromkeys(items, 0))
        found |= set(items)
    assert found == rest, "items of the abandoned sheet are not shown to anybody"


def test_a_sheet_is_never_longer_than_asked() -> None:
    log, queue = Log(), DoubleLabelQueue()
    blind(log, 1, TOM, dict.fromkeys(range(6), 0))
    assert sheet(log, queue, "device-1") == [0, 1, 2, 3]
    blind(log, 2, MIA, dict.fromkeys(range(4), 0))
    assert sheet(log, queue, "device-1") == [4, 5], "the rest of the gesture is not shown"


def test_a_label_beside_a_sheet_leaves_the_other_items_of_the_sheet() -> None:
    log, queue = Log(), DoubleLabelQueue()
    first = sheet(log, queue, "device-1")
    assert sheet(log, queue, "device-2") == first
    blind(log, 1, MIA, dict.fromkeys(first, 0))
    log.do(label(2, first[:1], 1), TOM)  # a lasso
    assert sheet(log, queue, "device-2") == first[1:]
    assert sheet(log, DoubleLabelQueue(), "device-2") == first[1:], "after a restart"
