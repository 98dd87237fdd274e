"""Import of votes: tables with one column per source. The label model combines the votes."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.source import ImportOptions
from lodespace.project.votes_from import read_table, read_votes

N = 600
CLASSES = ("owl", "kite", "heron")


@pytest.fixture(scope="module")
def votes_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A table with the votes of three people, and the true classes (N,)."""
    random = np.random.default_rng(5)
    truth = random.integers(0, 3, N)
    columns = []
    for right in (0.97, 0.9, 0.6):
        given = np.where(random.random(N) < right, truth, (truth + 1) % 3)
        votes = [CLASSES[number] for number in given]
        columns.append([v if random.random() < 0.9 else "" for v in votes])
    lines = ["id,mia,tom,kim"]
    lines += [f"p{i:03},{a},{b},{c}" for i, (a, b, c) in enumerate(zip(*columns, strict=True))]
    path = tmp_path_factory.mktemp("votes") / "votes.csv"
    path.write_text("\n".join(lines))
    return path, truth


def test_labels_are_those_of_the_label_model(votes_file: tuple[Path, np.ndarray]) -> None:
    path, truth = votes_file
    found = read_votes(path, ImportOptions())
    right = [CLASSES[truth[int(a.names[0][1:])]] == a.label for a in found.annotations]
    assert np.mean(right) > 0.95
    assert all(0.5 <= (a.confidence or 0) <= 1 for a in found.annotations)


def test_uncertain_items_get_no_label(votes_file: tuple[Path, np.ndarray]) -> None:
    path, _ = votes_file
    every = read_votes(path, ImportOptions()).annotations
    certain = read_votes(path, ImportOptions(), above=0.99)
    assert 0 < len(certain.annotations) < len(every)
    assert all((a.confidence or 0) >= 0.99 for a in certain.annotations)
    assert any(line.startswith("? items without a class") for line in certain.notes)


def test_each_source_has_a_line_with_its_accuracy(
    votes_file: tuple[Path, np.ndarray],
) -> None:
    notes = read_votes(votes_file[0], ImportOptions()).notes
    assert notes[0].startswith("votes of 3 sources on ")
    assert [line.split(":")[0].strip() for line in notes[1:4]] == ["mia", "tom", "kim"]
    for line, true in zip(notes[1:4], (97, 90, 60), strict=True):
        share, low, high = map(int, re.findall(r"(\d+)%", line))
        assert low <= share <= high
        assert low - 3 <= true <= high + 3
        assert high - low < 20


def test_two_sources_have_no_accuracy(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("\n".join(["id,a,b", *(f"{i},x,{'xy'[i % 2]}" for i in range(60))]))
    notes = read_votes(path, ImportOptions()).notes
    assert all("right: unknown" in line and "%" not in line for line in notes[1:3])


def test_marks_of_abstention_are_not_classes(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("item,f,g\nx,-1,1\ny,0,ABSTAIN\nz,,nan\n")
    table = read_table(path, ImportOptions())
    assert (table.names, table.sources, table.classes) == (
        [("x",), ("y",), ("z",)],
        ["f", "g"],
        ["1", "0"],
    )
    assert table.votes.items.tolist() == [1, 0]
    assert [table.classes[c] for c in table.votes.classes] == ["0", "1"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,a\n1,x\n1,y\n", "two rows have id '1'"),
        ("id,a\n,x\n", "has no id"),
        ("id,a\n1,\n2,nan\n", "there are no votes"),
        ("id\n1\n", "0 columns beside id"),
        ("number,a\n1,x\n", "name the column of ids or paths with --id"),
    ],
)
def test_tables_that_are_not_votes_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(content)
    with pytest.raises(DatasetError, match=message):
        read_votes(path, ImportOptions())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none\.csv: no such file"):
        read_votes(tmp_path / "none.csv", ImportOptions())


def test_a_column_that_does_not_exist_is_named(votes_file: tuple[Path, np.ndarray]) -> None:
    with pytest.raises(DatasetError, match="there is no column name"):
        read_votes(votes_file[0], ImportOptions(id="name"))


def test_annotators_of_label_studio_are_sources(tmp_path: Path) -> None:
    def annotation(by: object, label: str, at: str = "1") -> dict[str, object]:
        value = {"from_name": "label", "type": "choices", "value": {"choices": [label]}}
        return {"completed_by": by, "result": [value], "updated_at": at}

    mia, tom = {"id": 1, "email": "mia@x.org"}, 7
    tasks = [
        {
            "data": {"id": "a", "image": "/data/local-files/?d=a.png"},
            "annotations": [annotation(mia, "owl"), annotation(tom, "kite", "2")],
        },
        {
            "data": {"id": "b", "image": "b.png"},
            "annotations": [annotation(tom, "owl", "2"), annotation(tom, "kite", "1")],
        },
        {"data": {"id": "c"}, "annotations": [{**annotation(mia, "owl"), "was_cancelled": True}]},
    ]
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks))
    found = read_table(path, ImportOptions())
    assert found.sources == ["mia@x.org", "7"] and found.classes == ["owl", "kite"]
    assert [names[0] for names in found.names] == ["a", "b", "c"]
    assert sorted(zip(*(v.tolist() for v in found.votes), strict=True)) == [
        (0, 0, 0), (0, 1, 1), (1, 1, 0)
    ]  # fmt: skip
