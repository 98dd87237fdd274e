"""Labels from elsewhere: names matched by path, Label Studio's own exports, failed imports."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from lodespace.cli import main
from lodespace.errors import DatasetError
from lodespace.exporting.formats import export
from lodespace.importing.annotations.annotation import Annotation
from lodespace.importing.annotations.annotation_file import read_annotations
from lodespace.importing.annotations.item_labels import match_items
from lodespace.importing.annotations.label_studio import paths_in
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.project.label_import import LabelImport, summary, take_labels
from lodespace.project.labels_from import ForeignLabels, read_labels
from lodespace.project.offline import open_offline
from lodespace.project.opening import open_project
from lodespace.protocol import values
from samples.pictures import draw

Tasks = list[dict[str, Any]]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> ItemSet:
    """Pictures x/1.png, y/1.png, y/2.png and "z/my photo (1).png"."""
    folder = tmp_path_factory.mktemp("pictures")
    root = folder / "raw"
    for number, name in enumerate(["x/1.png", "y/1.png", "y/2.png", "z/my photo (1).png"]):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(root / name)
    report = import_data(str(root), folder / "imported", ImportOptions())
    return item_set.load(folder / "imported", root=report.root)


def matched(items: ItemSet, labels: dict[str, str]) -> dict[str, str]:
    found = match_items(ForeignLabels.of(labels).annotations, items, 0.5)
    return {items.ids[item]: names[0] for item, names in found.labels.items()}


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("y/2.png", "y/2.png"),
        ("/home/anna/set/x/1.png", "x/1.png"),
        ("C:\\Users\\anna\\y\\1.png", "y/1.png"),
        ("2.png", "y/2.png"),
        ("y/2", "y/2.png"),
        ("1.png", None),
        ("w/3.png", None),
    ],
)
def test_tables_match_by_the_end_of_the_path(
    pictures: ItemSet, name: str, item: str | None
) -> None:
    assert matched(pictures, {name: "a"}) == ({} if item is None else {item: "a"})


def test_a_path_counts_more_than_the_number_of_a_row(pictures: ItemSet) -> None:
    annotations = [Annotation(("2", "x/1.png"), "a"), Annotation(("1", "y/2.png"), "b")]
    found = match_items(annotations, pictures, 0.5)
    names = {pictures.ids[item]: given[0] for item, given in found.labels.items()}
    assert names == {"x/1.png": "a", "y/2.png": "b"}


def test_a_class_of_any_number_of_items_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of lists in messages must not limit an import."""
    monkeypatch.setattr(values, "MAX_LISTED_ITEMS", 2)
    np.save(tmp_path / "data.npy", np.zeros((6, 3), np.float32))
    project = open_project(
        tmp_path / "data.npy", project_folder=tmp_path / "project", labels="none"
    )
    labels = ForeignLabels.of(dict.fromkeys(project.items.ids, "the same"))
    assert take_labels(project, labels, None).labelled == 6
    project.close()
    project, session = open_offline(tmp_path / "project")
    project.close()
    assert session.labels.tolist() == [0] * 6


def test_ambiguous_names_are_listed_with_the_items(pictures: ItemSet) -> None:
    found = match_items(ForeignLabels.of({"1.png": "a", "q.png": "b"}).annotations, pictures, 0.5)
    assert found.unclear == [("1.png", ["x/1.png", "y/1.png"])]
    assert found.unknown == ["q.png"]


def test_a_name_without_an_item_counts_once(pictures: ItemSet) -> None:
    annotations = [Annotation((name,), "a", n, n + 1) for n in range(9) for name in ("q", "1.png")]
    found = match_items(annotations, pictures, 0.5)
    assert found.unknown == ["q"]
    assert [name for name, _ in found.unclear] == ["1.png"]


