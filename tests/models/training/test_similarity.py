"""The space of similar pictures: the features of the graph, and pictures outside the data set."""

import numpy as np
import pytest

from lodespace.items.item_set import load_digits
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.training.similarity import descriptors_of, points_of, search_space
from lodespace.models.training.trainer import Trainer
from lodespace.training import query_messages as q
from lodespace.training.inspection import answer

DIGITS = load_digits()
ITEMS = np.arange(600) * 8
PICTURES = np.asarray(DIGITS.data[ITEMS])


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    """A trainer on 600 digits, after its first features are learned."""
    config = TrainingConfig(feature_steps=30)
    trainer = Trainer(Dataset.from_images(PICTURES), config, device="cpu")
    for _ in trainer.frames():
        if trainer.loop.graph.has_learned:  # type: ignore[attr-defined]
            return trainer
    raise AssertionError


@pytest.mark.slow
def test_nearest_digits_mostly_have_the_same_class(trainer: Trainer) -> None:
    assert DIGITS.truth is not None
    truth = DIGITS.truth[ITEMS]
    space = search_space(trainer.loop)
    assert space.name == "learned features"
    same = [
        truth[space.nearest_to_items(np.array([k]), 5).items] == truth[k] for k in range(0, 600, 20)
    ]
    assert np.mean(same) > 0.7  # by chance: 0.1


def test_a_picture_outside_the_data_is_placed_among_its_like(trainer: Trainer) -> None:
    assert DIGITS.truth is not None
    space = search_space(trainer.loop)
    own = points_of(trainer.loop, PICTURES[:40])
    # The regression reproduces the features of pictures that are in the data set.
    assert [space.nearest(own[[k]], 1).items[0] for k in range(40)] == list(range(40))
    others = np.arange(3, 5000, 125)
    points = points_of(trainer.loop, np.asarray(DIGITS.data[others]))
    same = [
        DIGITS.truth[ITEMS[space.nearest(points[[k]], 5).items]] == DIGITS.truth[item]
        for k, item in enumerate(others)
    ]
    assert np.mean(same) > 0.6


def test_presets_without_graph_search_in_the_latent_space() -> None:
    config = TrainingConfig(preset="paper")
    trainer = Trainer(Dataset.from_images(PICTURES[:100]), config, device="cpu")
    space = search_space(trainer.loop)
    assert space.name == "latent means" and len(space.rows) == 100
    assert points_of(trainer.loop, PICTURES[:3]).shape == (3, space.rows.shape[1])


def test_descriptors_of_an_item_depend_on_this_item_only() -> None:
    whole, part = Dataset.from_images(PICTURES[:40]), Dataset.from_images(PICTURES[20:30])
    name, groups = descriptors_of(whole, 20, 30)
    again, others = descriptors_of(part, 0, 10)
    assert name == again == "descriptors of symbols"
    for one, other in zip(groups, others, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(groups[0]) == 10


def test_a_query_for_descriptors_is_answered_or_refused(trainer: Trainer) -> None:
    found = answer(trainer, q.Describe(1, 10, 14))
    assert isinstance(found, q.Described) and not found.refused
    rows = np.frombuffer(found.rows, "<f4").reshape(4, -1)
    assert rows.shape[1] == sum(found.groups)
    np.testing.assert_array_equal(rows[2], descriptors_of(trainer.dataset, 12, 13)[1][0][0])
    refused = answer(trainer, q.Describe(2, 590, 601))
    assert isinstance(refused, q.Described) and "ask again" in refused.refused
