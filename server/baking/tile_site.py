"""The static site of a scene in tiles: the page, its poster, and the session."""

from pathlib import Path

import msgspec
import numpy as np

from lodespace.baking.site_page import write_head
from lodespace.baking.static_site import copy_page
from lodespace.drawing.poster import draw_poster, encode_poster
from lodespace.items.item_set import ItemSet
from lodespace.project.baked_state import SESSION
from lodespace.protocol import UNLABELED, TilesInfo
from lodespace.scene.glb import Box, Scene
from lodespace.tiles.build import LABELS
from lodespace.tiles.folder import INDEX, TILES, tile_session
from lodespace.tiles.tile_glb import read_positions
from lodespace.tiles.tileset import TileTree, tile_path


def write_tile_site(folder: Path, info: TilesInfo, tree: TileTree) -> None:
    """Write the page, its poster and the session into the folder of a scene in tiles.

    The poster shows the items of the root tile.

    Raises:
        ProjectError: The page has not been built.
        OSError: A file cannot be written.
    """
    copy_page(folder, tiles=True)
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
    session = tile_session(info)
    (folder / SESSION).write_bytes(msgspec.json.encode(session))