def test_labels_of_windows_that_overlap_are_stated(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in/a.wav", np.zeros(48_000, np.float32), 8000)
    windows = ImportOptions(window=3.0, hop=1.0)
    report = import_data(str(tmp_path / "in"), tmp_path / "imported", windows)
    items = item_set.load(tmp_path / "imported", root=report.root)
    (tmp_path / "a.txt").write_text("0\t3\towl\n")
    labels = read_labels(tmp_path / "a.txt", ImportOptions())
    found = match_items(labels.annotations, items, labels.overlap)
    assert found.labels == {0: ("owl",)}
    assert "exactly the times of a window" in summary(LabelImport(matched=found), None)


def choice(label: str | list[str], name: str = "label") -> dict[str, Any]:
    labels = [label] if isinstance(label, str) else label
    return {"from_name": name, "type": "choices", "value": {"choices": labels}}


def task(key: str, value: str, *labels: str | list[str], **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "data": {key: value},
        "annotations": [{"result": [choice(label)]} for label in labels],
        **more,
    }


def studio(folder: Path, value: object) -> ForeignLabels:
    (folder / "ls.json").write_text(json.dumps(value))
    return read_labels(folder / "ls.json", ImportOptions())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("image", "/data/local-files/?d=datasets/tex/y/2.png"),
        ("photo", "/data/local-files/?d=y/2.png"),
        ("my picture", "https://example.com/files/y/2.png?token=a.b"),
        ("image", "s3://bucket/set/y/2.png"),
        ("image", "/data/upload/3/0a1b2c3d-2.png"),
        ("image", "C:\\data\\y\\2.png"),
    ],
)
def test_label_studio_names_match(pictures: ItemSet, tmp_path: Path, key: str, value: str) -> None:
    labels = studio(tmp_path, [task(key, value, "cat")])
    found = match_items(labels.annotations, pictures, 0.5)
    assert found.labels == {pictures.ids.index("y/2.png"): ("cat",)}


def test_an_uploaded_file_matches_by_its_changed_name(pictures: ItemSet, tmp_path: Path) -> None:
    labels = studio(tmp_path, [task("image", "/data/upload/1/ffffffff-my_photo_1.png", "cat")])
    found = match_items(labels.annotations, pictures, 0.5)
    assert found.labels == {pictures.ids.index("z/my photo (1).png"): ("cat",)}
    assert dict(found.how) == {"upload": 1}


def test_paths_in_references() -> None:
    assert paths_in("/data/local-files/?d=a%20b.png")[0] == "a b.png"
    assert paths_in("https://x.org/a%20b.png?t=1#x")[0] == "https://x.org/a b.png"
    assert paths_in("a%20b.png") == ("a%20b.png", "a b.png")


def minimal(**more: Any) -> dict[str, Any]:
    meta = {"annotator": 1, "annotation_id": 5, "created_at": "", "updated_at": "", "lead_time": 2}
    return {"image": "/data/upload/1/0a1b2c3d-2.png", "id": 1, **more, **meta}


@pytest.mark.parametrize(
    "record",
    [
        minimal(label="cat"),
        minimal(choice={"choices": ["cat", "dog"]}),
        minimal(label="cat", quality="blurred"),
        minimal(species="cat", source="camera 3"),
    ],
)
@pytest.mark.parametrize("kind", ["json", "csv"])
def test_json_min_and_csv_are_read(
    pictures: ItemSet, tmp_path: Path, record: dict[str, Any], kind: str
) -> None:
    if kind == "json":
        labels = studio(tmp_path, [record])
    else:
        cells = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in record.items()}
        quoted = ['"' + str(cells[k]).replace('"', '""') + '"' for k in sorted(cells)]
        (tmp_path / "ls.csv").write_text(f"{','.join(sorted(cells))}\n{','.join(quoted)}\n")
        labels = read_labels(tmp_path / "ls.csv", ImportOptions())
    found = match_items(labels.annotations, pictures, 0.5)
    assert {pictures.ids[i]: names[0] for i, names in found.labels.items()} == {"y/2.png": "cat"}


def test_several_annotators_are_decided_by_a_stated_rule(tmp_path: Path) -> None:
    tasks: Tasks = [
        task("image", "a.png", "cat", "dog", "dog"),
        task("image", "b.png", "cat", "dog"),
        task("image", "c.png", "cat", "dog", "dog"),
        task("image", "d.png", ["cat", "dog"]),
        task("image", "e.png"),
    ]
    for number, annotation in enumerate(tasks[1]["annotations"]):
        annotation["updated_at"] = f"2024-01-0{2 - number}T00:00:00Z"
    tasks[2]["annotations"][0]["ground_truth"] = True
    labels = studio(tmp_path, tasks)
    assert labels.by_name == {"a.png": "dog", "b.png": "cat", "c.png": "cat", "d.png": "cat"}
    assert labels.annotations[-1].others == ("dog",)
    assert any("3 tasks with different labels" in note for note in labels.notes)


