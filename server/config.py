"""Every option of the server, once."""

from dataclasses import dataclass

DEFAULT_PORT = 8321
PORTS_TRIED = 20
"""Ports from DEFAULT_PORT on that are tried when none is asked for."""


@dataclass(frozen=True)
class ServerConfig:
    """`host`: only this machine by default. `stall_seconds`: a client that takes nothing for so long is dropped.
    `frame_interval`: least seconds between two frames to one client. `queue_bytes`: what may wait for one client.
    `train`: without it labels are taken and nothing moves.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    stall_seconds: float = 10.0
    frame_interval: float = 1 / 30
    queue_bytes: int = 8 << 20
    max_clients: int = 256
    train: bool = True
