"""Runs of the annotation gain benchmark: restarts, list of runs, wrong labels, a small data set."""

import asyncio
import json
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from annotation_gain import (
    comparison,
    ours,
    plan,
    register,
    report,
    run_files,
    set_report,
    stored_runs,
    summary,
    suspects,
)
from annotation_gain.course import Course
from annotation_gain.data_sets import LabelledItems, MissingDataError
from annotation_gain.time_model import TimeModel

TRUTH = np.repeat(np.arange(3, dtype=np.int16), 40)


def clouds() -> LabelledItems:
    """Three clouds of 40 vectors, one per class."""
    random = np.random.default_rng(0)
    rows = (4 * np.eye(3)[TRUTH] + random.normal(size=(120, 3))).astype(np.float32)
    return LabelledItems("clouds", rows, TRUTH, "vectors")


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_run_is_stored_and_registered_only_off_the_tuning_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def method(data: LabelledItems, run: plan.Run, _: Path) -> Course:
        course = Course("text", run.data, run.seed, len(data))
        course.add("single", 1, {"single": 1}, 0.0, TRUTH, TRUTH, TRUTH)
        return course

    monkeypatch.setattr(plan.data_sets, "load", lambda _: clouds())
    monkeypatch.setitem(plan.METHODS, "suggested", method)
    log = tmp_path / "register.jsonl"
    for data in ("OSULeaf", "segments", "digits", "digits-1000", "glass"):
        run = plan.Run("suggested", data, 3, 30)
        plan.carry_out(run, tmp_path, log)
        stored = run_files.stored(tmp_path, data)["suggested", 3, 30]
        assert stored.method == "suggested" and stored.commit == register.commit()
    assert [(line["data"], line["method"], line["seed"]) for line in entries(log)] == [
        ("OSULeaf", "suggested", 3)
    ]
    assert entries(log)[0]["result"] == "done"


def test_a_failed_run_is_registered_and_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def method(*_: object) -> Course:
        raise RuntimeError("training failed")

    monkeypatch.setattr(plan.data_sets, "load", lambda _: clouds())
    monkeypatch.setitem(plan.METHODS, "suggested", method)
    with pytest.raises(RuntimeError):
        plan.carry_out(plan.Run("suggested", "signs", 0, 30), tmp_path, tmp_path / "log")
    assert [line["result"] for line in entries(tmp_path / "log")] == [
        "RuntimeError: training failed"
    ]
    assert run_files.stored(tmp_path, "signs") == {}


def test_a_missing_data_set_is_not_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_: str) -> LabelledItems:
        raise MissingDataError("not installed")

    monkeypatch.setattr(plan.data_sets, "load", load)
    with pytest.raises(MissingDataError):
        plan.carry_out(plan.Run("suggested", "photos", 0, 30), tmp_path, tmp_path / "log")
    assert entries(tmp_path / "log") == []


def test_one_by_one_runs_are_registered_after_sheets_of_labels(tmp_path: Path) -> None:
    course = Course("lr-margin-standardised", "signs", 0, 120)
    for count in range(1, 61):
        labels = np.where(np.arange(120) < count, TRUTH, -1).astype(np.int16)
        course.add("single", 1, {"single": 1}, 0.0, labels, labels, TRUTH)
    register.record(course, "done", tmp_path / "log")
    assert entries(tmp_path / "log")[0]["right"] == {"1": 27 / 120, "2": 54 / 120}


def test_stored_runs_are_not_repeated_and_failures_are_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []

    def fake(command: list[str], **_: object) -> SimpleNamespace:
        name = "--".join(command[command.index("--run") + 1 :][:4])
        started.append(name)
        status = {"photos": plan.MISSING, "signs": 1}.get(name.split("--")[1], 0)
        return SimpleNamespace(returncode=status, stderr="the reason")

    monkeypatch.setattr(subprocess, "run", fake)
    runs = [plan.Run("suggested", data, 0, 30) for data in ("OSULeaf", "signs", "sounds")]
    runs += [plan.Run(method, "photos", 0, 30) for method in ("suggested", "named")]
    run_files.store(tmp_path, Course("suggested", "OSULeaf", 0, 442), 30)
    failed = plan.carry_out_all(runs, tmp_path, 1, fresh=False)
    assert started == [run.name for run in runs[1:4]]
    assert failed == [runs[1]]
    said = capsys.readouterr().out
    assert said.count("photos: skipped: the reason") == 1 and "FAILED: the reason" in said
    plan.carry_out_all(runs[:1], tmp_path, 1, fresh=True)
    assert started[-1] == runs[0].name


