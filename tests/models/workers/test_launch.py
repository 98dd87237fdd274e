"""Devices of workers, and the start of a team."""

import contextlib
import os
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch

from lodespace.models import Dataset, Trainer, preset
from lodespace.models.shared_items import shared
from lodespace.models.workers import launch
from lodespace.models.workers.launch import device_of_worker, follow_local, team_of
from lodespace.models.workers.team import Team


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that pretends that this machine has Apple's MPS, or some GPUs."""

    def pretend(*, mps: bool = False, gpus: int = 0) -> None:
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch, "empty", lambda *sizes, device: torch.zeros(*sizes))

    return pretend


def test_workers_use_the_cpu_of_a_machine_with_mps(machine: Any) -> None:
    machine(mps=True)
    assert device_of_worker("auto", 0, 2) == torch.device("cpu")
    with pytest.raises(ValueError, match="use the device cpu"):
        device_of_worker("mps", 0, 2)


def test_each_worker_has_a_gpu_of_its_own(machine: Any) -> None:
    machine(gpus=2)
    for name in ("auto", "cuda"):
        assert device_of_worker(name, 1, 2) == torch.device("cuda", 1)
    with pytest.raises(ValueError, match="3 workers need 3 GPUs, but this machine has 2"):
        device_of_worker("cuda", 2, 3)


def test_several_workers_cannot_share_a_gpu(machine: Any) -> None:
    machine(gpus=2)
    with pytest.raises(ValueError, match="cannot share cuda:0; use the device cuda"):
        device_of_worker("cuda:0", 0, 2)
    # torchrun with one worker per machine
    assert device_of_worker("cuda:1", 0, 1) == torch.device("cuda", 1)


def test_the_leader_trains_on_the_device_of_its_team(
    few_images: Dataset, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    dataset = shared(few_images, team)
    trainer = Trainer(dataset, preset("default", 2), n_classes=3, seed=1, device="auto")
    assert trainer.dataset.device == team.device


def test_a_team_leaves_the_environment_as_it_was(team: Team) -> None:
    assert team.size == 2 and "GLOO_SOCKET_IFNAME" not in os.environ


def test_a_follower_waits_as_long_as_the_others_may_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, followed, names = list[timedelta](), list[Team](), list[str]()

    class Stub:
        def follow(self: Any) -> None:
            followed.append(self)

    @contextlib.contextmanager
    def joined(device: torch.device, timeout: timedelta, **options: object) -> Generator[Stub]:
        waits.append(timeout)
        names.append(os.environ["GLOO_SOCKET_IFNAME"])
        yield Stub()

    monkeypatch.setattr(launch, "joined", joined)
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: None)
    follow_local(tmp_path, 1, 3, "cpu", 1)
    assert waits[0] > timedelta(seconds=launch.START_SECONDS)
    assert followed and names[0].startswith("lo") and "GLOO_SOCKET_IFNAME" not in os.environ


def test_ray_for_one_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="2 workers or more"), team_of(1, "cpu", 1, ray="auto"):
        pass


def test_ray_under_torchrun_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="torchrun"), team_of(2, "cpu", 1, ray="auto"):
        pass
