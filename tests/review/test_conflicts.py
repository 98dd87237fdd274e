"""Conflict sheets: which items they have, and in which order."""

import numpy as np

from lodespace.items.item_set import ItemSet
from lodespace.protocol import AddRule, MergeClass
from lodespace.review.conflicts import conflicts, sheet
from lodespace.session.commands.rule_commands import PreparedRule
from lodespace.session.fitted_votes import fitted
from lodespace.session.rule_events import StoredVotes
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingState, open_conflicts, session_votes
from samples.event_logs import BEGUN, Log, command_id, label, label_each

N = 400


def log_of() -> Log:
    log = Log()
    log.items = ItemSet("x", "vector", np.zeros((N, 4), np.float32), ("a", "b", "c"))
    log.session = AnnotationSession(log.items, scene_id=1, settings=BEGUN)
    return log


def queue(log: Log) -> list[int]:
    state = VotingState.of(log.session)
    listed = conflicts(fitted(state)).items.tolist()
    assert sorted(listed) == open_conflicts(state, session_votes(state)).tolist()
    return listed


def given(log: Log, number: int, client: str, classes: np.ndarray, *, looks: bool) -> None:
    each = dict(enumerate(classes.tolist()))
    log.do(label_each(number, each, verified=looks, tool="sheet" if looks else "api"), client)


def test_each_planted_disagreement_is_listed_until_somebody_decides() -> None:
    log, truth = log_of(), np.arange(N) % 3
    other = truth.copy()
    planted = np.random.default_rng(0).choice(N, N // 10, replace=False)
    other[planted] = (other[planted] + 1) % 3
    given(log, 1, "d1.a", truth, looks=True)
    given(log, 2, "d2.b", other, looks=True)
    assert sorted(queue(log)) == sorted(planted.tolist())
    page = sheet(
        log.session.item_state(),
        conflicts(fitted(VotingState.of(log.session))),
        27,
        0,
    )
    assert page.total == N // 10 and len(page.items) == 27 and page.kind == "conflicts"
    answered = {item.item: int(truth[item.item]) for item in page.items}
    log.do(label_each(3, answered), "d3.c")
    assert sorted(queue(log)) == sorted(set(planted.tolist()) - set(answered))


def test_a_look_decides_conflicts_of_rules_and_regions() -> None:
    log = log_of()
    log.do(label(1, [0, 1, 2], 0), "d1.a")
    chosen = np.array([1, 2, 3], np.uint32)
    command = AddRule(command_id=command_id(2), items=chosen.tolist(), class_id=1)
    log.do(PreparedRule(command, StoredVotes(chosen, N)), "d1.a")
    assert sorted(queue(log)) == [1, 2]
    log.do(label_each(3, {1: 1}), "d2.b")
    assert queue(log) == [2]


def test_each_of_two_people_who_differ_can_decide() -> None:
    log = log_of()
    log.do(label_each(1, {0: 0, 1: 0}), "d1.a")
    log.do(label_each(2, {0: 1, 1: 1}), "d2.b")
    assert sorted(queue(log)) == [0, 1], "nobody has seen both answers"
    log.do(label_each(3, {0: 0}), "d1.a")
    assert queue(log) == [1]
    log.do(label_each(4, {1: 1}), "d2.b")
    assert queue(log) == []
    log.do(label_each(5, {2: 0}), "d1.a")
    log.do(label_each(6, {2: 2}), "d1.a")
    log.do(label_each(7, {2: 1}), "d2.b")
    assert queue(log) == [2], "a person's corrected answer is one vote"


def test_votes_for_merged_classes_do_not_decide_a_conflict() -> None:
    log = log_of()
    log.do(label(1, [0], 0), "d1.a")
    log.do(label_each(2, {0: 1}), "d2.b")
    log.do(label_each(3, {0: 2}), "d3.c")
    assert queue(log) == []
    log.do(MergeClass(command_id=command_id(4), class_id=0, into=1), "d1.a")
    assert queue(log) == [0], "the two earlier votes are for the same class now"


def test_the_first_items_have_the_most_common_open_conflict() -> None:
    log = log_of()
    classes = np.zeros(N, np.int64)
    given(log, 1, "d1.a", classes, looks=False)
    other = classes.copy()
    other[:60] = 1  # a large conflict, and a small one
    other[60:62] = 2
    given(log, 2, "d2.b", other, looks=False)
    assert queue(log)[0] < 60
    assert len(queue(log)) == 62


def test_a_session_without_votes_has_an_empty_sheet() -> None:
    log = log_of()
    found = conflicts(fitted(VotingState.of(log.session)))
    page = sheet(log.session.item_state(), found, 27, 0)
    assert (page.items, page.groups, page.total) == ([], [], 0)
