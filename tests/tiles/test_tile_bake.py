"""Bakes of scenes in tiles: from a project, from Parquet files, and by the command line."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from lodespace.baking.bake import bake
from lodespace.baking.tile_bake import bake_points, bake_project
from lodespace.cli import main
from lodespace.errors import DatasetError, ProjectError
from lodespace.importing.importer import source_of
from lodespace.importing.source import ImportOptions
from lodespace.items.item_set import bundled_digits_folder
from lodespace.models.device import limited_threads
from lodespace.models.portable import load_model
from lodespace.project.offline import open_offline
from lodespace.service.tile_service import TileService
from lodespace.tiles.build import LABELS, ROWS
from lodespace.tiles.folder import is_tile_scene
from lodespace.tiles.item_table import SEARCH, ItemParquet, write_items
from lodespace.tiles.points import PointBlock
from lodespace.tiles.tile_glb import read_positions
from lodespace.tiles.tileset import read_tileset, tile_path

DEMO = bundled_digits_folder().parent / "demo"


def test_project_becomes_a_scene_with_its_map_and_pictures(tmp_path: Path) -> None:
    scene = bake_project(DEMO, tmp_path / "scene")
    project, session = open_offline(DEMO)
    project.close()
    info, tree = read_tileset(scene / "tiles" / "tileset.json")
    rows = np.load(scene / "index" / ROWS)
    shown = session.encoder.scene()
    assert info.items == len(shown.positions) == len(rows)
    assert info.pictures is not None and info.predictions
    assert np.array_equal(np.load(scene / "index" / LABELS), shown.labels[rows])
    count = int(tree.count[0])
    grid = read_positions(scene / "tiles" / tile_path(0, ".glb"), count)
    means = np.asarray(info.origin) + grid * (info.size / 65535)
    difference = means[:, : info.latent_dim] - shown.latent_mean()[rows[:count]]
    assert np.abs(difference).max() <= info.size / 65535
    assert (scene / "tiles" / tile_path(0, "-0.webp")).is_file()
    assert json.loads((scene / "session.json").read_bytes())["tiles"] == "tiles/tileset.json"
    service = TileService(scene, None)
    pages = {}
    for item in (0, 1, info.items - 1, 0):  # a page is decoded once, and then kept
        tile = int(tree.tile_of(np.array([item]))[0])
        page, place = divmod(item - int(tree.first[tile]), 4096)
        path = scene / "tiles" / tile_path(tile, f"-{page}.webp")
        pages[path] = np.asarray(Image.open(path).convert("L"))
        row, column = divmod(place, 64)
        expected = pages[path][32 * row + 2 : 32 * row + 30, 32 * column + 2 : 32 * column + 30]
        found = Image.open(io.BytesIO(service.picture(item))).convert("L")
        assert np.array_equal(np.asarray(found), expected)
    assert list(service._pages) == list(reversed(pages))


def write(path: Path, n: int = 500, **columns: object) -> Path:
    random = np.random.default_rng(0)
    table = {"a": random.normal(size=n), "b": random.normal(size=n), **columns}
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(table), path)
    return path


def test_command_bakes_positions_in_two_dimensions(tmp_path: Path) -> None:
    kinds = ["10", "9", "", None, "x"] * 100
    data = write(tmp_path / "data.parquet", kind=kinds, note=[f"n{k}" for k in range(500)])
    arguments = [str(data), "-o", str(tmp_path / "out"), "--position", "a,b", "--label", "kind"]
    assert main(["bake", *arguments]) == 0
    info, _ = read_tileset(tmp_path / "out" / "tiles" / "tileset.json")
    assert (info.latent_dim, info.items) == (2, 500)
    assert [c.name for c in info.classes] == ["9", "10", "x"]
    labels = np.load(tmp_path / "out" / "index" / LABELS)
    rows = np.load(tmp_path / "out" / "index" / ROWS)
    assert labels[rows % 5 == 0].tolist() == [1] * 100
    assert labels[rows % 5 == 3].tolist() == [-1] * 100
    table = ItemParquet(tmp_path / "out" / "index" / "items.parquet")
    assert table.row(7) == {"kind": "", "note": "n7"}
    assert table.matching("N49").tolist() == [49, *range(490, 500)]
    assert table.matching("kind:9").tolist() == list(range(1, 500, 5))
    assert main(["bake", *arguments]) == 2  # the folder exists
    assert main(["bake", *arguments, "--force"]) == 0
    assert is_tile_scene(tmp_path / "out")


def test_positions_in_lists_are_those_of_columns(tmp_path: Path) -> None:
    data = write(tmp_path / "a" / "columns.parquet")
    table = pq.read_table(data)
    at = np.stack([np.asarray(table["a"]), np.asarray(table["b"])], axis=1)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(at.ravel()), 2)
    listed = write(tmp_path / "b" / "lists.parquet", at=lists)
    one = bake_points(data, tmp_path / "one", ("a", "b"))
    two = bake_points(listed, tmp_path / "two", ("at",))
    glb = Path("tiles") / tile_path(0, ".glb")
    assert (one / glb).read_bytes() == (two / glb).read_bytes()


class Halving:
    """An encoder whose positions are half of the first two features."""

    features = 3
    class_names = ("left", "right")

    def __call__(self, vectors: np.ndarray) -> PointBlock:
        assert vectors.dtype == np.float32
        right = vectors[:, 0] > 0
        return PointBlock(vectors[:, :2] / 2, None, right, np.full(len(vectors), 200, np.uint8))


def test_encoder_gives_vectors_their_positions(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(500, 3)).astype(np.float32)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 3)
    data = write(tmp_path / "data.parquet", vector=lists, kind=["right", "new"] * 250)
    options = ImportOptions(label="kind")
    out = bake_points(data, tmp_path / "out", ("vector",), encoder=Halving(), options=options)
    info, _ = read_tileset(out / "tiles" / "tileset.json")
    assert [c.name for c in info.classes] == ["left", "right", "new"]
    assert (info.latent_dim, info.predictions) == (2, True)
    rows = np.load(out / "index" / ROWS)
    grid = read_positions(out / "tiles" / tile_path(0, ".glb"), 500)
    means = np.asarray(info.origin) + grid * (info.size / 65535)
    assert np.abs(means[:, :2] - vectors[rows, :2] / 2).max() <= info.size / 65535
    assert np.load(out / "index" / LABELS)[:50].tolist() == [1 + row % 2 for row in rows[:50]]


@pytest.mark.only_slow
def test_model_places_and_predicts_the_vectors_of_a_table(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    vectors = np.concatenate([random.normal(c, 1, (60, 8)) for c in (0, 4)]).astype(np.float32)
    labels = ["low"] * 10 + [""] * 50 + ["high"] * 10 + [""] * 50
    lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 8)
    data = write(tmp_path / "data.parquet", 120, vector=lists)
    with limited_threads(1):
        source, _ = source_of(vectors, labels, None, "vectors")
        model = bake(source, tmp_path / "model", epochs=1, parts=("scene", "model"))
    arguments = [str(data), "-o", str(tmp_path / "out"), "--model", str(model / "model")]
    assert main(["bake", *arguments]) == 0
    expected = load_model(model / "model")
    info, _ = read_tileset(tmp_path / "out" / "tiles" / "tileset.json")
    assert (info.items, info.predictions) == (120, True)
    assert [c.name for c in info.classes] == expected.class_names == ["high", "low"]
    with torch.inference_mode():
        read = expected(expected.prepare(vectors))
    rows = np.load(tmp_path / "out" / "index" / ROWS)
    grid = read_positions(tmp_path / "out" / "tiles" / tile_path(0, ".glb"), 120)
    means = np.asarray(info.origin) + grid * (info.size / 65535)
    difference = means[:, : info.latent_dim] - read.latent_mean.numpy()[rows]
    assert np.abs(difference).max() <= info.size / 65535
    assert main(["bake", *arguments, "--force", "--vector", "a"]) == 2
    assert main(["bake", *arguments, "--force", "--model", str(DEMO)]) == 2  # reads pictures


@pytest.mark.parametrize(
    ("position", "options", "message"),
    [
        (("a", "missing"), ImportOptions(), "has no column missing"),
        (("a", "text"), ImportOptions(), "the column text has no numbers"),
        (("a", "hole"), ImportOptions(), "row 3 has no position"),
        (("a",), ImportOptions(), "a list of 2 or 3 numbers"),
        (("a", "b"), ImportOptions(label="text"), "OK"),
    ],
)
def test_tables_without_positions_are_refused(tmp_path: Path, position, options, message) -> None:
    hole = [0.5] * 500
    hole[3] = None
    data = write(tmp_path / "data.parquet", text=["?"] * 500, hole=hole)
    if message == "OK":
        assert is_tile_scene(bake_points(data, tmp_path / "out", position, options=options))
        return
    with pytest.raises(DatasetError, match=message):
        bake_points(data, tmp_path / "out", position, options=options)
    assert not (tmp_path / "out").exists()


def test_search_finds_texts_of_any_type_in_any_case(tmp_path: Path) -> None:
    """More rows than a batch, and columns with few and many texts."""
    n = 70_000
    table = pa.table(
        {
            "word": np.where(np.arange(n) % 1000 == 1, "Ärger \u0130", "x"),
            "number": np.arange(n) * 3,
            "day": pa.array(np.arange(n, dtype=np.int32) % 5, pa.date32()),
            "hole": pa.array([None, True] * (n // 2)),
        }
    )
    write_items(tmp_path / "items.parquet", iter(table.to_batches()), table.schema)
    items = ItemParquet(tmp_path / "items.parquet")
    assert items.matching("äRGER").tolist() == list(range(1, n, 1000))
    assert items.matching("word:X").tolist() == [k for k in range(n) if k % 1000 != 1]
    assert items.matching("number:209997").tolist() == [69_999]
    assert items.matching("day:1970-01-05").tolist() == list(range(4, n, 5))
    assert len(items.matching("hole:true")) == n / 2
    search = tmp_path / SEARCH
    for damaged in (search.read_bytes()[:-70_000], b"", b"ARROW1" * 9):
        search.write_bytes(damaged)
        with pytest.raises(ProjectError, match="cannot be read"):
            ItemParquet(tmp_path / "items.parquet").matching("x")


def test_damaged_and_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DatasetError, match="not a complete Parquet file"):
        bake_points(tmp_path / "data.parquet", tmp_path / "out", ("x", "y"))
    (tmp_path / "data.csv").write_text("x,y\n1,2\n")
    with pytest.raises(DatasetError, match="neither a Parquet file"):
        bake_points(tmp_path / "data.csv", tmp_path / "out", ("x", "y"))
