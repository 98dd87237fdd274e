import numpy as np
import pytest
import torch

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset
from samples.trainings import Digits


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Use one thread: more threads change the order of sums, and are slower at these sizes."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def digits() -> Digits:
    items = load_digits()
    assert items.truth is not None
    order = np.random.default_rng(0).permutation(len(items))
    dataset = Dataset.from_images(items.data[order])
    return Digits(dataset, dataset.subset(slice(4000)), items.truth[order].astype(np.int64))


@pytest.fixture
def few_images() -> Dataset:
    """90 pictures of three kinds of noisy bars: small enough for a training in a test."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, (90, 28, 28), dtype=np.uint8)
    for kind in range(3):
        images[kind * 30 : (kind + 1) * 30, :, 4 + 8 * kind : 8 + 8 * kind] += 180
    return Dataset.from_images(images)
