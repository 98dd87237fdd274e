"""Calibration of quality estimates with answers on contact sheets, compared with the truth."""

from dataclasses import dataclass

import msgspec
import numpy as np
import pytest

from lodespace import protocol
from lodespace.items.item_set import ItemSet
from lodespace.models.item_predictions import ItemPredictions
from lodespace.review.calibration import (
    Answers,
    Calibration,
    Evidence,
    evidence,
    interval,
    share_interval,
)
from lodespace.review.contact_sheets import OVERWRITES_FROM, proposed, sheet
from lodespace.review.quality import quality
from lodespace.session.commands import registry
from lodespace.session.events import decode_event, encode_event
from lodespace.session.session import AnnotationSession
from samples.item_states import item_state

N, CLASSES = 2000, 4


@dataclass
class Model:
    """A model whose probabilities are wrong by `offset` and `slope`, in log-odds."""

    offset: float
    slope: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        random = self.random = np.random.default_rng(self.seed)
        self.truth = random.integers(0, CLASSES, N).astype(np.int16)
        odds = random.normal(1.5, 1.7, N)
        self.told = 1 / (1 + np.exp(-odds))
        right = random.random(N) < 1 / (1 + np.exp(-(self.offset + self.slope * odds)))
        other = (self.truth + random.integers(1, CLASSES, N)) % CLASSES
        self.prediction = np.where(right, self.truth, other).astype(np.int16)
        names = tuple(str(k) for k in range(CLASSES))
        items = ItemSet("dots", "vector", np.zeros((N, 2), np.float32), names)
        self.session = AnnotationSession(items, scene_id=1)
        self.places = random.normal(size=(N, 3)).astype(np.float32)
        self.gestures = 0
        for class_id in range(CLASSES):  # every class has a label
            self.label(np.flatnonzero(self.truth == class_id)[:1])
        self.publish()

    def publish(self) -> None:
        told = self.told.astype(np.float32)
        labels = self.session.labels
        same = (labels < 0) | (labels == self.prediction)
        known = ItemPredictions(
            self.prediction,
            told,
            np.maximum(2 * told - 1, 0),
            np.where(same, 1 - told, told).astype(np.float32),
        )
        self.session.publish(self.places, known, step=1, resting=True)

    def label(
        self, items: np.ndarray, classes: np.ndarray | None = None, tool: str = "sheet"
    ) -> None:
        self.gestures += 1
        command = protocol.LabelEach(
            command_id=f"gesture-{self.gestures}",
            items=items.tolist(),
            class_ids=(self.truth[items] if classes is None else classes).tolist(),
            revision=0,
            provenance=protocol.Provenance(tool=tool, verified=tool == "sheet"),
        )
        event = registry.plan(self.session, command, "anna")
        number = self.session.sequence + 1
        self.session.apply(decode_event(encode_event(event), number))

    def answer_sheet(self, kind: protocol.SheetKind = "uncertain") -> tuple[float, int]:
        """Give each item of a contact sheet its true class.

        Returns the expected and the true number of wrong items.
        """
        state = Calibration(evidence(self.session)).applied(self.session.item_state())
        shown = sheet(state, kind)
        items = np.array([one.item for one in shown.items])
        wrong = int((state.standing[items] != self.truth[items]).sum())
        self.label(items)
        self.publish()
        assert shown.expected_wrong is not None
        return shown.expected_wrong, wrong

    def blindly(self) -> None:
        """Confirm a sheet without looking at it."""
        state = self.session.item_state()
        items = np.array([one.item for one in sheet(state, "uncertain").items])
        self.label(items, state.standing[items])
        self.publish()

    @property
    def quality(self) -> protocol.Quality:
        return quality(
            self.session.item_state(),
            held_out_accuracy=None,
            held_out=0,
            calibration=Calibration(evidence(self.session)),
        )

    @property
    def right(self) -> float:
        return float((self.session.item_state().standing == self.truth).mean())


MODELS = [(-1.3, 1.0), (-0.7, 0.8), (0.0, 1.0), (0.5, 1.3), (1.0, 1.0)]
"""(offset, slope) per model. The first model is overconfident, the last underconfident."""


@pytest.mark.slow
def test_figures_and_promises_hold_on_models_that_are_wrong(slow: bool) -> None:
    inside, early, late, promises = [], [], [], []
    for offset, slope, seed in ((*model, seed) for model in MODELS for seed in range(3 + 7 * slow)):
        model = Model(offset, slope, seed)
        for sheets in range(12 if slow else 4):
            told = model.quality
            if told.right is None or told.right_interval is None:
                assert sheets < 4  # every sheet here has predictions
            else:
                inside.append(told.right_interval.low <= model.right <= told.right_interval.high)
                (late if sheets >= 2 else early).append(abs(told.right - model.right))
            promise, wrong = model.answer_sheet()
            promises.append(abs(promise - wrong))
    assert np.mean(inside) >= 0.85
    assert np.mean(early) <= 0.10 and np.mean(late) <= 0.05 and max(early + late) <= 0.15
    assert np.mean(promises) <= 3 and len(late) >= 15