def test_the_control_with_the_labels_is_stated_and_chosen(tmp_path: Path) -> None:
    tasks = [task("image", "a.png", "cat")]
    tasks[0]["annotations"][0]["result"].append(choice("sharp", "quality"))
    labels = studio(tmp_path, tasks)
    assert labels.by_name == {"a.png": "cat"}
    assert any("quality" in note and "--label" in note for note in labels.notes)
    other = read_labels(tmp_path / "ls.json", ImportOptions(label="quality"))
    assert other.by_name == {"a.png": "sharp"}


def test_regions_of_sounds_are_annotations(tmp_path: Path) -> None:
    region = {"start": 1, "end": 2.5, "channel": 0, "labels": ["x", "y"]}
    result = [{"from_name": "l", "type": "labels", "value": region}]
    value = [
        {"data": {"audio": "/data/upload/1/0a1b2c3d-a.wav"}, "annotations": [{"result": result}]}
    ]
    (tmp_path / "ls.json").write_text(json.dumps(value))
    whole = read_annotations(tmp_path / "ls.json", "ls.json", ImportOptions())
    (tmp_path / "min.json").write_text(json.dumps([minimal(audio="a.wav", image="", l=[region])]))
    flat = read_annotations(tmp_path / "min.json", "min.json", ImportOptions())
    for found in (whole, flat):
        assert found is not None
        assert [(a.start, a.end, a.labels) for a in found.annotations] == [(1, 2.5, ("x", "y"))]


def test_annotators_of_regions_do_not_outvote_a_label(tmp_path: Path) -> None:
    one = task("audio", "a.wav", "cat")
    for end in (2, 3):
        region = {"start": 1, "end": end, "channel": 0, "labels": ["x"]}
        result = [{"from_name": "l", "type": "labels", "value": region}]
        one["annotations"].append({"result": result, "updated_at": f"2024-01-0{end}T00:00:00Z"})
    one["annotations"][1]["ground_truth"] = True
    (tmp_path / "ls.json").write_text(json.dumps([one]))
    found = read_annotations(tmp_path / "ls.json", "ls.json", ImportOptions())
    assert found is not None
    assert [(a.end, a.labels) for a in found.annotations] == [(None, ("cat",)), (2, ("x",))]


def test_regions_of_another_control_do_not_displace_the_chosen_ones(tmp_path: Path) -> None:
    annotations = [
        {"result": [{"from_name": name, "value": {"start": 1, "end": 2, "labels": [label]}}]}
        for name, label in (("label", "bird"), ("noise", "wind"))
    ]
    annotations[1]["ground_truth"] = True
    tasks = [{"data": {"audio": "/data/upload/1/a.wav"}, "annotations": annotations}]
    (tmp_path / "ls.json").write_text(json.dumps(tasks))
    found = read_annotations(tmp_path / "ls.json", "ls.json", ImportOptions())
    assert found is not None
    assert [annotation.labels for annotation in found.annotations] == [("bird",)]
    assert not any("annotators" in finding.text for finding in found.findings)


