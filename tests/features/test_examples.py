"""Examples of a search: files and words, read as the items of the project were read."""

import io
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lodespace.errors import DatasetError
from lodespace.features import registry
from lodespace.features.family import Family, Features, Pictures
from lodespace.features.search_space import searches_files, searches_words, space_of
from lodespace.importing.importer import import_data
from lodespace.importing.reading import Reading
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet, load_digits
from lodespace.predict.examples import ExampleReader
from lodespace.predict.project_model import reading_of

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}


def unit(rows: np.ndarray) -> Features:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


class ColourNetwork:
    """A network that reads pictures and words: the features are the colour."""

    weights = "colours"

    def features(self, pictures: Pictures, /) -> Features:
        return unit(pictures.reshape(len(pictures), -1, 3).mean(axis=1))

    def embed_words(self, texts: Sequence[str], /) -> Features:
        return unit(np.array([COLOURS[text] for text in texts], np.float32))


FAMILY = Family("colours", "photos", ("numpy",), "MIT", ColourNetwork, side=8, reads_words=True)


def png(colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(file, "PNG")
    return file.getvalue()


def reader(items: ItemSet) -> ExampleReader:
    return ExampleReader(items, Reading.of(reading_of(items)))


@pytest.fixture
def colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ItemSet:
    """Nine plain pictures, of three colours in turn, with the features of `ColourNetwork`."""
    monkeypatch.setattr(registry, "OF_PICTURES", (FAMILY,))
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(9):
        (folder / f"{number}.png").write_bytes(png(list(COLOURS.values())[number % 3]))
    import_data(str(folder), tmp_path / "data", ImportOptions())
    items = item_set.load(tmp_path / "data")
    pictures = np.asarray(items.data)
    stated = {**items.details, "features": {"name": "colours", "weights": "colours"}}
    return replace(items, features=ColourNetwork().features(pictures), details=stated)


def test_words_and_pictures_find_the_items_of_their_colour(colours: ItemSet) -> None:
    space = space_of(colours)
    assert space is not None and space.name == "features by colours"
    assert searches_words(colours) and searches_files(colours)
    for place, (word, colour) in enumerate(COLOURS.items()):
        of_words = reader(colours).words(word)
        of_file = reader(colours).file("x.PNG", png(colour))
        for rows in (of_words, of_file):
            found = space.nearest(space.placed(rows), 3).items
            assert sorted(found % 3) == [place] * 3


def test_a_network_that_reads_no_words_is_refused(
    colours: ItemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "OF_PICTURES", (replace(FAMILY, reads_words=False),))
    assert not searches_words(colours)
    with pytest.raises(DatasetError, match="cannot be searched by words"):
        reader(colours).words("red")


def test_features_from_a_file_allow_no_example_files(colours: ItemSet) -> None:
    details = {key: value for key, value in colours.details.items() if key != "features"}
    given = replace(colours, details=details)
    space = space_of(given)
    assert space is not None and space.name == "features" and not searches_files(given)
    with pytest.raises(DatasetError, match="came from a file"):
        reader(given).file("x.png", png((1, 2, 3)))


def test_a_digit_file_is_read_as_the_digits_were() -> None:
    digits = load_digits()
    file = io.BytesIO()
    Image.fromarray(np.asarray(digits.data[3])).save(file, "PNG")
    assert np.array_equal(reader(digits).file("3.png", file.getvalue()), digits.data[3:4])
    for name, content, words in (
        ("3.png", b"\x89PNG\r\n", "not a picture"),
        ("3.csv", b"a,b\n1,2\n", "project are pictures"),
    ):
        with pytest.raises(DatasetError, match=words):
            reader(digits).file(name, content)


def test_windows_of_a_recording_are_examples(tmp_path: Path) -> None:
    def tone(frequency: float, seconds: float) -> bytes:
        times = np.arange(int(8000 * seconds)) / 8000
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            out.writeframes((20_000 * np.sin(6.28 * frequency * times)).astype("<i2").tobytes())
        return file.getvalue()

    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.wav").write_bytes(tone(300 + 900 * number, 2))
    import_data(str(tmp_path / "in"), tmp_path / "data", ImportOptions(window=1.0))
    items = item_set.load(tmp_path / "data")
    found = reader(items).file("new.wav", tone(1200, 3))
    assert found.shape[1:] == items.data.shape[1:] and len(found) >= 3
    near = np.abs(items.data.astype(float) - found[1].astype(float)).mean(axis=(1, 2))
    assert items.ids[int(near.argmin())].startswith("1.wav")
