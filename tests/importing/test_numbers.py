"""Numbers of items along a curve: everything outside keeps the order of the data."""

import csv
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import lodespace
from lodespace.errors import DatasetError, LodespaceError
from lodespace.exporting.formats import export
from lodespace.importing import renumbering
from lodespace.importing.curve_order import curve_order, hilbert_keys
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.items.original_order import OriginalOrder, check_order, numbers_of
from lodespace.project.initial_labels import choose_labels
from lodespace.project.offline import open_offline
from lodespace.project.opening import open_project
from lodespace.project.rescue import write_rescue

N = 60
X = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
X += 9 * (np.arange(N) % 2)[:, None]
NAMES = np.array(["left", "right"])[np.arange(N) % 2]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(renumbering, "LEAST_ITEMS", 2)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.npz"
    np.savez(path, X=X, y=NAMES, ids=[f"id-{row}" for row in range(N)])
    return path


@pytest.fixture
def project(data: Path, tmp_path: Path) -> Path:
    open_project(data, project_folder=tmp_path / "project").close()
    return tmp_path / "project"


@pytest.mark.parametrize(("axes", "bits"), [(1, 5), (2, 4), (3, 3), (6, 2)])
def test_the_curve_goes_from_each_cell_to_a_neighbour(axes: int, bits: int) -> None:
    cells = np.array(list(itertools.product(range(1 << bits), repeat=axes)), np.uint32).T
    keys = hilbert_keys(cells, bits)
    assert sorted(keys.tolist()) == list(range(1 << axes * bits))
    steps = np.diff(cells[:, keys.argsort()].astype(int), axis=1)
    assert (np.abs(steps).sum(axis=0) == 1).all()


