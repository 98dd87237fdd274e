"""Views of an item: augmentation changes each kind of content only in suitable ways."""

import pytest
import torch

from lodespace.models.config import Content
from lodespace.models.features.augmentation import Augmentation, light, strong

CONTENTS: tuple[Content, ...] = ("symbols", "photos", "spectrograms")


def corner(count: int) -> torch.Tensor:
    """Pictures of a bright block at the left, in the lower half."""
    x = torch.zeros(count, 1, 32, 32)
    x[:, :, 18:28, 2:10] = 1
    return x


def views(content: Content, x: torch.Tensor) -> torch.Tensor:
    return strong(content)(x, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("content", CONTENTS)
def test_views_differ_and_stay_pictures(content: Content) -> None:
    x = corner(64)
    seen = views(content, x)
    assert seen.shape == x.shape
    assert float(seen.min()) >= 0 and float(seen.max()) <= 1
    assert len(torch.unique(seen.flatten(1).round(decimals=3), dim=0)) == 64
    torch.testing.assert_close(seen, views(content, x), rtol=0, atol=0)


def test_only_photos_are_mirrored() -> None:
    """The block is at the left of the picture, and at the right of a mirrored picture."""
    right = {
        content: float((views(content, corner(200))[..., 17:].sum((1, 2, 3)) > 20).float().mean())
        for content in CONTENTS
    }
    assert right["symbols"] == right["spectrograms"] == 0
    assert 0.35 < right["photos"] < 0.65


def test_frequencies_of_sound_stay_nearly_where_they_are() -> None:
    """A line that fills row 20 stays within two rows of row 20."""
    x = torch.zeros(200, 1, 64, 64)
    x[:, :, 20] = 1
    rows = views("spectrograms", x).sum(dim=(1, 3))
    there = rows.sum(dim=1) > 1  # the masked frequency band may hide the line
    assert float(there.float().mean()) > 0.5
    assert (rows[there].argmax(dim=1) - 20).abs().max() <= 2


def test_bands_of_time_and_frequency_are_hidden() -> None:
    full = Augmentation(masks=0.25)(torch.ones(300, 1, 64, 64), torch.Generator().manual_seed(0))[
        :, 0
    ]
    rows, columns = full.sum(dim=2), full.sum(dim=1)
    hidden = (rows == 0).sum(dim=1), (columns == 0).sum(dim=1)
    for count in hidden:
        assert int(count.min()) >= 0 and int(count.max()) <= 17
        assert 5 < float(count.float().mean()) < 11


@pytest.mark.parametrize("content", [*CONTENTS, "vectors"])
def test_light_views_change_less(content: Content) -> None:
    x = (
        torch.rand(200, 12, generator=torch.Generator().manual_seed(1))
        if content == "vectors"
        else corner(200)
    )
    far = [
        (a(x, torch.Generator().manual_seed(0)) - x).abs().mean()
        for a in (light(content), strong(content))
    ]
    if content != "photos":  # half of the light and of the strong views are mirrored
        assert far[0] < far[1]
