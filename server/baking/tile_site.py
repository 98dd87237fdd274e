"""The static site of a scene in tiles: the page, its poster, and the session."""

from pathlib import Path

import msgspec
import numpy as np

from lodespace.baking.site_page import write_head
from lodespace.baking.static_site import copy_page
from lodespace.config import VERSION
from lodespace.drawing.poster import draw_poster, encode_poster
from lodespace.items.item_set import ItemSet
from lodespace.project.baked_state import SESSION
from lodespace.protocol import (
    PROTOCOL_VERSION,
    UNLABELED,
    History,
    Role,
    SessionInfo,
    Settings,
    TilesInfo,
    Training,
)
from lodespace.scene.glb import Box, Scene
from lodespace.tiles.build import LABELS
from lodespace.tiles.tile_glb import read_positions
from lodespace.tiles.tileset import TILESET, TileTree, tile_path

TILES = "tiles"
"""Folder of the tiles in a site. The server sends the tiles at the same address."""
INDEX = "index"
"""Folder of the files that only `lodespace serve` needs."""


def is_tile_scene(folder: Path) -> bool:
    """Return whether `folder` is the site of a scene in tiles."""
    return (folder / TILES / TILESET).is_file()


def tile_session(
    info: TilesInfo,
    *,
    pictures: bool,
    role: Role = "viewer",
    read_only: bool = True,
    sequence: int = 0,
) -> SessionInfo:
    """Return the session of a scene in tiles.

    Args:
        info: Metadata of the scene.
        pictures: Whether the items have pictures.
        role: Role of the client.
        read_only: Whether no item can be labelled.
        sequence: Number of the newest event in the label log.
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
        item_kind="image" if pictures else "vector",
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
        history=History(gestures=[], can_undo=False, can_redo=False),
        pins=[],
        axes=[],
        has_recording=False,
        quality=None,
        report=[],
        tiles=f"{TILES}/{TILESET}",
    )


def write_tile_site(folder: Path, info: TilesInfo, tree: TileTree) -> None:
    """Write the page, its poster and the session into the folder of a scene in tiles.

    The poster shows the items of the root tile.

    Raises:
        ProjectError: The page has not been built.
        OSError: A file cannot be written.
    """
    copy_page(folder)
    count = int(tree.count[0])
    classes = f" in {len(info.classes)} classes" if len(info.classes) > 1 else ""
    text = f"{info.items:,} items{classes}, arranged in a latent space"
    scene = Scene(
        positions=read_positions(folder / TILES / tile_path(0, ".glb"), count),
        labels=np.load(folder / INDEX / LABELS, mmap_mode="r")[:count],
        predictions=np.full(count, UNLABELED, np.int16),
        confidence=np.zeros(count, np.uint8),
        box=Box(info.origin, info.size),
        classes=tuple(info.classes),
        dataset=info.dataset,
        latent_dim=info.latent_dim,
        revision=0,
        step=0,
        scene_id=1,
        sequence=0,
    )
    items = ItemSet(info.dataset, "vector", np.zeros((count, 1), np.float32), ())
    poster = encode_poster(draw_poster(items, scene, text))
    write_head(folder, info.dataset, text, poster, cards=False)
    session = tile_session(info, pictures=info.pictures is not None)
    (folder / SESSION).write_bytes(msgspec.json.encode(session))
