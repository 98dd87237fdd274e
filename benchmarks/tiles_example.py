"""The example of a scene in tiles: copies of the bundled digits, with pictures and labels.

`python benchmarks/tiles.py --example OUT` writes it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from lodespace.baking.tile_site import write_tile_site
from lodespace.items.item_set import load_digits
from lodespace.protocol import UNLABELED, ClassInfo
from lodespace.session.class_colours import PALETTE
from lodespace.tiles.atlas import ItemPictures
from lodespace.tiles.build import TileScene, build_tiles
from lodespace.tiles.folder import INDEX, TILES
from lodespace.tiles.points import PointBlock

BLOCK = 100_000


def digits(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures (n, 28, 28), positions (n, 3) and classes (n,) of copies of the digits."""
    known = load_digits()
    assert known.truth is not None
    random = np.random.default_rng(0)
    pictures = np.empty((n, 28, 28), np.uint8)
    for first in range(0, n, len(known.data)):
        rows = slice(first, min(first + len(known.data), n))
        moved = np.roll(known.data, random.integers(-2, 3, 2), axis=(1, 2))[: rows.stop - first]
        pictures[rows] = (moved + random.normal(0, 12, moved.shape)).clip(0, 255)
    flat = known.data.reshape(len(known.data), -1).astype(np.float32) / 255
    centred = flat - flat.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    positions = np.resize(centred @ axes[:, :-4:-1], (n, 3))
    return pictures, positions + random.normal(0, 0.15, (n, 3)), np.resize(known.truth, n)


def example(n: int, output: Path, tile_points: int) -> None:
    """Write the example site."""
    pictures, positions, truth = digits(n)
    labels = np.where(np.random.default_rng(1).random(n) < 0.5, truth, UNLABELED)
    classes = [ClassInfo(class_id=k, name=str(k), colour=PALETTE[k]) for k in range(10)]

    def blocks() -> Iterator[PointBlock]:
        for first in range(0, n, BLOCK):
            rows = slice(first, first + BLOCK)
            yield PointBlock(positions[rows], labels[rows])

    def item_file(rows: np.ndarray) -> bytes:
        ids = [f"digit-{row}" for row in rows.tolist()]
        columns = {"digit": truth[rows].astype(str).tolist()}
        return msgspec.json.encode({"ids": ids, "columns": columns})

    scene = TileScene("digits", classes, ItemPictures(pictures), item_file)
    info, tree = build_tiles(
        blocks(), scene, output / TILES, output / INDEX, tile_points=tile_points
    )
    write_tile_site(output, info, tree)
    sys.stdout.write(f"{output}: {info.items:,} items in {info.tiles} tiles\n")
