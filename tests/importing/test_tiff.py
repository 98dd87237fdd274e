"""TIFF files with several channels, planes or pages, read with tifffile."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image

from lodespace.importing.folders.picture_folder import PictureFolder
from lodespace.importing.source import ImportOptions
from lodespace.items import decoding, formats, originals, tiff
from lodespace.items.errors import ItemError
from lodespace.items.paths import MAX_FILE_BYTES
from lodespace.items.picture_reading import PictureReading
from samples.pictures import Import


def stack(*lengths: int, dtype: str = "u2") -> npt.NDArray[Any]:
    """Planes (*lengths, 20, 30), each with larger values than the plane before it."""
    planes = np.arange(np.prod(lengths, dtype=int)).reshape(*lengths, 1, 1) * 300 + 100
    return (planes + np.arange(30)).repeat(20, axis=-2).astype(dtype)


def written(array: npt.NDArray[Any], **how: Any) -> io.BytesIO:
    out = io.BytesIO()
    tifffile.imwrite(out, array, **how)
    out.seek(0)
    return out


def numbers(file: io.BytesIO, **reading: Any) -> npt.NDArray[Any]:
    return tiff.read(file, PictureReading(**reading)).values


@pytest.mark.parametrize(
    ("lengths", "how", "channels", "planes"),
    [
        ((3, 4), {"ome": True, "metadata": {"axes": "CZYX"}}, 3, {"Z": 4}),
        ((5, 2), {"imagej": True, "metadata": {"axes": "ZCYX"}}, 2, {"Z": 5}),
        ((7,), {"metadata": {"axes": "TYX"}}, 1, {"T": 7}),
        ((4,), {"photometric": "minisblack", "metadata": None}, 4, {}),
        ((30,), {"photometric": "minisblack", "metadata": None}, 1, {"I": 30}),
        ((3,), {"photometric": "rgb", "planarconfig": "separate"}, 3, {}),
    ],
    ids=["OME", "ImageJ", "times", "few pages", "many pages", "planar"],
)
def test_the_axes_are_those_that_the_file_states(
    lengths: tuple[int, ...], how: dict[str, Any], channels: int, planes: dict[str, int]
) -> None:
    found = tiff.layout(written(stack(*lengths), **how))
    assert (found.height, found.width, found.channels, found.planes) == (20, 30, channels, planes)


def test_channels_are_composed_and_the_middle_in_depth_is_read() -> None:
    array = stack(3, 5)
    file = written(array, ome=True, metadata={"axes": "CZYX"})
    np.testing.assert_array_equal(numbers(file), array[:, 2].transpose(1, 2, 0))
    np.testing.assert_array_equal(numbers(file, channels=(2,)), array[2, 2][..., None][..., 0])
    np.testing.assert_array_equal(
        numbers(file, channels=(2, 0), planes="first"), array[[2, 0], 0].transpose(1, 2, 0)
    )
    np.testing.assert_array_equal(numbers(file, planes="max"), array[:, 4].transpose(1, 2, 0))


def test_hyperstacks_in_one_page_are_read_plane_by_plane(tmp_path: Path) -> None:
    array = stack(6, 2)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, imagej=True, metadata={"axes": "ZCYX"})
    with tifffile.TiffFile(path) as whole:
        first = whole.pages[0]
        link = first.offset + 2 + 12 * len(first.tags)
    content = bytearray(path.read_bytes())
    order = "<" if content[:2] == b"II" else ">"
    # The file now lists only the first page.
    content[link : link + 4] = struct.pack(f"{order}I", 0)
    np.testing.assert_array_equal(numbers(io.BytesIO(bytes(content))), array[3].transpose(1, 2, 0))


def test_two_channels_are_magenta_and_green_each_with_its_own_range(
    tmp_path: Path, bring: Import
) -> None:
    rng = np.random.default_rng(0)
    root = tmp_path / "cells"
    root.mkdir()
    for number in range(3):
        bright, dim = rng.integers(0, 4096, (24, 24)), rng.integers(10, 40, (24, 24))
        tifffile.imwrite(
            root / f"{number}.tif",
            np.stack([bright, dim]).astype(np.uint16),
            imagej=True,
            metadata={"axes": "CYX"},
        )
    items, report = bring(root)
    assert report.bad == []
    assert items.data.shape == (3, 24, 24, 3)
    np.testing.assert_array_equal(items.data[..., 0], items.data[..., 2])
    assert items.data[..., 1].max() == 255
    assert items.data[..., 1].min() == 0
    assert len(items.details["stretched_from"]) == 2
    card = np.asarray(originals.picture(items, 0, 24))
    np.testing.assert_array_equal(card, items.data[0])
    texts = [line.text for line in items.report if line.topic == "values"]
    assert any("2 channels; channel 0, 1 as magenta and green" in text for text in texts), texts


def test_doubtful_channels_and_pages_are_marked_with_their_option(tmp_path: Path) -> None:
    root = tmp_path / "cells"
    root.mkdir()
    tifffile.imwrite(root / "0.tif", stack(5), photometric="minisblack", metadata=None)
    found = PictureFolder(root, ImportOptions()).findings()
    assert [f.option for f in found if f.doubtful and f.topic == "values"] == ["--channels 0,1"]
    chosen = PictureFolder(root, ImportOptions(channels=(4,))).survey
    assert not any(f.doubtful for f in chosen.findings())
    assert chosen.reading.channels == (4,)


@pytest.mark.parametrize("dtype", ["i1", "i2", "u4", "i4", "f2", "f4", "f8", "c8"])
def test_numbers_of_each_type_are_read_or_refused(dtype: str) -> None:
    file = written(np.arange(600).reshape(20, 30).clip(0, 127).astype(dtype))
    if dtype == "c8":
        with pytest.raises(ItemError, match="complex"):
            decoding.decode(file)
        return
    picture = np.asarray(decoding.decode(file))
    assert picture[0, 0] == 0
    assert picture[-1, -1] == 255


@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "lzma", "jpegxl", "lerc"])
def test_every_usual_compression_is_read(compression: str) -> None:
    array = stack(2)
    np.testing.assert_array_equal(
        numbers(written(array, compression=compression, metadata={"axes": "CYX"})),
        array.transpose(1, 2, 0),
    )


@pytest.mark.parametrize("kind", ["png", "tif", "ppm", "jp2"])
def test_colour_of_12_bits_keeps_its_colours(kind: str) -> None:
    import imagecodecs

    rng = np.random.default_rng(0)
    array = (rng.random((30, 40, 3)) * [4095, 2000, 500]).astype(np.uint16)
    content = {
        "png": lambda: imagecodecs.png_encode(array),
        "tif": lambda: written(array).getvalue(),
        "ppm": lambda: b"P6\n40 30\n65535\n" + array.astype(">u2").tobytes(),
        "jp2": lambda: imagecodecs.jpeg2k_encode(array, level=0),
    }[kind]()
    read = decoding.numbers_of(io.BytesIO(content))
    assert read is not None
    assert read.colour
    np.testing.assert_array_equal(read.values, array)
    picture = np.asarray(decoding.decode(io.BytesIO(content))).astype(float)
    assert picture[..., 0].mean() > 1.8 * picture[..., 1].mean() > 5 * picture[..., 2].mean()


def test_a_pyramid_is_read_at_the_level_that_suffices() -> None:
    out = io.BytesIO()
    levels = [np.full((side, side), side // 2, np.uint8) for side in (256, 128, 64)]
    with tifffile.TiffWriter(out) as writer:
        writer.write(levels[0], subifds=2, tile=(64, 64))
        for level in levels[1:]:
            writer.write(level, subfiletype=1, tile=(64, 64))
    out.seek(0)
    assert tiff.read(out, PictureReading(), (32, 32)).values.shape == (64, 64)
    assert tiff.read(out, PictureReading(), (60, 60)).values.shape == (128, 128)
    assert tiff.read(out, PictureReading()).values.shape == (256, 256)


def test_without_the_extra_the_first_page_is_read_and_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats.Extra, "installed", lambda self: False)
    root = tmp_path / "cells"
    root.mkdir()
    tifffile.imwrite(root / "0.tif", stack(2), photometric="minisblack", metadata=None)
    with (root / "0.tif").open("rb") as file:
        assert np.asarray(decoding.decode(file)).shape == (20, 30)
    found = [f for f in PictureFolder(root, ImportOptions()).findings() if f.doubtful]
    assert [f.option for f in found] == ["pip install 'lodespace[microscopy]'"]
    with pytest.raises(ItemError, match=r"lodespace\[microscopy\]"):
        samples = {"photometric": "minisblack", "planarconfig": "contig"}
        decoding.decode(written(stack(2).transpose(1, 2, 0), **samples))


def test_plain_pictures_are_read_by_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: object) -> None:
        raise AssertionError("tifffile was used")

    monkeypatch.setattr(tiff, "read", unwanted)
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "F"):
        out = io.BytesIO()
        Image.new(mode, (8, 8), 1).save(out, "TIFF")
        out.seek(0)
        decoding.decode(out)


def test_an_ome_file_cannot_open_another_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ome.tif"
    tifffile.imwrite(secret, stack(2), ome=True, metadata={"axes": "CYX"})
    other = secret.read_bytes()
    with tifffile.TiffFile(secret) as whole:
        text = whole.ome_metadata
    assert text is not None
    named = text.replace(
        "<TiffData ",
        '<TiffData FirstC="0" FirstT="0" FirstZ="0"><UUID FileName="secret.ome.tif">'
        "urn:uuid:1</UUID></TiffData><TiffData ",
        1,
    )
    assert named != text
    liar = tmp_path / "liar.ome.tif"
    tifffile.imwrite(liar, np.zeros((20, 30), np.uint16), description=named, metadata=None)
    secret.write_bytes(other)
    with liar.open("rb") as file:
        try:
            values = tiff.read(file, PictureReading()).values
        except ItemError:
            return
        assert not values.any()


@pytest.mark.parametrize("kind", ["loop", "many", "huge", "tile", "cut"])
def test_hostile_files_are_refused(kind: str) -> None:
    file = written(stack(2), photometric="minisblack", metadata=None)
    content = bytearray(file.getvalue())
    with tifffile.TiffFile(file) as whole:
        page = whole.pages[0]
        tags = {tag.name: tag.offset for tag in page.tags}
        link = page.offset + 2 + 12 * len(page.tags)
        begin = page.offset
    if kind == "loop":
        content[link : link + 4] = struct.pack("<I", begin)
        assert tiff.page_count(io.BytesIO(bytes(content))) == 1
        return
    if kind == "many":
        head = struct.pack("<2sHI", b"II", 42, 8)
        pages = b"".join(struct.pack("<HI", 0, 14 + 6 * k) for k in range(tiff.MAX_PAGES + 5))
        content = bytearray(head + pages)
    if kind == "huge":
        for name in ("ImageWidth", "ImageLength"):
            content[tags[name] + 2 : tags[name] + 12] = struct.pack("<HII", 4, 1, 60_000)
    if kind == "cut":
        content = content[: len(content) // 2]
    if kind == "tile":
        content = bytearray(written(stack(2), tile=(16, 16), metadata=None).getvalue())
        with tifffile.TiffFile(io.BytesIO(bytes(content))) as whole:
            tags = {tag.name: tag.offset for tag in whole.pages[0].tags}
        for name in ("TileWidth", "TileLength"):
            content[tags[name] + 2 : tags[name] + 12] = struct.pack("<HII", 4, 1, 1 << 20)
    with pytest.raises(ItemError):
        decoding.decode(io.BytesIO(bytes(content)))


def test_a_stack_may_be_larger_than_other_pictures(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "big"
    root.mkdir()
    for number in range(2):
        path = root / f"{number}.tif"
        tifffile.imwrite(path, stack(3), imagej=True, metadata={"axes": "ZYX"})
        with path.open("r+b") as file:
            file.truncate(MAX_FILE_BYTES + 1)  # a hole takes no room on the disk
    items, report = bring(root)
    assert report.bad == []
    assert np.asarray(originals.picture(items, 0, 30)).shape == (20, 30)


def test_further_pictures_in_a_file_are_reported(tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    for name, sizes in (("a", [(20, 30), (10, 10), (7, 5)]), ("b", [(20, 30)])):
        with tifffile.TiffWriter(root / f"{name}.tif") as file:
            for height, width in sizes:
                file.write(np.full((height, width), 9, np.uint8), metadata=None)
    frames = [Image.new("L", (20, 20), 60 * n) for n in range(3)]
    frames[0].save(root / "c.gif", save_all=True, append_images=frames[1:])
    # The second picture of a phone's photo is a preview.
    frames[0].save(root / "d.jpg", "MPO", save_all=True, append_images=frames[1:])
    with (root / "a.tif").open("rb") as file:
        assert tiff.layout(file).further
    found = [f.text for f in PictureFolder(root, ImportOptions()).findings() if f.doubtful]
    text = "2 of 4 files looked at have several pictures or frames; the first is read. If DATA"
    assert any(line.startswith(text) for line in found)
