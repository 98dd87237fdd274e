"""Edits of rules: classes that were merged, deleted or locked, and undo by one of two authors."""

import numpy as np
import pytest

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session.commands.rule_commands import PreparedRule, RuleChangedError
from lodespace.session.rule_events import StoredRegion, StoredVotes
from lodespace.session.rule_infos import rule_infos
from samples.event_logs import N, command_id, label, label_each, undo
from samples.rule_logs import Rules, items


def test_a_rule_of_a_merged_class_can_be_changed() -> None:
    log = Rules()
    rule = log.add(items(0, 1), 0)
    log.change_class(0, into=2)
    assert log.labels[:2] == [2, 2]
    log.edit(rule, on=False)
    log.edit(rule, on=True)
    log.edit(rule, name="mine")
    log.edit(rule, votes=items(0, 1, 2), reach=2.0)
    assert log.edit(rule, class_id=2) is None, "it has this class already"
    log.do(PreparedRule(protocol.AddRule(command_id=log.next(), copy_of=rule)), "anna")
    assert log.labels[:4] == [2, 2, 2, -1]
    first, copy = rule_infos(log.session)
    assert (first.name, first.class_id, copy.class_id) == ("mine", 2, 2)
    log.edit(rule, class_id=1)
    log.delete(copy.rule)
    assert log.labels[:3] == [1, 1, 1]


def test_a_rule_of_a_deleted_class_is_renamed_and_gets_another_class() -> None:
    log = Rules()
    rule = log.add(items(0, 1), 0)
    log.change_class(0)
    log.edit(rule, name="old", on=False)
    log.edit(rule, on=True)
    with pytest.raises(RequestError, match="choose one"):
        log.edit(rule, votes=items(0, 1, 2), reach=2.0)
    with pytest.raises(RequestError, match="choose one"):
        log.do(PreparedRule(protocol.AddRule(command_id=log.next(), copy_of=rule)), "anna")
    assert log.labels[:2] == [-1, -1]
    log.edit(rule, class_id=1)
    assert log.labels[:2] == [1, 1]


def test_a_copy_of_a_rule_with_several_classes_leaves_out_deleted_ones() -> None:
    log = Rules()
    rule = log.add_each({0: 2, 1: 0, 2: 1})
    log.change_class(2)
    log.change_class(0, into=1)
    copy = protocol.AddRule(command_id=log.next(), copy_of=rule)
    log.do(PreparedRule(copy), "anna")
    assert rule_infos(log.session)[1].count == 2 and log.labels[:3] == [-1, 1, 1]


def test_a_rule_that_is_switched_on_leaves_locked_items_alone() -> None:
    log = Rules()
    log.do(label(1, [0, 1], 0), "anna")
    rule = log.add(items(1, 2, 3), 1)
    log.edit(rule, on=False)
    log.do(label(2, [3], 0), "ben")
    log.change_class(0, locked=True)
    log.edit(rule, on=True)
    assert log.labels[:4] == [0, 0, 1, 0]
    found = log.session.rules.require(rule).votes.items
    assert found.tolist() == [2, 3], "a vote that changes nothing stays"
    log.do(undo(3), "anna")
    assert log.labels[:4] == [0, 0, -1, 0]
    log.change_class(0, locked=False)
    log.edit(rule, on=True)
    assert log.labels[:4] == [0, 1, 1, 0]


def test_a_rule_with_only_locked_items_is_not_switched_on() -> None:
    log = Rules()
    log.do(label(1, [0, 1], 0), "anna")
    rule = log.add(items(0, 1), 1)
    log.edit(rule, on=False)
    log.change_class(0, locked=True)
    with pytest.raises(RequestError, match="unlock"):
        log.edit(rule, on=True)
    assert log.labels[:2] == [0, 0]


def test_a_new_class_of_an_abstaining_rule_leaves_locked_items_alone() -> None:
    log = Rules()
    log.do(label(1, [0], 0), "anna")
    rule = log.add(items(0, 1), 1)
    log.change_class(1)
    log.change_class(0, locked=True)
    log.edit(rule, class_id=2)
    assert log.labels[:2] == [0, 2]


def test_each_locked_class_of_a_rule_with_several_is_kept() -> None:
    log = Rules()
    rule = log.add_each({0: 2, 1: 0})
    log.change_class(0, locked=True)
    for refused in (lambda: log.delete(rule), lambda: log.edit(rule, on=False)):
        with pytest.raises(RequestError, match="locked"):
            refused()
    assert log.labels[:2] == [2, 0]


