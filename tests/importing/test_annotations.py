"""Annotations of recordings: formats, matching of names, windows and clips."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from lodespace.errors import DatasetError
from lodespace.importing.annotations.annotation import Annotation, AnnotationFile
from lodespace.importing.annotations.annotation_file import (
    names_sounds,
    own_names,
    read_annotations,
)
from lodespace.importing.annotations.column_names import number_in, plain_name
from lodespace.importing.annotations.path_match import match_paths
from lodespace.importing.annotations.recording_annotations import RecordingAnnotations
from lodespace.importing.annotations.window_labels import WindowLabels
from lodespace.importing.sounds.sound_folder import SUFFIXES, SoundFolder
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items.errors import BadItem
from lodespace.predict.reading import Reading, open_new

RATE = 8000
RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)"
    "\tAnnotation\n"
)


def record(path: Path, seconds: float = 7.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE))
    soundfile.write(path, noise.astype(np.float32), RATE)


def items_of(source: SoundFolder) -> list[RawItem]:
    return [item for item in source if isinstance(item, RawItem)]


def labels_of(source: SoundFolder) -> list[tuple[str, str | None, str | None]]:
    return [(item.item_id, item.label, item.other_labels) for item in items_of(source)]


def spans(found: AnnotationFile) -> list[tuple[float | None, float | None, str]]:
    return [(a.start, a.end, a.label) for a in found.annotations]


def read(folder: Path, name: str, text: str | bytes) -> AnnotationFile:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    found = read_annotations(folder / name, name, ImportOptions())
    assert found is not None
    return found


BIRDNET_RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)"
    "\tCommon Name\tSpecies Code\tConfidence\tBegin Path\tFile Offset (s)\n"
)
TABLES = [
    ("a.csv", "file,start,end,label\na.wav,1,2.5,x\n"),
    ("a.csv", "Path;Start Time;End Time;Species\nC:\\rec\\a.wav;1,0;2,5;x\n"),
    ("a.csv", "begin_file,begin_time_s,end_time_s,class\na.wav,1,2.5,x\n"),
    ("a.tsv", "filename\tonset\toffset\tevent_label\na.wav\t1.000\t2.500\tx\n"),
    ("a.csv", "audio,start_ms,end_ms,annotation\na.wav,1000,2500,x\n"),
    ("a.csv", "recording,start,duration,species\na.wav,0:00:01,1.5,x\n"),
    ("a.csv", "INDIR,FOLDER,IN FILE,OFFSET,DURATION,MANUAL ID\n/r,f,a.wav,1,1.5,x\n"),
    ("a.csv", "onset_s,offset_s,label\n1,2.5,x\n"),
    ("a.csv", "sound.files,selec,start,end,bottom.freq,top.freq,label\na.wav,1,1,2.5,1,2,x\n"),
    ("a.csv", "a.wav,1,2.5,x\n"),
    ("meta.txt", "audio/a.wav\t1\t2.5\tx\n"),
    ("a.txt", "file,start,end,label\na.wav,1,2.5,x\n"),
    ("a.json", '[{"file": "a.wav", "start": 1, "end": 2.5, "label": "x"}]'),
    ("a.csv", ",name,start_seconds,stop_seconds\n0,x,1,2.5\n"),
    ("a.csv", "Datei;Start (s);Ende (s);Art\na.wav;1,0;2,5;x\n"),
    ("a.csv", "Aufnahme,start,end,label\n/rec/a.wav,1,2.5,x\n"),
    ("a.csv", "min_t,max_t,min_f,max_f,label\n1,2.5,1000,2000,x\n"),
    ("a.csv", "Start (s),End (s),Scientific name,Common name,Confidence,File\n1,2.5,X x,x,0.7,a\n"),
    ("a.csv", "filepath,start,end,scientific_name,common_name,confidence\n/r/a.wav,1,2.5,X,x,1\n"),
    ("a.jsonl", '{"file": "a.wav", "startTime": 1, "endTime": 2.5, "label": "x"}\n'),
    ("a.txt", RAVEN + "1\tSpectrogram 1\t1\t1.0\t2.5\t100\t200\tx\n"),
    ("a.txt", RAVEN + "1\tWaveform 1\t1\t1\t2.5\t\t\tx\n1\tSpectrogram 1\t1\t1\t2.5\t1\t2\tx\n"),
    ("a.txt", RAVEN.replace("Annotation", "My call") + "1\tSpectrogram 1\t1\t1\t2.5\t1\t2\tx\n"),
    ("a.txt", BIRDNET_RAVEN + "1\tSpectrogram 1\t1\t61\t62.5\t0\t1\tx\tc\t0.5\t/r/a.wav\t1\n"),
    ("a.txt", "1.000000\t2.500000\tx\n\\\t1000.0\t2000.0\n"),
    ("a.txt", "1,0\t2,5\tx\n"),
    ("a.txt", b"\xff\xfe" + "1.0\t2.5\tx\r\n".encode("utf-16-le")),
]


@pytest.mark.parametrize(("name", "text"), TABLES)
def test_usual_spellings_give_the_same_annotation(
    tmp_path: Path, name: str, text: str | bytes
) -> None:
    found = read(tmp_path, name, text)
    assert spans(found) == [(1.0, 2.5, "x")]
    assert found.bad == []
    matched = RecordingAnnotations([found], [b"a.wav", b"b.wav"], 0.5)
    assert list(matched.labels) == [b"a.wav"]


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "raven.txt"])
def test_the_encoding_of_an_old_file_is_found_and_reported(tmp_path: Path, name: str) -> None:
    text = {
        "a.txt": "0\t1\tГрач\n1\t2\tСойка\n",
        "a.csv": "file,start,end,label\na.wav,0,1,Грач\na.wav,1,2,Сойка\n",
        "raven.txt": RAVEN + "1\tV\t1\t0\t1\t1\t2\tГрач\n2\tV\t1\t1\t2\t1\t2\tСойка\n",
    }[name]
    found = read(tmp_path, name, text.encode("cp1251"))
    assert [a.label for a in found.annotations] == ["Грач", "Сойка"]
    assert any("cp1251" in f.text and "--encoding" in f.option for f in found.findings)
    stated = read_annotations(tmp_path / name, name, ImportOptions(encoding="cp1251"))
    assert stated is not None and stated.findings == []


def test_letters_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    found = read(tmp_path, "a.txt", "0\t1\tGrünfink\n".encode() + b"1\t2\tAmsel\xff\n")
    assert any("1 line with letters that are not" in f.text for f in found.findings if f.doubtful)


def test_frequencies_are_read_in_hertz(tmp_path: Path) -> None:
    for text in (
        "file,start,end,low_khz,high_khz,label\na.wav,1,2,1.5,2,x\n",
        "sound.files,start,end,bottom.freq,top.freq,label\na.wav,1,2,1.5,2,x\n",
        "file,start,end,Low Freq (Hz),High Freq (Hz),label\na.wav,1,2,1500,2000,x\n",
    ):
        annotation = read(tmp_path, "a.csv", text).annotations[0]
        assert (annotation.low, annotation.high) == (1500, 2000)
    track = read(tmp_path, "a.txt", "1\t2\tx\n\\\t1500\t2000\n3\t4\ty\n\\\t-1\t-1\n").annotations
    assert [(a.low, a.high) for a in track] == [(1500, 2000), (None, None)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "numpy\nscipy\n"),
        ("README.txt", "Recordings\tof birds\n"),
        ("numbers.txt", "1\t2\n3\n"),
        ("weather.csv", "time,temperature\n1,2\n"),
        ("empty.txt", ""),
        ("binary.txt", b"\0\1\2"),
    ],
)
def test_other_files_are_not_annotations(tmp_path: Path, name: str, text: str | bytes) -> None:
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    assert read_annotations(tmp_path / name, name, ImportOptions()) is None


def test_lines_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "file,start,end,label\na.wav,2,1,x\na.wav,x,3,x\na.wav,1,,x\n")
    assert [bad.name for bad in found.bad] == [f"a.csv: line {n}" for n in (2, 3, 4)]
    assert "before" in found.bad[0].reason


@pytest.mark.parametrize("text", ["", "nan", "NA", "None", "null"])
def test_missing_values_give_an_empty_label(tmp_path: Path, text: str) -> None:
    assert (
        read(tmp_path, "a.csv", f"file,label\na.wav,{text}\nb.wav,x\n").annotations[0].labels == ()
    )


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ('labels\na.wav,"Guitar,Music"\n', ("Guitar", "Music")),
        ("label\na.wav,x|y\nb.wav,x\nc.wav,y\n", ("x", "y")),
        ("label\na.wav,x|y\n", ("x|y",)),
        ("label\na.wav,[x]\n", ("[x]",)),
        ("primary_label,secondary_labels\na.wav,x,\"['y', 'z']\"\n", ("x", "y", "z")),
        ("label\na.wav,1.0\n", ("1",)),
    ],
)
def test_several_labels_are_kept(tmp_path: Path, text: str, labels: tuple[str, ...]) -> None:
    assert read(tmp_path, "a.csv", f"file,{text}").annotations[0].labels == labels


def test_column_names_and_numbers() -> None:
    assert plain_name("Begin Time (s)") == plain_name("BeginTime") == ("begin_time", 1.0)
    assert plain_name("start_ms") == ("start", 0.001)
    assert plain_name("High Freq [kHz]") == ("high_freq", 1000.0)
    assert number_in("1:02:03.5") == 3723.5
    assert number_in("1,5") == 1.5
    with pytest.raises(ValueError):
        number_in("1e400")


def test_the_table_of_a_recording_is_named_like_it() -> None:
    assert "a" in own_names("a.Table.1.selections.txt")
    assert "a" in own_names("a.BirdNET.results.csv")
    assert own_names("north/a_labels.txt")[:2] == ("north/a_labels", "north/a")
    assert "north/a" in own_names("north__a.txt")
    assert own_names("2023.05.01.txt")[0] == "2023.05.01"


PATHS = ["north/a.wav", "south/a.wav", "south/b.wav", "x/Ünïk.wav"]


@pytest.mark.parametrize(
    ("name", "index", "how"),
    [
        ("north/a.wav", 0, "full"),
        ("/mnt/data/north/a.wav", 0, "end"),
        ("D:\\field\\south\\a.wav", 1, "end"),
        ("file:///home/x/south/b.wav", 2, "end"),
        ("b.wav", 2, "end"),
        ("elsewhere/b.wav", 2, "name"),
        ("a.wav", -1, "end"),
        ("SOUTH/B.WAV", 2, "end"),
        ("x/U\u0308ni\u0308k.wav", 3, "end"),
        ("south/b", 2, "stem"),
        ("/data/upload/3/0a1b2c3d-b.wav", 2, "upload"),
        ("zzz.wav", None, ""),
    ],
)
def test_names_match_by_the_longest_unambiguous_end(name: str, index: int | None, how: str) -> None:
    found = match_paths([name], PATHS).get(name)
    assert (None if found is None else found.index) == index
    assert found is None or found.how == how


def test_a_name_in_another_folder_yields_to_a_better_match() -> None:
    found = match_paths(["bird/1.wav", "/data/cat/1.wav"], ["cat/1.wav"])
    assert set(found) == {"/data/cat/1.wav"}


@pytest.mark.parametrize(
    ("names", "paths", "indices"),
    [
        # north is another folder than south, because west is in its folder
        (["north/0.jpg", "west/1.jpg"], ["south/0.jpg", "west/1.jpg"], [None, 1]),
        (["/d/north/0.jpg", "/d/west/1.jpg"], ["south/0.jpg", "west/1.jpg"], [None, 1]),
        (["north/a.wav", "south/b.wav"], ["south/a.wav", "south/b.wav"], [None, 1]),
        (["north/a/0.jpg", "west/a/0.jpg"], ["south/a/0.jpg", "west/a/0.jpg"], [-1, 1]),
        # the folder may have a new name, which is reported
        (["old/0.jpg", "old/1.jpg"], ["new/0.jpg", "new/1.jpg"], ["new/0.jpg", "new/1.jpg"]),
        # files of two folders cannot both be the same file
        (["cat/0.jpg", "dog/0.jpg", "dog/1.jpg"], ["0.jpg", "1.jpg"], [-1, -1, 1]),
        (["cat/0.jpg", "dog/0.jpg"], ["fox/0.jpg"], [-1, -1]),
        # several roots and several names of one file
        (["/a/x/0.jpg", "/b/x/0.jpg"], ["x/0.jpg"], [0, 0]),
        (["meta/0.jpg", "0.jpg"], ["x/0.jpg"], ["x/0.jpg", 0]),
        (["/old/x/0.jpg", "/old/y/1.jpg"], ["new/x/0.jpg", "new/y/1.jpg"], [0, 1]),
        (["/up/3/0a1b2c3d-0.jpg", "x/1.jpg"], ["x/0.jpg", "x/1.jpg"], [0, 1]),
    ],
)
def test_names_in_other_folders_are_left_out_or_reported(
    names: list[str], paths: list[str], indices: list[int | str | None]
) -> None:
    """`indices` has a path in place of an index if the match is in another folder."""
    found = match_paths(names, paths)
    assert [
        None if (m := found.get(n)) is None else paths[m.index] if m.elsewhere else m.index
        for n in names
    ] == indices


def test_a_recording_in_another_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("file,start,end,label\nnorth/a.wav,0,3,owl\n")
    file = read_annotations(tmp_path / "a.csv", "a.csv", ImportOptions())
    assert file is not None
    found = RecordingAnnotations([file], [b"south/a.wav"], 0.5)
    doubtful = [finding.text for finding in found.findings(windows=False) if finding.doubtful]
    assert any("north/a.wav for south/a.wav" in text for text in doubtful)


def annotated(*parts: tuple[float, float, str]) -> WindowLabels:
    return WindowLabels([Annotation((), label, start, end) for start, end, label in parts])


def test_a_window_has_the_label_with_the_largest_overlap() -> None:
    labels = annotated((0.5, 0.7, "chip"), (1.0, 5.0, "song"), (2.9, 3.1, "edge"), (9, 9, "point"))
    assert labels.of(0, 3) == ("song", "chip", "edge")
    assert labels.of(3, 6) == ("song", "edge")
    assert labels.of(6, 9) == ()
    assert labels.of(9, 12) == ("point",)
    assert annotated((2.0, 4.9, "x")).of(0, 3) == ()  # a third of it, and of the window
    overlapping = annotated((0, 1, "a"), (0.2, 1.2, "a"), (1.2, 2.5, "b"))
    assert overlapping.of(0, 3) == ("b", "a")  # 1.3 s, and 1.2 s in all
    annotators = annotated((0, 1, "crow"), (0, 1, "owl"), (0, 1, "owl"))
    assert annotators.of(0, 3) == ("owl", "crow")


def test_a_start_without_an_end_is_doubtful(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "file,start,label\na.wav,1,owl\na.wav,4,crow\n")
    doubts = [finding.text for finding in found.findings if finding.doubtful]
    assert any("times in start are not used; give seconds in columns start" in t for t in doubts)


def test_many_annotations_are_searched_quickly() -> None:
    parts = [(i * 0.1, i * 0.1 + 0.05, str(i % 7)) for i in range(10_000)]
    labels = annotated(*parts)
    assert sum(len(labels.of(i, i + 1)) for i in range(1000)) > 5000


def test_annotations_beside_recordings_label_windows(tmp_path: Path) -> None:
    record(tmp_path / "north/a.wav")
    record(tmp_path / "south/a.wav")
    record(tmp_path / "south/none.wav", 3)
    (tmp_path / "north/a.Table.1.selections.txt").write_text(
        RAVEN + "1\tSpectrogram 1\t1\t0.5\t1\t1\t2\tx\n2\tSpectrogram 1\t1\t1\t2.5\t1\t2\ty\n"
    )
    (tmp_path / "south/a.txt").write_text("6.5\t6.9\tz\n")
    (tmp_path / "requirements.txt").write_text("numpy\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert labels_of(source) == [
        ("north/a.wav@0.000", "y", "x"),
        ("north/a.wav@3.000", None, None),
        ("north/a.wav@6.000", None, None),
        ("south/a.wav@0.000", None, None),
        ("south/a.wav@3.000", None, None),
        ("south/a.wav@6.000", "z", None),
        ("south/none.wav@0.000", None, None),
    ]
    text = " ".join(finding.text for finding in source.findings())
    assert "1 Raven selection table, 1 Audacity label track" in text
    assert "largest overlap" in text and "several labels" in text
    assert [bad.name for bad in source if isinstance(bad, BadItem)] == ["requirements.txt"]


def test_each_annotation_is_an_item_with_clips(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 7)
    (tmp_path / "a.txt").write_text("0.1\t0.3\tx\n\\\t500\t900\n2\t3\ty\n2\t3\tz\n9\t9.5\tlate\n")
    source = SoundFolder(tmp_path, ImportOptions(clips=True, window=2.0))
    first, second = items_of(source)
    assert (first.label, first.start, first.end, first.low, first.high) == ("x", 0.1, 0.3, 500, 900)
    assert (second.label, second.other_labels) == ("y", "z")
    late = [bad for bad in source if isinstance(bad, BadItem)]
    assert "no sound" in late[0].reason
    assert first.picture is not None
    picture = np.asarray(first.picture(None))
    before = round(0.8 / 2 * 64)  # the clip begins 0.8 s before the recording
    assert picture[:, : before - 3].max() == 0 and picture[:, before + 3 :].max() > 20


@pytest.mark.parametrize("clips", [False, True])
def test_new_recordings_are_cut_like_those_of_the_project(tmp_path: Path, clips: bool) -> None:
    record(tmp_path / "a.wav", 4)
    (tmp_path / "a.txt").write_text("0.1\t0.3\tx\n")
    details = SoundFolder(tmp_path, ImportOptions(clips=clips, window=2.0)).details
    source = open_new(
        str(tmp_path), Reading("sound", (64, 64), details), ImportOptions(clips=not clips)
    )
    starts = [item.start for item in source if isinstance(item, RawItem)]
    assert starts == ([0.1] if clips else [0.0, 2.0])


def test_clips_without_annotations_are_refused(tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    with pytest.raises(DatasetError, match="--clips"):
        SoundFolder(tmp_path, ImportOptions(clips=True))
    with pytest.raises(DatasetError, match="--overlap"):
        SoundFolder(tmp_path, ImportOptions(overlap=2))


def test_labels_per_recording_are_for_all_windows(tmp_path: Path) -> None:
    for name in ("1-100.wav", "1-200.wav"):
        record(tmp_path / "esc/audio" / name, 4)
    (tmp_path / "esc/meta").mkdir()
    (tmp_path / "esc/meta/esc50.csv").write_text(
        "filename,fold,target,category,take\n1-100.wav,1,0,dog,A\n1-200.wav,2,14,birds,A\n"
    )
    items = items_of(SoundFolder(tmp_path / "esc", ImportOptions()))
    assert [(item.label, item.split) for item in items] == [("dog", "1")] * 2 + [("birds", "2")] * 2
    assert items[0].columns == {"target": "0", "take": "A"}


def test_unknown_and_ambiguous_recordings_are_listed(tmp_path: Path) -> None:
    for name in ("n/a.wav", "s/a.wav", "s/b.wav"):
        record(tmp_path / name, 3)
    table = tmp_path / "all.csv"
    table.write_text("file,start,end,label\na.wav,0,3,x\nzzz.wav,0,3,x\nb.wav,0,3,y\n")
    source = SoundFolder(tmp_path, ImportOptions(), table)
    assert labels_of(source) == [("s/b.wav@0.000", "y", None)]
    reasons = {bad.name: bad.reason for bad in source if isinstance(bad, BadItem)}
    assert "no recording" in reasons["zzz.wav"]
    assert "several recordings" in reasons["a.wav"]
    doubtful = [finding.text for finding in source.findings() if finding.doubtful]
    assert any("zzz.wav" in text for text in doubtful)
    table.write_text("file,start,end,label\nq.wav,0,3,x\n")
    with pytest.raises(DatasetError, match="--root"):
        SoundFolder(tmp_path, ImportOptions(), table)


def test_labels_of_people_win_over_those_of_a_program(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 6)
    (tmp_path / "a.txt").write_text("0\t1\tperson\n")
    (tmp_path / "a.BirdNET.results.csv").write_text(
        "Start (s),End (s),Scientific name,Common name,Confidence,File\n0,3,B,b,0.9,a.wav\n"
    )
    assert labels_of(SoundFolder(tmp_path, ImportOptions()))[0][1:] == ("person", None)
    (tmp_path / "a.txt").unlink()
    source = SoundFolder(tmp_path, ImportOptions())
    assert labels_of(source)[0][1:] == ("b", None)
    assert any("confidence 0.90 to 0.90" in finding.text for finding in source.findings())


def test_times_of_other_recordings_give_labels_of_whole_recordings(tmp_path: Path) -> None:
    for number in range(3):
        record(tmp_path / f"audio/fold1/{number}.wav", 4)
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata/UrbanSound8K.csv").write_text(
        "slice_file_name,fsID,start,end,salience,fold,classID,class\n"
        + "".join(f"{i}.wav,9,{i * 20 + 5},{i * 20 + 9},1,1,{i},c{i}\n" for i in range(3))
    )
    source = SoundFolder(tmp_path, ImportOptions(window=4.0))
    assert [label for _, label, _ in labels_of(source)] == ["c0", "c1", "c2"]
    assert any("not those of the recordings" in finding.text for finding in source.findings())


def test_a_table_about_something_else_is_passed_over(tmp_path: Path) -> None:
    record(tmp_path / "bird/a.wav", 3)
    record(tmp_path / "frog/b.wav", 3)
    (tmp_path / "features.csv").write_text("filename,mean,label\nq.wav,1,x\n")
    (tmp_path / "weather.csv").write_text("start,end,class\n2024-01-01,2024-01-02,rain\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [label for _, label, _ in labels_of(source)] == ["bird", "frog"]
    assert [bad.name for bad in source if isinstance(bad, BadItem)] == [
        "features.csv",
        "weather.csv",
    ]


def test_a_track_beside_the_only_recording_is_for_it(tmp_path: Path) -> None:
    record(tmp_path / "one/a.wav", 3)
    record(tmp_path / "two/b.wav", 3)
    record(tmp_path / "two/c.wav", 3)
    for folder in ("one", "two"):
        (tmp_path / folder / "Label Track.txt").write_text("0\t1\tx\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [label for _, label, _ in labels_of(source)] == ["x", None, None]
    assert any("two/Label Track.txt" in f.text for f in source.findings() if f.doubtful)


def test_detections_without_labels_are_clips(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 5)
    (tmp_path / "a.csv").write_text("start_seconds,stop_seconds,source_file\n1,2,/x/a.wav\n")
    source = SoundFolder(tmp_path, ImportOptions(clips=True))
    assert labels_of(source) == [("a.wav@1.000-2.000", None, None)]


def test_exported_windows_that_overlap_keep_their_own_labels(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 6)
    (tmp_path / "a.txt").write_text("0.0\t3.0\tx\n2.0\t5.0\ty\n")
    source = SoundFolder(tmp_path, ImportOptions(window=3.0, hop=1.0))
    assert [label for _, label, _ in labels_of(source)] == ["x", None, "y", None]


def test_confidences_count_only_if_their_labels_are_used() -> None:
    person = AnnotationFile("a.txt", "track", [Annotation(("a.wav",), "owl", 0, 3)])
    program = AnnotationFile("b.csv", "BirdNET result", by_program=True)
    program.annotations.append(Annotation(("a.wav",), "crow", 3, 6, confidence=0.5))
    for files, number in (([person, program], 0), ([program], 1)):
        found = RecordingAnnotations(files, [b"a.wav"], 0.5).findings(windows=True)
        assert sum("of a program" in finding.text for finding in found) == number


def test_a_column_of_recordings_in_german_is_found_or_the_table_is_named(tmp_path: Path) -> None:
    good = read(tmp_path, "p.csv", "Aufnahme,Beginn,Ende,Art\na,0,3,owl\n")
    assert good.annotations[0].names == ("a",)
    bad = read(tmp_path, "p.csv", "Quelle,Beginn,Ende,Art\na,0,3,owl\n")
    found = RecordingAnnotations([bad], [b"n/a.wav", b"n/b.wav"], 0.5)
    assert list(found.unknown) == ["p.csv (no column has the names of recordings)"]


def test_results_on_the_windows_label_by_overlap(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("file,start,end,label\na.wav,0,3,x\na.wav,6,9,y\n")
    file = read_annotations(tmp_path / "a.csv", "a.csv", ImportOptions())
    assert file is not None
    found = RecordingAnnotations([file], [b"a.wav"], 0.5)
    found.use_grid(3.0, 1.0)
    labels = [found.labels[b"a.wav"].of(start, start + 3) for start in range(7)]
    assert labels == [("x",), ("x",), (), (), (), ("y",), ("y",)]
    doubtful = [f.option for f in found.findings(windows=True) if f.doubtful]
    assert doubtful == ["--overlap 1"]


def test_a_long_annotation_does_not_slow_the_search() -> None:
    parts = [(i * 0.1, i * 0.1 + 0.05, "x") for i in range(2000)]
    labels = annotated((0, 1e4, "whole"), *parts)
    assert all(len(labels._near(i, i + 1)) < 40 for i in range(0, 200, 10))  # pyright: ignore
    assert labels.of(50, 51) == ("whole", "x")


def test_annotations_that_label_no_window_are_counted(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 6)
    (tmp_path / "a.txt").write_text("0.0\t1.0\tx\n50\t51\ty\n")
    source = SoundFolder(tmp_path, ImportOptions())
    labels_of(source)
    doubtful = [finding.text for finding in source.findings() if finding.doubtful]
    assert doubtful == ["annotations that label no window: 1"]


@pytest.mark.parametrize(
    "text",
    [
        '[{"annotation_id": 1, "lead_time": 1, "label": {"taxonomy": 5}}]',
        '[{"data": {"a": "a.wav"}, "annotations": [{"result": [{"value": [1]}]}]}]',
        '[{"file": "a.wav", "start": 1e400, "end": 2, "label": "x"}]',
        '[{"file": "a.wav", "start": ' + "9" * 400 + ', "end": 2, "label": "x"}]',
        '[{"file": "a.wav", "start": {"a": 1}, "end": [], "label": {"x": []}}]',
        "[" * 100_000,
    ],
)
def test_hostile_annotations_do_not_end_an_import(tmp_path: Path, text: str) -> None:
    record(tmp_path / "a.wav", 3)
    record(tmp_path / "b.wav", 3)
    (tmp_path / "tasks.json").write_text(text)
    assert len(items_of(SoundFolder(tmp_path, ImportOptions()))) == 2


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("file,start,end,label\na.wav,0,1,x\n", True),
        ("file,start,end,label\na,0,1,x\n", True),
        ("file_name,label\na.flac,x\n", True),
        ("file_name,label\na.jpg,x\n", False),
        ("filename,class,xmin,ymin,xmax,ymax\na.jpg,x,1,2,10,12\n", False),
        ("file,label,start,end\na.png,x,1,2\n", False),
        ('file,start,end,embedding\na.wav,0,1,"[0.1, 2]"\n', False),
        ("id,start,vector\n1,2,3\n", False),
    ],
)
def test_a_table_of_sounds_is_recognised(tmp_path: Path, text: str, sounds: bool) -> None:
    (tmp_path / "t.csv").write_text(text)
    assert names_sounds(tmp_path / "t.csv", ImportOptions(), SUFFIXES) == sounds


def test_an_empty_table_is_of_a_recording_without_a_call(tmp_path: Path) -> None:
    record(tmp_path / "x/a.wav", 3)
    record(tmp_path / "y/b.wav", 3)
    (tmp_path / "x/a.Table.1.selections.txt").write_text(RAVEN)
    (tmp_path / "y/b.txt").write_text("0\t1\tcall\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [label for _, label, _ in labels_of(source)] == [None, "call"]
    assert not [bad for bad in source if isinstance(bad, BadItem)]


def test_a_table_without_labels_keeps_its_columns_and_the_folders_labels(tmp_path: Path) -> None:
    record(tmp_path / "x/1.wav", 3)
    record(tmp_path / "y/2.wav", 3)
    (tmp_path / "meta.csv").write_text("itemid,hasbird\n1,1\n2,0\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [(i.label, i.columns) for i in items_of(source)] == [
        ("x", {"hasbird": "1"}),
        ("y", {"hasbird": "0"}),
    ]
    assert any("--label" in finding.option for finding in source.findings() if finding.doubtful)
    source = SoundFolder(tmp_path, ImportOptions(label="hasbird"))
    assert [label for _, label, _ in labels_of(source)] == ["1", "0"]


def test_a_folder_labels_a_recording_only_with_a_class_of_the_tables(tmp_path: Path) -> None:
    for name in (
        "train_short/owl/1.wav",
        "train_short/owl/2.wav",
        "train_short/crow/3.wav",
        "train_long/4.wav",
    ):
        record(tmp_path / name, 3)
    (tmp_path / "meta.csv").write_text("filename,primary_label\n1.wav,owl\n3.wav,crow\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert {item.item_id[:-6]: item.label for item in items_of(source)} == {
        "train_long/4.wav": None,
        "train_short/crow/3.wav": "crow",
        "train_short/owl/1.wav": "owl",
        "train_short/owl/2.wav": "owl",
    }
    texts = {finding.text: finding.option for finding in source.findings()}
    assert texts["1 recording that the tables do not label: from the folder names (owl)"] == ""
    text = "1 recording without a label in the tables, in folders that the tables do not name as"
    assert texts[f"{text} classes (train_long)"] == "--labels-at parent"
    source = SoundFolder(tmp_path, ImportOptions(labels_at="parent"))
    assert {item.label for item in items_of(source)} == {"owl", "crow", "train_long"}


def test_splits_of_folders_are_stated_beside_labels_of_tables(tmp_path: Path) -> None:
    for name in ("train/1.wav", "test/2.wav"):
        record(tmp_path / name, 3)
    (tmp_path / "meta.csv").write_text("filename,label\n1.wav,owl\n2.wav,crow\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [item.split for item in items_of(source)] == ["test", "train"]
    assert "splits" in [finding.topic for finding in source.findings()]


def recordings_of_species(root: Path) -> None:
    """Write two recordings, and a table of their species, whose column has no usual name."""
    for name in ("train/a.wav", "train/b.wav"):
        record(root / name, 6)
    (root / "train_tp.csv").write_text(
        "recording_id,species_id,t_min,t_max\na,14,0,2\na,3,4,5\nb,3,0,2\nb,14,3,5\n"
    )
    (root / "sample_submission.csv").write_text("recording_id,s0,s1\na,0,0\nb,0,0\n")


def test_a_table_with_times_but_no_known_labels_is_doubtful(tmp_path: Path) -> None:
    recordings_of_species(tmp_path)
    source = SoundFolder(tmp_path, ImportOptions())
    assert {item.label for item in items_of(source)} == {None}
    doubtful = [(f.text, f.option) for f in source.findings() if f.doubtful]
    text = "train_tp.csv has no column with a usual name for labels; its rows with times are not"
    assert doubtful == [(f"{text} used", "--label species_id")]
    with pytest.raises(DatasetError, match=r"train_tp.csv has no column .* --label species_id"):
        SoundFolder(tmp_path, ImportOptions(root=tmp_path), tmp_path / "train_tp.csv")


def test_label_names_the_column_of_a_table_beside_recordings(tmp_path: Path) -> None:
    recordings_of_species(tmp_path)
    (tmp_path / "train_fp.csv").write_text("recording_id,species_id,t_min,t_max\na,7,2,3\n")
    (tmp_path / "place.csv").write_text("recording_id,place\na,north\nb,south\n")
    (tmp_path / "noise.csv").write_text("recording_id,start,end,noise\na,1,2,x\na,3,4,y\n")
    source = SoundFolder(tmp_path, ImportOptions(label="species_id"))
    assert [item.label for item in items_of(source)] == ["14", "3", "3", "14"]
    assert items_of(source)[0].columns == {"place": "north"}
    found = source.findings()
    sources = next(finding.text for finding in found if finding.text.startswith("from 2"))
    assert sources.startswith("from 2 tables of times and labels (train_fp.csv, train_tp.csv), ")
    doubtful = [finding.text for finding in found if finding.doubtful]
    assert doubtful == [
        "train_fp.csv may list sounds that are not there (false positives); import one table alone "
        "to use only its labels",
        "noise.csv has no column species_id; its rows with times are not used",
    ]
    with pytest.raises(DatasetError, match="the column 'specie' of --label"):
        SoundFolder(tmp_path, ImportOptions(label="specie"))


def test_columns_with_one_class_each_are_read(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 12)
    rows = "file,start,end,OWL,CROW\na.wav,0,2,POS,NEG\na.wav,3,5,NEG,POS\na.wav,6,8,UNK,NEG\n"
    (tmp_path / "a.csv").write_text(f"{rows}a.wav,9,11,NEG,POS\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [item.label for item in items_of(source)] == ["OWL", "CROW", None, "CROW"]
    assert any("columns with one class each: OWL, CROW" in f.text for f in source.findings())
    assert not any(finding.doubtful for finding in source.findings())


def test_columns_with_several_classes_at_once_need_an_option(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 6)
    (tmp_path / "a.csv").write_text("file,start,end,owl,crow\na.wav,0,2,1,1\na.wav,3,5,1,0\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [item.label for item in items_of(source)] == [None, None]
    assert [f.option for f in source.findings() if f.doubtful] == ["--label owl,crow"]
    source = SoundFolder(tmp_path, ImportOptions(label="owl,crow"))
    assert [row[1:] for row in labels_of(source)] == [("owl", "crow"), ("owl", None)]
    with pytest.raises(DatasetError, match="the column 'crwo' of --label"):
        SoundFolder(tmp_path, ImportOptions(label="owl,crwo"))
    (tmp_path / "a.csv").write_text("file,start,end,Q\na.wav,0,2,POS\na.wav,3,5,UNK\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [item.label for item in items_of(source)] == [None, None]
    assert [f.option for f in source.findings() if f.doubtful] == ["--label Q"]


def test_a_table_of_cuts_with_one_class_per_column_labels_recordings(tmp_path: Path) -> None:
    rows = "sample_name,fname,min_t,max_t,site,subset,number,frog,toad\n"
    for number in range(3):
        record(tmp_path / f"audio/S{number % 2}/r_{number + 5}_{number + 8}.wav", 3)
        marks = "1,0" if number else "0,1"
        rows += f"r_{number + 5}_{number + 8},r,{number + 5},{number + 8},S,train,1,{marks}\n"
    (tmp_path / "metadata.csv").write_text(rows)
    items = items_of(SoundFolder(tmp_path, ImportOptions()))
    assert sorted((item.label, item.split) for item in items) == [
        ("frog", "train"),
        ("frog", "train"),
        ("toad", "train"),
    ]
    assert items[0].columns["site"] == "S"


def test_durations_in_tables_without_a_header_are_found(tmp_path: Path) -> None:
    for name in ("a", "b"):
        record(tmp_path / f"{name}.wav", 6)
    (tmp_path / "a.csv").write_text("0.2,2.0,owl\n3.1,2.2,crow\n")
    (tmp_path / "b.csv").write_text("1.2,1.9,owl\n")  # alone, this may be an end
    source = SoundFolder(tmp_path, ImportOptions(clips=True))
    spans = [(item.start, item.end, item.label) for item in items_of(source)]
    assert spans == [
        (0.2, 2.2, "owl"),
        (3.1, pytest.approx(5.3), "crow"),
        (1.2, pytest.approx(3.1), "owl"),
    ]
    assert any("is read as the duration" in finding.text for finding in source.findings())
    (tmp_path / "a.csv").unlink()
    source = SoundFolder(tmp_path, ImportOptions(clips=True))
    assert [(item.start, item.end) for item in items_of(source)] == [(1.2, 1.9)]
    assert any("if it is the duration" in f.text for f in source.findings() if f.doubtful)


def test_a_table_that_was_not_read_is_named_if_recordings_have_no_label(tmp_path: Path) -> None:
    record(tmp_path / "70_COR_2019.wav", 6)
    (tmp_path / "labels.csv").write_text("row_id,seconds,birds\n70_COR_5,5,owl\n70_COR_10,10,-\n")
    (tmp_path / "sample_submission.csv").write_text("row_id,birds\n70_COR_5,nocall\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert {item.label for item in items_of(source)} == {None}
    doubtful = [finding.text for finding in source.findings() if finding.doubtful]
    assert [text.partition(" may have labels")[0] for text in doubtful] == ["labels.csv"]
