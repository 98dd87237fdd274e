"""Class folders, Label Studio and selection tables: files for other programs."""

import base64
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lodespace.errors import ProjectError
from lodespace.exporting.class_folders import safe_name
from lodespace.exporting.formats import ExportOptions, export
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from samples.pictures import draw


@pytest.mark.parametrize("files", ["copy", "link"])
def test_class_folders_hold_the_original_files(pictures: Path, tmp_path: Path, files: str) -> None:
    options = ExportOptions(files=files)  # type: ignore[arg-type]
    export(pictures, tmp_path / "out", "classes", options)
    found = {p.name: sorted(q.name for q in p.iterdir()) for p in (tmp_path / "out").iterdir()}
    assert found["a"] == [f"{i}.png" for i in (0, 2, 4, 6, 8)]
    assert sum(map(len, found.values())) == 24
    some = next(p for p in (tmp_path / "out" / "b").iterdir())
    same = any(some.samefile(original) for original in (tmp_path / "raw").glob("*.png"))
    assert same == (files == "link")
    # An import of the exported folder has the same labels.
    import_data(str(tmp_path / "out"), tmp_path / "again", ImportOptions())
    items = item_set.load(tmp_path / "again")
    assert items.truth is not None
    assert np.bincount(items.truth + 1).tolist() == [16, 5, 3]


def test_a_manifest_lists_the_files_and_copies_none(pictures: Path, tmp_path: Path) -> None:
    export(pictures, tmp_path / "out", "classes", ExportOptions(files="manifest"))
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["manifest.csv"]
    text = (tmp_path / "out" / "manifest.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows[4] == {"id": "n4", "label": "a", "path": str(tmp_path / "raw" / "4.png")}


def test_predictions_may_stand_in_for_labels(pictures: Path, tmp_path: Path) -> None:
    export(pictures, tmp_path / "out", "classes", ExportOptions(predictions=True))
    assert {p.name for p in (tmp_path / "out").iterdir()} <= {"a", "b"}


def test_missing_originals_are_replaced_by_the_kept_pictures(
    pictures: Path, tmp_path: Path
) -> None:
    for path in (tmp_path / "raw").glob("*.png"):
        path.unlink()
    export(pictures, tmp_path / "out", "classes")
    files = list((tmp_path / "out" / "b").iterdir())
    assert len(files) == 3
    for file in files:
        with Image.open(file) as image:
            assert image.size == (28, 28)


@pytest.mark.parametrize(
    "name", ["..", "../../etc", "a/b", ".hidden", "_unlabelled", "con:", "x" * 300, "\n", "é"]
)
def test_class_names_are_never_paths(name: str, tmp_path: Path) -> None:
    safe = safe_name(name)
    assert (
        "/" not in safe and safe not in ("", ".", "..", "_unlabelled") and not safe.startswith(".")
    )
    (tmp_path / safe).mkdir()
    assert [p.name for p in tmp_path.iterdir()] == [safe]


def test_label_studio_tasks_hold_annotations_and_predictions(
    pictures: Path, tmp_path: Path
) -> None:
    export(pictures, tmp_path / "out.json")
    tasks = json.loads((tmp_path / "out.json").read_text())
    assert len(tasks) == 24
    task = tasks[4]
    assert task["data"]["id"] == "n4"
    assert task["data"]["image"] == "/data/local-files/?d=4.png"
    assert task["data"]["count"] == "4"
    assert task["annotations"][0]["result"][0]["value"] == {"choices": ["a"]}
    assert task["annotations"][0]["meta"]["annotator"] == "anna-anna"
    assert 0 <= task["predictions"][0]["score"] <= 1
    assert tasks[10]["annotations"] == []


def test_label_studio_gets_pictures_without_a_file_as_data(tmp_path: Path) -> None:
    from lodespace.importing.arrays.array_items import from_arrays
    from lodespace.project.opening import new_project

    array = np.stack([np.asarray(draw(i, (20, 20))) for i in range(4)])
    new_project(tmp_path / "work", from_arrays("a", array), "array:x").close()
    export(tmp_path / "work", tmp_path / "out.json")
    kind, _, data = json.loads((tmp_path / "out.json").read_text())[2]["data"]["image"].partition(
        ","
    )
    assert kind == "data:image/png;base64"
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), array[2]
    )


def test_raven_selection_tables_have_one_row_per_window(sounds: Path, tmp_path: Path) -> None:
    export(sounds, tmp_path / "out", "raven")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "north__a.Table.1.selections.txt",
        "north__b.Table.1.selections.txt",
    ]
    text = (tmp_path / "out" / "north__a.Table.1.selections.txt").read_text()
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    assert [(float(r["Begin Time (s)"]), float(r["End Time (s)"])) for r in rows] == [
        (0, 1),
        (2, 3),
    ]
    assert rows[0]["Annotation"] == "north"
    assert rows[0]["Begin File"] == "a.wav"
    assert float(rows[0]["High Freq (Hz)"]) == 4000


def test_audacity_label_tracks_have_one_row_per_window(sounds: Path, tmp_path: Path) -> None:
    export(sounds, tmp_path / "out", "audacity")
    assert (
        tmp_path / "out" / "north__b.txt"
    ).read_text() == "1.000000\t2.000000\tnorth\n5.000000\t6.000000\tnorth\n"


def test_label_studio_tasks_of_sounds_are_recordings_with_regions(
    sounds: Path, tmp_path: Path
) -> None:
    export(sounds, tmp_path / "out.json")
    tasks = json.loads((tmp_path / "out.json").read_text())
    assert [task["data"]["audio"] for task in tasks] == [
        "/data/local-files/?d=north/a.wav",
        "/data/local-files/?d=north/b.flac",
    ]
    values = [region["value"] for region in tasks[1]["annotations"][0]["result"]]
    assert values == [
        {"start": s, "end": s + 1, "channel": 0, "labels": ["north"]} for s in (1.0, 5.0)
    ]


def test_class_folders_of_sounds_hold_the_windows(sounds: Path, tmp_path: Path) -> None:
    import soundfile

    export(sounds, tmp_path / "out", "classes")
    files = sorted((tmp_path / "out" / "north").iterdir())
    assert len(files) == 4
    assert soundfile.info(files[0]).duration == pytest.approx(1)


def test_vectors_have_no_class_folders(vectors: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="csv, parquet or npz"):
        export(vectors, tmp_path / "out", "classes")
