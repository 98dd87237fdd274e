"""Reports of commands as JSON (--json), and exit statuses."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lodespace.cli import main
from lodespace.cli.report import Part, Report
from lodespace.errors import TrainingError
from lodespace.json_input import json_of
from lodespace.runs import queue
from lodespace.runs.stopping import Stopped

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text()
QUICK = [
    *("--epochs", "1", "--threads", "1", "--labels", "5"),
    *("--layout-rounds", "20", "--feature-steps", "5"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with 60 vectors in three groups."""
    monkeypatch.chdir(tmp_path)
    truth = np.arange(60) % 3
    vectors = np.random.default_rng(1).normal(size=(60, 6)) + 4 * np.eye(3, 6)[truth]
    np.savez(tmp_path / "three.npz", X=vectors, y=np.array(["a", "b", "c"])[truth])
    return tmp_path


@pytest.fixture
def report_of(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs a command with --json and returns its report."""

    def run(*arguments: str) -> Report:
        capsys.readouterr()
        status = main([*arguments, "--json"])
        report = json_of(capsys.readouterr().out, Report)
        assert report.exit_status == status
        return report

    return run


def test_every_command_reports_its_result(folder: Path, report_of: Any) -> None:
    baked = report_of("bake", "three.npz", "-o", "out", *QUICK, "--parts", "scene")
    assert (baked.status, baked.output, baked.kind, baked.items) == ("ok", "out", "bake", 60)
    assert [(c.name, c.labelled) for c in baked.classes] == [("a", 5), ("b", 5), ("c", 5)]
    assert baked.settings["layout_rounds"] == 20 and baked.settings["epochs"] == 1
    told = report_of("info", "out")
    assert (told.name, told.items, told.settings["preset"]) == ("three", 60, "default")
    exported = report_of("export", "out", "-o", "x.csv")
    assert (exported.output, exported.kind, exported.items) == ("x.csv", "csv", 60)
    checked = report_of("import", "three.npz", "--check")
    assert (checked.items, checked.left_out, checked.output) == (60, 0, None)
    assert "60 vectors" in [line.text for line in checked.lines]
    made = report_of("import", "three.npz", "-o", "work")
    assert (made.kind, made.items) == ("project", 60)


def test_train_and_sweep_report_their_measures(
    folder: Path, report_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lodespace.exporting.figure.is_available", lambda: False)
    trained = report_of("train", "three.npz", "-o", "m", *QUICK)
    assert trained.kind == "model" and trained.measures["accuracy_unseen"] > 0.5
    assert trained.settings["epochs"] == 1

    def fail(*_: object) -> None:
        raise TrainingError("diverged")

    monkeypatch.setattr("lodespace.runs.sweep.run_training", fail)
    swept = report_of("sweep", "three.npz", "-o", "s", "--grid", "beta_kl=1,3", *QUICK)
    assert (swept.status, swept.exit_status) == ("partly_failed", 1)
    first = swept.parts[0]
    assert (first.name, first.status) == ("beta_kl 1, seed 0", "failed")
    assert first.error is not None and first.error.message == "diverged"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["bake"], "usage"),
        (["info", "nowhere"], "bad_project"),
        (["bake", "nowhere", "-o", "out"], "bad_dataset"),
        (["train", "three.npz", "-o", "m", "--settings", "no.toml"], "bad_setting"),
        (["info", "n" * 300], "os_error"),
    ],
)
def test_a_failure_is_a_report_with_status_2(
    folder: Path, report_of: Any, arguments: list[str], code: str
) -> None:
    report = report_of(*arguments)
    assert (report.status, report.exit_status) == ("failed", 2)
    assert report.error is not None and report.error.code == code


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), 130), (Stopped("saved"), 130), (Stopped("saved", 143), 143)],
)
def test_an_interruption_is_reported(
    folder: Path,
    report_of: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("lodespace.runs.train.run_training", interrupted)
    report = report_of("train", "three.npz", "-o", "m", *QUICK)
    assert (report.status, report.exit_status) == ("interrupted", status)


def test_the_page_lists_every_field_and_status() -> None:
    section = PAGE.split("## Reports for scripts")[1].split("\n## ")[0]
    cells = " ".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))
    assert re.findall(r"`(\w+)`", cells) == list(Report.__struct_fields__)
    for name in Part.__struct_fields__:
        assert f"`{name}`" in section
    statuses = PAGE.split("## Exit status")[1].split("\n## ")[0]
    assert re.findall(r"^\| (\d+) \|", statuses, re.MULTILINE) == ["0", "1", "2", "130", "143"]


def test_a_queue_bakes_each_data_set_and_continues(
    folder: Path, report_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "sets" / "pictures").mkdir(parents=True)
    (folder / "sets" / "pictures.csv").write_text("x")
    (folder / "sets" / "notes.txt").write_text("not data")
    (folder / "sets" / ".hidden").mkdir()
    (folder / "three.npz").rename(folder / "sets" / "three.npz")
    report = report_of("bake", "--each", "sets", "-o", "out", *QUICK, "--parts", "scene")
    assert [(part.name, part.status) for part in report.parts] == [
        ("pictures", "failed"),
        ("pictures.csv", "failed"),
        ("three", "ok"),
    ]
    assert report.exit_status == 1
    page = (folder / "out" / "index.html").read_text()
    assert 'href="three/index.html"' in page and "notes" not in page
    assert sorted(p.name for p in (folder / "out").iterdir()) == ["index.html", "three"]
    made: list[str] = []
    monkeypatch.setattr(queue, "is_bake", lambda path: path.name == "three")
    again = queue.bake_each(
        folder / "sets", folder / "out", lambda path, _: made.append(path.name), force=False
    )
    assert [one.state for one in again] == ["ok", "ok", "kept"]
    assert made == ["pictures", "pictures.csv"]
    missing = report_of("bake", "--each", "nowhere", "-o", "other")
    assert missing.exit_status == 2
