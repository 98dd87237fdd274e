"""Sounds as pretrained networks read them: the same at an import and for new items."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from lodespace.features import process_main
from lodespace.features.family import Family, Sounds
from lodespace.features.networks import SoundNetwork
from lodespace.features.preparation import SOUND_BATCH
from lodespace.importing.importer import import_data
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set, originals
from lodespace.predict.reading import read_batches

RATE = 4000
TIMES = ((0.1, 0.3), (1.0, 3.5), (2.0, 3.0), (3.8, 4.0))


def mean_level(sounds: Sounds) -> torch.Tensor:
    return torch.tensor([[float(sound.mean()), 1.0] for sound in sounds])


NETWORK = Family(
    "level", "sounds", (), "MIT", lambda: SoundNetwork(mean_level, "none", RATE), rate=RATE
)


def annotated(folder: Path) -> Path:
    """Write a recording of 4 s, with annotations shorter and longer than a window of 1 s."""
    folder.mkdir()
    soundfile.write(folder / "a.wav", np.linspace(-1, 1, 4 * 8000), 8000, "FLOAT")
    lines = (f"{start}\t{end}\tclass-{k}\n" for k, (start, end) in enumerate(TIMES))
    (folder / "a.txt").write_text("".join(lines))
    return folder


@pytest.mark.parametrize("clips", [False, True])
def test_new_sounds_are_read_as_an_import_reads_them(tmp_path: Path, clips: bool) -> None:
    data = annotated(tmp_path / "in")
    import_data(str(data), tmp_path / "data", ImportOptions(clips=clips, window=1.0))
    items = item_set.load(tmp_path / "data", root=data)
    imported = [sound for batch in process_main._sounds(items, RATE) for sound in batch]
    reading = Reading.of_items(items)
    source = open_new(str(data), reading, ImportOptions())
    (batch,) = read_batches(source, reading, ImportReport("new"), 10, NETWORK)
    assert batch.ids == list(items.ids) and len(imported) == 4
    for one, other in zip(imported, batch.prepared, strict=True):
        np.testing.assert_array_equal(one, other)
        assert len(one) <= RATE, "longer than the window that the picture shows"


def test_a_long_annotation_is_played_as_a_whole(tmp_path: Path) -> None:
    data = annotated(tmp_path / "in")
    import_data(str(data), tmp_path / "data", ImportOptions(clips=True, window=1.0))
    items = item_set.load(tmp_path / "data", root=data)
    for drawn, seconds in ((False, 2.5), (True, 1.0)):
        samples, rate = originals.samples_of(items, 1, drawn=drawn)
        assert len(samples) == round(seconds * rate)
        assert float(samples.mean()) == pytest.approx(2 * 2.25 / 4 - 1, abs=1e-3)


def test_parts_of_several_sounds_reach_the_network_together() -> None:
    sizes: list[int] = []

    def network(parts: Sounds) -> torch.Tensor:
        sizes.append(len(parts))
        return mean_level(parts)

    sounds = [np.full(n, 0.1 * k, np.float32) for k, n in enumerate((50, 350, 100, 101, 1))]
    rows = SoundNetwork(network, "none", longest=100).features(sounds)
    assert sizes == [SOUND_BATCH, SOUND_BATCH, 1]
    expected = np.array([[0.1 * k, 1] for k in range(5)])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(rows, expected, atol=1e-6)
