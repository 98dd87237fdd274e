"""A team whose followers run on a Ray cluster.

Ray places and starts the followers. They then work as on one machine (team.py). The leader stays in
this process, so data and results stay on this machine.
"""

import contextlib
import importlib.util
import socket
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import torch

from lodespace.models.workers.launch import device_of_worker, joined
from lodespace.models.workers.team import Team

LOCAL = "local"
"""Address for a new cluster on this machine."""
START_WAIT = timedelta(minutes=10)
"""Longest wait until the cluster has started all followers."""


@contextlib.contextmanager
def ray_team(size: int, device: str, threads: int, address: str) -> Generator[Team]:
    """Start followers on a Ray cluster, and lead them in the `with` block.

    Args:
        size: number of processes, with this process.
        device: "auto", "cpu" or "cuda". On CUDA, each process has a GPU of its own.
        threads: processor threads of each follower, for which Ray reserves as many processors.
        address: "local", "auto", or the address of the cluster, as for ray.init().

    Raises:
        ValueError: Ray is not installed, the cluster is not there, or the device is not available.
        RuntimeError: the cluster did not start the followers within START_WAIT.
    """
    if importlib.util.find_spec("ray") is None:
        raise ValueError("Ray is not installed; install it by: pip install 'lodespace[ray]'")
    # Ray is an optional package, whose types are unknown where it is missing.
    ray: Any = importlib.import_module("ray")
    own = device_of_worker(device, 0, size)
    processors = {"num_cpus": size * threads} if address == LOCAL else {}
    try:
        ray.init(None if address == LOCAL else address, include_dashboard=False, **processors)
    except (ConnectionError, RuntimeError) as error:
        raise ValueError(f"the Ray cluster at {address} cannot be used: {error}") from error
    try:
        host = ray.util.get_node_ip_address()
        with socket.socket() as free:
            free.bind((host, 0))
            place = f"tcp://{host}:{free.getsockname()[1]}"
        start = ray.remote(
            num_cpus=threads,
            num_gpus=int(own.type == "cuda"),
            max_retries=0,
            scheduling_strategy="SPREAD",
        )(_follow)
        running = [start.remote(place, rank, size, device, threads) for rank in range(1, size)]
        with joined(own, START_WAIT, init_method=place, rank=0, world_size=size) as team:
            yield team
        ray.get(running, timeout=START_WAIT.total_seconds())
    finally:
        ray.shutdown()


def _follow(place: str, rank: int, size: int, device: str, threads: int) -> None:
    """Follow the leader in a process of Ray."""
    torch.set_num_threads(threads)
    # Ray shows each process only the GPU that it may use.
    own = device_of_worker(device, 0, size)
    with joined(own, START_WAIT, init_method=place, rank=rank, world_size=size) as team:
        team.follow()
