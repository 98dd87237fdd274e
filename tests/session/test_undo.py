"""Actions of several clients in any order: the log gives the same state after a restart, and undo
restores an earlier state."""

from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.service.observers import training_inputs
from lodespace.session import summaries, undo_checks
from lodespace.session.commands.registry import Command
from lodespace.session.events import LabelEvent
from lodespace.session.session import AnnotationSession
from lodespace.session.undo_log import UndoableAction, UndoLog
from samples.event_logs import Log, N, anchor, command_id, dial, label, label_each, redo, undo

CLIENTS = ("anna", "ben", "cem")


class Learned(NamedTuple):
    """The inputs of the model, in a form that can be compared."""

    labels: tuple[int, ...]
    verified: tuple[bool, ...]
    accepted: tuple[bool, ...]
    settings: protocol.Settings
    pins: tuple[tuple[int, tuple[float, ...]], ...]

    @classmethod
    def of(cls, session: AnnotationSession) -> "Learned":
        items, targets = session.held()
        pins = tuple(
            (item, tuple(target))
            for item, target in zip(items.tolist(), targets.tolist(), strict=True)
        )
        return cls(
            tuple(session.labels.tolist()),
            tuple(session.verified.tolist()),
            tuple(session.accepted.tolist()),
            session.settings,
            pins,
        )


who = st.sampled_from(CLIENTS)
some = st.lists(st.integers(0, N - 1), min_size=1, max_size=5)