def test_committed_runs_are_small_and_of_a_known_commit() -> None:
    files = sorted(run_files.RUNS.glob("*.jsonl"))
    assert sum(path.stat().st_size for path in files) < 3_000_000
    planned = {(run.data, run.key) for run in plan.runs(5)}
    for path in files:
        courses = run_files.stored(run_files.RUNS, path.stem)
        assert {(path.stem, key) for key in courses} <= planned
        for course in courses.values():
            assert len(course.commit) == 10, "runs of code without a commit cannot be repeated"


def test_a_data_set_is_not_compared_while_the_best_method_may_be_missing() -> None:
    course = Course("m", "digits", 0, 100)
    found = {(m, "digits"): [course] for m in ("suggested", "lr-margin-pixels", "margin")}
    assert stored_runs.opponents_of(found, "digits") == {}
    found["svc-margin-pixels", "digits"] = [course]
    assert len(stored_runs.opponents_of(found, "digits")) == 3


def test_the_mean_ratio_leaves_out_sets_on_which_a_method_is_missing() -> None:
    def course(method: str, data: str, seconds: int) -> Course:
        made = Course(method, data, 0, 120)
        made.add("single", 1, {"single": seconds}, 0.0, TRUTH, TRUTH, TRUTH)
        return made

    clock = TimeModel().known_classes()
    found = {
        (m, data): [course(m, data, 10)]
        for data in ("digits", "segments")
        for m in plan.methods_on(data)
    }
    found["suggested", "digits"] = [course("suggested", "digits", 2)]
    found["suggested", "segments"] = [course("suggested", "segments", 4)]
    assert "0.20 (digits)" in summary.claim(found, clock)
    assert "0.30 over 2 data sets" in summary.claim(found, clock)
    del found["margin", "digits"]
    assert summary.claim(found, clock) == (
        "To have 95 % of the items right on segments, Lodespace takes 0.40 of the time of the best "
        "other method."
    )
    written = list(summary.lines(found, clock))
    assert sum(line.startswith("| digits (tuning) \\* |") for line in written) == 1
    assert sum(line.startswith("| segments (tuning) |") for line in written) == 1


def test_methods_are_compared_with_the_labels_of_whole_sheets() -> None:
    """The labels count, not the gestures. Accepted predictions do not count."""

    def course(method: str, sizes: list[int], right: list[int]) -> Course:
        made = Course(method, "digits", 0, 120)
        for count, good in zip(np.cumsum(sizes).tolist(), right, strict=True):
            labels = np.where(np.arange(120) < count, TRUTH, -1).astype(np.int16)
            prediction = np.where(np.arange(120) < good, TRUTH, -1).astype(np.int16)
            made.add("sheet", 1, {"sheet": 1}, 0.0, labels, prediction, TRUTH)
        return made

    mine = course("suggested", [9, 18, 27, 66], [40, 60, 90, 120])
    mine.gestures[-1].kind = "accept"
    others = {m: course(m, [27, 27], [72, 84]) for m in plan.methods_on("digits")}
    found = {(m, "digits"): [c] for m, c in (others | {"suggested": mine}).items()}
    first, second = (comparison.compare(found, "digits", k) for k in (1, 2))
    assert first is not None and (first.mine, first.other) == (60 / 120, 72 / 120)
    assert second is not None and (second.mine, second.other) == (90 / 120, 84 / 120)
    assert comparison.compare(found, "digits", 4) is None


