"""Annotations beside recordings: labels of windows, clips, and labels of whole recordings."""

from pathlib import Path

import numpy as np
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.annotations.annotation import Annotation, AnnotationFile
from lodespace.importing.annotations.annotation_file import (
    read_annotations,
)
from lodespace.importing.annotations.recording_annotations import RecordingAnnotations
from lodespace.importing.annotations.window_labels import WindowLabels
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.sounds.sound_folder import SoundFolder
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items.errors import BadItem
from samples.annotations import RAVEN, items_of, labels_of, read_file, record


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
    # The overlap is a third of the annotation and a third of the window.
    assert annotated((2.0, 4.9, "x")).of(0, 3) == ()
    overlapping = annotated((0, 1, "a"), (0.2, 1.2, "a"), (1.2, 2.5, "b"))
    # "b" covers 1.3 s of the window, "a" covers 1.2 s.
    assert overlapping.of(0, 3) == ("b", "a")
    annotators = annotated((0, 1, "crow"), (0, 1, "owl"), (0, 1, "owl"))
    assert annotators.of(0, 3) == ("owl", "crow")


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
    good = read_file(tmp_path, "p.csv", "Aufnahme,Beginn,Ende,Art\na,0,3,owl\n")
    assert good.annotations[0].names == ("a",)
    bad = read_file(tmp_path, "p.csv", "Quelle,Beginn,Ende,Art\na,0,3,owl\n")
    found = RecordingAnnotations([bad], [b"n/a.wav", b"n/b.wav"], 0.5)
    advice = "no column names the recording; name the file like the recording"
    assert list(found.unknown) == [f"p.csv ({advice})"]


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


def test_an_empty_table_is_of_a_recording_without_a_call(tmp_path: Path) -> None:
    record(tmp_path / "x/a.wav", 3)
    record(tmp_path / "y/b.wav", 3)
    (tmp_path / "x/a.Table.1.selections.txt").write_text(RAVEN)
    (tmp_path / "y/b.txt").write_text("0\t1\tcall\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [label for _, label, _ in labels_of(source)] == [None, "call"]
    assert not [bad for bad in source if isinstance(bad, BadItem)]
