"""Labels by the label model: `labels_by: model`."""

import msgspec
import numpy as np

from lodespace import protocol
from lodespace.items.item_set import ItemSet
from lodespace.service.observers import training_inputs
from lodespace.session import summaries
from lodespace.session.commands.registry import plan
from lodespace.session.commands.rule_commands import PreparedRule
from lodespace.session.rule_events import StoredVotes
from lodespace.session.rule_infos import labelled_by_rules
from lodespace.session.session import AnnotationSession
from samples.event_logs import BEGUN, Log, command_id, dial, label, label_each, redo, undo

N = 300


class Weighed(Log):
    """A session with 300 items, whose true classes are `truth`."""

    def __init__(self) -> None:
        super().__init__()
        self.items = ItemSet("x", "vector", np.zeros((N, 4), np.float32), ("a", "b", "c"))
        self.session = AnnotationSession(self.items, scene_id=1, settings=BEGUN)
        self.truth = (np.arange(N) % 3).astype(np.int16)
        self.random = np.random.default_rng(0)

    def vote(self, number: int, client: str, share: float, right: float, *, looks: bool) -> None:
        """Label a share of the items, of which a share is right."""
        chosen = np.flatnonzero(self.random.random(N) < share)
        given = self.truth[chosen].copy()
        wrong = self.random.random(len(chosen)) >= right
        given[wrong] = (given[wrong] + 1) % 3
        classes = dict(zip(chosen.tolist(), given.tolist(), strict=True))
        tool = "sheet" if looks else "api"
        self.do(label_each(number, classes, verified=looks, tool=tool), client)

    def wrong(self) -> int:
        return int((self.session.labels != self.truth).sum())


def several_people(log: Weighed) -> None:
    log.vote(1, "d1.a", 1.0, 0.95, looks=False)
    log.vote(2, "d2.b", 1.0, 0.95, looks=False)
    log.vote(3, "d3.c", 1.0, 0.6, looks=False)


def test_the_model_outvotes_a_careless_person() -> None:
    log = Weighed()
    several_people(log)
    assert log.wrong() > 80
    log.do(dial(4, more={"labels_by": "model"}), "d1.a")
    assert log.wrong() < 20
    replayed = log.replayed()
    assert np.array_equal(replayed.labels, log.session.labels)
    assert np.array_equal(replayed.certainty, log.session.certainty)
    log.do(undo(5), "d1.a")
    assert log.wrong() > 80 and (log.session.certainty == 255).all()


def test_undo_and_redo_of_the_setting_change_the_labels_again() -> None:
    log = Weighed()
    several_people(log)
    log.do(dial(4, more={"labels_by": "model"}), "d1.a")
    weighed = log.session.labels.copy()
    log.do(undo(5), "d1.a")
    newest = log.session.labels.copy()
    told = log.do(redo(6), "d1.a")
    assert told is not None and told.ack.count == (weighed != newest).sum() > 50
    assert np.array_equal(log.session.labels, weighed)
    assert np.array_equal(log.replayed().labels, weighed)
    log.do(dial(7, more={"labels_by": "newest"}), "d1.a")
    log.do(undo(8), "d1.a")
    assert np.array_equal(log.session.labels, weighed)
    assert np.array_equal(log.replayed().labels, weighed)


def test_verified_labels_are_never_outvoted() -> None:
    log = Weighed()
    several_people(log)
    log.do(dial(4, more={"labels_by": "model"}), "d1.a")
    one = 7
    other = int((log.truth[one] + 2) % 3)
    log.do(label_each(5, {one: other}), "d3.c")
    assert log.session.labels[one] == other and log.session.certainty[one] == 255
    inputs = training_inputs(log.session)
    weights = inputs.weight_array()
    assert weights[one] == 1 and 0 < weights.min() < 1
    assert inputs.padded(N + 5).weight_array()[N:].tolist() == [1] * 5


