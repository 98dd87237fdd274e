"""Classes that are renamed, locked, merged and deleted, and undo of each of these edits."""

from typing import Any

import pytest

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.models.item_predictions import ItemPredictions
from samples.event_logs import Log, command_id, label, redo, undo


def merge(number: int, class_id: int, into: int) -> protocol.MergeClass:
    return protocol.MergeClass(command_id=command_id(number), class_id=class_id, into=into)


def delete(number: int, class_id: int) -> protocol.DeleteClass:
    return protocol.DeleteClass(command_id=command_id(number), class_id=class_id)


def edit(number: int, class_id: int, **changes: object) -> protocol.EditClass:
    given: dict[str, Any] = changes
    return protocol.EditClass(command_id=command_id(number), class_id=class_id, **given)


@pytest.fixture
def log() -> Log:
    """A log with classes a, b and c. Items 0 and 1 are labelled a, items 2 and 3 are labelled b."""
    log = Log()
    log.do(label(1, [0, 1], 0), "anna")
    log.do(label(2, [2, 3], 1), "anna")
    return log


def labels(log: Log) -> list[int]:
    return log.session.labels[:4].tolist()


def test_undo_of_a_merge_separates_the_items_again(log: Log) -> None:
    applied = log.do(merge(3, 0, 1), "anna")
    assert applied is not None
    assert labels(log) == [1, 1, 1, 1]
    told = next(n for n in applied.news if isinstance(n, protocol.Labels))
    assert (told.items, told.class_ids) == ([0, 1], [1, 1])
    assert any(isinstance(n, protocol.Classes) for n in applied.news)
    assert log.session.classes.classes[0].removed
    log.do(undo(4), "anna")
    assert labels(log) == [0, 0, 1, 1]
    log.do(redo(5), "anna")
    assert labels(log) == [1, 1, 1, 1]


def test_items_merged_twice_count_as_the_last_class(log: Log) -> None:
    log.do(merge(3, 0, 1), "anna")
    log.do(merge(4, 1, 2), "anna")
    assert labels(log) == [2, 2, 2, 2]
    assert log.session.undo_log.actions[4].note == "merged \u201cb\u201d into \u201cc\u201d"


def test_undo_of_a_deleted_class_restores_its_labels(log: Log) -> None:
    log.do(delete(3, 1), "anna")
    assert labels(log) == [0, 0, -1, -1]
    with pytest.raises(RequestError, match="no class 1"):
        log.do(label(4, [5], 1), "anna")
    log.do(protocol.AddClass(command_id=command_id(5), name="b"), "ben")  # the name is free
    log.do(undo(6), "anna")
    assert labels(log) == [0, 0, 1, 1]
    assert [c.name for c in log.session.classes.classes] == ["a", "b", "c", "b (2)"]


def test_nothing_is_given_to_a_locked_class_nor_taken_from_it(log: Log) -> None:
    log.do(edit(3, 0, locked=True), "anna")
    for command in (
        label(4, [1, 2, 4], 2),
        label(5, [5], 0),
        label(6, [0], 1),
        label(7, [0], -1),
        merge(8, 0, 1),
        merge(9, 1, 0),
        delete(10, 0),
    ):
        with pytest.raises(RequestError, match="locked"):
            log.do(command, "anna")
    log.do(edit(11, 0, locked=False), "anna")
    log.do(label(12, [0], 1), "anna")
    assert labels(log)[0] == 1


def test_names_colours_and_locks_are_undone_and_move_no_point(log: Log) -> None:
    top = log.session.undo_log.state_id
    log.do(edit(3, 0, name="alpha"), "anna")
    log.do(edit(4, 0, colour="#123456"), "anna")
    log.do(edit(5, 0, locked=True), "anna")
    assert [log.session.undo_log.actions[n].note for n in (3, 4, 5)] == [
        "renamed \u201ca\u201d to \u201calpha\u201d",
        "recoloured \u201calpha\u201d",
        "locked \u201calpha\u201d",
    ]
    for number in (6, 7, 8):
        log.do(undo(number), "anna")
        assert (log.session.undo_log.state_id, log.session.undo_log.last_transition.to_state) == (
            top,
            top,
        ), "the edit changed the state of the model"
    info = log.session.classes.classes[0]
    assert (info.name, info.locked) == ("a", False)
    assert log.do(edit(9, 0, name="a"), "anna") is None, "an edit to the same name was stored"


def test_undo_of_a_class_that_others_use_is_refused(log: Log) -> None:
    log.do(protocol.AddClass(command_id=command_id(3), name="d"), "anna")
    log.do(label(4, [5], 3), "ben")
    with pytest.raises(RequestError, match="remove their labels") as refused:
        log.do(undo(5), "anna")
    assert refused.value.code == "class_in_use"
    log.do(undo(6), "ben")
    log.do(undo(7), "anna")
    with pytest.raises(RequestError, match="was undone"):
        log.do(redo(8), "ben")
    log.do(redo(9), "anna")
    log.do(redo(10), "ben")
    assert log.session.labels[5] == 3


def test_predictions_of_a_merged_class_count_as_its_target(log: Log) -> None:
    import numpy as np

    log.do(merge(3, 0, 1), "anna")
    log.do(delete(4, 2), "anna")
    log.do(protocol.AddClass(command_id=command_id(6), name="d"), "anna")
    log.do(label(7, [9], 3), "anna")
    mean = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    prediction = np.array([0, 1, 2, -1, 0, 0, 0, 0, 0, 0], np.int16)
    log.session.publish(
        mean, ItemPredictions(prediction, np.full(10, 0.5, np.float32)), step=1, resting=False
    )
    assert log.session.scores.prediction[:4].tolist() == [1, 1, -1, -1]
    assert log.session.scores.confidence[:4].tolist() == [128, 128, 0, 0]


def test_nothing_is_predicted_before_two_classes_have_labels() -> None:
    import numpy as np

    log = Log()
    mean = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)

    def shown() -> list[int]:
        log.session.publish(
            mean,
            ItemPredictions(np.zeros(10, np.int16), np.ones(10, np.float32)),
            step=1,
            resting=False,
        )
        return log.session.scores.prediction[:2].tolist()

    assert shown() == [-1, -1]
    log.do(label(1, [0, 1], 0), "anna")
    assert shown() == [-1, -1], "predictions are shown although only one class has labels"
    log.do(label(2, [2], 1), "anna")
    assert shown() == [0, 0]
    log.do(undo(3), "anna")
    assert shown() == [-1, -1]
