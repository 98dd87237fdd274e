import numpy as np
import pytest
import torch

from lodespace.models import Dataset


def test_28_x_28_keeps_its_pixels_in_the_middle_of_32_x_32() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    dataset = Dataset.from_images(images)
    assert (dataset.kind, dataset.item_shape, len(dataset)) == ("image", (1, 32, 32), 5)
    assert np.array_equal((dataset.inputs[:, 0, 2:30, 2:30] * 255).round().byte().numpy(), images)


@pytest.mark.parametrize("background", [0, 255])
def test_padding_takes_the_pictures_background(background: int) -> None:
    images = np.full((4, 28, 28, 3), background, np.uint8)
    images[:, 10:18, 10:18] = [200, 100, 0]
    inputs = Dataset.from_images(images).inputs
    assert inputs.shape == (4, 3, 32, 32)
    for edge in (inputs[..., 0, :], inputs[..., -1, :], inputs[..., :, 0], inputs[..., :, -1]):
        assert torch.equal(edge, torch.full_like(edge, background / 255))


def test_a_wide_picture_keeps_its_proportions() -> None:
    """A white disc in a picture of 40 x 80 pixels stays round when the picture becomes square."""
    rows, columns = np.mgrid[:40, :80]
    image = (((rows - 19.5) ** 2 + (columns - 39.5) ** 2 < 10**2) * 255).astype(np.uint8)
    disc = Dataset.from_images(image[None]).inputs[0, 0] > 0.5
    height, width = int(disc.any(dim=1).sum()), int(disc.any(dim=0).sum())
    assert abs(height - width) <= 1
    assert 31 <= width <= 33


def test_a_smaller_picture_is_resampled_without_changing_its_mean() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    inputs = Dataset.from_images(images).inputs
    assert inputs.shape == (3, 1, 32, 32)
    torch.testing.assert_close(
        inputs.mean(), torch.tensor(images / 255, dtype=torch.float32).mean(), atol=0.01, rtol=0
    )
    assert 0 <= float(inputs.min()) <= float(inputs.max()) <= 1


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((3, 8, 8), np.float32),
        np.zeros((3, 8), np.uint8),
        np.zeros((3, 8, 8, 4), np.uint8),
        np.zeros((0, 8, 8), np.uint8),
        np.zeros((3, 0, 8), np.uint8),
    ],
)
def test_other_arrays_are_refused_as_pictures(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match="pictures"):
        Dataset.from_images(images)


def test_vectors_are_standardised_and_a_constant_feature_becomes_zero() -> None:
    vectors = np.random.default_rng(0).normal(5, 3, (200, 4))
    vectors[:, 2] = 7
    inputs = Dataset.from_vectors(vectors).inputs
    assert inputs.dtype == torch.float32
    torch.testing.assert_close(inputs.mean(dim=0), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        inputs.std(dim=0, unbiased=False), torch.tensor([1.0, 1, 0, 1]), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(
    "vectors",
    [
        np.zeros(4),
        np.zeros((0, 4)),
        np.zeros((4, 0)),
        np.array([[1, np.nan]]),
        np.array([[1.0], [np.inf]]),
    ],
)
def test_other_arrays_are_refused_as_vectors(vectors: np.ndarray) -> None:
    with pytest.raises(ValueError, match="vectors"):
        Dataset.from_vectors(vectors)


@pytest.mark.parametrize(
    ("size", "side"),
    [((32, 32), 32), ((33, 20), 64), ((64, 64), 64), ((100, 90), 128), ((128, 128), 128)],
)
def test_the_side_follows_the_size(size: tuple[int, int], side: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, *size, 3), dtype=np.uint8)
    dataset = Dataset.from_images(images, "photos")
    assert dataset.item_shape == (3, side, side)
    if size == (side, side):
        np.testing.assert_array_equal(dataset.stored.permute(0, 2, 3, 1).numpy(), images)


def test_pictures_that_fit_are_not_copied() -> None:
    images = np.zeros((3, 64, 64, 3), np.uint8)
    dataset = Dataset.from_images(images)
    images[1] = 255
    assert float(dataset.batch(slice(1, 2)).mean()) == 1, (
        "the bytes of a batch are not converted to floats when the batch is read"
    )


def test_rows_for_principal_components_have_at_most_1024_numbers() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 128, 128, 3), dtype=np.uint8)
    rows = Dataset.from_images(images).flat()
    assert rows.shape == (5, 3 * 16 * 16)
    torch.testing.assert_close(
        rows.mean(dim=1),
        torch.from_numpy(images / 255).float().mean(dim=(1, 2, 3)),
        atol=1e-4,
        rtol=0,
    )


def test_alike_is_the_given_features_or_pictures_of_at_most_64() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 128, 128), dtype=np.uint8)
    dataset = Dataset.from_images(images)
    assert dataset.alike().item_shape == (1, 64, 64)
    pooled = images.reshape(5, 64, 2, 64, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(dataset.alike().stored[:, 0].numpy(), pooled, atol=0.51)
    given = dataset.with_features(np.arange(10.0).reshape(5, 2))
    assert given.alike().item_shape == (2,)
    assert given.subset(slice(0, 3)).alike().stored.shape == (3, 2)
    proportions = dataset.with_features(np.arange(10.0).reshape(5, 2) * [1, 3], one_scale=True)
    shown = proportions.alike().stored.numpy()
    np.testing.assert_allclose(shown.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(shown[:, 1], 3 * shown[:, 0], atol=1e-6)
    np.testing.assert_allclose((shown**2).mean(), 1, atol=1e-6)
    with pytest.raises(ValueError, match="features of 4 items"):
        dataset.with_features(np.zeros((4, 2)))
