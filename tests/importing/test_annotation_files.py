"""Files with annotations of recordings: formats, columns, spellings, damaged lines."""

from pathlib import Path

import pytest

from lodespace.importing.annotations.annotation_file import (
    names_sounds,
    own_names,
    read_annotations,
)
from lodespace.importing.annotations.column_names import number_in, plain_name
from lodespace.importing.annotations.recording_annotations import RecordingAnnotations
from lodespace.importing.sounds.sound_folder import SUFFIXES, SoundFolder
from lodespace.importing.source import ImportOptions
from samples.annotations import RAVEN, items_of, read_file, record, spans

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
    found = read_file(tmp_path, name, text)
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
    found = read_file(tmp_path, name, text.encode("cp1251"))
    assert [a.label for a in found.annotations] == ["Грач", "Сойка"]
    assert any("cp1251" in f.text and "--encoding" in f.option for f in found.findings)
    stated = read_annotations(tmp_path / name, name, ImportOptions(encoding="cp1251"))
    assert stated is not None and stated.findings == []


def test_letters_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    found = read_file(tmp_path, "a.txt", "0\t1\tGrünfink\n".encode() + b"1\t2\tAmsel\xff\n")
    assert any("1 line with letters that are not" in f.text for f in found.findings if f.doubtful)


def test_frequencies_are_read_in_hertz(tmp_path: Path) -> None:
    for text in (
        "file,start,end,low_khz,high_khz,label\na.wav,1,2,1.5,2,x\n",
        "sound.files,start,end,bottom.freq,top.freq,label\na.wav,1,2,1.5,2,x\n",
        "file,start,end,Low Freq (Hz),High Freq (Hz),label\na.wav,1,2,1500,2000,x\n",
    ):
        annotation = read_file(tmp_path, "a.csv", text).annotations[0]
        assert (annotation.low, annotation.high) == (1500, 2000)
    track = read_file(
        tmp_path, "a.txt", "1\t2\tx\n\\\t1500\t2000\n3\t4\ty\n\\\t-1\t-1\n"
    ).annotations
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
    found = read_file(
        tmp_path, "a.csv", "file,start,end,label\na.wav,2,1,x\na.wav,x,3,x\na.wav,1,,x\n"
    )
    assert [bad.name for bad in found.bad] == [f"a.csv: line {n}" for n in (2, 3, 4)]
    assert "before" in found.bad[0].reason


@pytest.mark.parametrize("text", ["", "nan", "NA", "None", "null"])
def test_missing_values_give_an_empty_label(tmp_path: Path, text: str) -> None:
    assert (
        read_file(tmp_path, "a.csv", f"file,label\na.wav,{text}\nb.wav,x\n").annotations[0].labels
        == ()
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
    assert read_file(tmp_path, "a.csv", f"file,{text}").annotations[0].labels == labels


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


def test_a_start_without_an_end_is_doubtful(tmp_path: Path) -> None:
    found = read_file(tmp_path, "a.csv", "file,start,label\na.wav,1,owl\na.wav,4,crow\n")
    doubts = [finding.text for finding in found.findings if finding.doubtful]
    assert any("times in start are not used; give seconds in columns start" in t for t in doubts)


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
