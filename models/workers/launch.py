"""Starting the team: followers on this machine, or processes that torchrun has started."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from lodespace.models.device import choose_device
from lodespace.models.processors import processors
from lodespace.models.workers.team import JOB_WAIT, Team, WorkerLostError

START_SECONDS = 300.0
"""Longest time until all followers have loaded torch, in seconds. A busy machine is slow."""
END_SECONDS = 10.0
"""Time that a follower gets to end by itself after the team was closed, in seconds."""
_POLL_SECONDS = 0.05
_JOIN_WAIT = timedelta(minutes=1)
"""Longest time that a process waits for the others, after all of them are ready to join."""
_INTERFACE = "GLOO_SOCKET_IFNAME"
_LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


def launched_rank() -> int:
    """Return the number of this process if torchrun has started several processes, else 0."""
    return int(os.environ.get("RANK", "0")) if launched_size() > 1 else 0


def launched_size() -> int:
    """Return the number of processes that torchrun has started; 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def device_of_worker(name: str, local_rank: int, here: int) -> torch.device:
    """Return the device of a worker of a team.

    On CUDA, each worker of a machine has a GPU of its own. Workers cannot exchange values on
    Apple's MPS, so "auto" is the CPU there.

    Args:
        name: device of the command.
        local_rank: number of the worker on this machine, from 0.
        here: number of workers that use the GPUs of this machine.

    Raises:
        ValueError: when the device is not available or is MPS, when `name` is one GPU but there
            are several workers, or when there are more workers than GPUs.
    """
    device = choose_device(name)
    if device.type == "mps":
        if name == "auto":
            return torch.device("cpu")
        raise ValueError(
            "several workers cannot train on mps; use the device cpu, or train with one worker"
        )
    if device.type != "cuda":
        return device
    if ":" in name:
        if here > 1:
            raise ValueError(
                f"several workers cannot share {name}; use the device cuda, with which each worker "
                "has a GPU of its own, or train with one worker"
            )
        return device
    count = torch.cuda.device_count()
    if local_rank >= count:
        raise ValueError(
            f"{here} workers need {here} GPUs, but this machine has {count}; use fewer workers, or "
            "the device cpu"
        )
    return torch.device("cuda", local_rank)


def _join(device: torch.device, timeout: timedelta, **options: object) -> Team:
    """Join the team. `timeout` is the longest wait for the other processes."""
    backend = "gloo" if device.type != "cuda" else "cpu:gloo,cuda:nccl"
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group(
        backend,
        timeout=timeout,
        **options,  # pyright: ignore[reportArgumentType]
    )
    return Team(device)


@contextlib.contextmanager
def joined(device: torch.device, timeout: timedelta, **options: object) -> Generator[Team]:
    """Join the team, and leave it after the `with` block.

    Args:
        device: device of this process.
        timeout: longest wait for the other processes.
        options: further arguments of init_process_group().
    """
    team = _join(device, timeout, **options)
    try:
        yield team
    finally:
        with contextlib.suppress(RuntimeError):  # another process has ended
            team.close()


