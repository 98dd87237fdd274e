"""Labels as the sum of gestures, against a model that forgets nothing and computes everything anew."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lodespace.history import GestureRecord, LabelHistory

N = 12
CLIENTS = ("anna", "ben", "cem")


def gesture(number: int, client: str, items: list[int], class_id: int) -> GestureRecord:
    return GestureRecord(number, class_id, np.array(sorted(items), np.uint32), client, 0.0, 0, "lasso")


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
    )
    def label(self, client: str, items: set[int], class_id: int) -> None:
        self.number += 1
        record = gesture(self.number, client, list(items), class_id)
        before = self.expected()
        changed = self.history.add(record)
        self.gestures.append(record)
        self.standing[self.number] = True
        self.redo_stacks[client].clear()
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
        labels = [-1] * N
        for record in self.gestures:
            if self.standing[record.number]:
                for item in record.items.tolist():
                    labels[item] = record.class_id
        return labels

    def check_changed(self, before: list[int], changed: np.ndarray) -> None:
        after = self.expected()
        assert sorted(changed.tolist()) == [i for i in range(N) if before[i] != after[i]]

    @invariant()
    def labels_are_those_of_the_standing_gestures(self) -> None:
        assert self.history.labels.tolist() == self.expected()


Annotators.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
test_annotators_agree_with_the_model = Annotators.TestCase


def test_undo_is_ones_own() -> None:
    history = LabelHistory(3)
    history.add(gesture(1, "anna", [0, 1], 1))
    history.add(gesture(2, "ben", [1, 2], 2))
    history.undo(1)
    assert history.labels.tolist() == [-1, 2, 2]  # what ben said stands
