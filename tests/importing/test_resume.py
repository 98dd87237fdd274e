"""Labels imported from three kinds of file. Conflicts between labels are listed, and are not
resolved."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lodespace.cli import main
from lodespace.errors import DatasetError
from lodespace.exporting.formats import export
from lodespace.importing.source import ImportOptions
from lodespace.models.item_predictions import UNLABELED
from lodespace.project.label_import import take_labels
from lodespace.project.labels_from import ForeignLabels, read_labels
from lodespace.project.offline import open_offline
from lodespace.project.opening import open_project
from lodespace.project.project import Project

LABELS = {"n0": "a", "n1": "b", "n7": "new one", "n9": "a"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Ten vectors n0 ... n9 in classes a and b; n0 and n1 are labelled a, n2 is labelled b."""
    labels = ["a", "a", "b", *[""] * 7]
    rows = [{"id": f"n{i}", "vector": [float(i), 1.0, 2.0], "label": labels[i]} for i in range(10)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data.parquet")
    project = open_project(tmp_path / "data.parquet", project_folder=tmp_path / "work")
    project.close()
    return project


def names(folder: Path) -> list[str]:
    project, session = open_offline(folder)
    project.close()
    return [
        "" if c == UNLABELED else session.classes.classes[c].name for c in session.labels.tolist()
    ]


def write(path: Path) -> Path:
    if path.suffix == ".json":
        tasks = [
            {
                "data": {"id": i, "image": "x"},
                "annotations": [{"result": [{"type": "choices", "value": {"choices": [c]}}]}],
            }
            for i, c in LABELS.items()
        ]
        tasks.append(
            {
                "data": {"id": "n8", "image": "x"},
                "annotations": [{"was_cancelled": True, "result": []}],
            }
        )
        path.write_text(json.dumps(tasks))
    elif path.suffix == ".csv":
        path.write_text("id,label\n" + "".join(f"{i},{c}\n" for i, c in LABELS.items()) + "n8,\n")
    elif path.suffix == ".jsonl":
        path.write_text(
            "".join(json.dumps({"id": i, "label": c}) + "\n" for i, c in LABELS.items())
        )
    else:
        pq.write_table(pa.table({"id": list(LABELS), "label": list(LABELS.values())}), path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".json"])
def test_labels_are_imported_by_id(project: Project, tmp_path: Path, suffix: str) -> None:
    labels = read_labels(write(tmp_path / f"labels{suffix}"), ImportOptions())
    assert labels.by_name == LABELS
    resumed = take_labels(project, labels, "keep")
    assert (resumed.labelled, resumed.same, resumed.kept) == (2, 1, 1)
    assert names(project.folder) == ["a", "a", "b", "", "", "", "", "new one", "", "a"]


def test_conflicts_are_listed_and_nothing_is_written(project: Project) -> None:
    resumed = take_labels(project, ForeignLabels.of(LABELS), None)
    assert resumed.conflicts == [("n1", "a", "b")]
    assert names(project.folder) == ["a", "a", "b", *[""] * 7]


def test_conflicts_are_replaced_with_the_option(project: Project) -> None:
    take_labels(project, ForeignLabels.of(LABELS), "replace")
    assert names(project.folder)[1] == "b"
    again = take_labels(project, ForeignLabels.of(LABELS), None)
    assert (again.labelled, again.same, again.conflicts) == (0, 4, [])


def test_label_studio_tasks_without_an_id_match_by_file(tmp_path: Path) -> None:
    result = [{"type": "choices", "value": {"choices": ["cat"]}}]
    tasks = [
        {
            "data": {"image": "/data/local-files/?d=two%20words/a.png"},
            "annotations": [{"result": result}],
        }
    ]
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))
    assert read_labels(tmp_path / "tasks.json", ImportOptions()).by_name == {
        "two words/a.png": "cat"
    }


def test_unknown_ids_are_listed(project: Project) -> None:
    assert take_labels(project, ForeignLabels.of({"stranger": "a", "n5": "b"}), None).unknown == [
        "stranger"
    ]
    assert names(project.folder)[5] == "b"


def test_an_earlier_project_and_its_export_give_the_same_labels(
    project: Project, tmp_path: Path
) -> None:
    assert read_labels(project.folder, ImportOptions()).by_name == {"n0": "a", "n1": "a", "n2": "b"}
    for suffix in (".csv", ".json", ".parquet", ".jsonl"):
        export(project.folder, tmp_path / f"out{suffix}")
        assert read_labels(tmp_path / f"out{suffix}", ImportOptions()).by_name == {
            "n0": "a",
            "n1": "a",
            "n2": "b",
        }


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "x,y\n1,2\n", "--id and --label"),
        ("a.csv", "id,label\nn0,a\nn0,b\n", "labelled 'a' and 'b'"),
        ("a.csv", "id,label\nn0\n", "line 2"),
        ("a.json", "{}", "not tasks"),
        ("a.json", "[{}]", "not tasks"),
        ("a.json", "nonsense", "not tasks"),
        ("a.txt", "x", "give a table"),
    ],
)
def test_files_without_labels_are_refused(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DatasetError, match=message):
        read_labels(tmp_path / name, ImportOptions())
    with pytest.raises(DatasetError, match="no such file"):
        read_labels(tmp_path / "none.csv", ImportOptions())


def test_the_command_lists_conflicts_and_accepts_a_decision(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(tmp_path / "labels.csv"))
    assert main(["import", str(project.folder), "--labels-from", path]) == 2
    said = capsys.readouterr().err
    assert "n1: 'a' here, 'b' imported" in said
    assert "--conflicts" in said
    assert (
        main(["import", str(project.folder), "--labels-from", path, "--conflicts", "replace"]) == 0
    )
    assert "labelled 3 items" in capsys.readouterr().out
    assert np.array(names(project.folder))[[1, 7, 9]].tolist() == ["b", "new one", "a"]