def test_pages_receive_the_labels_of_an_outvoted_gesture() -> None:
    log = Weighed()
    several_people(log)
    log.do(dial(4, more={"labels_by": "model"}), "d1.a")
    items = np.flatnonzero(log.truth == 0)[:20].tolist()
    applied = log.do(label(6, items, 2), "d3.c")
    assert applied is not None and applied.ack.count == 20
    (news,) = [m for m in applied.news if isinstance(m, protocol.Labels)]
    told = dict(zip(news.items, news.class_ids, strict=True))
    assert set(items) <= set(told)
    assert sum(told[item] == 0 for item in items) > 10, "the other two outvote the third"


def test_rules_are_weighed_with_people() -> None:
    log = Weighed()
    log.vote(1, "d1.a", 0.9, 0.95, looks=False)
    log.vote(2, "d2.b", 0.9, 0.9, looks=False)
    log.do(dial(3, more={"labels_by": "model"}), "d1.a")
    before = log.wrong()
    for class_id in range(3):
        chosen = np.flatnonzero(log.truth == class_id).astype(np.uint32)
        command = protocol.AddRule(
            command_id=command_id(10 + class_id), items=chosen.tolist(), class_id=class_id
        )
        log.do(PreparedRule(command, StoredVotes(chosen, N)), "d1.a")
    assert log.wrong() < min(before, 6)
    assert np.array_equal(log.replayed().labels, log.session.labels)


def test_weighed_labels_have_no_single_author() -> None:
    log = Weighed()
    several_people(log)
    chosen = np.flatnonzero(log.truth == 0).astype(np.uint32)
    command = protocol.AddRule(command_id=command_id(4), items=chosen.tolist(), class_id=0)
    added = log.do(PreparedRule(command, StoredVotes(chosen, N)), "d1.a")
    assert added is not None
    rule = added.ack.sequence
    log.do(label_each(5, {1: 2}), "d2.b")
    session = log.session
    assert labelled_by_rules(session)[rule] == len(chosen)
    assert summaries.item_info(session, int(chosen[0])).rule == rule
    log.do(dial(6, more={"labels_by": "model"}), "d1.a")
    assert session.weighed.sum() == N - 1
    assert session.owner[1] == 5 and not np.delete(session.owner, 1).any()
    assert labelled_by_rules(session)[rule] == (session.labels[chosen] == 0).sum() > 90
    info = summaries.item_info(session, int(chosen[0]))
    assert (info.gesture, info.rule, info.labelled_by) == (0, 0, "")
    assert not session.accepted.any() and not session.given.any()


def test_one_person_without_rules_sees_no_difference() -> None:
    log = Weighed()
    log.do(label(1, list(range(40)), 0), "page-00001")
    log.do(label_each(2, {5: 1, 6: 2}), "page-00002")
    log.do(label(3, [6, 50], 1), "page-00001")
    log.do(label(4, [7], -1), "page-00001")
    labels = log.session.labels.tolist()
    log.do(dial(5, more={"labels_by": "model"}), "page-00001")
    assert log.session.labels.tolist() == labels
    log.do(label(6, [8], 2), "page-00001")
    assert log.session.labels[8] == 2
    assert (log.session.certainty == 255).all()


def test_readers_see_the_event_when_its_votes_are_weighed() -> None:
    """A page that reads labels before the votes are weighed receives the labels that differ."""
    log = Weighed()
    several_people(log)
    log.do(dial(4, more={"labels_by": "model"}), "d1.a")
    session = log.session
    event = plan(session, label(6, [200, 201], int(log.truth[0])), "d3.c")
    assert event is not None
    number = session.sequence + 1
    begun = session.begin(msgspec.structs.replace(event, sequence=number))
    assert session.sequence == number - 1 and begun.votes is not None
    between = session.labels.copy()
    applied = session.finish(begun, begun.weigh())
    assert session.sequence == number and session.fitted is not None
    assert session.fitted.state.sequence == number
    (news,) = [m for m in applied.news if isinstance(m, protocol.Labels)]
    between[list(news.items)] = news.class_ids
    assert np.array_equal(between, session.labels)
