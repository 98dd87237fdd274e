"""How many rounds are due and how strong they are; what a large data set is told first."""

import numpy as np
import pytest
import torch

from lodespace.models import Dataset
from lodespace.models.classification.ensemble import CHUNK, TrainingLabels
from lodespace.models.classification.learner import CHUNKS_PER_UPDATE, LabelLearning
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.layout.schedule import INTERACTIVE_STEP, LAYOUT_STEP, NEW_GRAPH_STEP, Motion


def steps(motion: Motion) -> list[float]:
    taken = []
    while (step := motion.next_step()) is not None:
        taken.append(step)
    return taken


def test_a_layout_anneals_from_its_first_round_on() -> None:
    motion = Motion()
    motion.plan(4, LAYOUT_STEP)
    assert motion.laying_out and motion.done == 0
    assert steps(motion) == pytest.approx([1.0, 0.75, 0.5, 0.25])
    assert not motion.laying_out and motion.done == 1


def test_a_gestures_motion_is_steady_and_then_fades_out() -> None:
    motion = Motion()
    motion.plan(8, INTERACTIVE_STEP)
    taken = np.array(steps(motion)) / INTERACTIVE_STEP
    assert taken == pytest.approx([1, 1, 1, 1, 1, 0.75, 0.5, 0.25])


def test_a_gentler_motion_never_cuts_short_a_stronger_one() -> None:
    motion = Motion()
    motion.plan(100, NEW_GRAPH_STEP)
    motion.plan(100, INTERACTIVE_STEP)
    assert motion.next_step() == pytest.approx(NEW_GRAPH_STEP)
    for _ in range(60):
        motion.next_step()
    motion.plan(100, INTERACTIVE_STEP)
    assert motion.due == 100 and motion.next_step() == pytest.approx(INTERACTIVE_STEP)


def test_on_a_large_data_set_the_visible_and_the_labelled_are_predicted_first_and_count_before_the_rest() -> (
    None
):
    n = CHUNK * (CHUNKS_PER_UPDATE + 2)
    truth = np.arange(n) % 2
    dataset = Dataset.from_vectors(
        np.random.default_rng(0).normal(size=(n, 3)) + 4 * truth[:, None]
    )
    learning = LabelLearning(
        dataset, 2, torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)
    )
    torch.manual_seed(0)
    labels = torch.full((n,), -1)
    labels[:40] = torch.from_numpy(truth[:40])
    learning.labels_given(FeatureNetwork(dataset), 30)
    visible = torch.tensor([n - 1, n - 2])
    while learning.steps_due:
        assert (
            learning.step(labels, labels, torch.ones(n), torch.zeros(n, dtype=torch.bool), visible)
            is not None
        )
    assert set(learning.predictions.order[:42].tolist()) == {*range(40), n - 1, n - 2}
    told = []
    while learning.at_work:
        told.append(
            learning.predict(TrainingLabels(labels, labels, torch.zeros(n, dtype=torch.bool)))
        )
    assert [i for i, (news, _) in enumerate(told) if news] == [
        CHUNKS_PER_UPDATE - 1,
        2 * CHUNKS_PER_UPDATE,  # one unit solved the kernel classifier
        len(told) - 1,
    ]
    assert [complete for _, complete in told] == [False] * (len(told) - 1) + [True]
    assert float((learning.predictions.newest.prediction.numpy() == truth).mean()) > 0.95
