"""Descriptors of items, which need no training."""

import numpy as np
import torch

from lodespace.items.item_set import load_digits
from lodespace.models import Dataset
from lodespace.models.features.descriptor import described, edges, ink, upright
from lodespace.models.features.principal_components import principal_components
from samples.graphs import nearest_neighbours


def bar(slant: float) -> torch.Tensor:
    """A slanted stroke from top to bottom: (1, 1, 32, 32)."""
    at = (torch.arange(32) + 0.5) / 16 - 1
    away = (at[None, :] - slant * at[:, None]).abs()
    drawn = (away < 0.12) & (at[:, None].abs() < 0.7)
    return drawn.float()[None, None]


def neighbours_right(rows: torch.Tensor, truth: torch.Tensor) -> float:
    indices, _ = nearest_neighbours(principal_components(rows, 50), 10)
    return float((truth[indices].mode(dim=1).values == truth).float().mean())


def test_digits_have_more_neighbours_of_their_class_than_by_pixels() -> None:
    digits = load_digits()
    assert digits.truth is not None
    some = slice(0, 1500)
    dataset = Dataset.from_images(np.asarray(digits.data)[some])
    truth = torch.from_numpy(digits.truth[some].astype(np.int64))
    wrong_by_pixels = 1 - neighbours_right(dataset.flat(), truth)
    assert 1 - neighbours_right(described(dataset), truth) < 0.6 * wrong_by_pixels


def test_a_slanted_sign_is_made_upright_and_centred() -> None:
    leaning = bar(0.5).roll(3, dims=3)
    assert float((upright(leaning) - bar(0.0)).abs().mean()) < 0.3 * float(
        (leaning - bar(0.0)).abs().mean()
    )


def test_dark_on_light_is_the_same_sign() -> None:
    x = bar(0.3)
    torch.testing.assert_close(ink(1 - x), ink(x))


def test_edges_depend_on_direction_and_not_on_sign() -> None:
    down, across = edges(bar(0.0)), edges(bar(0.0).transpose(2, 3))
    assert int(down.sum(dim=(0, 2, 3)).argmax()) == 0
    assert int(across.sum(dim=(0, 2, 3)).argmax()) == 4
    torch.testing.assert_close(edges(1 - bar(0.4)), edges(bar(0.4)))


def test_empty_pictures_and_one_picture_are_described_by_numbers() -> None:
    for content in ("symbols", "photos"):
        for images in (np.zeros((3, 28, 28), np.uint8), np.full((1, 40, 40, 3), 255, np.uint8)):
            rows = described(Dataset.from_images(images, content))
            assert len(rows) == len(images) and bool(rows.isfinite().all())


def test_a_photo_is_described_by_what_is_in_it_wherever() -> None:
    images = np.random.default_rng(0).integers(0, 255, (20, 32, 32), np.uint8)
    rows = described(
        Dataset.from_images(np.concatenate([images, np.roll(images, 8, axis=1)]), "photos")
    )
    apart = torch.cdist(rows, rows)
    assert float(apart[:20, 20:].diagonal().mean()) < 0.3 * float(apart[:20, :20].sum() / (20 * 19))


def test_colours_of_signs_count() -> None:
    images = np.zeros((4, 32, 32, 3), np.uint8)
    images[:, 8:24, 14:18, :] = 0
    for k in range(4):
        images[k, 8:24, 14:18, k // 2] = 200
    rows = described(Dataset.from_images(images))
    torch.testing.assert_close(rows[0], rows[1])
    assert float((rows[0] - rows[2]).abs().max()) > 0.1


def test_spectrograms_and_vectors_stay_as_they_are() -> None:
    images = np.random.default_rng(0).integers(0, 255, (6, 32, 32), np.uint8)
    dataset = Dataset.from_images(images, "spectrograms")
    torch.testing.assert_close(described(dataset), dataset.flat())
    vectors = Dataset.from_vectors(np.eye(5, 7, dtype=np.float32))
    torch.testing.assert_close(described(vectors), vectors.flat())
