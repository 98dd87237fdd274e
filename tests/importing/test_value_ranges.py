"""Value ranges of pictures of more than 8 bits: one robust range per data set."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image

from lodespace.cli.options import add_data_options, data_options_from, with_joined_range
from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.importing.check import check_data
from lodespace.importing.folders.picture_folder import PictureFolder
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions
from lodespace.items import decoding, originals
from lodespace.items.errors import ItemError
from lodespace.items.item_set import ItemSet
from lodespace.items.picture_reading import PictureReading
from lodespace.items.value_range import ValueSample, to_bytes
from lodespace.predict.reading import doubts, read_batches
from samples.pictures import Import


def noise(bits: int, seed: int = 0) -> npt.NDArray[np.uint16]:
    """Return a picture (48, 48) of random values from 0 to 2**bits - 1."""
    return np.random.default_rng(seed).integers(0, 1 << bits, (48, 48)).astype(np.uint16)


def save(folder: Path, pictures: list[npt.NDArray[np.uint16]], suffix: str = ".png") -> Path:
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number}{suffix}")
    return folder


def values_text(items: ItemSet) -> str:
    return " ".join(line.text for line in items.report if line.topic == "values")


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_files_of_each_depth_use_the_whole_brightness(
    tmp_path: Path, bring: Import, bits: int
) -> None:
    items, _ = bring(save(tmp_path / "m", [noise(bits, seed) for seed in range(4)]))
    wanted = noise(bits).astype(float) * 255 / ((1 << bits) - 1)
    assert np.abs(items.data[0] - wanted).max() <= 1.5
    low, high = items.details["stretched_from"]
    assert low < high <= (1 << bits) - 1
    assert f"{high:,.6g}" in values_text(items)


def test_full_range_16_bit_and_8_bit_pictures_are_not_changed(
    tmp_path: Path, bring: Import
) -> None:
    root = save(tmp_path / "m", [noise(16, seed) for seed in range(3)])
    eight = np.random.default_rng(9).integers(0, 50, (48, 48)).astype(np.uint8)
    Image.fromarray(eight).save(root / "8.png")
    items, _ = bring(root)
    np.testing.assert_array_equal(items.data[0], np.round(noise(16) / 257))
    np.testing.assert_array_equal(items.data[3], eight)
    assert "8 bits are kept" in values_text(items)


@pytest.mark.parametrize("of", ["files", "array"])
def test_hot_pixels_do_not_make_pictures_black(tmp_path: Path, bring: Import, of: str) -> None:
    pictures = [noise(10, seed) for seed in range(4)]
    pictures[1][3, 3] = 65535
    data = save(tmp_path / "m", pictures) if of == "files" else from_arrays("m", np.stack(pictures))
    items, _ = bring(data)
    assert 100 < items.data[0].mean() < 150
    assert items.data[1, 3, 3] == 255


def test_the_sample_of_an_array_ignores_a_few_wild_numbers() -> None:
    sample = ValueSample(np.dtype(np.float64))
    sample.add(np.r_[np.random.default_rng(0).normal(0, 1, 100_000), [1e6] * 20, [np.nan]])
    low, high = sample.range()
    assert -3.5 < low < -2.5
    assert 2.5 < high < 3.5
    assert sample.range((1.0, 2.0)) == (1.0, 2.0)
    assert sample.range("full")[1] == 1e6


@pytest.mark.parametrize(
    ("values", "dtype", "wanted"),
    [
        ([0, 200, 255], np.int64, (0, 255)),
        ([0.0, 0.2, 0.9], np.float32, (0, 1)),
        ([0, 30_000, 65_000], np.uint16, (0, 65535)),
        ([7, 7, 7], np.uint16, (0, 255)),
        ([-5.0, -5.0], np.float32, (-5, -4)),
    ],
)
def test_numbers_that_fill_a_usual_range_keep_it(
    values: list[float], dtype: type, wanted: tuple[float, float]
) -> None:
    sample = ValueSample(np.dtype(dtype))
    sample.add(np.array(values, dtype))
    assert sample.range() == wanted


def test_few_bright_pixels_on_black_stay_visible() -> None:
    stars = np.zeros((100, 100), np.uint16)
    stars[5, 5] = 900
    sample = ValueSample(stars.dtype)
    sample.add(stars)
    assert to_bytes(stars, sample.range())[5, 5] == 255


def test_a_sensor_with_an_offset_is_stretched_from_its_offset() -> None:
    sample = ValueSample(np.dtype(np.uint16))
    sample.add((100 + noise(6)).astype(np.uint16))
    assert sample.range() == (100, 163)


def test_floating_point_tiff_is_read_and_missing_measurements_are_black(
    tmp_path: Path, bring: Import
) -> None:
    root = tmp_path / "f"
    root.mkdir()
    picture = noise(8).astype(np.float32) / 10 - 5
    picture[0, 0] = np.nan
    for number in range(2):
        tifffile.imwrite(root / f"{number}.tif", picture)
    items, report = bring(root)
    assert report.bad == []
    assert items.data[0, 0, 0] == 0
    assert items.data[0].max() == 255
    assert items.data[0].min() == 0


def test_card_and_new_items_are_read_with_the_range_of_the_data_set(
    tmp_path: Path, bring: Import
) -> None:
    items, _ = bring(save(tmp_path / "m", [noise(12, seed) for seed in range(3)]))
    np.testing.assert_array_equal(np.asarray(originals.picture(items, 0, 48)), items.data[0])

    darker = save(tmp_path / "new", [noise(12) // np.uint16(4)])
    reading = Reading("image", (48, 48), items.details)
    source = open_new(str(darker), reading, ImportOptions())
    (batch,) = read_batches(source, reading, ImportReport("new"), 10)
    assert np.abs(batch.array()[0] - items.data[0] / 4.0).max() <= 1.5


@pytest.mark.parametrize(
    ("scale", "told"), [(1.0, ""), (4095.0, "almost uniform"), (1e-4, "almost uniform")]
)
def test_new_pictures_far_outside_of_the_range_are_doubtful(
    tmp_path: Path, scale: float, told: str
) -> None:
    root = tmp_path / "new"
    root.mkdir()
    pictures = np.random.default_rng(0).random((4, 48, 48)).astype(np.float32)
    for number, picture in enumerate(pictures):
        tifffile.imwrite(root / f"{number}.tif", picture * np.float32(scale))
    reading = Reading("image", (48, 48), {"stretched_from": [0.0, 1.0]})
    for data in (str(root), from_arrays("new", pictures * np.float32(scale))):
        text = " ".join(line.text for line in doubts(open_new(data, reading, ImportOptions())))
        assert told in text and bool(told) == bool(text)


def test_the_option_range_is_used_for_files_and_arrays(tmp_path: Path, bring: Import) -> None:
    pictures = [noise(12, seed) for seed in range(3)]
    wanted = np.round(np.clip(pictures[0] / 2000, 0, 1) * 255)
    for data in (save(tmp_path / "m", pictures), from_arrays("m", np.stack(pictures))):
        items, _ = bring(data, range=(0.0, 2000.0))
        np.testing.assert_array_equal(items.data[0], wanted)
        assert items.details["stretched_from"] == [0.0, 2000.0]
        items, _ = bring(data, range="full")
        np.testing.assert_array_equal(items.data[0], np.round(pictures[0] / 257))


def test_the_check_and_the_import_state_the_same_range(tmp_path: Path, bring: Import) -> None:
    pictures = [noise(12, seed) for seed in range(3)]
    np.save(tmp_path / "m.npy", np.stack(pictures))
    for options in (ImportOptions(), ImportOptions(range=(0.0, 2000.0))):
        for data in (str(tmp_path / "m.npy"), from_arrays("m", np.stack(pictures))):
            items, _ = bring(data, range=options.range)
            lines = check_data(data, options).lines
            checked = [line.text for line in lines if line.topic == "values"]
            assert checked == [line.text for line in items.report if line.topic == "values"]


def test_a_few_deep_pictures_among_many_photographs_are_found(tmp_path: Path) -> None:
    root = save(tmp_path / "m", [noise(12, seed) for seed in range(3)], ".tif")
    photo = io.BytesIO()
    Image.new("L", (48, 48)).save(photo, "JPEG")
    for number in range(700):
        (root / f"a{number}.jpg").write_bytes(photo.getvalue())
    survey = PictureFolder(root, ImportOptions()).survey
    assert survey.deep == 3
    assert survey.reading.ranges[0][1] == pytest.approx(4091, abs=5)


def fits(stored: npt.NDArray[Any], zero: int) -> bytes:
    """A FITS file of 16-bit integers. `zero` is BZERO, which a reader adds to each number."""
    height, width = stored.shape
    cards = {"SIMPLE": "T", "BITPIX": 16, "NAXIS": 2, "NAXIS1": width, "NAXIS2": height}
    cards |= {"BZERO": zero, "BSCALE": 1}
    head = "".join(f"{key:8}= {value!s:>20}".ljust(80) for key, value in cards.items())
    return (head + "END").ljust(2880).encode() + stored.astype(">i2").tobytes() + bytes(2880)


@pytest.mark.parametrize("zero", [0, 32_768])
def test_fits_pictures_have_signed_numbers_and_their_first_row_below(zero: int) -> None:
    picture = noise(10).astype(np.int32) - (200 if zero == 0 else 0)
    read = np.asarray(decoding.decode(io.BytesIO(fits(picture - zero, zero))))
    wanted = (picture - picture.min()) * 255 / (picture.max() - picture.min())
    assert np.abs(read[::-1] - wanted).max() <= 1.5


def test_pgm_of_12_bits_is_read_at_once(tmp_path: Path) -> None:
    picture = noise(12)
    content = b"P5\n48 48\n4095\n" + picture.astype(">u2").tobytes()
    read = decoding.numbers_of(io.BytesIO(content))
    assert read is not None
    np.testing.assert_array_equal(read.values, picture)


def test_large_pictures_of_slow_formats_are_left_out() -> None:
    head = b"qoif" + struct.pack(">IIBB", 2001, 2001, 3, 0) + bytes(100)
    with pytest.raises(
        ItemError, match="a QOI file that is decoded in Python can have at most 4 mega"
    ):
        decoding.decode(io.BytesIO(head))
    out = io.BytesIO()
    Image.new("RGB", (20, 20), (10, 20, 30)).save(out, "QOI")
    assert np.asarray(decoding.decode(out))[0, 0].tolist() == [10, 20, 30]


def test_the_command_line_takes_a_range_full_and_channels() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    add_data_options(parser)
    words = ["--range", "-1", "4095", "d", "--channels", "0,2"]
    given = data_options_from(parser.parse_args(with_joined_range(words)))
    assert given.range == (-1.0, 4095.0)
    assert given.channels == (0, 2)
    assert data_options_from(parser.parse_args(["--range", "full", "d"])).range == "full"
    for wrong in (["--range", "7", "d"], ["--range", "half", "d"]):
        with pytest.raises(SystemExit):
            parser.parse_args(with_joined_range(wrong))


@pytest.mark.parametrize("asked", [(5.0, 5.0), (1.0,), (0.0, 1.0, 2.0)])
def test_invalid_ranges_are_refused(tmp_path: Path, asked: tuple[float, ...]) -> None:
    root = save(tmp_path / "m", [noise(12)])
    with pytest.raises(DatasetError, match="--range"):
        PictureFolder(root, ImportOptions(range=asked)).picture_sizes(10)


@pytest.mark.parametrize(
    "details",
    [
        {"stretched_from": [1, "2"]},
        {"stretched_from": [2, 1]},
        {"stretched_from": [float("nan"), 1]},
        {"stretched_from": {"low": 1}, "channels": [-1], "planes": "all"},
        {"channels": [0, 1, 2, 3]},
    ],
)
def test_invalid_details_of_a_foreign_data_set_are_ignored(details: dict[str, object]) -> None:
    assert PictureReading.of(details) == PictureReading()


def test_the_reading_of_pictures_is_stored_and_read_back() -> None:
    reading = PictureReading(((0.0, 5.0), (1.0, 2.0)), (0, 2), "max")
    assert PictureReading.of(reading.details()) == reading
    assert decoding.PLAIN.details() == {}


def test_files_of_two_channels_in_turn_are_both_in_the_sample(tmp_path: Path) -> None:
    pictures = [noise(8 if number % 2 else 14, number)[:8, :8] for number in range(120)]
    root = save(tmp_path / "m", pictures)
    for number in range(120):
        (root / f"{number}.png").rename(root / f"w{number // 2:03}_c{number % 2}.png")
    survey = PictureFolder(root).survey
    (scale,) = survey.reading.ranges
    assert scale[1] > 16_000
    found = survey.findings()[0]
    assert found.doubtful
    assert "almost uniform" in found.text
    assert found.option.startswith("--range ")


def test_a_mark_of_pixels_without_a_value_is_not_in_the_range() -> None:
    random = np.random.default_rng(0)
    for mark, low, high in ((-9999.0, -50, 329), (-3.4028235e38, 0.1, 0.4), (1e20, 5, 9)):
        values = random.uniform(low, high, 10_000).astype(np.float32)
        values[:400] = mark
        sample = ValueSample(values.dtype)
        sample.add(values)
        assert low - 1e-6 <= sample.range()[0] < sample.range()[1] <= high + 1e-6
        assert sample.marks == [float(np.float32(mark))]
    for usual in (random.normal(0, 1, 5000), np.r_[[-1.0] * 50, [1.0] * 50], np.r_[[0] * 99, 900]):
        sample = ValueSample(usual.dtype)
        sample.add(usual)
        sample.range()
        assert sample.marks == []


def test_numbers_of_two_sizes_and_marks_make_the_range_doubtful() -> None:
    fractions = np.random.default_rng(0).random((20, 16, 16))
    mixed = from_arrays("m", np.concatenate([fractions, 4095 * fractions]))
    found = mixed.findings()[-1]
    assert found.doubtful
    assert "almost uniform" in found.text
    assert not from_arrays("m", fractions).findings()[-1].doubtful
    fractions[:, :2] = -9999
    found = from_arrays("m", fractions).findings()[-1]
    assert found.doubtful
    assert "pixels with the number -9,999 are read as pixels without a measurement" in found.text
    assert found.option.startswith("--range -9999")
