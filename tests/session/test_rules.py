"""Rules of a session: labels from gestures and rules, undo, replay, classes and locks."""

from pathlib import Path

import numpy as np
import pytest

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session import summaries
from lodespace.session.commands.rule_commands import ApplyRules, PreparedRule
from lodespace.session.event_log import EventLog
from lodespace.session.log_check import replay
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingState, session_votes
from samples.event_logs import BEGUN, N, command_id, label, label_each, redo, undo
from samples.rule_logs import Rules, items


def test_the_newer_of_gesture_and_rule_gives_the_label() -> None:
    log = Rules()
    log.do(label(1, [0, 1], 0), "anna")
    rule = log.add(items(1, 2, 3), 1)
    log.do(label(2, [3, 4], 2), "ben")
    assert log.labels[:6] == [0, 1, 1, 2, 2, -1]
    assert log.session.owner[:5].tolist() == [1, rule, rule, 3, 3]
    info = summaries.item_info(log.session, 2)
    assert (info.rule, info.gesture, info.labelled_by) == (rule, rule, "anna")
    assert summaries.item_info(log.session, 3).rule == 0


def test_a_deleted_rule_leaves_the_labels_below_it() -> None:
    log = Rules()
    log.do(label(1, [0, 1], 0), "anna")
    rule = log.add(items(1, 2), 1)
    log.do(label(2, [2], 2), "ben")
    deleted = log.delete(rule)
    assert deleted is not None and deleted.ack.count == 1
    assert log.labels[:4] == [0, 0, 2, -1]
    assert list(log.session.rules) == []
    log.do(undo(3), "anna")
    assert log.labels[:4] == [0, 1, 2, -1]
    log.do(redo(4), "anna")
    assert log.labels[:4] == [0, 0, 2, -1]


def test_a_rule_never_changes_a_verified_label() -> None:
    log = Rules()
    log.do(label_each(1, {0: 2}), "anna")  # a sheet: verified
    log.add(items(0, 1, 2), 1)
    log.do(label_each(2, {2: 0}), "ben")
    assert log.labels[:3] == [2, 1, 0]
    assert log.session.verified[:3].tolist() == [True, False, True]


def test_a_rule_that_is_off_does_not_vote() -> None:
    log = Rules()
    rule = log.add(items(0, 1), 1)
    log.do(label(1, [1], 2), "ben")
    log.edit(rule, on=False)
    assert log.labels[:2] == [-1, 2]
    assert log.edit(rule, on=False) is None, "nothing would change"
    log.edit(rule, on=True)
    assert log.labels[:2] == [1, 2], "the label that was given after the rule stays"


def test_an_edited_rule_keeps_its_place_in_time() -> None:
    log = Rules()
    rule = log.add(items(0, 1), 1)
    log.do(label(1, [1, 2], 2), "ben")
    log.edit(rule, votes=items(0, 1, 2, 3), reach=2.0)
    assert log.labels[:4] == [1, 2, 2, 1]
    log.edit(rule, class_id=0, name="ours")
    assert log.labels[:4] == [0, 2, 2, 0]
    (info,) = summaries.rule_infos(log.session)
    assert (info.name, info.class_id, info.reach, info.count) == ("ours", 0, 2.0, 4)
    log.do(undo(2), "anna")
    log.do(undo(3), "anna")
    assert log.labels[:4] == [1, 2, 2, -1]


def test_the_newest_of_several_rules_wins() -> None:
    log = Rules()
    first = log.add(items(0, 1), 0)
    log.add(items(1, 2), 1)
    assert log.labels[:3] == [0, 1, 1]
    log.edit(first, class_id=2)
    assert log.labels[:3] == [2, 1, 1]


def test_undo_of_an_edit_after_the_rule_was_undone_by_another() -> None:
    log = Rules()
    rule = log.add(items(0, 1), 0)
    command = protocol.EditRule(command_id=command_id(50), rule=rule, class_id=1)
    log.do(PreparedRule(command), "ben")
    log.do(undo(1), "anna")
    assert log.labels[:2] == [-1, -1]
    log.do(undo(2), "ben")
    assert log.labels[:2] == [-1, -1]
    log.do(redo(3), "anna")
    assert log.labels[:2] == [0, 0]


