"""Every option of the server, once."""

from dataclasses import dataclass
from pathlib import Path

VERSION = "0.1.0"
"""Version of the package; pyproject.toml has the same, which a test compares."""
DEFAULT_PORT = 8321
DEFAULT_LAN_PORT = 8443
BUILT_PAGE = Path(__file__).parent / "static"
"""Where the built client lies."""
PORTS_TRIED = 20
"""Ports from DEFAULT_PORT on that are tried when none is asked for."""


@dataclass(frozen=True)
class LanConfig:
    """Serving other devices too, by HTTPS. `port` None: DEFAULT_LAN_PORT or the next free one; 0: any. `certificate`, `key`: PEM files
    instead of a certificate made here. `state`: where certificate and devices are kept (default: the system's folder for such things).
    """

    port: int | None = None
    certificate: Path | None = None
    key: Path | None = None
    state: Path | None = None


@dataclass(frozen=True)
class ServerConfig:
    """`lan`: None: this machine alone. `stall_seconds`: a client that takes nothing for so long is dropped.
    `frame_interval`: least seconds between two frames to one client. `queue_bytes`: what may wait for one client.
    `train`: without it labels are taken and nothing moves. `notebook`: the page may be shown in a frame of another page of this machine.
    """

    lan: LanConfig | None = None
    stall_seconds: float = 10.0
    frame_interval: float = 1 / 30
    queue_bytes: int = 8 << 20
    max_clients: int = 256
    train: bool = True
    notebook: bool = False
