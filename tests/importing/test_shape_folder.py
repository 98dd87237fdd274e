"""Import of folders of meshes and point clouds, and their use: search, predictions, HTTP."""

import io
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import trimesh
from PIL import Image
from trimesh import creation

from drivers.servers import ClientOf
from lodespace.errors import DatasetError
from lodespace.features import registry
from lodespace.features.family import Family, Features, Pictures
from lodespace.features.preparation import prepared
from lodespace.features.search_space import space_of
from lodespace.importing.addition import add_data
from lodespace.importing.check import check_data
from lodespace.importing.importer import import_data
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.shapes.shape_folder import ShapeFolder
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.models.portable import PortableModel
from lodespace.predict.examples import ExampleReader
from lodespace.predict.predictor import Predictor
from lodespace.predict.project_model import reading_of
from lodespace.shapes import files
from lodespace.shapes.files import open_shape
from lodespace.shapes.shape import Shape
from lodespace.shapes.simplified import simplified
from samples.shapes import KINDS, as_bytes, made, write_shapes


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 shapes of six kinds in subfolders."""
    return write_shapes(tmp_path_factory.mktemp("shapes") / "in")


@pytest.fixture(scope="module")
def items(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> ItemSet:
    folder = tmp_path_factory.mktemp("imported") / "data"
    report = import_data(str(shapes), folder, ImportOptions())
    lines = [line.text for line in report.lines]
    assert "24 shapes" in lines and "6 files .off, 12 files .ply, 6 files .stl; z is up" in lines
    return item_set.load(folder, root=shapes)


def test_a_folder_of_shapes_becomes_pictures_with_features(items: ItemSet) -> None:
    assert (len(items), items.kind, items.data.shape[1:]) == (24, "image", (64, 64))
    assert sorted(items.class_names) == sorted(KINDS)
    assert items.features is not None and len(items.features) == 24
    np.testing.assert_allclose(np.linalg.norm(items.features, axis=1), 1, atol=1e-5)
    assert items.details["shapes"] is True
    assert items.details["features"] == {"name": "surface-points", "weights": "1"}
    assert all((picture > 0).mean() > 0.03 for picture in np.asarray(items.data))


def test_bad_files_are_left_out_with_the_reason(tmp_path: Path) -> None:
    folder = write_shapes(tmp_path / "in", each=1)
    (folder / "empty.stl").write_bytes(b"solid a\nendsolid a\n")
    (folder / "broken.glb").write_bytes(b"glTF\x02\x00\x00\x00 not a model")
    (folder / "nan.off").write_text("OFF\n3 1 0\n0 0 0\nnan 0 0\n0 1 0\n3 0 1 2\n")
    (folder / "notes.txt").write_text("hello")
    report = import_data(str(folder), tmp_path / "data", ImportOptions())
    reasons = {bad.name: bad.reason for bad in report.bad}
    assert len(item_set.load(tmp_path / "data")) == len(KINDS)
    assert "no triangles and no points" in reasons["empty.stl"]
    assert "damaged" in reasons["broken.glb"] and "not finite" in reasons["nan.off"]
    checked = check_data(str(folder), ImportOptions())
    assert {bad.name for bad in checked.bad} >= {"empty.stl", "broken.glb", "nan.off"}
    single = tmp_path / "one.stl"
    single.write_bytes(as_bytes(creation.box(), "stl"))
    with pytest.raises(DatasetError, match="single shape"):
        import_data(str(single), tmp_path / "b", ImportOptions())
    assert not (tmp_path / "b").exists()


def test_features_can_be_learned_from_the_pictures_instead(shapes: Path, tmp_path: Path) -> None:
    import_data(str(shapes), tmp_path / "data", ImportOptions(features="none"))
    items = item_set.load(tmp_path / "data")
    assert items.features is None and "features" not in items.details


def test_a_new_shape_finds_its_like(items: ItemSet) -> None:
    space = space_of(items)
    assert space is not None and items.truth is not None
    reader = ExampleReader(items, Reading.of(reading_of(items)))
    random = np.random.default_rng(9)
    right = []
    for kind in KINDS:
        rows = reader.file("new.stl", as_bytes(made(kind, random), "stl"))
        found = space.nearest(space.placed(rows), 3).items
        right += [items.class_names[items.truth[item]] == kind for item in found]
    assert np.mean(right) > 0.6
    with pytest.raises(DatasetError, match="meshes or point clouds"):
        reader.file("a.png", b"\x89PNG")
    with pytest.raises(DatasetError, match="no triangles"):
        reader.file("a.stl", b"solid a\nendsolid a\n")


class Brightness:
    """A network that reads pictures and words. The features are the brightness of the corners."""

    weights = "1"

    def features(self, pictures: Pictures, /) -> Features:
        parts = pictures[..., 0].reshape(len(pictures), 2, 16, 2, 16).mean((2, 4)).reshape(-1, 4)
        return (parts / np.linalg.norm(parts, axis=1, keepdims=True)).astype(np.float32)

    def embed_words(self, texts: Sequence[str], /) -> Features:
        return np.ones((len(texts), 4), np.float32) / 2


def test_shapes_with_features_of_a_network_are_searched_and_predicted(
    shapes: Path, items: ItemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Family("bright", "photos", ("numpy",), "MIT", Brightness, side=32, reads_words=True)
    monkeypatch.setattr(registry, "OF_PICTURES", (network,))
    stored = np.stack([prepared(np.asarray(picture), 32) for picture in items.data])
    details = {**items.details, "features": {"name": "bright", "weights": "1"}}
    of_network = replace(items, features=Brightness().features(stored), details=details)
    assert of_network.features is not None
    reading = Reading.of(reading_of(of_network))
    reader = ExampleReader(of_network, reading)
    torus = items.ids.index("torus/0.stl")
    rows = reader.file("a.stl", (shapes / "torus" / "0.stl").read_bytes())
    np.testing.assert_allclose(rows[0], of_network.features[torus], atol=1e-6)
    assert reader.words("a shape").shape == (1, 4)
    asked: list[np.ndarray] = []

    def predict(data: np.ndarray, features: np.ndarray) -> object:
        asked.append(features)
        return data

    model = SimpleNamespace(
        description={"data": reading_of(of_network)}, given_features=4, predict=predict
    )
    batches = Predictor(cast(PortableModel, model)).batches(str(shapes), ImportReport("data"))
    assert len(list(batches)) == 1
    np.testing.assert_allclose(asked[0], of_network.features, atol=1e-6)
    with pytest.raises(DatasetError, match="cannot be searched by words"):
        ExampleReader(items, Reading.of(reading_of(items))).words("a shape")


def test_pictures_cannot_be_new_items_among_shapes(items: ItemSet, tmp_path: Path) -> None:
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    with pytest.raises(DatasetError, match="trained on meshes or point clouds"):
        open_new(str(tmp_path), Reading.of(reading_of(items)), ImportOptions())


def test_shapes_that_were_read_stay_in_memory(
    shapes: Path, items: ItemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bytes] = []

    def read(root: Path, path: bytes) -> Shape:
        opened.append(path)
        return open_shape(root, path)

    monkeypatch.setattr(files, "open_shape", read)
    monkeypatch.setattr(files, "_MOST_KEPT", 2)
    files.picture_png(items, 0)
    assert not opened, "a picture reads the file"
    first = files.shape_bytes(items, 0)
    assert files.shape_bytes(items, 0) == first != files.shape_bytes(items, 1)
    assert len(opened) == 2
    files.shape_bytes(items, 2)
    assert files.shape_bytes(items, 0) == first and len(opened) == 4
    path = shapes / os.fsdecode(opened[0])
    os.utime(path, ns=(1, 1))
    assert files.shape_bytes(items, 0) == first and len(opened) == 5, "the file may be another one"


def test_a_shape_is_not_kept_unless_features_are_computed(shapes: Path) -> None:
    for features, kept in (("none", False), (None, True)):
        source = ShapeFolder(shapes, ImportOptions(features=features))
        item = next(iter(source))
        assert isinstance(item, RawItem) and item.picture is not None
        assert item.held_bytes > 400
        item.picture((64, 64))
        reader = item.picture.__self__  # type: ignore[attr-defined]
        assert (reader._shape is not None) == kept


def test_shapes_that_are_added_from_elsewhere_keep_their_shape(tmp_path: Path) -> None:
    folder, data = write_shapes(tmp_path / "in", each=1), tmp_path / "data"
    import_data(str(folder), data, ImportOptions())
    other = write_shapes(tmp_path / "other", each=1, seed=5)
    added = add_data(data, str(other), ImportOptions(), root=folder)
    assert added.count == len(KINDS)
    number = added.items.ids.index("other/torus/0.stl")
    expected = files.packed(simplified(open_shape(other, b"torus/0.stl")))
    shutil.rmtree(other)
    assert files.shape_bytes(added.items, number) == expected


async def test_a_page_gets_shapes_with_few_triangles(client_of: ClientOf, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "0.stl").write_bytes(as_bytes(creation.icosphere(subdivisions=6), "stl"))
    (folder / "1.ply").write_bytes(as_bytes(trimesh.PointCloud(creation.box().sample(900)), "ply"))
    client = await client_of(folder, tmp_path / "project")
    session = await (await client.get("/api/session")).json()
    assert session["shapes"] is True and session["searches_files"] is True
    counts = []
    for item in range(2):
        answer = await client.get(f"/api/items/{item}/shape")
        data = await answer.read()
        points, triangles = np.frombuffer(data[:8], "<u4").tolist()
        assert len(data) == 8 + 12 * (points + triangles)
        counts.append((points, triangles))
    assert 10_000 < counts[0][1] <= 20_000 and counts[1] == (900, 0)
    (folder / "0.stl").unlink()
    answer = await client.get("/api/items/0/shape")
    assert (answer.status, (await answer.json())["code"]) == (404, "no_original")
    picture = Image.open(io.BytesIO(await (await client.get("/api/items/0")).read()))
    assert picture.size == (64, 64)


def test_added_shapes_get_the_features_of_the_others(tmp_path: Path) -> None:
    folder, data = write_shapes(tmp_path / "in", each=2), tmp_path / "data"
    import_data(str(folder), data, ImportOptions())
    before = np.array(item_set.load(data).features)
    new = made("torus", np.random.default_rng(8))
    (folder / "torus" / "new.ply").write_bytes(as_bytes(new, "ply"))
    added = add_data(data, str(folder), ImportOptions(), root=folder)
    features = added.items.features
    assert added.count == 1 and features is not None and len(features) == len(before) + 1
    assert np.array_equal(features[:-1], before)
    nearest = int(np.linalg.norm(before - features[-1], axis=1).argmin())
    assert added.items.ids[nearest].startswith("torus/")