@pytest.mark.parametrize("reason", ["unreadable", "conflict"])
def test_a_failed_import_of_labels_leaves_no_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reason: str
) -> None:
    for number, name in enumerate(["a/1.png", "a/2.png", "b/3.png"]):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(tmp_path / "in" / name)
    labels = tmp_path / "labels.csv"
    labels.write_text("path,label\na/1.png,b\n" if reason == "conflict" else "nothing\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    command = ["import", str(tmp_path / "in"), "-o", str(tmp_path / "work")]
    assert main([*command, "--labels-from", str(labels)]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    if reason == "conflict":
        assert "'a' here, 'b' imported" in capsys.readouterr().err
        assert main([*command, "--labels-from", str(labels), "--conflicts", "replace"]) == 0
        assert "matched 1 by full id" in capsys.readouterr().out


def test_several_labels_of_a_new_project_are_kept_and_exported(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / "in").mkdir(exist_ok=True)
        draw(number).save(tmp_path / "in" / f"{number}.png")
    (tmp_path / "ls.json").write_text(json.dumps([task("image", "1.png", ["cat", "dog"])]))
    work = tmp_path / "work"
    command = ["import", str(tmp_path / "in"), "-o", str(work)]
    assert main([*command, "--labels-from", str(tmp_path / "ls.json")]) == 0
    project, session = open_offline(work)
    project.close()
    assert session.items.table is not None
    assert session.items.table.column("lodespace.other_labels") == [None, "dog", None]
    export(work, tmp_path / "out.json")
    again = read_labels(tmp_path / "out.json", ImportOptions())
    assert [(a.names[0], a.labels) for a in again.annotations] == [("1.png", ("cat", "dog"))]


NAMES = ["NA", "None", "nan", "1.0", "[a]", "a|b", "x, y", " lead", "-1"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_our_own_exports_give_the_same_classes(tmp_path: Path, suffix: str) -> None:
    more = {"class_id": 0, "labelled_by": "a", "labelled_at": 1.5, "gesture": 1}
    rows: list[dict[str, Any]] = [
        {"item": n, "id": f" {n}.jpg", "label": name, **more} for n, name in enumerate(NAMES)
    ]
    path = tmp_path / f"out.{suffix}"
    if suffix == "csv":
        cells = [list(rows[0]), *([str(cell) for cell in row.values()] for row in rows)]
        path.write_text("".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in cells))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read_labels(path, ImportOptions())
    assert [a.labels for a in found.annotations] == [(name,) for name in NAMES]
    assert [a.names[0] for a in found.annotations] == [row["id"] for row in rows]


def test_choices_in_label_studio_are_classes_as_they_are(tmp_path: Path) -> None:
    labels = studio(tmp_path, [task("image", f"{n}.png", name) for n, name in enumerate(NAMES)])
    assert list(labels.by_name.values()) == NAMES


def test_missing_values_are_those_that_are_asked_for_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("id,label\n1,NA\n2,cat\n3,gone\n")
    usual = read_labels(path, ImportOptions())
    assert usual.by_name == {"2": "cat", "3": "gone"}
    assert any("NA (1)" in note and "--missing" in note for note in usual.notes)
    assert read_labels(path, ImportOptions(missing="")).by_name["1"] == "NA"
    assert set(read_labels(path, ImportOptions(missing="gone")).by_name) == {"1", "2"}


def test_items_in_another_folder_are_reported(pictures: ItemSet) -> None:
    found = match_items(ForeignLabels.of({"w/2.png": "a"}).annotations, pictures, 0.5)
    assert found.elsewhere == {"w/2.png": "y/2.png"}
    lines = summary(LabelImport(matched=found), None).splitlines()
    assert any(line.startswith("? names that fit an item in a folder") for line in lines)
    both = ForeignLabels.of({"w/2.png": "a", "x/1.png": "b"}).annotations
    assert match_items(both, pictures, 0.5).unknown == ["w/2.png"]


def test_a_list_of_files_with_numbers_of_classes_is_read(tmp_path: Path) -> None:
    (tmp_path / "val.txt").write_text("a_1.jpg 0\na_2.jpg 1\na_3.jpg 1\n")
    labels = read_labels(tmp_path / "val.txt", ImportOptions())
    assert labels.by_name == {"a_1.jpg": "0", "a_2.jpg": "1", "a_3.jpg": "1"}


def test_a_table_without_known_labels_is_refused_with_its_columns(tmp_path: Path) -> None:
    table = tmp_path / "train_tp.csv"
    table.write_text("recording_id,species_id,t_min,t_max\na,14,0,2\n")
    with pytest.raises(DatasetError, match="columns are recording_id, species_id, t_min, t_max"):
        read_labels(table, ImportOptions())
    found = read_labels(table, ImportOptions(label="species_id"))
    assert [(a.label, a.start) for a in found.annotations] == [("14", 0)]


def test_tables_without_names_of_columns_in_a_folder_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("0.2,2.0,owl\n3.0,2.5,crow\n")
    (tmp_path / "b.csv").write_text("1.0,1.5,owl\n")
    found = read_labels(tmp_path, ImportOptions())
    assert [(a.start, a.end) for a in found.annotations] == [(0.2, 2.2), (3, 5.5), (1, 2.5)]


def test_an_existing_project_states_that_further_labels_are_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d").mkdir()
    for number in range(3):
        draw(number).save(tmp_path / f"d/{number}.png")
    (tmp_path / "l.csv").write_text("id,label\n0.png,a|b\n1.png,b\n2.png,a\n")
    labels = ["--labels-from", str(tmp_path / "l.csv")]
    assert main(["import", str(tmp_path / "d"), "-o", str(tmp_path / "old")]) == 0
    assert main(["import", str(tmp_path / "old"), *labels]) == 0
    assert "an existing project does not keep the others" in capsys.readouterr().out
    assert main(["import", str(tmp_path / "d"), "-o", str(tmp_path / "new"), *labels]) == 0
    assert "the others are in the column other_labels" in capsys.readouterr().out
