"""Labels that result from gestures, compared with labels recomputed from all gestures."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lodespace.session.label_history import GestureRecord, LabelHistory

N = 12
CLIENTS = ("anna", "ben", "cem")


def gesture(
    number: int, client: str, items: list[int], class_id: int, *, verified: bool = False
) -> GestureRecord:
    ascending = np.array(sorted(items), np.uint32)
    return GestureRecord(number, class_id, ascending, client, 0.0, 0, "lasso", verified=verified)


def sheet(
    number: int, client: str, classes: dict[int, int], *, verified: bool = True
) -> GestureRecord:
    """Return a gesture with one class per item."""
    record = gesture(number, client, list(classes), -1, verified=verified)
    record.class_ids = np.array([classes[item] for item in record.items.tolist()], np.int16)
    return record


class Annotators(RuleBasedStateMachine):
    """Several people label, undo and redo in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.history = LabelHistory(N)
        self.gestures: list[GestureRecord] = []
        self.standing: dict[int, bool] = {}
        self.redo_stacks: dict[str, list[int]] = {client: [] for client in CLIENTS}
        self.number = 0

    @rule(
        client=st.sampled_from(CLIENTS),
        items=st.sets(st.integers(0, N - 1), min_size=1),
        class_id=st.integers(-1, 3),
        verified=st.booleans(),
    )
    def label(self, client: str, items: set[int], class_id: int, verified: bool) -> None:
        self.number += 1
        self.add(gesture(self.number, client, list(items), class_id, verified=verified))

    @rule(
        client=st.sampled_from(CLIENTS),
        classes=st.dictionaries(st.integers(0, N - 1), st.integers(-1, 3), min_size=1),
        verified=st.booleans(),
    )
    def label_each(self, client: str, classes: dict[int, int], verified: bool) -> None:
        self.number += 1
        self.add(sheet(self.number, client, classes, verified=verified))

    def add(self, record: GestureRecord) -> None:
        before = self.expected()
        changed = self.history.add(record)
        self.gestures.append(record)
        self.standing[record.number] = True
        self.redo_stacks[record.client].clear()
        self.check_changed(before, changed)

    @rule(client=st.sampled_from(CLIENTS))
    def undo(self, client: str) -> None:
        mine = [g.number for g in self.gestures if g.client == client and self.standing[g.number]]
        if not mine:
            return
        number = mine[-1]
        before = self.expected()
        changed = self.history.undo(number)
        self.standing[number] = False
        self.redo_stacks[client].append(number)
        self.check_changed(before, changed)

    @rule(client=st.sampled_from(CLIENTS))
    def redo(self, client: str) -> None:
        if not self.redo_stacks[client]:
            return
        number = self.redo_stacks[client].pop()
        before = self.expected()
        changed = self.history.redo(number)
        self.standing[number] = True
        self.check_changed(before, changed)

    def expected(self) -> list[int]:
        return [label for label, _ in self.expected_of_all()]

    def expected_of_all(self) -> list[tuple[int, bool]]:
        """The label of each item, and whether the label is verified."""
        labels = [(-1, False)] * N
        for record in self.gestures:
            if self.standing[record.number]:
                for k, item in enumerate(record.items.tolist()):
                    class_id = (
                        record.class_id if record.class_ids is None else int(record.class_ids[k])
                    )
                    labels[item] = class_id, record.verified
        return labels

    def check_changed(self, before: list[int], changed: np.ndarray) -> None:
        after = self.expected()
        assert sorted(changed.tolist()) == [i for i in range(N) if before[i] != after[i]]

    @invariant()
    def labels_are_those_of_the_standing_gestures(self) -> None:
        assert self.history.labels.tolist() == self.expected()
        assert self.history.verified.tolist() == [
            verified for _, verified in self.expected_of_all()
        ]


EXAMPLES = 100 if settings.get_current_profile_name() == "long" else 40
"""With --slow, the profile is "long"."""
Annotators.TestCase.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=40, deadline=None
)
test_annotators_agree_with_the_model = Annotators.TestCase


def test_undo_keeps_labels_of_others() -> None:
    history = LabelHistory(3)
    history.add(gesture(1, "anna", [0, 1], 1))
    history.add(gesture(2, "ben", [1, 2], 2))
    history.undo(1)
    assert history.labels.tolist() == [-1, 2, 2]  # the label that ben gave stays


def test_undo_of_a_sheet_restores_labels_and_verification() -> None:
    history = LabelHistory(4)
    history.add(gesture(1, "anna", [0, 1, 2], 1))
    changed = history.add(sheet(2, "ben", {1: 1, 2: 3, 3: 2}))
    assert changed.tolist() == [2, 3]
    assert history.verified.tolist() == [False, True, True, True]
    # A region replaces the label of item 2, which is therefore no longer verified.
    history.add(gesture(3, "anna", [2], 0))
    assert history.verified.tolist() == [False, True, False, True]
    history.undo(3)
    assert history.labels.tolist() == [1, 1, 3, 2] and history.verified.tolist() == [
        False,
        True,
        True,
        True,
    ]
    history.undo(2)
    assert history.labels.tolist() == [1, 1, 1, -1] and not history.verified.any()
    history.redo(2)
    assert history.labels.tolist() == [1, 1, 3, 2] and history.verified.tolist() == [
        False,
        True,
        True,
        True,
    ]
