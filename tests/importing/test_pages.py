"""One file with several pages: a TIFF stack or an animation, whose pages are the items."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from lodespace.errors import DatasetError
from lodespace.importing.detect import open_source
from lodespace.importing.source import ImportOptions
from lodespace.items import formats, originals
from samples.pictures import Import, draw


def planes(*lengths: int, dtype: str = "u2") -> np.ndarray[Any, Any]:
    """Planes (*lengths, 50, 40) with different numbers from 0 to about 4,000."""
    return np.random.default_rng(0).integers(0, 4000, (*lengths, 50, 40)).astype(dtype)


@pytest.mark.parametrize("count", [4, 30])
def test_pages_of_a_tiff_file_are_items_with_one_range(
    count: int, tmp_path: Path, bring: Import
) -> None:
    array = planes(count)
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, array, photometric="minisblack", metadata=None)
    items, report = bring(path, size=32)
    assert len(items) == count
    assert list(items.ids[:3]) == ["0", "1", "2"]
    assert report.bad == []
    assert f"the {count} pages of stack.tif are the items" in report.summary()
    low, high = items.details["stretched_from"]
    card = np.asarray(originals.picture(items, 2, 64)).astype(float)
    wanted = (array[2].astype(float) - low) / (high - low) * 255
    np.testing.assert_allclose(card, wanted.clip(0, 255), atol=1)


def test_channels_stay_together_and_other_axes_are_columns(tmp_path: Path, bring: Import) -> None:
    path = tmp_path / "cells.tif"
    array = planes(3, 2, 2)
    tifffile.imwrite(path, array, imagej=True, metadata={"axes": "TZCYX"})
    items, report = bring(path, size=64)
    assert items.data.shape == (6, 64, 64, 3)
    assert items.table is not None
    assert items.table.column("T") == [0, 0, 1, 1, 2, 2]
    assert items.table.column("Z") == [0, 1, 0, 1, 0, 1]
    assert "2 channels; channel 0, 1 as magenta and green" in report.summary()
    assert "(axes: T 3, Z 2)" in report.summary()


@pytest.mark.parametrize("kind", ["gif", "webp", "png", "palette.tif", "sizes.tif"])
def test_frames_and_unequal_pages_are_items(kind: str, tmp_path: Path, bring: Import) -> None:
    frames = [draw(n, (40, 30), "RGB") for n in range(4)]
    path = tmp_path / f"a.{kind}"
    if kind == "sizes.tif":
        with tifffile.TiffWriter(path) as file:
            for number, frame in enumerate(frames):
                file.write(np.asarray(frame)[: 30 - number], metadata=None)
    elif kind == "palette.tif":
        small = [frame.convert("P", palette=Image.Palette.ADAPTIVE) for frame in frames]
        small[0].save(path, save_all=True, append_images=small[1:])
    else:
        frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    items, _ = bring(path, size=32)
    assert len(items) == 4
    for number, frame in enumerate(frames):
        wanted = np.asarray(frame)[: 30 - number] if kind == "sizes.tif" else np.asarray(frame)
        card = np.asarray(originals.picture(items, number, 64).convert("RGB")).astype(float)
        assert card.shape == wanted.shape
        assert abs(card - wanted).mean() < 30


def test_a_folder_with_one_stack_is_read_as_the_stack(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    tifffile.imwrite(tmp_path / "d/a.tif", planes(6), photometric="minisblack", metadata=None)
    assert open_source(str(tmp_path / "d"), ImportOptions()).count == 6


def test_a_single_picture_is_refused_with_one_way_to_go_on(tmp_path: Path) -> None:
    draw(0).save(tmp_path / "a.png")
    with pytest.raises(DatasetError, match=r"needs at least two; give a folder of pictures, or"):
        open_source(str(tmp_path / "a.png"), ImportOptions())


def test_pages_are_read_without_the_extra(
    tmp_path: Path, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes(5), photometric="minisblack", metadata=None)
    monkeypatch.setattr(formats.Extra, "installed", lambda self: False)
    items, _ = bring(path)
    assert len(items) == 5
    assert (items.data[0] != items.data[1]).any()


def test_a_damaged_page_is_left_out_and_the_others_are_read(tmp_path: Path, bring: Import) -> None:
    path = tmp_path / "a.tif"
    array = planes(5, dtype="u1")
    tifffile.imwrite(path, array, photometric="minisblack", compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as whole:
        offset = whole.pages[2].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[offset : offset + 20] = b"\xff" * 20
    path.write_bytes(bytes(content))
    items, report = bring(path)
    assert items.ids == ("0", "1", "3", "4")
    assert [bad.name for bad in report.bad] == ["page 2"]


def test_a_damaged_file_is_called_damaged(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", planes(5), photometric="minisblack", metadata=None)
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "b.tif").write_bytes(content[:100])
    (tmp_path / "c.gif").write_bytes(b"GIF89a")
    for name in ("b.tif", "c.gif"):
        with pytest.raises(DatasetError, match="is damaged, or not a picture"):
            open_source(str(tmp_path / name), ImportOptions())
