"""Scenes in tiles: each item once, boxes, levels, files, and the same bytes for the same seed."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from drivers.gltf_validator import validate
from lodespace.errors import DatasetError, ProjectError
from lodespace.protocol import ClassInfo, TilesInfo
from lodespace.tiles import morton
from lodespace.tiles.atlas import ItemPictures
from lodespace.tiles.build import ITEMS, LABELS, ROWS, TileScene, build_tiles
from lodespace.tiles.points import PointBlock
from lodespace.tiles.tile_glb import read_positions
from lodespace.tiles.tileset import TILESET, TileTree, read_tileset, tile_path

N = 30_000
TILE_POINTS = 512
CLASSES = [ClassInfo(class_id=k, name=f"class {k}", colour=f"#{k:02x}8040") for k in range(3)]


class Built(NamedTuple):
    folder: Path
    positions: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    info: TilesInfo
    tree: TileTree


def points(n: int, dimensions: int = 3) -> npt.NDArray[np.float64]:
    """Clusters of unequal density, (n, dimensions)."""
    random = np.random.default_rng(5)
    centres = random.normal(0, 4, (7, dimensions))
    which = random.integers(0, 7, n)
    return centres[which] + random.normal(size=(n, dimensions)) * (0.05 + which[:, None] ** 2 / 20)


def blocks(
    positions: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64] | None = None,
    size: int = 7000,
) -> Iterator[PointBlock]:
    for first in range(0, len(positions), size):
        rows = slice(first, first + size)
        yield PointBlock(positions[rows], None if labels is None else labels[rows])


def build(
    folder: Path, positions: npt.NDArray[np.float64], labels=None, part_points=1_000_000, **more
) -> Built:
    scene = TileScene("test", CLASSES, **more)
    info, tree = build_tiles(
        blocks(positions, labels),
        scene,
        folder / "tiles",
        folder / "index",
        seed=3,
        tile_points=TILE_POINTS,
        part_points=part_points,
    )
    return Built(folder, positions, labels, info, tree)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    labels = np.random.default_rng(1).integers(-1, 3, N)
    return build(tmp_path_factory.mktemp("built"), points(N), labels)


def tile_positions(built: Built, tile: int) -> npt.NDArray[np.uint16]:
    path = built.folder / "tiles" / tile_path(tile, ".glb")
    return read_positions(path, int(built.tree.count[tile]))


def attribute(glb: bytes, name: str, dtype: str, width: int) -> npt.NDArray:
    """Values of an attribute, read from the JSON chunk as a viewer reads them."""
    length = int.from_bytes(glb[12:16], "little")
    document = json.loads(glb[20 : 20 + length])
    accessor = document["accessors"][document["meshes"][0]["primitives"][0]["attributes"][name]]
    view = document["bufferViews"][accessor["bufferView"]]
    start = 28 + length + view["byteOffset"]
    rows = np.frombuffer(glb[start : start + view["byteLength"]], np.uint8)
    rows = rows.reshape(accessor["count"], view["byteStride"])
    return np.ascontiguousarray(rows).view(dtype)[:, :width]


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert files
    joined = b"".join(str(p.relative_to(folder)).encode() + p.read_bytes() for p in files)
    return hashlib.sha256(joined).hexdigest()


def test_every_item_is_in_exactly_one_tile_at_its_position(built: Built) -> None:
    rows = np.load(built.folder / "index" / ROWS)
    items = np.load(built.folder / "index" / ITEMS)
    assert np.array_equal(np.sort(rows), np.arange(N))
    assert np.array_equal(rows[items], np.arange(N))
    grid = np.concatenate([tile_positions(built, k) for k in range(len(built.tree))])
    shown = np.asarray(built.info.origin) + grid * (built.info.size / 65535)
    assert np.abs(shown - built.positions[rows]).max() <= built.info.size / 65535
    assert built.info.items == N == built.tree.count.sum()


def test_tiles_have_the_labels_and_colours_of_their_items(built: Built) -> None:
    rows = np.load(built.folder / "index" / ROWS)
    assert np.array_equal(np.load(built.folder / "index" / LABELS), built.labels[rows])
    for tile in (0, 1, len(built.tree) - 1):
        glb = (built.folder / "tiles" / tile_path(tile, ".glb")).read_bytes()
        first = int(built.tree.first[tile])
        expected = built.labels[rows[first : first + int(built.tree.count[tile])]]
        assert np.array_equal(attribute(glb, "_LABEL", "<i2", 1)[:, 0], expected)
        colours = attribute(glb, "COLOR_0", "u1", 3)
        assert np.array_equal(colours[expected >= 0][:, 0], expected[expected >= 0])
        assert (colours[expected < 0] == (0x5D, 0x68, 0x78)).all()


def test_boxes_contain_the_items_of_all_tiles_below(built: Built) -> None:
    document = json.loads((built.folder / "tiles" / TILESET).read_bytes())
    grid = np.concatenate([tile_positions(built, k) for k in range(len(built.tree))])
    metres = grid / 65535 - 0.5
    waiting, seen = [document["root"]], 0
    while waiting:
        tile = waiting.pop()
        waiting += tile.get("children", [])
        seen += 1
        extras, box = tile["extras"], np.array(tile["boundingVolume"]["box"])
        centre, half = box[:3], box[[3, 7, 11]]
        # 3D Tiles has z up, glTF has y up.
        of = metres[extras["first"] : extras["end"]] * (1, 1, -1)
        assert (np.abs(of[:, [0, 2, 1]] - centre) <= half).all()
        assert (grid[extras["first"] : extras["end"]].min(axis=0) == extras["low"]).all()
        for child in tile.get("children", []):
            assert child["geometricError"] < tile["geometricError"]
            low = (
                np.array(child["boundingVolume"]["box"][:3])
                - np.array(child["boundingVolume"]["box"])[[3, 7, 11]]
            )
            assert (low >= centre - half - 1e-6).all()
    assert seen == len(built.tree) == built.info.tiles
    assert document["root"]["refine"] == "ADD" and document["asset"]["version"] == "1.1"


def test_tiles_with_children_have_the_lowest_priorities(built: Built) -> None:
    tree, rows = built.tree, np.load(built.folder / "index" / ROWS)
    priority = morton.priorities(rows, 3)
    assert tree.level.max() >= 3
    for tile in range(len(tree)):
        first, count, end = (int(of[tile]) for of in (tree.first, tree.count, tree.end))
        if tree.after[tile] == tile + 1:
            assert count <= 2 * TILE_POINTS
        else:
            assert count == TILE_POINTS
            own = priority[first : first + count].max()
            assert own < priority[first + count : end].min()
            assert end - first > 2 * TILE_POINTS


def test_items_of_a_tile_are_in_the_cell_of_its_octree(built: Built) -> None:
    tree = built.tree
    for tile in range(1, len(tree)):
        code = morton.codes(tile_positions(built, tile))
        assert len(np.unique(morton.cells(code, int(tree.level[tile])))) == 1
        assert (np.diff(code.astype(np.int64)) >= 0).all()
        assert tree.level[tile] == tree.level[tree.parent[tile]] + 1
    items = np.array([0, TILE_POINTS - 1, TILE_POINTS, N - 1])
    assert tree.tile_of(items).tolist() == [0, 0, 1, len(tree) - 1]


def test_same_seed_gives_the_same_bytes_for_any_part_size(built: Built, tmp_path: Path) -> None:
    again = build(tmp_path / "again", built.positions, built.labels, part_points=9 * TILE_POINTS)
    assert digest(again.folder) == digest(built.folder)


def test_tileset_reads_back_as_it_was_written(built: Built, tmp_path: Path) -> None:
    info, tree = read_tileset(built.folder / "tiles" / TILESET)
    assert info == built.info
    for name in vars(tree):
        assert np.array_equal(getattr(tree, name), getattr(built.tree, name)), name
    text = (built.folder / "tiles" / TILESET).read_text()
    for wrong in ("{}", text.replace('"first":0,', '"first":1,'), text[:-9], "[" * 100_000):
        (tmp_path / "wrong.json").write_text(wrong)
        with pytest.raises(ProjectError, match="not a scene in tiles"):
            read_tileset(tmp_path / "wrong.json")


def test_tile_is_valid_gltf(built: Built, tmp_path: Path) -> None:
    for tile in (0, len(built.tree) - 1):
        glb = (built.folder / "tiles" / tile_path(tile, ".glb")).read_bytes()
        issues = validate(glb, tmp_path)["issues"]
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues
        codes = {message["code"] for message in issues["messages"]}
        assert codes == {"UNSUPPORTED_EXTENSION"}  # EXT_mesh_features


def test_items_in_one_place_are_in_several_tiles(tmp_path: Path) -> None:
    built = build(tmp_path, np.concatenate([points(2000), np.full((11_000, 3), 30.0)]))
    assert built.tree.count.sum() == 13_000
    assert built.tree.count.max() <= 2 * TILE_POINTS
    assert built.tree.level.max() == morton.BITS


def test_two_dimensions_lie_in_the_middle_plane(tmp_path: Path) -> None:
    built = build(tmp_path, points(3000, 2))
    assert built.info.latent_dim == 2
    assert (tile_positions(built, 0)[:, 2] == 32768).all()


def test_pictures_and_item_files_follow_the_items(tmp_path: Path) -> None:
    n = 1500
    pictures = np.random.default_rng(0).integers(0, 256, (n, 28, 28), np.uint8)
    built = build(
        tmp_path,
        points(n),
        pictures=ItemPictures(pictures),
        item_file=lambda rows: json.dumps({"ids": [f"row {row}" for row in rows]}).encode(),
    )
    rows = np.load(tmp_path / "index" / ROWS)
    tile = len(built.tree) - 1
    first, count = int(built.tree.first[tile]), int(built.tree.count[tile])
    page = np.asarray(Image.open(tmp_path / "tiles" / tile_path(tile, "-0.webp")).convert("L"))
    assert page.shape == (32 * -(-count // 64), 2048)
    row, column = divmod(count - 1, 64)
    cell = page[32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
    assert np.array_equal(cell[2:-2, 2:-2], pictures[rows[first + count - 1]])
    ids = json.loads((tmp_path / "tiles" / tile_path(tile, ".json")).read_bytes())["ids"]
    assert ids == [f"row {row}" for row in rows[first : first + count]]
    assert built.info.pictures is not None and built.info.item_files


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (np.zeros((0, 3)), "no points"),
        (np.array([[0, 0, 0], [0, np.nan, 0]]), "row 1 has no position"),
        (np.zeros((5, 4)), "2 or 3 coordinates"),
    ],
)
def test_unusable_points_are_refused(tmp_path: Path, positions, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        build(tmp_path, positions)
