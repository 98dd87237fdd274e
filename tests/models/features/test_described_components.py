"""Principal components of descriptors that do not fit into memory."""

import numpy as np
import pytest
import torch

from lodespace.models import Dataset
from lodespace.models.config import Content
from lodespace.models.features import described_components as module
from lodespace.models.features.described_components import described_components
from lodespace.models.features.descriptor import described
from lodespace.models.features.principal_components import principal_components

N = 1500


def pictures(content: Content) -> Dataset:
    random = np.random.default_rng(0)
    shade = np.linspace(0, 255, 28)[None, :, None, None] * random.random((N, 1, 1, 3))
    noise = random.integers(0, 60, (N, 28, 28, 3))
    return Dataset.from_images((shade + noise).clip(0, 255).astype(np.uint8), content)


@pytest.mark.parametrize("content", ["symbols", "photos"])
def test_small_data_sets_have_the_components_of_all_items(content: Content) -> None:
    dataset = pictures(content)
    wanted = principal_components(described(dataset), 5)
    assert torch.equal(described_components(dataset, 5), wanted)


@pytest.mark.parametrize("content", ["symbols", "photos"])
def test_a_sample_of_all_items_gives_the_same_components(
    content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = pictures(content)
    wanted = principal_components(described(dataset), 5)
    monkeypatch.setattr(module, "MOST_VALUES", 1000)
    found = described_components(dataset, 5)
    torch.testing.assert_close(found, wanted, atol=1e-3 * float(wanted.std()), rtol=1e-3)


def test_a_sample_gives_similar_components(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = pictures("symbols")
    wanted = principal_components(described(dataset), 2)
    monkeypatch.setattr(module, "MOST_VALUES", 1000)
    monkeypatch.setattr(module, "SAMPLE", 700)
    found = described_components(dataset, 2)
    correlation = np.corrcoef(found[:, 0].numpy(), wanted[:, 0].numpy())[0, 1]
    assert abs(correlation) > 0.95


def test_all_descriptors_are_never_in_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_VALUES", 1000)
    monkeypatch.setattr(module, "SAMPLE", 700)
    largest = 0
    groups = module.descriptor_groups

    def watched(x: torch.Tensor, content: Content) -> list[torch.Tensor]:
        nonlocal largest
        largest = max(largest, len(x))
        return groups(x, content)

    monkeypatch.setattr(module, "descriptor_groups", watched)
    described_components(pictures("symbols"), 3)
    assert largest <= module.ITEMS_AT_ONCE < N


def test_components_of_vectors_need_no_copy_of_them() -> None:
    vectors = Dataset.from_vectors(np.random.default_rng(0).normal(size=(N, 6)))
    assert torch.equal(described_components(vectors, 3), principal_components(vectors.stored, 3))
