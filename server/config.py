"""Options of the server."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

VERSION = "0.1.0"
"""Version of the package. A test compares it with pyproject.toml."""
DEFAULT_PORT = 8321
"""First port that is tried for the page on this machine."""
DEFAULT_LAN_PORT = 8443
"""First port that is tried for HTTPS to other devices."""
BUILT_PAGE = Path(__file__).parent / "static"
"""Folder of the built client."""
PORTS_TRIED = 20
"""Without `--port`, the server tries this number of consecutive ports, from DEFAULT_PORT on."""


def state_folder() -> Path:
    """Return the folder for data that all projects of a person on this computer share.

    The folder contains the certificate, the approved devices, and the list of the folders from
    which projects may read original files. Copying a project does not copy this folder.
    """
    return platformdirs.user_state_path("lodespace", appauthor=False)


@dataclass(frozen=True)
class LanConfig:
    """Options of the HTTPS server for other devices."""

    port: int | None = None
    """Port of the HTTPS server. None: DEFAULT_LAN_PORT or the next free port. 0: any free port."""
    certificate: Path | None = None
    """PEM file with a certificate. None: a certificate is generated."""
    key: Path | None = None
    """PEM file with the key of `certificate`."""
    state: Path | None = None
    """Folder for the certificate and the approved devices. None: the user's state folder."""


@dataclass(frozen=True)
class ServerConfig:
    """Options of a server."""

    lan: LanConfig | None = None
    """Access from other devices. None: serve this machine only."""
    stall_seconds: float = 10.0
    """Seconds after which the server disconnects a client that accepts no data."""
    frame_interval: float = 1 / 30
    """Minimum time between two frames that the server sends to one client, in seconds."""
    queue_bytes: int = 8 << 20
    """Largest total size of the messages that are queued for one client, in bytes."""
    max_clients: int = 256
    """Largest number of connected clients. An eighth of this number is reserved for the owner."""
    max_streams_of_device: int = 8
    """Largest number of connected clients per device.

    This limit does not apply to the owner's devices.
    """
    workers: int = 1
    """Number of processes that train together."""
    owner_name: str = ""
    """Name of the owner, which other people see. If empty, they see "the owner"."""
    train: bool = True
    """Whether to train. Without training, labels are accepted and no point moves."""
    watch: Path | None = None
    """Folder of the project's files whose new files are added while the project is served.

    None: no folder is watched.
    """
    token: str = ""
    """Token by which a client on this machine proves that it belongs to the owner.

    If empty, every process of the user who runs the server is the owner.
    """
    notebook: bool = False
    """Whether other pages that this machine serves, such as notebooks, may embed the page."""
