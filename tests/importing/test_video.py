"""Videos, M4A sound and HEIC pictures, if the packages of their extras are installed."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from lodespace.cli import main
from lodespace.cli.options import add_data_options, data_options_from
from lodespace.errors import DatasetError
from lodespace.importing.detect import open_source
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions
from lodespace.items import decoding, formats, heif, media, originals
from lodespace.items import table as item_table
from lodespace.items.errors import ItemError
from lodespace.items.recording import needs_media, open_recording
from lodespace.predict.reading import read_batches
from lodespace.project.opening import open_project
from samples.pictures import Import, draw

FPS = 10
"""Frames per second of the videos in these tests."""


def video(path: Path, frames: int = 35, codec: str = "mpeg4") -> Path:
    """A video in which each frame is 7 grey levels brighter than the previous frame."""
    av: Any = pytest.importorskip("av", reason="the extra `video` is not installed")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            array = np.full((48, 64, 3), 7 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(array, "rgb24")))
        container.mux(stream.encode(None))
    return path


def chirp(seconds: float, rate: int = 16_000) -> npt.NDArray[np.float32]:
    time = np.arange(round(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * (200 + 100 * time) * time)).astype(np.float32)


def sound(path: Path, seconds: float, container_format: str | None = None) -> Path:
    av: Any = pytest.importorskip("av", reason="the extra `video` is not installed")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream("aac", rate=16_000)
        stream.layout = "mono"
        samples = chirp(seconds)
        for start in range(0, len(samples), 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
            frame.sample_rate, frame.pts = 16_000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def levels(pictures: npt.NDArray[np.uint8]) -> list[int]:
    """Return the frame number of each picture of `video`, read from the brightness of the
    picture.
    """
    return [round(float(picture.mean()) / 7) for picture in pictures]


def test_frames_are_items_with_times_labels_and_cards(tmp_path: Path, bring: Import) -> None:
    video(tmp_path / "v" / "cat" / "a.mp4")
    video(tmp_path / "v" / "dog" / "b.avi", 12)
    items, report = bring(tmp_path / "v", every=1.0)
    assert report.bad == []
    assert items.class_names == ("cat", "dog")
    assert items.ids[:3] == ("cat/a.mp4@0.000", "cat/a.mp4@1.000", "cat/a.mp4@2.000")
    assert levels(items.data) == [0, 10, 20, 30, 0, 10]
    assert items.table is not None
    assert items.table.column(item_table.START) == [0, 1, 2, 3, 0, 1]
    cards = [np.asarray(originals.picture(items, item, 64)) for item in range(len(items))]
    assert levels(np.stack(cards)) == [0, 10, 20, 30, 0, 10]
    assert cards[0].shape == (48, 64, 3)
    assert any("one every 1 s" in line.text for line in items.report)

    reading = Reading(items.kind, (64, 64), items.details)
    source = open_new(str(video(tmp_path / "new.mp4", 15)), reading, ImportOptions())
    (batch,) = read_batches(source, reading, ImportReport("new"), 10)
    assert batch.ids == ["new.mp4@0.000", "new.mp4@1.000"]


def test_exported_frames_are_pictures_with_their_time(tmp_path: Path) -> None:
    video(tmp_path / "v" / "a.mp4", 12)
    opened = open_project(
        str(tmp_path / "v"), project_folder=tmp_path / "p", options=ImportOptions(every=0.5)
    )
    opened.close()
    export = ["export", str(tmp_path / "p"), "-o"]
    assert main([*export, str(tmp_path / "out"), "--format", "classes"]) == 0
    names = ["a@0.000.png", "a@0.500.png", "a@1.000.png"]
    assert sorted(path.name for path in (tmp_path / "out" / "_unlabelled").iterdir()) == names
    assert main([*export, str(tmp_path / "t.json")]) == 0
    tasks = json.loads((tmp_path / "t.json").read_text())
    assert [task["data"]["image"][:22] for task in tasks] == ["data:image/png;base64,"] * 3


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".mov", ".ts"])
def test_the_card_shows_the_frame_of_the_item(tmp_path: Path, suffix: str) -> None:
    path = video(tmp_path / f"a{suffix}")
    with path.open("rb") as file:
        found = list(media.frames(file, 0.7))
    assert levels(np.stack([np.asarray(f.picture()) for f in found])) == [0, 7, 14, 21, 28]
    for frame in found:
        with path.open("rb") as file:
            card = np.asarray(media.frame_at(file, frame.time))
        np.testing.assert_array_equal(card, np.asarray(frame.picture()))


def test_a_video_cannot_open_another_file(tmp_path: Path) -> None:
    video(tmp_path / "secret.ts")
    lists = {
        "playlist.mp4": f"#EXTM3U\n#EXTINF:10,\n{tmp_path}/secret.ts\n",
        "parts.mp4": f"ffconcat version 1.0\nfile {tmp_path}/secret.ts\n",
        "text.mp4": "no video",
    }
    for name, content in lists.items():
        (tmp_path / name).write_text(content)
        with (tmp_path / name).open("rb") as file, pytest.raises(ItemError, match="not a video"):
            list(media.frames(file, 1.0))


def test_damaged_videos_are_left_out_with_a_reason(tmp_path: Path, bring: Import) -> None:
    whole = video(tmp_path / "v" / "a.mp4")
    (tmp_path / "v" / "cut.mp4").write_bytes(whole.read_bytes()[:300])
    items, report = bring(tmp_path / "v")
    assert len(items) == 4
    assert [bad.name for bad in report.bad] == ["cut.mp4"]
    with pytest.raises(ItemError, match="no frame"), whole.open("rb") as file:
        media.frame_at(file, 1000.0)


@pytest.mark.parametrize("name", ["a.m4a", "a.aac", "a.mka"])
def test_the_sound_of_an_item_is_the_same_after_a_seek(tmp_path: Path, name: str) -> None:
    path = sound(tmp_path / name, 4.0, "adts" if name.endswith("aac") else None)
    with path.open("rb") as file, open_recording(file) as recording:
        assert (recording.samplerate, recording.channels) == (16_000, 1)
        whole = recording.read(10 * 16_000)[:, 0]
    shift = int(np.argmax(np.correlate(whole[:9000], chirp(0.25), "valid")))
    error = np.abs(whole[shift : shift + 48_000] - chirp(3.0))
    assert error.max() < 0.05
    for first in (0, 5_000, 40_000):
        with path.open("rb") as file, open_recording(file) as recording:
            recording.seek(first)
            part = recording.read(2_000)[:, 0]
        np.testing.assert_allclose(part, whole[first : first + 2_000], atol=1e-4)


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        (b"RIFF\0\0\0\0WAVE", False),
        (b"\xff\xfb\x90\x64" + bytes(8), False),
        (b"ID3\x04" + bytes(8), False),
        (b"\xff\xf1\x50\x80" + bytes(8), True),
        (b"\0\0\0\x20ftypM4A ", True),
        (b"OggS" + bytes(8), False),
        (b"", False),
    ],
)
def test_the_first_bytes_of_a_sound_choose_the_library(head: bytes, wanted: bool) -> None:
    assert needs_media(head) is wanted


def test_m4a_recordings_are_imported_and_played(tmp_path: Path, bring: Import) -> None:
    sound(tmp_path / "s" / "a.m4a", 4.0)
    items, report = bring(tmp_path / "s", window=1.0)
    assert report.bad == []
    assert items.kind == "sound"
    assert len(items) >= 4
    assert items.data[:4].any(axis=(1, 2)).all()
    assert len(originals.sound(items, 2)) == 44 + 2 * 16_000


def test_heic_pictures_are_read_upright(tmp_path: Path, bring: Import) -> None:
    pillow_heif: Any = pytest.importorskip(
        "pillow_heif", reason="the extra `heif` is not installed"
    )
    root = tmp_path / "phone"
    root.mkdir()
    for number in range(2):
        picture = draw(number, (60, 40), "RGB")
        pillow_heif.from_pillow(picture).save(root / f"{number}.heic", quality=95)
    items, report = bring(root)
    assert report.bad == []
    with (root / "0.heic").open("rb") as file:
        read = np.asarray(decoding.decode(file)).astype(float)
        assert decoding.suffix_of(file) == ".heic"
    assert np.abs(read - np.asarray(draw(0, (60, 40), "RGB"))).mean() < 8
    assert np.asarray(originals.picture(items, 1, 60)).shape == (40, 60, 3)
    series = [draw(number, (60, 40), "RGB") for number in range(3)]
    series[0].save(root / "2.heic", "HEIF", save_all=True, append_images=series[1:])
    with (root / "2.heic").open("rb") as file:
        look = decoding.look(file)
        assert look is not None and look.further


def test_missing_extras_are_named_for_files_and_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats.Extra, "installed", lambda self: False)
    monkeypatch.setattr(decoding, "SUFFIXES", formats.OF_PILLOW)
    head = io.BytesIO(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40))
    assert heif.is_heif(head)
    with pytest.raises(ItemError, match=r"lodespace\[heif\]"):
        decoding.decode(head)
    root = tmp_path / "phone"
    root.mkdir()
    for name in ("a.mov", "b.heic", "c.heic"):
        (root / name).write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"2 files .*lodespace\[heif\]"):
        open_source(str(root), ImportOptions())
    with pytest.raises(DatasetError, match=r"lodespace\[video\]"):
        open_source(str(root / "a.mov"), ImportOptions())
    with pytest.raises(ItemError, match=r"lodespace\[video\]"):
        open_recording(io.BytesIO(b"\0\0\0\x20ftypM4A \0\0\0\0"))


@pytest.mark.parametrize(
    ("text", "seconds"), [("2", 2.0), ("1s", 1.0), ("500ms", 0.5), ("1.5m", 90.0), (".5s", 0.5)]
)
def test_the_time_between_frames_may_have_a_unit(text: str, seconds: float) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_data_options(parser)
    assert data_options_from(parser.parse_args(["--every", text])).every == pytest.approx(seconds)
    with pytest.raises(SystemExit):
        parser.parse_args(["--every", f"{text} frames"])