def threads_of_worker(threads: int, workers: int) -> int:
    """Return the number of processor threads of each process.

    `threads` are returned, unless they are 0. Then the processes of this machine share its
    processors.
    """
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if launched_size() > 1 else workers
    return threads or max(1, processors() // here)


@contextlib.contextmanager
def team_of(
    workers: int, device: str, threads: int, *, ray: str | None = None
) -> Generator[Team | None]:
    """Lead the processes that torchrun has started, or `workers` processes.

    Yields None if there is only one process.

    Args:
        workers: number of processes; with torchrun, 1 or the number of its processes.
        device: "auto", "cpu", "cuda" or "mps".
        threads: processor threads of each process. 0: the processes share the processors of this
            machine; on a Ray cluster, each follower has one thread.
        ray: address of the Ray cluster that starts the other processes (ray_cluster.py); None to
            start them on this machine.

    Raises:
        ValueError: when torchrun has started another number of processes, when a Ray cluster is
            combined with torchrun or has only one worker, when the device or the cluster is not
            available, and in the cases of `device_of_worker`.
        WorkerLostError: another process ended before the team was complete.
    """
    launched = launched_size()
    if ray is not None and launched > 1:
        raise ValueError("torchrun has started the workers; leave out ray, or torchrun")
    if ray is not None and workers == 1:
        raise ValueError("a Ray cluster is for several workers; ask for 2 workers or more")
    if launched > 1 and workers not in (1, launched):
        raise ValueError(f"torchrun has started {launched} workers, not {workers}")
    if launched > 1:
        with _launched_team(device) as team:
            yield team
    elif workers > 1 and ray is not None:
        from lodespace.models.workers.ray_cluster import ray_team

        with ray_team(workers, device, threads or 1, ray) as team:
            yield team
    elif workers > 1:
        with local_team(workers, device, threads_of_worker(threads, workers)) as team:
            yield team
    else:
        choose_device(device)
        yield None


def follow_launched(device: str, threads: int) -> None:
    """Follow the leader in a process that torchrun has started, until the leader closes the team.

    The arguments are those of `team_of`.
    """
    ignore_stop_signals()
    torch.set_num_threads(threads_of_worker(threads, 1))
    with _launched_team(device) as team:
        team.follow()


@contextlib.contextmanager
def _launched_team(device: str) -> Generator[Team]:
    """Join the team of the processes that torchrun has started. Leave it after the `with` block."""
    rank, here = (int(os.environ.get(f"LOCAL_{name}", "0")) for name in ("RANK", "WORLD_SIZE"))
    own = device_of_worker(device, rank, here)
    # The leader joins after it has imported the data.
    with joined(own, JOB_WAIT) as team:
        yield team


def ignore_stop_signals() -> None:
    """Ignore Ctrl-C and SIGTERM: the leader first saves its state, and then closes the team."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def local_team(size: int, device: str, threads: int) -> Generator[Team]:
    """Start followers on this machine, and lead them in the `with` block.

    Args:
        size: number of processes, with this process.
        device: "auto", "cpu" or "cuda". On CUDA, each process has a GPU of its own.
        threads: processor threads of each follower.

    Raises:
        ValueError: for a device that is not available, and for more workers than GPUs.
        WorkerLostError: a follower ended before the team was complete.
    """
    own = device_of_worker(device, 0, size)
    device_of_worker(device, size - 1, size)
    with tempfile.TemporaryDirectory(prefix="lodespace-") as folder:
        place = Path(folder)
        processes = [_start(place, rank, size, device, threads) for rank in range(1, size)]
        try:
            with contextlib.ExitStack() as stack:
                _wait_for(place, processes)
                options = {"init_method": _store(place), "rank": 0, "world_size": size}
                with _within_machine():
                    team = stack.enter_context(joined(own, _JOIN_WAIT, **options))
                yield team
        finally:
            _end(processes)


@contextlib.contextmanager
def _within_machine() -> Generator[None]:
    """Let gloo listen on the loopback address in the `with` block, so that only this machine
    reaches it."""
    before = os.environ.get(_INTERFACE)
    os.environ.setdefault(_INTERFACE, _LOOPBACK)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_INTERFACE]


def follow_local(place: Path, rank: int, size: int, device: str, threads: int) -> None:
    """Follow the leader that called `local_team`, until it closes the team.

    `place` is the folder where the processes find each other.
    """
    torch.set_num_threads(threads)
    own = device_of_worker(device, rank, size)
    _ready(place, rank).touch()
    # The others may need START_SECONDS until they are ready, and the leader joins after them.
    wait = timedelta(seconds=START_SECONDS) + _JOIN_WAIT
    options = {"init_method": _store(place), "rank": rank, "world_size": size}
    with _within_machine(), joined(own, wait, **options) as team:
        team.follow()


def _store(place: Path) -> str:
    return (place / "store").as_uri()


def _ready(place: Path, rank: int) -> Path:
    """Return the file that a follower makes when it is ready to join."""
    return place / f"ready-{rank}"


def _start(
    place: Path, rank: int, size: int, device: str, threads: int
) -> "subprocess.Popen[bytes]":
    arguments = [str(place), str(rank), str(size), device, str(threads)]
    return subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-P", "-m", "lodespace.models.workers.follower", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # standard output belongs to the command
        process_group=0,  # Ctrl-C in the terminal reaches only the leader, which saves its state.
        env=os.environ | {"OMP_WAIT_POLICY": "passive"},
    )


def _wait_for(place: Path, processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Wait until all followers are ready to join."""
    end = time.monotonic() + START_SECONDS
    for rank, process in enumerate(processes, 1):
        while not _ready(place, rank).exists():
            if process.poll() is not None:
                raise WorkerLostError(
                    f"worker {rank} ended with status {process.returncode} before it was ready"
                )
            if time.monotonic() > end:
                raise WorkerLostError(f"worker {rank} was not ready in {START_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)


def _end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    end = time.monotonic() + END_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