def test_the_committed_report_has_the_figures_of_the_committed_runs() -> None:
    """If it fails, run `python benchmarks/annotation_gain --report` and commit the result."""
    found = stored_runs.read(run_files.RUNS, plan.runs(5))
    docs = Path(__file__).parents[2] / "docs"
    for name, tables in (("gain-sets.md", set_report.tables), ("gain-table.md", report.tables)):
        assert (docs / name).read_text() == "\n".join(tables(found, TimeModel())) + "\n"
    page = (docs / "gain.md").read_text()
    assert report.with_summary(page, found, TimeModel()) == page
    readme = (docs.parent / "README.md").read_text()
    assert summary.claim(found, TimeModel().known_classes()) in " ".join(readme.split())


@pytest.mark.only_slow
def test_a_run_in_one_process_does_not_depend_on_the_speed_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The clock of the second run is a million times as fast."""
    run = asyncio.run(ours.as_suggested(clouds(), 0, 3))
    for clock in ("monotonic", "perf_counter", "process_time"):
        told = getattr(time, clock)
        monkeypatch.setattr(time, clock, lambda told=told: told() * 1e6)
    fast = asyncio.run(ours.as_suggested(clouds(), 0, 3))
    assert len(run.gestures) > 1 and run.gestures[0].told is not None
    for gesture in (*run.gestures, *fast.gestures):
        gesture.rest = 0.0
    assert run == fast


def test_a_person_stops_at_the_number_of_labels() -> None:
    run = asyncio.run(ours.as_suggested(clouds(), 0, 30, labels=10)).looked_at()
    counts = [round(gesture.labelled * len(TRUTH)) for gesture in run.gestures]
    assert counts[-1] >= 10 and all(count < 10 for count in counts[:-1])


def test_one_label_in_twenty_is_wrong() -> None:
    labels = suspects.wrong_labels(TRUTH, 0)
    assert (labels != TRUTH).sum() == 6 and set(labels) == {0, 1, 2}
    assert not np.array_equal(labels, suspects.wrong_labels(TRUTH, 1))


def test_regression_by_folds_finds_wrong_labels() -> None:
    course = suspects.by_folds(clouds(), 0, 2)
    hits = [gesture.corrected for gesture in course.gestures]
    assert hits[0] is not None and hits[0] >= 5 and sum(filter(None, hits)) == 6
    assert course.gestures[-1].label_error == 0


@pytest.mark.slow
def test_a_small_data_set_is_measured_from_end_to_end(tmp_path: Path, slow: bool) -> None:
    """Without --slow, there is only the run `suggested`, with fewer gestures."""
    log = tmp_path / "register.jsonl"
    runs = [plan.Run("suggested", "breast-cancer", 0, 3 if slow else 2)]
    if slow:
        runs += [
            plan.Run("lr-margin-standardised", "breast-cancer", 0, 90),
            plan.Run("named", "breast-cancer", 0, 3),
            plan.Run("suspects", "breast-cancer", 0, 1),
        ]
    assert plan.carry_out_all(runs, tmp_path, 1, fresh=False, register_path=log) == []
    assert {line["method"] for line in entries(log)} == {run.method for run in runs}
    assert plan.carry_out_all(runs, tmp_path, 1, fresh=False, register_path=log) == []
    assert len(entries(log)) == len(runs)  # no run was repeated
    stored = run_files.stored(tmp_path, "breast-cancer")
    courses = {run.method: stored[run.key] for run in runs}
    suggested = courses["suggested"].gestures
    assert suggested[-1].right > 0.8 and suggested[0].told is not None
    if slow:
        named, wrong = courses["named"].gestures, courses["suspects"].gestures
        assert named[0].acts["name"] == named[0].classes >= 1
        assert named[-1].right > 0.8
        assert wrong[0].corrected and wrong[0].promised is not None
    report.write(tmp_path, tmp_path / "docs", TimeModel(), runs)
    written = (tmp_path / "docs" / "gain-sets.md").read_text()
    assert written.count("| breast-cancer |") >= (6 if slow else 1)
