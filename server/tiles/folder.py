"""The folder of a scene in tiles, and its session as a page receives it."""

from pathlib import Path

from lodespace.config import VERSION
from lodespace.protocol import (
    PROTOCOL_VERSION,
    History,
    Role,
    SessionInfo,
    Settings,
    TilesInfo,
    Training,
)
from lodespace.tiles.tileset import TILESET

TILES = "tiles"
"""Folder of the tiles in a site. A server sends the tiles at the same address."""
INDEX = "index"
"""Folder of the files that only `lodespace serve` needs."""
TABLE = "items.parquet"
"""File in INDEX with the columns of the source, row by row."""


def is_tile_scene(folder: Path) -> bool:
    """Return whether `folder` is the site of a scene in tiles."""
    return (folder / TILES / TILESET).is_file()


def tile_session(
    info: TilesInfo,
    *,
    role: Role = "viewer",
    read_only: bool = True,
    sequence: int = 0,
    history: History | None = None,
) -> SessionInfo:
    """Return the session of a scene in tiles.

    Args:
        info: Metadata of the scene.
        role: Role of the client.
        read_only: Whether no item can be labelled.
        sequence: Number of the newest event in the label log.
        history: The newest gestures; None if there are no gestures.
    """
    training = Training(
        state="absent",
        phase="resting",
        progress=1.0,
        step=0,
        frames_per_second=0.0,
        settings=Settings(latent_dim=info.latent_dim),
    )
    return SessionInfo(
        protocol=PROTOCOL_VERSION,
        version=VERSION,
        dataset=info.dataset,
        item_kind="vector" if info.pictures is None else "image",
        n_items=info.items,
        latent_dim=info.latent_dim,
        scene_id=1,
        revision=0,
        sequence=sequence,
        read_only=read_only,
        role=role,
        classes=info.classes,
        thumbnails=None,
        training=training,
        history=history or History(gestures=[], can_undo=False, can_redo=False),
        pins=[],
        axes=[],
        has_recording=False,
        quality=None,
        report=[],
        tiles=f"{TILES}/{TILESET}",
    )