class Annotators(RuleBasedStateMachine):
    """Clients label, drag, unpin, change settings, undo and redo, and the server restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.number = 0
        self.seen: dict[int, Learned] = {0: Learned.of(self.log.session)}

    def act(self, command: Command, client: str) -> None:
        before = self.log.session.undo_log.state_id
        applied = self.log.do(command, client)
        session = self.log.session
        if applied is None:
            assert session.undo_log.state_id == before
            return
        step = session.undo_log.last_transition
        assert (
            step.event == len(self.log.events)
            and step.from_state == before
            and step.to_state == session.undo_log.state_id
        )
        now = Learned.of(session)
        if step.returns:
            assert now == self.seen[step.to_state], (
                "the restored state differs from the earlier state"
            )
        self.seen[step.to_state] = now

    def next(self) -> int:
        self.number += 1
        return self.number

    @rule(client=who, items=some, class_id=st.integers(-1, 5))
    def labels(self, client: str, items: list[int], class_id: int) -> None:
        self.classes(label(self.next(), items, class_id), client)

    @rule(
        client=who,
        classes=st.dictionaries(st.integers(0, N - 1), st.integers(-1, 5), min_size=1, max_size=5),
    )
    def goes_through_a_sheet(self, client: str, classes: dict[int, int]) -> None:
        self.classes(label_each(self.next(), classes), client)

    @rule(client=who, items=some, at=st.sampled_from([-1.0, 0.5, 2.0]), keep=st.booleans())
    def drags(self, client: str, items: list[int], at: float, keep: bool) -> None:
        self.act(anchor(self.next(), items, at, keep=keep), client)

    @rule(client=who, items=st.one_of(st.just([]), some))
    def unpins(self, client: str, items: list[int]) -> None:
        self.act(protocol.Unpin(command_id=command_id(self.next()), items=items), client)

    @rule(
        client=who,
        changes=st.sampled_from(
            [
                {"beta_kl": 20.0},
                {"stiffness": 0.9},
                {"latent_dim": 2},
                {"preset": "paper"},
                {"preset": "calm"},
                {"hidden_layers": 2},
            ]
        ),
    )
    def turns_a_dial(self, client: str, changes: dict[str, object]) -> None:
        self.act(dial(self.next(), **changes), client)

    def classes(self, command: Command, client: str) -> None:
        try:
            self.act(command, client)
        except RequestError as error:
            assert error.code in (
                "unknown_class",
                "class_locked",
                "class_exists",
                "class_in_use",
            ), error

    @rule(client=who, name=st.sampled_from("defg"))
    def makes_a_class(self, client: str, name: str) -> None:
        if len(self.log.session.classes) < 6:
            self.classes(protocol.AddClass(command_id=command_id(self.next()), name=name), client)

    @rule(
        client=who,
        class_id=st.integers(0, 5),
        name=st.sampled_from([None, "a", "x"]),
        locked=st.sampled_from([None, True, False]),
    )
    def edits_a_class(
        self, client: str, class_id: int, name: str | None, locked: bool | None
    ) -> None:
        command = protocol.EditClass(
            command_id=command_id(self.next()), class_id=class_id, name=name, locked=locked
        )
        self.classes(command, client)

    @rule(client=who, class_id=st.integers(0, 5), into=st.integers(0, 5))
    def merges(self, client: str, class_id: int, into: int) -> None:
        command = protocol.MergeClass(
            command_id=command_id(self.next()), class_id=class_id, into=into
        )
        self.classes(command, client)

    @rule(client=who, class_id=st.integers(0, 5))
    def deletes(self, client: str, class_id: int) -> None:
        self.classes(
            protocol.DeleteClass(command_id=command_id(self.next()), class_id=class_id), client
        )

    @rule(client=who)
    def undoes(self, client: str) -> None:
        if not self.log.session.undo_log.can_undo(client):
            with pytest.raises(RequestError, match="no action to undo"):
                self.log.do(undo(self.next()), client)
            return
        self.classes(undo(self.next()), client)

    @rule(client=who, of=who)
    def undoes_the_newest_of_another(self, client: str, of: str) -> None:
        log = self.log.session.undo_log
        if not log.can_undo(of):
            return
        before = log.can_redo(of)
        number = log.next_undo(of).number
        self.classes(undo(self.next(), gesture=number), client)
        if not log.stands(number) and client != of:
            assert log.next_redo(client).number == number and log.can_redo(of) == before

    @rule(client=who)
    def redoes(self, client: str) -> None:
        if not self.log.session.undo_log.can_redo(client):
            with pytest.raises(RequestError, match="no action to redo"):
                self.log.do(redo(self.next()), client)
            return
        self.classes(redo(self.next()), client)

    @rule()
    def restarts(self) -> None:
        self.log.session = self.log.replayed()

    @invariant()
    def the_log_replays_to_the_same_state(self) -> None:
        again, now = self.log.replayed(), self.log.session
        assert Learned.of(again) == Learned.of(now)
        assert (again.undo_log.state_id, again.undo_log.last_transition) == (
            now.undo_log.state_id,
            now.undo_log.last_transition,
        )
        assert again.classes.classes == now.classes.classes

    @invariant()
    def no_item_has_a_class_that_is_not_there(self) -> None:
        session = self.log.session
        assert all(session.classes.exists(c) for c in session.labels.tolist() if c >= 0)
        assert not (session.verified & (session.labels == -1)).any()
        names = [c.name for c in session.classes.classes if not c.removed]
        assert len(set(names)) == len(names)

    @invariant()
    def everybody_sees_the_same_history(self) -> None:
        again, now = self.log.replayed(), self.log.session
        for client in CLIENTS:
            assert summaries.history(again, client) == summaries.history(now, client)


EXAMPLES = 60 if settings.get_current_profile_name() == "long" else 25
"""With --slow, the profile is "long"."""
Annotators.TestCase.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=30, deadline=None
)
test_the_log_holds_the_whole_state = Annotators.TestCase


def test_undo_of_the_newest_action_restores_its_state() -> None:
    log = Log()
    log.do(label(1, [0, 1], 0), "anna")
    log.do(dial(2, beta_kl=1000.0), "anna")
    log.do(undo(3), "anna")
    assert log.session.undo_log.last_transition == (3, 2, 1)
    log.do(undo(4), "anna")
    assert log.session.undo_log.last_transition == (4, 1, 0)
    log.do(redo(5), "anna")
    assert log.session.undo_log.last_transition == (5, 0, 1)
    assert log.session.settings.beta_kl == 2.0


def test_undo_below_an_action_of_another_client_reports_it() -> None:
    log = Log()
    log.do(label(1, [0, 1, 2], 0), "anna")
    log.do(label(2, [2, 3], 1), "ben")
    applied = log.do(undo(3), "anna")
    assert applied is not None
    assert (
        "Another gesture depends on this action" in applied.ack.message
        and "not restored" in applied.ack.message
    )
    assert log.session.labels[:4].tolist() == [-1, -1, 1, 1]
    assert not log.session.undo_log.last_transition.returns
    applied = log.do(undo(4), "ben")
    assert applied is not None and "Others have made changes" in applied.ack.message


def test_undo_after_the_undo_of_others_restores_the_state() -> None:
    log = Log()
    log.do(label(1, [0, 1], 0), "anna")
    log.do(label(2, [2], 1), "ben")
    log.do(undo(3), "ben")
    applied = log.do(undo(4), "anna")
    assert applied is not None and applied.ack.message == ""
    assert log.session.undo_log.last_transition == (4, 1, 0)


def test_undo_that_does_not_restore_the_map_reports_it() -> None:
    log = Log()
    log.do(label(1, [0], 0), "anna")
    log.do(label(2, [1], 1), "ben")
    log.do(label(3, [2], 2), "cem")
    log.do(undo(4), "ben")
    log.do(undo(5), "cem")
    applied = log.do(undo(6), "anna")
    assert applied is not None and not log.session.undo_log.last_transition.returns
    assert "Others have made changes" in applied.ack.message
    applied = log.do(redo(7), "anna")
    assert (
        applied is not None
        and log.session.undo_log.last_transition.returns
        and applied.ack.message == ""
    )


QUEST = "0123456789ab.page-of-quest"
HERE, ELSEWHERE = "page-in-firefox", "page-in-chrome"


def test_owner_undoes_the_newest_gesture_of_all_own_pages() -> None:
    log = Log()
    log.do(label(1, [0], 0), HERE)
    log.do(label(2, [1], 1), ELSEWHERE)
    for number, client in ((3, QUEST), (4, "api"), (5, "import"), (6, "cli")):
        log.do(label(number, [number], 2), client)
    log.do(undo(7, owners=True), HERE)
    assert log.session.labels[:2].tolist() == [0, -1]
    log.do(undo(8, owners=True), HERE)
    assert log.session.labels[:7].tolist() == [-1, -1, -1, 2, 2, 2, 2]
    with pytest.raises(RequestError, match="no action to undo"):
        log.do(undo(9, owners=True), HERE)
    log.do(redo(10), HERE)
    log.do(redo(11), HERE)
    assert log.session.labels[:2].tolist() == [0, 1]


def test_gesture_of_another_is_undone_and_redone_by_who_undid_it() -> None:
    log = Log()
    log.do(label(1, [0, 1], 0), QUEST)
    log.do(label(2, [1], 1), QUEST)
    with pytest.raises(RequestError, match="newer gesture"):
        log.do(undo(3, gesture=1), HERE)
    log.do(undo(4, gesture=2), HERE)
    with pytest.raises(RequestError, match="undone already"):
        log.do(undo(5, gesture=2), HERE)
    with pytest.raises(RequestError, match="no gesture 77"):
        log.do(undo(6, gesture=77), HERE)
    with pytest.raises(RequestError, match="no action to redo"):
        # This redo would undo an action of the owner.
        log.do(redo(7), QUEST)
    log.do(redo(8), HERE)
    assert log.session.labels[:2].tolist() == [0, 1]
    assert log.replayed().undo_log.next_undo(QUEST).number == 2


def test_settings_that_change_nothing_make_no_event() -> None:
    log = Log()
    assert log.do(dial(1, beta_kl=2.0), "anna") is None
    assert log.do(dial(2), "anna") is None
    assert log.events == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"beta_kl": -1.0}, "beta_kl"),
        ({"beta_neighbour": float("nan")}, "beta_neighbour"),
        ({"learning_rate": 1e9}, "learning_rate"),
        ({"stiffness": 1.5}, "stiffness"),
        ({"hidden_layers": 9}, "hidden_layers"),
    ],
)
def test_invalid_settings_are_refused_by_name(changes: dict[str, object], word: str) -> None:
    log = Log()
    with pytest.raises(RequestError, match=word):
        log.do(dial(1, **changes), "anna")
    assert log.events == []


def test_pins_of_another_dimension_do_not_hold() -> None:
    log = Log()
    log.do(anchor(1, [4, 2], 1.5), "anna")
    assert log.session.held()[0].tolist() == [2, 4]
    log.do(dial(2, latent_dim=2), "anna")
    assert log.session.held()[0].tolist() == []
    log.do(undo(3), "anna")
    assert log.session.held()[0].tolist() == [2, 4]


def test_invalid_targets_of_an_anchor_are_refused() -> None:
    log = Log()
    short = protocol.Anchor(
        command_id=command_id(1), items=[1, 2], targets=[(0.0, 0.0, 0.0)], keep=True, revision=0
    )
    with pytest.raises(RequestError, match="one target"):
        log.do(short, "anna")
    with pytest.raises(RequestError, match="finite"):
        log.do(anchor(2, [1], float("inf")), "anna")
    with pytest.raises(RequestError, match="no item 10"):
        log.do(anchor(3, [10], 1.0), "anna")


def test_a_client_without_actions_has_nothing_to_undo() -> None:
    log = UndoLog()
    log.add(UndoableAction(1, "label", "anna", 0.0))
    assert log.can_undo("anna") and not log.can_undo("ben") and not log.can_redo("anna")


def test_a_sheet_is_one_gesture_and_one_undo() -> None:
    log = Log()
    log.do(label(1, [0, 1, 2, 3], 0), "anna")
    applied = log.do(label_each(2, {3: 2, 0: 0, 1: 1, 9: -1}), "anna")
    assert applied is not None
    assert log.session.labels[:4].tolist() == [0, 1, 0, 2]
    assert (applied.ack.count, applied.ack.class_id) == (2, -1)
    (told,) = applied.news
    assert isinstance(told, protocol.Labels) and (told.items, told.class_ids) == ([1, 3], [1, 2])
    gesture = summaries.history(log.session, "anna").gestures[-1]
    assert (gesture.kind, gesture.class_id, gesture.count) == ("label", -1, 4)
    assert gesture.note == "4 looked at, 3 classes"
    assert log.session.verified.tolist() == [
        True,
        True,
        False,
        True,
        *[False] * 6,
    ]  # item 9 has no label that could be verified
    log.do(undo(3), "anna")
    assert log.session.labels[:4].tolist() == [0, 0, 0, 0] and not log.session.verified.any()
    assert log.session.undo_log.last_transition == (3, 2, 1)


def test_a_sheet_of_one_class_is_one_label_event() -> None:
    log = Log()
    log.do(label_each(1, {4: 2, 1: 2}), "anna")
    (event,) = log.events
    assert isinstance(event, LabelEvent)
    assert (event.kind, event.class_id, event.items.tolist()) == ("gesture", 2, [1, 4])
    gesture = summaries.history(log.session, "anna").gestures[-1]
    assert (gesture.class_id, gesture.note) == (2, "2 looked at, 1 class")
    assert log.session.verified.nonzero()[0].tolist() == [1, 4]


def test_accepted_predictions_keep_their_note_and_are_not_verified() -> None:
    log = Log()
    command = label_each(
        1, {0: 1, 1: 2}, tool="accept", verified=False, note="predictions of 95 % and more"
    )
    log.do(command, "anna")
    assert (
        summaries.history(log.session, "anna").gestures[-1].note == "predictions of 95 % and more"
    )
    assert log.session.labels[:2].tolist() == [1, 2] and not log.session.verified.any()


def test_labels_are_accepted_until_another_gesture_labels_the_item() -> None:
    log = Log()
    log.do(label_each(1, {0: 1, 1: 2, 2: 1}, tool="accept", verified=False), "anna")
    assert log.session.accepted.nonzero()[0].tolist() == [0, 1, 2]
    log.do(label_each(2, {0: 1, 1: 1}, tool="sheet"), "anna")
    assert log.session.accepted.nonzero()[0].tolist() == [2]
    assert training_inputs(log.session).accepted_array().tolist() == log.session.accepted.tolist()
    log.do(undo(3), "anna")
    assert log.session.accepted.nonzero()[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("classes", "code"),
    [
        ({0: 0, 10: 1}, "unknown_item"),
        ({0: 0, 1: 7}, "unknown_class"),
        ({0: 0, 1: 1}, "class_locked"),
    ],
)
def test_a_sheet_is_refused_whole(classes: dict[int, int], code: str) -> None:
    log = Log()
    log.do(protocol.EditClass(command_id=command_id(1), class_id=1, locked=True), "anna")
    with pytest.raises(RequestError) as refused:
        log.do(label_each(2, classes), "anna")
    assert refused.value.code == code and (log.session.labels == -1).all() and len(log.events) == 1


def test_a_sheet_does_not_change_labels_of_a_locked_class() -> None:
    log = Log()
    log.do(label(1, [3], 1), "anna")
    log.do(protocol.EditClass(command_id=command_id(2), class_id=1, locked=True), "anna")
    with pytest.raises(RequestError, match="1 of these items are of locked classes"):
        log.do(label_each(3, {3: 0, 4: 2}), "anna")


def test_classes_of_a_sheet_are_merged_deleted_and_required() -> None:
    log = Log()
    log.do(protocol.AddClass(command_id=command_id(1), name="d"), "anna")
    log.do(label_each(2, {0: 0, 1: 1, 2: 3}), "anna")
    with pytest.raises(RequestError, match="have the class \u201cd\u201d; remove"):
        session = log.session
        undo_checks.check_undo(
            1, history=session.history, rules=session.rules, classes=session.classes
        )
    log.do(protocol.MergeClass(command_id=command_id(3), class_id=0, into=2), "ben")
    log.do(protocol.DeleteClass(command_id=command_id(4), class_id=1), "ben")
    assert log.session.labels[:3].tolist() == [2, -1, 3]
    assert log.session.verified[:3].tolist() == [True, False, True]
    log.do(undo(5), "ben")
    assert log.session.labels[:3].tolist() == [2, 1, 3] and log.session.verified[1]


def test_redo_of_a_sheet_whose_class_was_undone_is_refused() -> None:
    log = Log()
    log.do(protocol.AddClass(command_id=command_id(1), name="d"), "ben")
    log.do(label_each(2, {0: 0, 1: 3}), "anna")
    log.do(undo(3), "anna")
    log.do(undo(4), "ben")
    with pytest.raises(RequestError, match="was undone"):
        log.do(redo(5), "anna")