def test_intervals_hold_if_items_that_no_sheet_shows_are_easier() -> None:
    """Sheets show hard items. On real data, the other items are right more often than the line
    through the answers on sheets."""
    inside = []
    for seed in range(5):
        model = Model(0.2, 1.7, seed)
        for _ in range(7):
            found = model.quality
            if found.right is not None and found.right_interval is not None:
                inside.append(found.right_interval.low <= model.right <= found.right_interval.high)
            model.answer_sheet()
    assert np.mean(inside) >= 0.85 and len(inside) >= 15


def test_the_uncertainty_is_larger_with_few_labels() -> None:
    nothing = Answers(np.empty(0), np.empty(0, np.bool_), np.empty(0))
    confident, width = np.full(100, 0.95), {}
    for labelled in (9, 27, 1000, None):
        predictions = Calibration(Evidence(nothing, nothing, nothing, 0, labelled)).predictions
        low, high = interval(predictions.draws(confident))
        width[labelled] = high - low
    assert width[9] > 1.2 * width[27] > 1.3 * width[None]
    assert width[1000] == pytest.approx(width[None], rel=0.03)


def test_suspects_promise_as_many_wrong_labels_as_there_are() -> None:
    model = Model(-1.0, 0.7)
    wrong = (model.truth + 1) % CLASSES
    some = np.flatnonzero(np.arange(N) % 2 == 0)
    given = np.where(np.arange(N) % 20 == 0, wrong, model.truth)[some]
    model.label(some, given, tool="lasso")
    model.publish()
    errors = [abs(promise - wrong) for promise, wrong in map(model.answer_sheet, ["suspects"] * 6)]
    assert np.mean(errors[2:]) <= 3


def test_sheets_that_are_undone_or_not_looked_at_do_not_count() -> None:
    model = Model(0.0)
    model.answer_sheet()
    before = evidence(model.session)
    assert before.sheets == 1 and 20 < len(before.predictions.right) <= 27
    model.blindly()
    assert evidence(model.session).sheets == 1
    event = registry.plan(model.session, protocol.Undo(command_id="undo"), "anna")
    model.session.apply(msgspec.structs.replace(event, sequence=model.session.sequence + 1))
    event = registry.plan(model.session, protocol.Undo(command_id="undo-2"), "anna")
    model.session.apply(msgspec.structs.replace(event, sequence=model.session.sequence + 1))
    assert evidence(model.session).sheets == 0
    model.label(np.arange(30), tool="lasso")
    assert evidence(model.session).sheets == 0


def test_accepted_labels_are_judged_like_predictions() -> None:
    model = Model(1.5)  # the model is too cautious about its predictions
    for _ in range(4):
        model.answer_sheet("uncertain")
    free = np.flatnonzero(model.session.labels < 0)
    before = Calibration(evidence(model.session)).applied(model.session.item_state())
    model.label(free, model.prediction[free], tool="accept")
    model.publish()
    after = Calibration(evidence(model.session)).applied(model.session.item_state())
    raw = model.session.item_state().doubt
    # Doubts are stored in steps.
    assert np.abs(after.doubt - before.doubt)[free].mean() < 0.003
    assert np.abs(after.doubt - raw)[free].mean() > 0.02


def test_a_sheet_keeps_labels_unless_another_class_is_very_probable() -> None:
    state = item_state(
        [0, 0, 0, -1, -1, 0],
        [1, 1, 0, 1, -1, -1],
        [OVERWRITES_FROM, OVERWRITES_FROM - 0.01, 0.99, 0.3, 0.0, 0.0],
        doubt=[0.95, 0.95, 0.01, 0.7, 1.0, 1.0],
        classes=[0, 1],
    )
    assert proposed(state, np.arange(6)).tolist() == [1, 0, 0, 1, -1, 0]


def test_answers_stop_proposals_that_are_mostly_wrong() -> None:
    model = Model(-3.0, 0.5)  # proposals at 0.97 are right less often than not
    some = np.flatnonzero(model.prediction != model.truth)[:300]
    model.label(some, model.truth[some], tool="lasso")
    model.publish()
    for _ in range(3):
        model.answer_sheet("suspects")
    state = Calibration(evidence(model.session)).applied(model.session.item_state())
    shown = sheet(state, "suspects").items
    assert [one.proposed for one in shown] == [one.class_id for one in shown]


def test_the_interval_of_a_measured_share_narrows_with_the_count() -> None:
    few, many = share_interval(0.9, 10), share_interval(0.9, 1000)
    assert few[0] < many[0] < 0.9 < many[1] < few[1]
    assert share_interval(1.0, 20)[0] < 0.95
