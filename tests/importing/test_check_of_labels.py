"""`lodespace import DATA --check --labels-from FILE`: what an import of the labels would do."""

from pathlib import Path

import pytest

from lodespace.cli import main
from samples.pictures import draw


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of 0.png, 1.png and 2.png, with lists/names.txt that labels two of them."""
    root = tmp_path / "d"
    (root / "lists").mkdir(parents=True)
    for number in range(3):
        draw(number).save(root / f"{number}.png")
    (root / "lists/names.txt").write_text("file,species\n0.png,owl\n1.png,crow\n")
    return root


def test_check_reads_the_labels_that_its_report_proposes(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert main(["import", str(data), "--check"]) == 0
    assert "--labels-from FOLDER/lists/names.txt?" in capsys.readouterr().out
    option = ["--labels-from", str(data / "lists/names.txt")]
    assert main(["import", str(data), "--check", *option]) == 0
    text = capsys.readouterr().out
    assert "would label 2 items" in text
    assert "labels from the column species of names.txt" in text
    assert "may have labels" not in text
    assert sorted(tmp_path.rglob("*")) == before


def test_the_report_of_an_import_does_not_propose_labels_that_it_read(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    option = ["--labels-from", str(data / "lists/names.txt"), "-o", str(tmp_path / "p")]
    assert main(["import", str(data), *option]) == 0
    text = capsys.readouterr().out
    assert "labelled 2 items" in text
    assert "2 items labelled from names.txt, after the import" in text
    assert "may have labels" not in text


def test_check_of_labels_for_a_project_changes_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "p"
    assert main(["import", str(data), "-o", str(project)]) == 0
    log = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    option = ["--labels-from", str(data / "lists/names.txt")]
    capsys.readouterr()
    assert main(["import", str(project), "--check", *option]) == 0
    assert "would label 2 items" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == log


def test_check_lists_conflicts_with_the_labels_of_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "d"
    for number, name in enumerate(["owl/0.png", "crow/1.png"]):
        (root / name).parent.mkdir(parents=True)
        draw(number).save(root / name)
    (tmp_path / "l.csv").write_text("file,label\nowl/0.png,crow\ncrow/1.png,crow\n")
    command = ["import", str(root), "--check", "--labels-from", str(tmp_path / "l.csv")]
    assert main(command) == 2
    assert "owl/0.png: 'owl' here, 'crow' imported" in capsys.readouterr().err
    assert main([*command, "--conflicts", "replace"]) == 0
    text = capsys.readouterr().out
    assert "the existing labels would be replaced" in text
    assert "would label 1 item; 1 have the same label" in text
