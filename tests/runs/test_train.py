"""`lodespace train`: a training that is killed and resumed gives the same model."""

import csv
import json
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.forked import start_lodespace
from lodespace.baking.progress import Progress
from lodespace.cli import main
from lodespace.errors import (
    DatasetError,
    LodespaceError,
    ProjectError,
    SettingsError,
    TrainingError,
)
from lodespace.importing.source import ImportOptions
from lodespace.models import load_model
from lodespace.models.snapshot import Snapshot
from lodespace.project.opening import open_project
from lodespace.protocol import Settings
from lodespace.runs.run_folder import RunFolder
from lodespace.runs.train import train_model
from lodespace.runs.training_run import RunOptions, Trained
from lodespace.session.settings import values_in
from lodespace.session.settings_file import GivenSettings, read_settings

QUICK = {
    "epochs": 2,
    "threads": 1,
    "labels": "5",
    "layout_rounds": 20,
    "feature_steps": 5,
    "rounds_per_gesture": 3,
    "classifier_steps_per_gesture": 5,
}
SAME = ("model.safetensors", "model.json", "metrics.csv", "settings.toml")
"""Files of a model that do not depend on the time."""


class Killed(BaseException):
    """Stands for the kill of a process, which cannot save anything."""


@pytest.fixture(autouse=True, scope="module")
def no_figure() -> Iterator[None]:
    """Draw no figures, which takes longer than the trainings of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lodespace.exporting.figure.is_available", lambda: False)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 vectors in three groups with their groups as labels."""
    path = tmp_path_factory.mktemp("data") / "three.npz"
    truth = np.arange(60) % 3
    vectors = np.random.default_rng(1).normal(size=(60, 6)) + 4 * np.eye(3, 6)[truth]
    np.savez(path, X=vectors, y=np.array(["a", "b", "c"])[truth])
    return path


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training on `data` that was not interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "m"
    train(data, folder)
    return folder


def train(data: Path, output: Path, *, seconds: float = 1e9, **options: Any) -> Trained:
    how = {name: options.pop(name) for name in ("resume", "force") if name in options}
    given = GivenSettings.of({**QUICK, **options})
    run = RunOptions(checkpoint_seconds=seconds)
    return train_model(str(data), str(data), output, given, ImportOptions(), run, **how)


def rows_of(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))