def test_rules_follow_merged_classes_and_abstain_for_deleted_ones() -> None:
    log = Rules()
    log.do(label(1, [0], 1), "anna")
    log.add(items(0, 1), 0)
    log.do(protocol.MergeClass(command_id=command_id(2), class_id=0, into=2), "anna")
    assert log.labels[:2] == [2, 2]
    log.do(protocol.DeleteClass(command_id=command_id(3), class_id=2), "anna")
    assert log.labels[:2] == [1, -1], "the label below the rule appears"
    assert summaries.rule_infos(log.session)[0].class_id == -1
    log.do(undo(4), "anna")
    assert log.labels[:2] == [2, 2]


def test_items_and_rules_of_locked_classes_stay() -> None:
    log = Rules()
    log.do(label(1, [0], 0), "anna")
    rule = log.add(items(3, 4), 1)
    for class_id in (0, 1):
        log.do(
            protocol.EditClass(command_id=command_id(class_id + 2), class_id=class_id, locked=True),
            "anna",
        )
    log.add(items(0, 1), 2)
    assert log.labels[:5] == [0, 2, -1, 1, 1]
    for refused in (
        lambda: log.delete(rule),
        lambda: log.edit(rule, on=False),
        lambda: log.add(items(5), 1),
    ):
        with pytest.raises(RequestError) as error:
            refused()
        assert error.value.code == "class_locked"
    with pytest.raises(RequestError, match="unlock"):
        log.add(items(0), 2)


def test_rules_without_items_class_or_number_are_refused() -> None:
    log = Rules()
    for refused, code in (
        (lambda: log.add(items(), 0, kind="query", query="x"), "bad_rule"),
        (lambda: log.add(items(1), -1), "bad_rule"),
        (lambda: log.add(items(1), 9), "unknown_class"),
        (lambda: log.add(items(N), 0), "unknown_item"),
        (lambda: log.edit(7, on=False), "unknown_rule"),
        (lambda: log.delete(7), "unknown_rule"),
    ):
        with pytest.raises(RequestError) as error:
            refused()
        assert error.value.code == code
    assert log.events == []


def test_a_class_that_a_rule_uses_cannot_be_unmade() -> None:
    log = Rules()
    log.do(protocol.AddClass(command_id=command_id(1), name="d", colour=None), "anna")
    rule = log.add(items(0), 3, "ben")
    with pytest.raises(RequestError, match="delete the rule first"):
        log.do(undo(2), "anna")
    log.do(undo(3), "ben")
    log.do(undo(4), "anna")
    with pytest.raises(RequestError, match="redo it first"):
        log.do(redo(5), "ben")
    assert log.session.rules.get(rule) is None


def test_votes_on_added_items_count_for_the_current_version_only() -> None:
    log = Rules()
    log.seen = 7
    rule = log.add(items(0, 1), 0)
    session = log.session
    log.add_votes(rule, items(7, 8), seen=9)
    assert session.rules.require(rule).votes.seen == 9
    assert session.undo_log.actions[session.sequence].note == "1 rule applied to added items"
    # The rule was edited while its votes were computed.
    late = ApplyRules(command_id(2), N, {rule: rule + 1}, {rule: items(9)})
    assert log.do(late, "rules") is None
    assert log.labels == [0, 0, -1, -1, -1, -1, -1, 0, 0, -1]
    assert session.rules.require(rule).votes.seen == 9


def test_a_class_per_item_is_stored_and_replaced_by_one_class() -> None:
    log = Rules()
    rule = log.add_each({0: 2, 1: 0, 2: 1})
    assert log.labels[:3] == [2, 0, 1]
    log.edit(rule, class_id=1)
    assert log.labels[:3] == [1, 1, 1]