def test_votes_on_added_items_leave_locked_items_alone() -> None:
    log = Rules()
    log.seen = 8
    first, second = log.add(items(0), 0), log.add(items(1), 1)
    log.add_votes(first, items(8))
    log.change_class(0, locked=True)
    log.add_votes(second, items(8, 9))
    assert log.labels == [0, 1, -1, -1, -1, -1, -1, -1, 0, 1]
    assert log.add_votes(second, items(8, 9)) is None


def test_no_added_item_gets_a_locked_class() -> None:
    log = Rules()
    log.seen = 7
    rule, each = log.add(items(0), 0), log.add_each({1: 0, 2: 1})
    log.change_class(0, locked=True)
    assert log.add_votes(rule, items(7)) is None
    assert log.add_votes(each, items(8, 9), [0, 1]) is None
    assert log.labels[7:] == [-1, -1, -1]
    log.change_class(0, locked=False)
    log.add_votes(rule, items(7))
    log.add_votes(each, items(8, 9), [0, 1])
    assert log.labels[7:] == [0, 0, 1], "a rule does not vote after its class was unlocked"


def test_a_locked_class_that_a_rule_no_longer_gives_keeps_no_vote_back() -> None:
    log = Rules()
    log.seen = 7
    each = log.add_each({1: 0, 2: 1})
    log.edit(each, class_id=1)
    log.change_class(0, locked=True)
    log.add_votes(each, items(8, 9), [0, 1])
    assert log.labels[7:] == [-1, 1, 1]


def test_undo_by_one_author_keeps_the_other_search_whole() -> None:
    log = Rules()
    rule = log.add(items(0, 1), 0, kind="predictions", confidence=0.9)
    log.edit(rule, class_id=1, client="owner")
    log.edit(rule, votes=items(4, 5), refresh=True, client="anna")  # items predicted as class 1
    log.do(undo(1, gesture=2), "owner")
    assert log.labels[:6] == [-1, -1, -1, -1, 1, 1]


def test_undo_of_a_move_keeps_a_later_reach_with_its_region() -> None:
    log = Rules()
    rule = log.add(items(0, 1), 0)
    moved = StoredRegion("vectors", np.ones(4, np.float32), np.ones(1, np.float32), None, items(4))
    command = protocol.EditRule(command_id=log.next(), rule=rule, items=[4], reach=1.5)
    log.do(PreparedRule(command, StoredVotes(items(4, 5), N), moved), "owner")
    reach = protocol.EditRule(command_id=log.next(), rule=rule, reach=2.0)
    log.do(PreparedRule(reach, StoredVotes(items(4, 5), N), moved), "anna")
    log.do(undo(1, gesture=2), "owner")
    assert log.labels[:6] == [-1, -1, -1, -1, 0, 0]
    now = log.session.rules.require(rule)
    assert now.reach == 2.0 and now.region is not None
    assert now.region.prototypes.tolist() == [1, 1, 1, 1]


def test_items_that_were_found_for_an_earlier_version_are_refused() -> None:
    log = Rules()
    rule = log.add(items(0, 1), 0)
    before = log.session.rules.require(rule)
    log.edit(rule, votes=items(2, 3), reach=0.5)
    late = protocol.EditRule(command_id=log.next(), rule=rule, reach=2.0)
    prepared = PreparedRule(late, StoredVotes(items(0, 1, 6), N), of=before)
    with pytest.raises(RuleChangedError):
        log.do(prepared, "ben")
    assert log.labels[:4] == [-1, -1, 0, 0]


def test_a_rule_gives_labels_to_items_verified_for_a_deleted_class() -> None:
    log = Rules()
    log.do(label_each(1, {0: 0, 1: -1, 2: 1}), "anna")
    log.change_class(0)
    log.add(items(0, 1, 2), 2, "ben")
    assert log.labels[:3] == [2, -1, 1], "a label that was removed on purpose stays removed"
    assert log.session.verified[:3].tolist() == [False, False, True]
    log.do(undo(2), "anna")
    assert log.labels[:3] == [0, -1, 1]
    assert log.session.verified[:3].tolist() == [True, False, True]


def test_selected_items_are_counted_without_locked_ones() -> None:
    log = Rules()
    log.do(label(1, [0], 0), "anna")
    log.change_class(0, locked=True)
    region = StoredRegion("x", np.zeros(4, np.float32), np.ones(1, np.float32), None, items(0, 1))
    command = protocol.AddRule(command_id=command_id(2), items=[0, 1], class_id=1)
    votes = StoredVotes(items(0, 1, 2), N, chosen=2, kept=2)
    log.do(PreparedRule(command, votes, region), "anna")
    (info,) = rule_infos(log.session)
    assert (info.count, info.chosen, info.kept) == (2, 2, 1)