def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in SAME}


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A list with one number: the training is killed after this unit of work; 0 for never."""
    after = [0]
    update = Progress.update

    def counting(self: Progress, snapshot: Snapshot) -> None:
        update(self, snapshot)
        if after[0]:
            after[0] -= 1
            if after[0] == 0:
                raise Killed

    monkeypatch.setattr(Progress, "update", counting)
    yield after


@pytest.mark.slow
@pytest.mark.parametrize(
    "preset", ["default", "paper", pytest.param("figure2", marks=pytest.mark.slow)]
)
def test_a_killed_training_is_resumed_to_the_same_bytes(
    tmp_path: Path, data: Path, kill: list[int], preset: str
) -> None:
    given = {"preset": preset, "labelled_epochs": 2}
    train(data, tmp_path / "whole", **given)
    expected = files(tmp_path / "whole")
    for units in (3, 9, 14):
        kill[0] = units
        with pytest.raises(Killed):
            train(data, tmp_path / "parts", resume=True, seconds=0.005, **given)
        assert not (tmp_path / "parts" / "model.json").exists()
    train(data, tmp_path / "parts", resume=True, **given)
    assert files(tmp_path / "parts") == expected
    assert {path.name for path in (tmp_path / "parts").iterdir()} == {*SAME, "result.json"}


def test_a_training_killed_while_it_writes_the_model_is_finished(
    tmp_path: Path, data: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        if target == tmp_path / "parts" / "model.json":
            raise Killed
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(Killed):
        train(data, tmp_path / "parts")
    monkeypatch.undo()
    with pytest.raises(ProjectError, match="unfinished training; continue it with --resume"):
        train(data, tmp_path / "parts")
    train(data, tmp_path / "parts", resume=True)
    assert files(tmp_path / "parts") == files(whole)


def test_a_damaged_checkpoint_is_left_for_the_one_before(
    tmp_path: Path, data: Path, whole: Path, kill: list[int]
) -> None:
    kill[0] = 12
    with pytest.raises(Killed):
        train(data, tmp_path / "parts", seconds=0)
    *_, last = sorted((tmp_path / "parts" / "unfinished" / "checkpoints").glob("*.safetensors"))
    last.write_bytes(last.read_bytes()[:-1])
    train(data, tmp_path / "parts", resume=True)
    assert files(tmp_path / "parts") == files(whole)


def test_the_model_predicts_and_settings_and_metrics_are_beside_it(data: Path, whole: Path) -> None:
    model = load_model(whole)
    vectors = np.load(data)["X"].astype(np.float32)
    right = model.predict(vectors).class_ids == np.arange(60) % 3
    assert right.mean() >= 0.9
    written = read_settings(whole / "settings.toml")
    assert written.settings is not None
    assert values_in(written.settings)["layout_rounds"] == 20
    rows = rows_of(whole)
    assert [row["epoch"] for row in rows] == ["1", "2", "2"]
    assert rows[-1]["phase"] == "resting"
    for row in rows:
        terms = {k: float(row[k]) for k in ("reconstruction", "kl", "classification", "encoder")}
        total = terms["reconstruction"] + 100 * terms["classification"] + 200 * terms["encoder"]
        assert total < float(row["total"]) <= total + 3 * terms["kl"] + 1
        assert float(row["kl_1"]) > 0 and float(row["neighbour"]) > 0
    result = json.loads((whole / "result.json").read_text())
    assert float(rows[-1]["accuracy_unseen"]) == pytest.approx(result["accuracy_unseen"], abs=1e-5)
    shown = (45 * result["accuracy_unseen"] + 15 * result["accuracy_given"]) / 60
    assert right.mean() == pytest.approx(shown, abs=0.05)
    assert {"spread", "collapsed", "neighbour_accuracy", "seconds", "kl"} <= set(result)


def test_a_resumed_training_refuses_other_data_and_settings(
    tmp_path: Path, data: Path, kill: list[int]
) -> None:
    kill[0] = 5
    with pytest.raises(Killed):
        train(data, tmp_path / "m", seconds=0)
    for error, says, options in (
        (SettingsError, "has beta_kl 3, not 7", {"beta_kl": 7}),
        (SettingsError, "has epochs 2, not 9", {"epochs": 9}),
        (ProjectError, "on other data", {"data": tmp_path / "other.npz"}),
    ):
        with pytest.raises(error, match=says):
            train(**{"data": data, "output": tmp_path / "m", "resume": True, **options})
    train(data, tmp_path / "m", resume=True, threads=2)  # the number of threads may change
    assert (tmp_path / "m" / "model.json").is_file()


def test_a_finished_training_is_replaced_only_by_force(
    tmp_path: Path, data: Path, whole: Path
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "m"))
    with pytest.raises(ProjectError, match="has a trained model; replace it with --force"):
        train(data, folder)
    again = train(data, folder, resume=True)
    assert again.snapshot is None and again.measures["spread"] > 0
    assert files(folder) == files(whole)
    train(data, folder, force=True, beta_kl=7)
    assert files(folder)["model.safetensors"] != files(whole)["model.safetensors"]


def test_nothing_of_somebody_is_replaced(tmp_path: Path, data: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for force in (False, True):
        with pytest.raises(ProjectError, match="is not the folder of a trained model"):
            train(data, tmp_path / "mine", force=force)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"labels": "some"}, DatasetError, "use `none`"),
        ({"device": "abacus"}, SettingsError, "abacus"),
        ({"device": "abacus", "workers": 2}, SettingsError, "abacus"),
        ({"ray": "auto"}, SettingsError, "set workers to 2 or more"),
        ({"learning_rate": 1.0, "preset": "paper"}, TrainingError, "diverged.*learning_rate"),
    ],
)
def test_a_failed_training_can_be_started_again(
    tmp_path: Path, data: Path, options: dict[str, Any], error: type[LodespaceError], says: str
) -> None:
    with pytest.raises(error, match=says):
        train(data, tmp_path / "m", **options)
    assert RunFolder(tmp_path / "m").state == "new"


def test_temporary_files_of_a_killed_process_do_not_stop_a_resume(tmp_path: Path) -> None:
    """A process that is killed while it writes a file leaves a temporary file."""
    folder = RunFolder(tmp_path)
    (tmp_path / ".metrics.csv.a0370706.tmp").touch()
    (tmp_path / ".unfinished.x1y2").mkdir()
    assert folder.state == "new"
    with folder.beginning() as making:
        (making / "result").mkdir()
    (folder.results / "model.json").touch()
    assert folder.state == "unfinished"
    (tmp_path / ".notes.tmp").touch()
    assert folder.state == "foreign"
    (tmp_path / ".notes.tmp").unlink()
    folder.publish()
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]
    assert folder.state == "finished"
    (tmp_path / ".metrics.csv.a0370706.tmp").touch()
    folder.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_device_loses_no_checkpoint(
    tmp_path: Path, data: Path, whole: Path, kill: list[int]
) -> None:
    kill[0] = 12
    with pytest.raises(Killed):
        train(data, tmp_path / "m", seconds=0)
    for workers in (1, 2):
        with pytest.raises(SettingsError, match="abacus"):
            train(data, tmp_path / "m", resume=True, device="abacus", workers=workers)
    train(data, tmp_path / "m", resume=True)
    assert files(tmp_path / "m") == files(whole)


def test_a_resumed_training_without_ray_leaves_the_cluster(
    tmp_path: Path, data: Path, kill: list[int]
) -> None:
    kill[0] = 5
    with pytest.raises(Killed):
        train(data, tmp_path / "m", seconds=0)
    start = tmp_path / "m" / "unfinished" / "run.json"
    stored = json.loads(start.read_text())
    stored["run"] |= {"ray": "auto", "workers": 3}
    start.write_text(json.dumps(stored))
    train(data, tmp_path / "m", resume=True, workers=1)
    assert (tmp_path / "m" / "model.json").is_file()


def test_a_project_is_trained_with_its_labels_and_settings(tmp_path: Path, data: Path) -> None:
    given = Settings(preset="paper", latent_dim=2)
    open_project(data, project_folder=tmp_path / "work", settings=given, labels="3").close()
    quick = GivenSettings.of({"epochs": 1, "threads": 1, "beta_kl": 7.0})
    trained = train_model(
        str(tmp_path / "work"), "work", tmp_path / "m", quick, ImportOptions(), RunOptions()
    )
    assert trained.snapshot is not None and trained.snapshot.latent_mean.shape == (60, 2)
    settings = read_settings(tmp_path / "m" / "settings.toml").settings
    assert settings is not None and (settings.preset, settings.beta_kl) == ("paper", 7)
    assert {"accuracy_unseen", "accuracy_given"} <= set(trained.measures)


def test_without_tensorboard_the_message_names_the_package(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorboard" else find(name)
    )
    with pytest.raises(TrainingError, match=r"pip install 'lodespace\[tensorboard\]'"):
        train_model(
            str(data),
            str(data),
            tmp_path / "m",
            GivenSettings.of(QUICK),
            ImportOptions(),
            RunOptions(tensorboard=True),
        )
    assert not (tmp_path / "m").exists()


def test_tensorboard_gets_every_row_once_after_a_kill(
    tmp_path: Path, data: Path, kill: list[int]
) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    given = GivenSettings.of(QUICK | {"epochs": 4})
    options = RunOptions(tensorboard=True, checkpoint_seconds=0.05)
    for units in (60, 0):
        kill[0] = units
        try:
            arguments = (str(data), str(data), tmp_path / "m", given, ImportOptions(), options)
            train_model(*arguments, resume=True)
        except Killed:
            pass
    events = EventAccumulator(str(tmp_path / "m" / "tensorboard")).Reload()
    rows = rows_of(tmp_path / "m")
    scalars = events.Scalars("loss/reconstruction")
    assert [event.step for event in scalars] == list(range(len(rows)))
    np.testing.assert_allclose(
        [event.value for event in scalars], [float(row["reconstruction"]) for row in rows], 1e-4
    )


OPTIONS = ["--epochs", "60", "--threads", "1", "--labels", "5", "--checkpoint-every", "0.1s"]
OPTIONS += ["--layout-rounds", "20", "--feature-steps", "5"]


@pytest.fixture(scope="module")
def uninterrupted(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of `lodespace train` with OPTIONS that was not interrupted."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "m"
    assert main(["train", str(data), *OPTIONS, "-o", str(folder)]) == 0
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "numbers",
    [
        [signal.SIGKILL, signal.SIGTERM],
        *(
            pytest.param([number] * 5, marks=pytest.mark.only_slow)
            for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
        ),
    ],
)
def test_a_signal_at_any_time_loses_nothing(
    tmp_path: Path, data: Path, uninterrupted: Path, numbers: list[signal.Signals]
) -> None:
    """A training that gets the signals `numbers`, and is resumed after each, has the same model."""
    arguments = ["train", str(data), *OPTIONS, "-o", str(tmp_path / "parts"), "--resume"]
    random = np.random.default_rng(int(numbers[0]))
    statuses: list[int] = []
    checkpoints = tmp_path / "parts" / "unfinished" / "checkpoints"
    while 0 not in statuses:
        before = newest(checkpoints)
        with (tmp_path / "output").open("wb+") as output:
            process = start_lodespace(arguments, output=output.fileno())
        if len(statuses) < len(numbers):
            while process.poll() is None and newest(checkpoints) == before:
                time.sleep(0.01)
            if len(statuses) > 1:  # the first signals come at once, before a fast training ends
                time.sleep(random.uniform(0, 0.4))
            process.send_signal(numbers[len(statuses)])
        statuses.append(process.wait(timeout=300))
        if statuses[-1] > 0:
            told = (tmp_path / "output").read_text()
            assert "To continue, give the same command with --resume" in told
    ends = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}
    assert set(statuses) <= {0, *(ends[number] for number in numbers)} and len(statuses) > 1
    assert files(tmp_path / "parts") == files(uninterrupted)


def newest(folder: Path) -> float:
    """Time at which the newest checkpoint was written; 0 without checkpoints."""
    return max((path.stat().st_mtime for path in folder.glob("*.json")), default=0.0)


def test_the_command_prints_measures_and_mistakes(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(data.parent)
    quick = ["--epochs", "1", "--threads", "1", "--layout-rounds", "20", "--feature-steps", "5"]
    model = str(tmp_path / "m")
    assert main(["train", "three.npz", "-o", model, *quick, "--labels", "5"]) == 0
    assert f"trained {model}: accuracy on unseen labels " in capsys.readouterr().out
    assert main(["train", "three.npz", "-o", model, *quick]) == 2
    assert "replace it with --force" in capsys.readouterr().err
