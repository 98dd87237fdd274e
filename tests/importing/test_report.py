"""The report of an import: what was understood, and what was left out."""

import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lodespace.cli import main
from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.importing.check import check_data
from lodespace.importing.folders import unread_formats
from lodespace.importing.folders.picture_folder import PictureFolder
from lodespace.importing.folders.unread_formats import kind_and_remedy
from lodespace.importing.left_out import LeftOut
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.tally import Tally, named_counts
from lodespace.items import item_set
from lodespace.items.errors import BadItem
from lodespace.items.formats import EXTRAS, extra_for
from lodespace.items.import_report import LONGEST, as_text, stored_lines
from lodespace.project.label_log import open_log
from lodespace.project.offline import describe
from lodespace.project.opening import open_existing, open_project
from lodespace.session.commands.registry import plan
from lodespace.session.session import AnnotationSession
from samples.event_logs import label
from samples.pictures import Import, draw


def texts(lines: object) -> dict[str, list[str]]:
    """Return the texts of the lines of a report by topic."""
    found: dict[str, list[str]] = {}
    for line in lines:  # type: ignore[attr-defined]
        found.setdefault(line.topic, []).append(line.text)
    return found


def test_report_names_kind_classes_and_sizes(folder: Path, bring: Import) -> None:
    items, report = bring(folder)
    found = texts(report.lines)
    assert found["items"] == ["5 pictures"]
    assert found["labels"][0] == "3 of 5 items in 2 classes: cat (2), dog (1)"
    assert found["sizes"][0] == "40 x 40 pixels, grey"
    assert "left_out" not in found
    assert items.report == report.lines


def test_report_counts_the_items_with_a_split(tmp_path: Path) -> None:
    tally = Tally()
    for number, split in enumerate(["train", "train", "val", None]):
        tally.add(RawItem(str(number), split=split))
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    source = PictureFolder(tmp_path)
    (text,) = [f.text for f in tally.findings(source, "") if f.topic == "splits"]
    assert text == "3 of 4 items: train (2), val (1)"


def test_report_begins_with_the_largest_group_of_left_out_files(
    folder: Path, bring: Import
) -> None:
    for number in range(10):
        (folder / f"IMG_{number}.CR2").write_bytes(b"x")
    (folder / "notes.txt").write_text("x")
    (folder / "broken.png").write_text("x")
    _, report = bring(folder)
    assert report.left_out == 12
    first, second, third = report.lines[:3]
    assert first.topic == "left_out"
    assert first.text.startswith("10 of 17 files are camera raw (.cr2): ")
    assert first.doubtful
    assert {second.text.split(":")[0], third.text.split(":")[0]} == {
        "1 file is .txt",
        "1 file, broken.png",
    }


def test_left_out_files_are_named_with_the_extra_that_reads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unread_formats, "missing_extra", extra_for)
    assert kind_and_remedy(".heic") == ("HEIC (.heic)", "install lodespace[heif]")
    assert kind_and_remedy(".mp4") == ("video (.mp4)", "install lodespace[video]")
    assert kind_and_remedy(".m4a") == (".m4a", "install lodespace[video]")
    assert kind_and_remedy(".zip")[1].startswith("unpack them")
    assert kind_and_remedy(".txt") == (".txt", "")
    assert kind_and_remedy("") == ("without a suffix", "")


def test_every_extra_of_the_report_can_be_installed() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert {extra.name for extra in EXTRAS} <= set(project["project"]["optional-dependencies"])


def test_report_is_kept_with_the_project(folder: Path, tmp_path: Path) -> None:
    project = open_project(folder, project_folder=tmp_path / "project")
    project.close()
    assert project.report is not None
    assert as_text(project.report.lines) in describe(tmp_path / "project")


def test_info_marks_the_report_as_old_after_later_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, project = tmp_path / "d", tmp_path / "p"
    (root / "cat").mkdir(parents=True)
    for name in ("cat/0.png", "cat/1.png", "2.png", "3.png", "4.png"):
        draw(int(name[-5])).save(root / name)
    assert main(["import", str(root), "-o", str(project)]) == 0
    assert "labelled   2 in 1 gestures: 2 with the data\n" in describe(project)
    assert "report of the import:" in describe(project)
    (tmp_path / "l.csv").write_text("id,label\n2.png,dog\n3.png,dog\n")
    assert main(["import", str(project), "--labels-from", str(tmp_path / "l.csv")]) == 0
    opened = open_existing(project, None)
    session = AnnotationSession(opened.items, settings=opened.settings)
    log = open_log(opened, session)
    event = plan(session, label(9, [session.items.ids.index("4.png")], 0), "somebody")
    assert event is not None
    log.append_now(event)
    log.close()
    opened.close()
    capsys.readouterr()
    assert main(["info", str(project)]) == 0
    text = capsys.readouterr().out
    where = "2 with the data, 2 imported with --labels-from, 1 given in the project"
    assert f"labelled   5 in 3 gestures: {where}\n" in text, text
    assert "  dog                2 labelled" in text
    assert "the lines above state the current labels):\n" in text