def test_blocks_do_not_change_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    order = curve_order(lambda some: X[some], N, 4)
    assert sorted(order.tolist()) == list(range(N))
    assert len(set((order[: N // 2] % 2).tolist())) == 1, "the two groups are mixed"
    monkeypatch.setattr("lodespace.importing.curve_order._VALUES_AT_ONCE", 28)
    assert curve_order(lambda some: X[some], N, 4).tolist() == order.tolist()


def test_equal_items_keep_their_order() -> None:
    equal = np.ones((10, 3), np.float32)
    assert curve_order(lambda some: equal[some], 10, 3).tolist() == list(range(10))


def test_arrays_labels_and_ids_of_an_item_stay_together(project: Path) -> None:
    items = item_set.load(project / "data")
    assert items.order is not None
    assert items.runs == (N,)
    assert items.order.tolist() != list(range(N))
    assert items.data.tolist() == X[items.order].tolist()
    assert list(items.ids) == [f"id-{row}" for row in items.order]
    assert items.truth is not None
    assert [items.class_names[k] for k in items.truth] == NAMES[items.order].tolist()
    assert json.loads((project / "data/dataset.json").read_text())["format"] == 3


def test_small_data_keep_their_numbers(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renumbering, "LEAST_ITEMS", N + 1)
    open_project(data, project_folder=tmp_path / "small").close()
    assert item_set.load(tmp_path / "small/data").order is None
    assert not (tmp_path / "small/order.npy").exists()
    assert json.loads((tmp_path / "small/data/dataset.json").read_text())["format"] == 2


def test_a_full_disk_leaves_the_numbers(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renumbering, "_has_room", lambda *_: False)
    open_project(data, project_folder=tmp_path / "full").close()
    assert item_set.load(tmp_path / "full/data").order is None


def test_pictures_and_their_originals_stay_together(tmp_path: Path) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (N, 30, 20, 3), dtype=np.uint8)
    np.save(tmp_path / "pictures.npy", pictures)
    opened = open_project(tmp_path / "pictures.npy")
    opened.close()
    assert opened.items.order is not None
    assert opened.items.data.tolist() == pictures[opened.items.order].tolist()
    assert renumbering.reduced(pictures).shape == (N, 7 * 10 * 3)


def test_features_in_the_order_of_the_data_are_those_of_the_items(
    data: Path, tmp_path: Path
) -> None:
    given = np.arange(2 * N, dtype=np.float32).reshape(N, 2)
    np.save(tmp_path / "features.npy", given)
    options = ImportOptions(features=tmp_path / "features.npy")
    opened = open_project(data, options=options)
    opened.close()
    assert opened.items.order is not None
    assert opened.items.features is not None
    assert opened.items.features.tolist() == given[opened.items.order].tolist()
    # The data set has an order already. The rows of the file are still those of the data.
    again = open_project(opened.folder / "data", project_folder=tmp_path / "b", options=options)
    again.close()
    assert again.items.order is not None
    assert again.items.order.tolist() == opened.items.order.tolist()
    assert again.items.features is not None
    assert again.items.features.tolist() == given[again.items.order].tolist()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "npz", "label-studio"])
def test_exports_have_the_order_of_the_data(kind: str, project: Path, tmp_path: Path) -> None:
    export(project, tmp_path / "out", kind)
    if kind == "npz":
        found = np.load(tmp_path / "out")
        assert found["X"].tolist() == X.tolist()
        assert found["y"].tolist() == NAMES.tolist()
        ids = found["ids"].tolist()
    elif kind == "label-studio":
        tasks = json.loads((tmp_path / "out").read_text())
        ids = [task["data"]["id"] for task in tasks]
        chosen = [task["annotations"][0]["result"][0]["value"]["choices"] for task in tasks]
        assert chosen == [[name] for name in NAMES]
    elif kind == "parquet":
        import pyarrow.parquet as pq

        ids = pq.read_table(tmp_path / "out")["id"].to_pylist()
    else:
        text = (tmp_path / "out").read_text().splitlines()
        rows = list(csv.DictReader(text)) if kind == "csv" else list(map(json.loads, text))
        ids = [row["id"] for row in rows]
        assert [row["label"] for row in rows] == NAMES.tolist()
        assert [int(row["item"]) for row in rows] == list(range(N))
        _, session = open_offline(project)
        assert [session.items.ids[int(row["number"])] for row in rows] == ids
    assert ids == [f"id-{row}" for row in range(N)]


def test_a_number_of_labels_per_class_labels_the_same_items(
    data: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renumbering, "LEAST_ITEMS", N + 1)
    open_project(data, project_folder=tmp_path / "small").close()
    labelled = []
    for folder in (project, tmp_path / "small"):
        items = item_set.load(folder / "data")
        chosen = choose_labels(items, "3", seed=5)
        labelled.append({items.ids[k]: int(chosen[k]) for k in np.flatnonzero(chosen >= 0)})
    assert len(labelled[0]) == 6
    assert labelled[0] == labelled[1]


@pytest.mark.parametrize("lost", ["vectors.npy", "dataset.json", "order.npy", ""])
def test_repaired_data_have_the_numbers_of_the_project(
    lost: str, data: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The labels belong to numbers, so another order would label other items."""
    from lodespace.project.repair import repair

    before = item_set.load(project / "data")
    if lost:
        (project / "data" / lost).unlink()
    else:
        shutil.rmtree(project / "data")
    monkeypatch.setattr(renumbering, "curve_order", None)
    repair(project, str(data))
    after = item_set.load(project / "data")
    assert list(after.ids) == list(before.ids)
    assert after.data.tolist() == before.data.tolist()


def test_a_repair_does_not_guess_an_order(data: Path, project: Path) -> None:
    from lodespace.project.repair import repair

    shutil.rmtree(project / "data")
    (project / "order.npy").write_bytes(b"damaged")
    with pytest.raises(LodespaceError, match="order of the items cannot be read"):
        repair(project, str(data))


def test_a_rescued_project_has_the_same_numbers(project: Path) -> None:
    opened = open_project(project)
    rescued = write_rescue(opened, lambda path: shutil.copyfile(opened.labels_path, path))
    opened.close()
    items = item_set.load(rescued / "data")
    assert items.order is not None
    assert items.order.tolist() == np.load(project / "order.npy").tolist()
    assert (rescued / "order.npy").read_bytes() == (project / "order.npy").read_bytes()


def test_python_has_the_order_of_its_arrays() -> None:
    last = lodespace.train(X, labels=NAMES, use_labels="all", epochs=1, threads=1)
    truth = (np.arange(N) % 2).tolist()
    assert last.prediction.tolist() == truth
    with lodespace.serve(X, labels=NAMES, port=0, threads=1) as served:
        rows = served.labels()
        rows = rows if isinstance(rows, list) else rows.to_dict("records")
        assert [row["label"] for row in rows] == NAMES.tolist()
        served.set_axis("y", few=[0, 2, 4], many=[1, 3, 5], name="side")
        items = served._service().session.items
        many = numbers_of(items, [1, 3, 5])
        assert items.data[many].tolist() == X[[1, 3, 5]].tolist()


def test_a_bake_of_a_project_keeps_its_numbers(project: Path, tmp_path: Path) -> None:
    lodespace.bake(project, tmp_path / "bake", epochs=1, threads=1, progress=False)
    baked, kept = item_set.load(tmp_path / "bake/data"), item_set.load(project / "data")
    assert baked.order is not None
    assert kept.order is not None
    assert baked.order.tolist() == kept.order.tolist()
    export(tmp_path / "bake", tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [row["label"] for row in rows] == NAMES.tolist()


@pytest.mark.parametrize(
    ("order", "runs"),
    [
        ([0, 1, 1], [3]),
        ([0, 1, 3], [3]),
        ([-1, 1, 2], [3]),
        ([2, 1, 0], [1, 2]),
        ([0, 1, 2], [4]),
        ([0, 1, 2], [3, 0]),
        ([0, 1, 2], ["3"]),
        ([0, 1, 2], []),
        ([0, 1], [2]),
    ],
)
def test_numbers_that_are_not_an_order_are_refused(order: list[int], runs: list[int]) -> None:
    check_order(np.array([1, 0, 2], np.int32), [2, 1], 3)
    with pytest.raises(DatasetError, match=r"order of the items|runs must be"):
        check_order(np.array(order, np.int32), runs, 3)


def test_a_damaged_order_is_refused(project: Path) -> None:
    np.save(project / "data/order.npy", np.zeros(N, np.int32))
    with pytest.raises(DatasetError, match="names a row twice"):
        item_set.load(project / "data")


def test_rows_that_do_not_exist_are_refused(project: Path) -> None:
    items = item_set.load(project / "data")
    numbers = OriginalOrder(items).numbers
    assert numbers is not None
    assert numbers_of(items, [0, N - 1]).tolist() == numbers[[0, N - 1]].tolist()
    for row in (-1, N):
        with pytest.raises(IndexError, match=f"items are 0 to {N - 1}"):
            numbers_of(items, [row])
