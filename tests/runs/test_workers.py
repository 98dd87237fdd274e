"""`lodespace train --workers`: several processes train, and one of them is killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from lodespace.baking.progress import Progress
from lodespace.cli import main
from lodespace.models.snapshot import Snapshot

QUICK = [
    "--epochs",
    "2",
    "--threads",
    "1",
    "--labels",
    "5",
    "--layout-rounds",
    "20",
    "--rounds-per-gesture",
    "3",
]


@pytest.fixture(autouse=True)
def no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no figures, which takes longer than the trainings of these tests."""
    monkeypatch.setattr("lodespace.exporting.figure.is_available", lambda: False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """60 vectors in three groups with their groups as labels."""
    truth = np.arange(60) % 3
    vectors = np.random.default_rng(1).normal(size=(60, 6)) + 4 * np.eye(3, 6)[truth]
    np.savez(tmp_path / "three.npz", X=vectors, y=np.array(["a", "b", "c"])[truth])
    return tmp_path / "three.npz"


def followers() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if "lodespace.models.workers.follower" in child.cmdline()
    ]


def train(data: Path, output: Path, *options: str) -> int:
    return main(["train", str(data), "-o", str(output), *QUICK, *options])


@pytest.mark.slow
def test_a_killed_worker_loses_only_the_steps_since_the_checkpoint(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output, update, steps = tmp_path / "m", Progress.update, [0]

    def killing(self: Progress, snapshot: Snapshot) -> None:
        update(self, snapshot)
        steps[0] = snapshot.step
        if snapshot.step == 40:
            (follower,) = followers()
            follower.kill()

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "update", killing)
        assert train(data, output, "--workers", "2", "--checkpoint-every", "0s") == 2
    assert "--resume" in capsys.readouterr().err
    assert steps[0] >= 40 and not followers()
    assert train(data, output, "--workers", "1", "--resume") == 0
    assert json.loads((output / "result.json").read_text())["accuracy_unseen"] > 0.9


@pytest.mark.slow
@pytest.mark.only_slow("starts two processes of torchrun")
def test_torchrun_trains_with_two_processes(data: Path, tmp_path: Path) -> None:
    run = "import sys; from torch.distributed.run import main; main(sys.argv[1:])"
    torchrun = [sys.executable, "-c", run, "--standalone", "--nproc-per-node", "2"]
    command = ["-m", "lodespace", "train", str(data), "-o", str(tmp_path / "m"), *QUICK]
    done = subprocess.run(
        [*torchrun, *command], env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "m" / "model.safetensors").is_file()
    assert done.stdout.decode().count("trained") == 1
