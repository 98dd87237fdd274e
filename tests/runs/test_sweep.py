"""`lodespace sweep`: all runs of a grid, with a table and a page."""

import csv
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from lodespace.cli import main
from lodespace.errors import TrainingError
from lodespace.runs import sweep as module
from lodespace.runs.run_folder import RunFolder, write_result
from lodespace.runs.stopping import Stopped
from lodespace.runs.training_run import Trained
from lodespace.session.run_settings import RunSettings
from lodespace.session.settings import values_in
from lodespace.session.settings_file import read_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with 60 vectors in three groups."""
    monkeypatch.chdir(tmp_path)
    truth = np.arange(60) % 3
    vectors = np.random.default_rng(1).normal(size=(60, 6)) + 4 * np.eye(3, 6)[truth]
    np.savez(tmp_path / "three.npz", X=vectors, y=np.array(["a<b", "b", "c"])[truth])
    return tmp_path


class FakeRuns:
    """Stands in for `run_training`: writes the result of a run without a training."""

    def __init__(self) -> None:
        self.done: list[tuple[float, int]] = []
        """beta_kl and seed of each run so far."""
        self.fail: dict[float, BaseException] = {}
        """Error of the runs with a value of beta_kl."""

    def __call__(
        self, run_folder: RunFolder, items: Any, labels: Any, settings: Any, run: Any, options: Any
    ) -> Trained:
        assert isinstance(run, RunSettings)
        beta_kl = values_in(settings)["beta_kl"]
        if beta_kl in self.fail:
            raise self.fail[beta_kl]
        self.done.append((beta_kl, run.seed))
        measures = {"accuracy_unseen": 0.9 + run.seed / 100, "kl": beta_kl, "steps": 7}
        run_folder.results.mkdir(parents=True)
        write_result(run_folder.results, measures)
        (run_folder.results / "model.json").write_text("{}")
        run_folder.publish()
        return Trained(measures, None)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> FakeRuns:
    fake = FakeRuns()
    monkeypatch.setattr(module, "run_training", fake)
    return fake


def table(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "sweep.csv").read_text().splitlines()))


class Links(HTMLParser):
    """Collects the addresses of links and pictures, and the text."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.text = ""
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_sweep_gives_a_table_and_a_page_of_figures(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = "--epochs 1 --threads 1 --labels 5 --layout-rounds 20 --feature-steps 5"
    quick = f"{options} --rounds-per-gesture 3 --classifier-steps-per-gesture 5".split()
    assert main(["sweep", "three.npz", "-o", "out", "--grid", "beta_kl=1,50", *quick]) == 0
    heading, first, second, _ = capsys.readouterr().out.splitlines()
    assert heading.split()[:3] == ["beta_kl", "runs", "unseen"]
    assert first.split()[:4] == ["1", "1", "of", "1"] and second.split()[0] == "50"
    rows = table(folder / "out")
    assert [(row["beta_kl"], row["seed"], row["state"]) for row in rows] == [
        ("1", "0", "finished"),
        ("50", "0", "finished"),
    ]
    assert all(float(row["accuracy_unseen"]) > 0.8 and float(row["steps"]) > 0 for row in rows)
    found = read_settings(folder / "out" / rows[1]["folder"] / "settings.toml").settings
    assert found is not None and found.beta_kl == 50
    page = Links(folder / "out" / "index.html")
    assert len([a for a in page.addresses if a.endswith("figure.png")]) == 4
    for address in page.addresses:
        assert (folder / "out" / unquote(address)).is_file(), address
    assert "beta_kl 50" in page.text and "2 of 2 runs" in page.text


def test_a_failure_does_not_stop_the_others_and_is_tried_again(
    folder: Path, runs: FakeRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.fail = {3.0: TrainingError("diverged <now>"), 20.0: MemoryError("too large")}
    command = ["sweep", "three.npz", "-o", "out", "--grid", "beta_kl=1,3,20,50", "--seeds", "2"]
    assert main(command) == 1
    assert runs.done == [(1, 0), (1, 1), (50, 0), (50, 1)]
    printed = capsys.readouterr()
    assert "0 of 2, 2 failed" in printed.out and "diverged <now>" in printed.err
    rows = table(folder / "out")
    assert [row["state"] for row in rows] == [*["finished"] * 2, *["failed"] * 4, *["finished"] * 2]
    assert rows[4]["error"] == "MemoryError: too large" and rows[0]["kl"] == "1"
    assert "diverged <now>" in Links(folder / "out" / "index.html").text
    runs.fail, runs.done = {}, []
    assert main(command) == 0
    assert runs.done == [(3, 0), (3, 1), (20, 0), (20, 1)], "a finished run was done again"
    assert [row["state"] for row in table(folder / "out")] == ["finished"] * 8


def test_a_stopped_sweep_shows_its_runs_and_is_continued(
    folder: Path, runs: FakeRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.fail = {3.0: Stopped("stopped", 143)}
    command = ["sweep", "three.npz", "-o", "out", "--grid", "beta_kl=1,3,20"]
    assert main(command) == 143
    assert "to continue it, give the same command again" in capsys.readouterr().err
    assert [row["state"] for row in table(folder / "out")] == ["finished", "missing", "missing"]
    assert "not done yet" in Links(folder / "out" / "index.html").text
    runs.fail = {}
    assert main(command) == 0
    assert runs.done == [(1, 0), (3, 0), (20, 0)]


def test_a_sweep_can_grow_but_not_change(
    folder: Path, runs: FakeRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["sweep", "three.npz", "-o", "out", "--batch-size", "64"]
    assert main([*command, "--grid", "beta_kl=1"]) == 0
    assert main([*command, "--grid", "beta_kl=1,3", "--seeds", "2", "--threads", "1"]) == 0
    assert runs.done == [(1, 0), (1, 1), (3, 0), (3, 1)]
    for arguments, says in (
        (["three.npz", "--batch-size", "32"], "began with other values of batch_size"),
        (["three.npz", "--batch-size", "64", "--epochs", "3"], "began with other values of epochs"),
        (["other.npz", "--batch-size", "64"], "has a sweep of other data"),
    ):
        assert main(["sweep", *arguments, "-o", "out", "--grid", "beta_kl=1"]) == 2
        assert says in capsys.readouterr().err
    again = ["sweep", "three.npz", "-o", "again", "--settings", "out/settings.toml"]
    assert main(again) == 0
    assert runs.done[4:] == [(1, 0), (1, 1), (3, 0), (3, 1)]
    assert main([*command, "--grid", "beta_kl=1", "--force", "--batch-size", "32"]) == 0
    assert len(table(folder / "out")) == 1


def test_a_folder_with_other_content_is_not_used(
    folder: Path, runs: FakeRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("years of work")
    command = ["sweep", "three.npz", "-o", "mine", "--grid", "beta_kl=1"]
    for force in ([], ["--force"]):
        assert main([*command, *force]) == 2
        assert "is not a sweep" in capsys.readouterr().err
    assert [path.name for path in (folder / "mine").iterdir()] == ["thesis.txt"]