def test_labels_from_elsewhere_are_in_the_report_of_a_new_project(tmp_path: Path) -> None:
    root, project = tmp_path / "d", tmp_path / "p"
    root.mkdir()
    for number in range(3):
        draw(number).save(root / f"{number}.png")
    (tmp_path / "l.csv").write_text("id,label\n0.png,dog\n1.png,dog\n")
    option = ["--labels-from", str(tmp_path / "l.csv")]
    assert main(["import", str(root), "-o", str(project), *option]) == 0
    texts = [line.text for line in item_set.load(project / "data").report if line.topic == "labels"]
    assert texts[-1] == "2 items labelled from l.csv, after the import"
    assert "2 imported with --labels-from\n" in describe(project)


def test_check_reports_as_the_import_and_leaves_nothing_behind(
    folder: Path, tmp_path: Path, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "broken.png").write_text("x")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    checked = check_data(str(folder), ImportOptions())
    assert sorted(tmp_path.rglob("*")) == before
    _, report = bring(folder)
    assert checked.lines == report.lines
    assert checked.summary(checked=True).startswith("checked 5 items of pictures\n")


def test_check_without_time_states_that_only_a_part_was_looked_at() -> None:
    vectors = np.random.default_rng(0).random((600, 4), np.float32)
    source = from_arrays("points", vectors, [0, 1] * 300)
    part = check_data(source, ImportOptions(), seconds=0)
    assert texts(part.lines)["items"] == [
        "2 vectors",
        "only the first 2 of about 600 were looked at; an import reads all",
    ]
    whole = check_data(source, ImportOptions(), seconds=1000)
    assert texts(whole.lines)["items"] == [
        "600 vectors",
        "200 of them were read in this check; an import reads all",
    ]
    assert texts(whole.lines)["labels"] == ["600 of 600 items in 2 classes: 0 (300), 1 (300)"]


def test_check_refuses_the_data_that_an_import_refuses(tmp_path: Path) -> None:
    vectors = np.zeros((2000, 2), np.float32)
    with pytest.raises(DatasetError, match="2,000 classes"):
        check_data(from_arrays("points", vectors, np.arange(2000)), ImportOptions())
    with pytest.raises(DatasetError, match="only 1 items"):
        check_data(from_arrays("points", vectors[:1]), ImportOptions())


def test_command_line_checks_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(folder), "--check"]) == 0
    assert "3 of 5 items in 2 classes: cat (2), dog (1)" in capsys.readouterr().out


def test_a_data_set_without_a_report_is_counted() -> None:
    checked = check_data(str(item_set.bundled_digits_folder()), ImportOptions())
    assert texts(checked.lines)["items"] == ["5,000 pictures"]
    assert texts(checked.lines)["labels"][0].startswith("5,000 of 5,000 items: 0 (500), 1 (500), ")


def test_classes_beyond_twelve_are_counted_and_the_largest_named() -> None:
    counts = Counter({f"c{number}": 1000 - number for number in range(1000)})
    text = named_counts(counts)
    assert text.startswith("c0 (1,000), c1 (999), ")
    assert text.endswith("and 994 more down to c999 (1)")
    assert named_counts(Counter(b=2, a=3)) == "a (3), b (2)"


def test_reasons_that_differ_in_numbers_and_names_are_one_group() -> None:
    left_out = LeftOut()
    for number in range(7):
        left_out.add(BadItem(f"line {number}", f"has {number} fields, but '{number}' of 3"))
    left_out.add(BadItem("line 9", "not JSON"))
    lines = left_out.lines(8, "rows")
    assert [line.text.split(":")[0] for line in lines] == [
        "7 of 16 rows, such as line 0",
        "1 row, line 9",
    ]


def test_files_of_other_kinds_are_one_line_after_those_with_a_remedy() -> None:
    left_out = LeftOut()
    for kind, count, remedy in (
        (".md", 1, ""),
        (".heic", 9, "install it"),
        (".zip", 1, "unpack it"),
        (".log", 2, ""),
    ):
        left_out.add(BadItem(f"{count} files ({kind})", "another kind", count, kind, remedy))
    lines = left_out.lines(100, "files")
    assert [(line.text, line.doubtful) for line in lines] == [
        ("9 of 113 files are .heic: install it", True),
        ("1 file is .zip: unpack it", True),
        ("3 files of other kinds: .log, .md", False),
    ]


def test_stored_report_of_other_people_is_shortened_or_ignored() -> None:
    long = stored_lines([{"topic": "items", "text": "x\n" * 10_000}] * 500)
    assert len(long) == 40
    assert len(long[0].text) == LONGEST
    for damaged in (None, 5, "text", {"a": 1}, [1], [{"topic": 1, "text": "x"}], [{"text": "x"}]):
        assert stored_lines(damaged) == ()
    assert all(c.isprintable() or c == "\n" for c in as_text(long))


def test_report_of_arrays_names_classes_in_numbers(bring: Import) -> None:
    vectors = np.random.default_rng(0).random((6, 4), np.float32)
    _, report = bring(from_arrays("points", vectors, [0, 0, 1, 2, 2, -1]))
    found = texts(report.lines)
    assert found["items"] == ["6 vectors"]
    assert found["sizes"] == ["4 numbers each"]
    assert found["labels"][0] == "5 of 6 items in 3 classes: 0 (2), 2 (2), 1 (1)"
