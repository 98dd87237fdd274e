"""Sound files: windows, spectrograms and invalid headers."""

import io
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from lodespace.errors import DatasetError, RequestError
from lodespace.importing.sounds.sound_folder import SoundFolder
from lodespace.importing.sounds.spectrogram import (
    Spectrogram,
    hertz_to_mel,
    mel_bands,
    mel_to_hertz,
)
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items import originals
from lodespace.items import table as item_table
from lodespace.items.item_set import ItemSet
from lodespace.items.originals import mix
from samples.pictures import Import, reasons

RATE = 16_000


def tone(hertz: float, seconds: float, rate: int = RATE) -> npt.NDArray[np.float32]:
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(0, 1e-4, len(time))
    return (0.3 * np.sin(2 * np.pi * hertz * time) + noise).astype(np.float32)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder of sound files: low/a.wav of 7 s, high/b.flac of 3 s, and c.ogg of 1 s."""
    root = tmp_path / "recordings"
    for name, hertz, seconds in [
        ("low/a.wav", 300, 7.0),
        ("high/b.flac", 4000, 3.0),
        ("c.ogg", 1000, 1.0),
    ]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / name, tone(hertz, seconds), RATE)
    return root


def spans(items: ItemSet) -> list[tuple[str, float, float]]:
    assert items.table is not None
    columns = (
        items.table.column(name) for name in (item_table.PATH, item_table.START, item_table.END)
    )
    return [(path.decode(), start, end) for path, start, end in zip(*columns, strict=True)]


def test_windows_have_their_file_start_and_end(recordings: Path, bring: Import) -> None:
    items, report = bring(recordings)
    assert report.bad == []
    assert (items.kind, items.content, items.data.shape) == ("sound", "spectrograms", (5, 64, 64))
    assert spans(items) == [
        ("c.ogg", 0.0, 1.0),
        ("high/b.flac", 0.0, 3.0),
        ("low/a.wav", 0.0, 3.0),
        ("low/a.wav", 3.0, 6.0),
        ("low/a.wav", 6.0, 7.0),  # the last second is silence
    ]
    assert items.ids[3] == "low/a.wav@3.000"
    assert items.class_names == ("high", "low")


@pytest.mark.parametrize(
    ("window", "hop", "starts"),
    [(2, 1, [0, 1, 2, 3, 4, 5]), (1, 3, [0, 3, 6]), (3, None, [0, 3, 6])],
)
def test_windows_may_overlap_or_leave_gaps(
    tmp_path: Path, bring: Import, window: float, hop: float | None, starts: list[float]
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    soundfile.write(root / "a.wav", tone(300, 7), RATE)
    items, _ = bring(root, window=window, hop=hop)
    assert [start for _, start, _ in spans(items) if _ is not None] == starts


def test_the_played_sound_is_exactly_the_window(recordings: Path, bring: Import) -> None:
    items, _ = bring(recordings)
    samples, rate = soundfile.read(io.BytesIO(originals.sound(items, 3)), dtype="float32")
    assert rate == RATE
    np.testing.assert_allclose(samples, tone(300, 7)[3 * RATE : 6 * RATE], atol=1e-4)
    (recordings / "low/a.wav").unlink()
    with pytest.raises(RequestError, match="no longer in"):
        originals.sound(items, 3)


def test_the_mel_scale_has_an_inverse() -> None:
    assert float(hertz_to_mel(1000)) == pytest.approx(1000, abs=0.1)
    np.testing.assert_allclose(mel_to_hertz(hertz_to_mel([50, 440, 9000])), [50, 440, 9000])


def test_bands_cover_every_frequency_between_their_ends_and_weigh_1() -> None:
    bands = mel_bands(40, 1024, RATE, 50, 8000)
    np.testing.assert_allclose(bands.sum(axis=1), 1, rtol=1e-5)
    frequencies = np.fft.rfftfreq(1024, 1 / RATE)
    inside = (frequencies > 100) & (frequencies < 7900)
    assert (bands.sum(axis=0)[inside] > 0).all()
    assert (bands[:, frequencies < 30] == 0).all()


@pytest.mark.parametrize("hertz", [200, 1000, 3000, 7000])
def test_a_tone_is_a_line_at_its_frequency(hertz: float) -> None:
    picture = Spectrogram(64, 50, 8000)(tone(hertz, 3), RATE)
    edges = mel_to_hertz(np.linspace(hertz_to_mel(50), hertz_to_mel(8000), 66))
    band = int(np.abs(edges[1:-1] - hertz).argmin())
    brightest = 63 - picture.argmax(axis=0)  # the first row is the highest frequency
    assert (np.abs(brightest[2:-2] - band) <= 1).all()
    assert picture[:, 2:-2].max(axis=0).min() > 200


def test_a_click_is_a_column_at_its_time() -> None:
    samples = np.random.default_rng(0).normal(0, 1e-4, 3 * RATE).astype(np.float32)
    samples[2 * RATE : 2 * RATE + 40] = 0.5
    columns = Spectrogram(64, 50, 8000)(samples, RATE).mean(axis=0)
    assert abs(int(columns.argmax()) - 2 / 3 * 64) <= 1.5


@pytest.mark.parametrize("gain", [0.01, 1.0])
def test_the_loudness_of_a_recording_has_no_effect(gain: float) -> None:
    whole = Spectrogram(64, 50, 8000)
    np.testing.assert_allclose(
        whole(tone(1000, 3) * np.float32(gain), RATE).astype(int),
        whole(tone(1000, 3), RATE),
        atol=2,
    )


def test_silence_is_dark() -> None:
    assert Spectrogram(64, 50, 8000)(np.zeros(3 * RATE, np.float32), RATE).max() == 0


def test_sampling_rates_may_differ(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for rate in (8000, 22050, 48000):
        soundfile.write(root / f"{rate}.wav", tone(1000, 3, rate), rate)
    items, _ = bring(root)
    assert items.details["spectrogram"]["fmax"] == 24_000
    rows = items.data[:, :, 10:-10].mean(axis=2).argmax(axis=1)
    assert rows.max() - rows.min() <= 1


def test_the_band_follows_most_of_the_sound(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for name, rate, seconds in (("a", 16_000, 3), ("b", 16_000, 3), ("memo", 8000, 4)):
        soundfile.write(root / f"{name}.wav", tone(1000, seconds, rate), rate)
    source = SoundFolder(root, ImportOptions())
    band = next(f for f in source.findings() if "frequencies" in f.text)
    assert "50 to 8,000 Hz" in band.text and "memo.wav is sampled at only 8,000 Hz" in band.text
    assert not band.doubtful
    items, _ = bring(root)
    memo = items.data[items.ids.index("memo.wav@0.000")]
    above = hertz_to_mel(np.array([4000.0]))[0] / hertz_to_mel(8000)
    missing = int((1 - above) * 64) - 2
    # The recording has no sound here, so the picture is black.
    assert memo[:missing].max() == 0
    assert memo[missing:].max() > 200


def test_hidden_frequencies_are_doubtful(tmp_path: Path) -> None:
    for name, rate, seconds in (("a", 16_000, 30), ("bat", 192_000, 3)):
        soundfile.write(tmp_path / f"{name}.wav", tone(1000, seconds, rate), rate)
    band = SoundFolder(tmp_path, ImportOptions()).findings()[0]
    assert "bat.wav is sampled at 192,000 Hz" in band.text and band.doubtful
    assert band.option.startswith("--fmax")


def test_a_rest_is_padded_and_as_bright_as_other_windows(tmp_path: Path, bring: Import) -> None:
    soundfile.write(tmp_path / "a.wav", tone(1000, 4.4), RATE)
    items, _ = bring(tmp_path)
    assert [(start, round(end, 3)) for _, start, end in spans(items)] == [(0.0, 3.0), (3.0, 4.4)]
    whole, rest = items.data
    filled = int(1.4 / 3 * 64) - 2
    assert rest[:, filled + 5 :].max() == 0
    assert abs(int(np.median(whole[:, 2:filled])) - int(np.median(rest[:, 2:filled]))) < 20


def test_a_tiny_rest_is_left_out_and_stated(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(1000, 6.05), RATE)
    source = SoundFolder(tmp_path, ImportOptions())
    assert len([item for item in source if isinstance(item, RawItem)]) == 2
    assert any("1 recording with a rest" in f.text for f in source.findings())


@pytest.mark.parametrize("loud", [1.0, 0.9])
def test_out_of_phase_stereo_is_not_silent(loud: float) -> None:
    left = tone(1000, 1)
    np.testing.assert_array_equal(mix(np.stack([left, -loud * left], 1)), left)
    independent = np.random.default_rng(1).normal(0, 0.1, len(left)).astype(np.float32)
    for other in (left, np.zeros_like(left), independent):
        np.testing.assert_allclose(mix(np.stack([left, other], 1)), (left + other) / 2, atol=1e-6)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("channels", [1, 2, 32])
def test_every_depth_and_number_of_channels_is_read(
    tmp_path: Path, bring: Import, subtype: str, channels: int
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for name in "ab":
        soundfile.write(
            root / f"{name}.wav",
            np.repeat(tone(1000, 1)[:, None], channels, 1),
            RATE,
            subtype=subtype,
        )
    items, report = bring(root, window=1.0)
    assert (len(items), report.bad) == (2, [])
    assert items.data[0].max() > 150


def test_rf64_is_read(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for name in "ab":
        soundfile.write(root / f"{name}.wav", tone(1000, 1), RATE, format="RF64", subtype="PCM_16")
    assert len(bring(root, window=1.0)[0]) == 2


def test_other_files_are_left_out_with_name_and_reason(recordings: Path, bring: Import) -> None:
    (recordings / "empty.wav").write_bytes(b"")
    (recordings / "text.wav").write_text("not a sound at all")
    soundfile.write(recordings / "nothing.wav", np.zeros(0, np.float32), RATE)
    infinite = tone(300, 1)
    infinite[100] = np.inf
    soundfile.write(recordings / "inf.wav", infinite, RATE, subtype="FLOAT")
    items, report = bring(recordings)
    found = reasons(report)
    assert len(items) == 5
    assert set(found) == {"empty.wav", "text.wav", "nothing.wav", "inf.wav"}
    assert found["empty.wav"] == "the file is empty"
    assert "no samples" in found["nothing.wav"]


@pytest.mark.parametrize("promised", [0xFFFFFFFF, 2_000_000_000, 10])
def test_a_header_with_a_false_length_is_handled(
    recordings: Path, bring: Import, promised: int
) -> None:
    soundfile.write(recordings / "odd.wav", tone(500, 3), RATE, subtype="PCM_16")
    raw = bytearray((recordings / "odd.wav").read_bytes())
    raw[40:44] = struct.pack("<I", promised)
    (recordings / "odd.wav").write_bytes(raw)
    items, _ = bring(recordings)
    there = [span for span in spans(items) if span[0] == "odd.wav"]
    assert len(there) <= 1
    assert len(items) >= 5


def test_frequencies_in_the_wrong_order_are_refused(recordings: Path, bring: Import) -> None:
    with pytest.raises(DatasetError, match="below"):
        bring(recordings, fmin=5000.0, fmax=100.0)
    with pytest.raises(DatasetError, match="--window"):
        bring(recordings, window=0.0)
