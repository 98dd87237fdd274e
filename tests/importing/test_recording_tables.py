"""Tables of recordings without known labels, with a class per column, or without a header."""

from pathlib import Path

import pytest

from lodespace.errors import DatasetError
from lodespace.importing.detect import open_source
from lodespace.importing.sounds.sound_folder import SoundFolder
from lodespace.importing.source import ImportOptions
from samples.annotations import items_of, labels_of, record


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
    assert (
        texts["1 recording without a label in the tables: labels from the folder names (owl)"] == ""
    )
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
    """Write two recordings, and a table of their species with an unusual column name."""
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
    with pytest.raises(DatasetError, match="has the column 'specie'"):
        SoundFolder(tmp_path, ImportOptions(label="specie"))


def test_columns_with_one_class_each_are_read(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 12)
    rows = "file,start,end,OWL,CROW\na.wav,0,2,POS,NEG\na.wav,3,5,NEG,POS\na.wav,6,8,UNK,NEG\n"
    (tmp_path / "a.csv").write_text(f"{rows}a.wav,9,11,NEG,POS\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [item.label for item in items_of(source)] == ["OWL", "CROW", None, "CROW"]
    assert any("columns with one class each: OWL, CROW" in f.text for f in source.findings())
    assert not any(finding.doubtful for finding in source.findings())


@pytest.mark.parametrize(("yes", "no"), [("✓", ""), ("x", "-"), ("Ja", "nein")])
def test_words_and_signs_mark_classes(yes: str, no: str, tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 9)
    rows = f"a.wav,0,2,{yes},{no}\na.wav,3,5,{no},{yes}\na.wav,6,8,{no},{yes}\n"
    (tmp_path / "a.csv").write_text(f"file,start,end,OWL,CROW\n{rows}")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [item.label for item in items_of(source)] == ["OWL", "CROW", "CROW"]


def test_columns_with_several_classes_at_once_need_an_option(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", 6)
    (tmp_path / "a.csv").write_text("file,start,end,owl,crow\na.wav,0,2,1,1\na.wav,3,5,1,0\n")
    source = SoundFolder(tmp_path, ImportOptions())
    assert [item.label for item in items_of(source)] == [None, None]
    assert [f.option for f in source.findings() if f.doubtful] == ["--label owl,crow"]
    source = SoundFolder(tmp_path, ImportOptions(label="owl,crow"))
    assert [row[1:] for row in labels_of(source)] == [("owl", "crow"), ("owl", None)]
    with pytest.raises(DatasetError, match="has the column 'crwo'"):
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
    # Without the other table, 1.9 could be an end instead of a duration.
    (tmp_path / "b.csv").write_text("1.2,1.9,owl\n")
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


def test_tables_with_different_labels_for_a_recording_are_doubtful(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        record(tmp_path / name, 3)
    (tmp_path / "truth.csv").write_text("fname,labels\na,owl\nb,crow\n")
    (tmp_path / "same.csv").write_text("fname,labels\na.wav,owl\n")
    assert not [f for f in SoundFolder(tmp_path, ImportOptions()).findings() if f.doubtful]
    (tmp_path / "tags.csv").write_text("fname,labels\na,night\nb,crow\n")
    found = SoundFolder(tmp_path, ImportOptions()).findings()
    (text,) = (finding.text for finding in found if finding.doubtful)
    assert text.startswith("same.csv, tags.csv, truth.csv have different labels for 1 recording")
    source = open_source(str(tmp_path / "tags.csv"), ImportOptions(root=tmp_path))
    assert isinstance(source, SoundFolder)
    assert {item.label for item in items_of(source)} == {"night", "crow"}