def test_added_votes_have_a_class_per_item_also_after_an_undo() -> None:
    log = Rules()
    log.seen = 4
    rule, region = log.add_each({0: 2, 1: 0}), log.add(items(2), 1)
    version = log.session.rules.require(rule).version
    log.edit(rule, class_id=1)  # a person gives the rule one class
    versions = {rule: version, region: log.session.rules.require(region).version}
    found = {rule: items(4, 5), region: items(6)}
    each = {rule: np.array([0, 2], np.int16)}
    log.do(ApplyRules(log.next(), 8, versions, found, each), "rules")
    assert log.labels == [1, 1, 1, -1, 1, 1, 1, -1, -1, -1]
    log.do(undo(1), "anna")
    assert log.labels == [2, 0, 1, -1, 0, 2, 1, -1, -1, -1]
    log.add_votes(rule, items(8), [1], seen=9)
    assert log.labels[8:] == [1, -1]
    log.do(protocol.AddClass(command_id=log.next(), name="d"), "anna")
    log.add_votes(rule, items(9), [3])
    with pytest.raises(RequestError, match="a rule votes"):
        log.do(undo(2), "anna")
    log.do(undo(3), "rules")
    log.do(undo(4), "anna")
    with pytest.raises(RequestError, match="redo it first"):
        log.do(redo(5), "rules")


def test_a_copy_has_the_items_of_its_source() -> None:
    log = Rules()
    rule = log.add(items(0, 1), 0)
    command = protocol.AddRule(command_id=log.next(), copy_of=rule, class_id=2)
    log.do(PreparedRule(command), "ben")
    assert log.labels[:3] == [2, 2, -1]
    first, second = summaries.rule_infos(log.session)
    assert (second.count, second.space, second.author) == (first.count, first.space, "ben")
    command = protocol.AddRule(command_id=log.next(), copy_of=rule)
    log.do(PreparedRule(command), "ben")
    assert summaries.rule_infos(log.session)[2].class_id == 0, "without a class: that of the source"


def test_a_rule_without_a_name_is_named_by_what_it_does() -> None:
    log = Rules()
    log.add(items(0, 1), 0)
    log.add(items(1, 2), 0)
    log.add(items(3), 1, kind="query", query="name:3")
    log.add(items(4), 2, kind="predictions", confidence=0.9)
    log.add(items(4), 2, kind="votes")
    log.add(items(5), 1, kind="query", query="q" * 200)
    names = [info.name for info in summaries.rule_infos(log.session)]
    first, second, third = (info.name for info in log.session.classes.classes[:3])
    assert names[:5] == [
        f"region of {first}",
        f"region of {first} (2)",
        f"search name:3 as {second}",
        f"predicted {third} from 90 %",
        f"votes for {third}",
    ]
    assert names[5].endswith(f"qq\u2026 as {second}")
    assert len(names[5]) <= protocol.MAX_NAME_LENGTH


def test_a_default_name_follows_the_class_of_the_rule() -> None:
    log = Rules()
    first, second = (info.name for info in log.session.classes.classes[:2])
    log.add(items(0, 1), 1)
    rule = log.add(items(2, 3), 0)
    log.edit(rule, class_id=1)
    assert log.session.rules.require(rule).name == f"region of {second} (2)"
    log.edit(rule, name="tails")
    log.edit(rule, class_id=2)
    assert log.session.rules.require(rule).name == "tails", "a name that somebody gave stays"
    log.do(undo(9), "anna")
    log.do(undo(10), "anna")
    log.do(undo(11), "anna")
    assert log.session.rules.require(rule).name == f"region of {first}"


def test_the_stored_log_is_checked_and_replayed(tmp_path: Path) -> None:
    log = Rules()
    log.add(items(0, 1), 0)
    log.do(label(1, [1], 1), "ben")
    stored = EventLog(tmp_path / "labels.sqlite")
    for event in log.events:
        stored.append_now(event)
    again = AnnotationSession(log.items, scene_id=1, settings=BEGUN)
    replay(again, stored.events(), tmp_path)
    assert again.labels.tolist() == log.labels
    stored.close()


def test_votes_keep_people_rules_and_looks_apart() -> None:
    log = Rules()
    log.do(label(1, [0, 1], 0), "d1.anna")
    log.do(label_each(2, {1: 1}), "d1.anna")
    rule = log.add(items(1, 2), 2, "ben")
    off = log.add(items(3), 2, "ben")
    log.edit(off, on=False)
    found = session_votes(VotingState.of(log.session))
    assert [(s.name, s.kind, s.number, s.looked) for s in found.sources] == [
        ("d1", "person", 0, True),
        ("d1", "person", 0, False),
        ("region of c", "rule", rule, False),
    ]
    assert found.votes.items.tolist() == [1, 0, 1, 2]
    assert found.votes.classes.tolist() == [1, 0, 2, 2]
