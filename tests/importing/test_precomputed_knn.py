"""Neighbours that the user gives replace the search."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import lodespace
from lodespace.cli import main
from lodespace.errors import DatasetError
from lodespace.importing import renumbering
from lodespace.importing.precomputed_knn import read_knn
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.items.original_order import OriginalOrder
from lodespace.models.dataset import Dataset
from lodespace.models.layout import neighbour_search
from lodespace.models.layout.incremental_graph import GraphBuilding
from lodespace.project.opening import open_project
from lodespace.training.dataset import to_dataset

N, K = 40, 16
X = np.random.default_rng(0).normal(size=(N, 3)).astype(np.float32)


def exact(x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices and distances of the k nearest neighbours."""
    distances = np.linalg.norm(x[:, None] - x, axis=2)
    np.fill_diagonal(distances, np.inf)
    indices = np.argsort(distances, axis=1)[:, :k]
    return indices, np.take_along_axis(distances, indices, 1)


class Matrix:
    """A sparse matrix with the attributes that scipy's matrices have."""

    def __init__(self, indices: np.ndarray, distances: np.ndarray) -> None:
        self.indptr = np.arange(len(indices) + 1) * indices.shape[1]
        self.indices, self.data = indices.ravel(), distances.ravel()
        self.shape = (len(indices), len(indices))

    def tocsr(self) -> "Matrix":
        return self

    def save(self, path: Path) -> None:
        """Write the file that scipy.sparse.save_npz writes."""
        np.savez(
            path,
            indices=self.indices,
            indptr=self.indptr,
            data=self.data,
            shape=np.array(self.shape),
            format=np.array("csr").astype("S"),
        )


def given_as(kind: str, folder: Path, indices: np.ndarray, distances: np.ndarray) -> Any:
    matrix = Matrix(indices, distances)
    if kind == "arrays":
        return indices, distances
    if kind == "arrays of scikit-learn":
        return distances, indices
    if kind == "matrix":
        return matrix
    path = folder / "knn.npz"
    if kind == "file of arrays":
        np.savez(path, indices=indices, distances=distances)
    else:
        matrix.save(path)
    return path


KINDS = ["arrays", "arrays of scikit-learn", "matrix", "file of arrays", "file of a matrix"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gives_the_nearest_neighbours_in_order(kind: str, tmp_path: Path) -> None:
    indices, distances = exact(X, K)
    shuffled = np.random.default_rng(1).permuted(np.tile(np.arange(K), (N, 1)), axis=1)
    mixed = [np.take_along_axis(each, shuffled, 1) for each in (indices, distances)]
    knn = read_knn(given_as(kind, tmp_path, *mixed), N)
    assert knn.indices.tolist() == indices.tolist()
    np.testing.assert_allclose(knn.distances, distances, rtol=1e-6)


def test_rows_of_a_matrix_may_have_different_numbers_of_neighbours() -> None:
    indices, distances = exact(X, 5)
    matrix = Matrix(indices, distances)
    kept = np.arange(N * 5) != 4  # the first row has no fifth neighbour
    matrix.indices, matrix.data = matrix.indices[kept], matrix.data[kept]
    matrix.indptr[1:] -= 1
    assert read_knn(matrix, N).indices.tolist() == indices[:, :4].tolist()


def test_a_distance_of_zero_is_a_neighbour() -> None:
    indices, distances = exact(X, 2)
    distances[3, 0] = 0
    knn = read_knn(Matrix(indices, distances), N)
    assert knn.indices[3].tolist() == indices[3].tolist()


def damaged(what: str) -> Any:
    indices, distances = exact(X, K)
    match what:
        case "rows":
            return indices[:-1], distances[:-1]
        case "shape":
            return indices, distances[:, :-1]
        case "self":
            indices[7, 3] = 7
        case "range":
            indices[7, 3] = N
        case "negative index":
            indices[7, 3] = -2
        case "huge":
            indices[7, 3] = 1 << 40
        case "nan":
            distances[7, K - 1] = np.nan
        case "negative":
            distances[7, 3] = -1
        case "infinite":
            distances[7, 3] = np.inf
        case "twice":
            indices[7, 3] = indices[7, 4]
        case "kind":
            return indices.astype(float), distances
        case "bool":
            return indices > 0, distances
        case "text":
            return indices, distances.astype(str)
        case _:
            return np.zeros((N, N))
    return indices, distances


WRONG = {
    "rows": "neighbours of 39 items, but 40 items",
    "shape": "same shape",
    "self": "item 7 is its own neighbour; leave it out",
    "range": "item 7 have an index that is not from 0 to 39",
    "negative index": "not from 0 to 39",
    "huge": "not from 0 to 39",
    "nan": "contain NaN",
    "negative": "distance of item 7 is negative",
    "infinite": "NaN or infinite",
    "twice": "item 7 has the same neighbour twice",
    "kind": "whole numbers, not float64",
    "bool": "whole numbers, not bool",
    "text": "must be numbers",
    "dense": "give a pair of arrays",
}


@pytest.mark.parametrize("what", list(WRONG))
def test_wrong_arrays_are_refused(what: str) -> None:
    with pytest.raises(DatasetError, match=WRONG[what]):
        read_knn(damaged(what), N)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": (N, N + 1)}, r"the matrix is \(40, 41\)"),
        ({"indptr": np.zeros(N + 1, int)}, "row pointers"),
        ({"indptr": np.arange(3)}, "row pointers"),
        ({"data": np.full(N * 2, np.nan)}, "NaN"),
        ({"data": np.ones(3)}, "more columns than values"),
    ],
)
def test_wrong_matrices_are_refused(change: dict[str, Any], message: str) -> None:
    matrix = Matrix(*exact(X, 2))
    vars(matrix).update(change)
    with pytest.raises(DatasetError, match=message):
        read_knn(matrix, N)


def test_an_item_without_a_neighbour_is_refused() -> None:
    matrix = Matrix(*exact(X, 1))
    matrix.indices, matrix.data = matrix.indices[1:], matrix.data[1:]
    matrix.indptr[1:] -= 1
    with pytest.raises(DatasetError, match="item 0 has no neighbour"):
        read_knn(matrix, N)


@pytest.mark.parametrize("content", ["missing", "text", "other", "coo", "pickle"])
def test_wrong_files_are_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "knn.npz"
    if content == "text":
        path.write_text("no archive")
    elif content == "other":
        np.savez(path, X=X)
    elif content == "coo":
        np.savez(path, indptr=[0], indices=[0], data=[0], shape=[1, 1], format=b"bsr")
    elif content == "pickle":
        np.savez(path, indices=np.array([None]), distances=np.array([None]))
    with pytest.raises(DatasetError, match=r"no such file|cannot be read|the file has X|csr"):
        read_knn(path, N)


def test_the_graph_of_known_neighbours_is_that_of_a_search() -> None:
    features = torch.from_numpy(X)
    indices, distances = exact(X, K)
    known = torch.from_numpy(indices.astype(np.int32)), torch.from_numpy(distances)
    graphs = []
    for building in (GraphBuilding(features, 10), GraphBuilding(features, 10, known)):
        while (graph := building.unit()) is None:
            pass
        graphs.append(graph)
    for name in ("head", "tail"):
        assert torch.equal(getattr(graphs[0], name), getattr(graphs[1], name))
    torch.testing.assert_close(graphs[0].weight, graphs[1].weight)


@pytest.mark.parametrize("renumbered", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_an_import_stores_the_neighbours_of_each_item(
    kind: str, renumbered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if renumbered:
        monkeypatch.setattr(renumbering, "LEAST_ITEMS", 2)
    np.save(tmp_path / "data.npy", X)
    options = ImportOptions(precomputed_knn=given_as(kind, tmp_path, *exact(X, K)))
    opened = open_project(tmp_path / "data.npy", project_folder=tmp_path / "p", options=options)
    opened.close()
    assert (opened.items.order is not None) == renumbered
    assert opened.items.knn is not None
    expected = exact(np.asarray(opened.items.data), K)
    assert opened.items.knn.indices.tolist() == expected[0].tolist()
    np.testing.assert_allclose(opened.items.knn.distances, expected[1], rtol=1e-5)
    neighbours = to_dataset(opened.items).neighbours
    assert neighbours is not None
    assert neighbours[0].tolist() == expected[0].tolist()
    in_order = OriginalOrder(opened.items).items.knn
    assert in_order is not None
    assert in_order.indices.tolist() == exact(X, K)[0].tolist()


def test_python_and_command_line_skip_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(*_: object) -> None:
        raise AssertionError("neighbours are searched")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(neighbour_search, "search_for", search)
    knn = exact(X, K)
    assert len(lodespace.train(X, precomputed_knn=knn, epochs=1, threads=1).latent_mean) == N
    baked = lodespace.bake(X, "a", precomputed_knn=knn, epochs=1, threads=1, progress=False)
    assert item_set.load(baked / "data").knn is not None
    np.savez("knn.npz", indices=knn[0], distances=knn[1])
    np.save("x.npy", X)
    assert main(["import", "x.npy", "-o", "b", "--precomputed-knn", "knn.npz"]) == 0
    assert item_set.load(Path("b/data")).knn is not None
    # A bake of the project has the neighbours of the project.
    again = lodespace.bake("b", "c", epochs=1, threads=1, progress=False)
    assert item_set.load(again / "data").knn is not None


def test_too_few_neighbours_for_the_settings_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    few = exact(X, 5)
    with pytest.raises(DatasetError, match="have 5 per item, and the graph needs 15"):
        lodespace.serve(X, precomputed_knn=few, port=0)
    assert not list(tmp_path.iterdir())
    with pytest.raises(DatasetError, match="set `neighbours` to 5"):
        lodespace.train(X, precomputed_knn=few, epochs=1)
    with pytest.raises(DatasetError, match="the graph needs 15"):
        lodespace.bake(X, "out", precomputed_knn=few, epochs=1, progress=False)
    last = lodespace.train(X, precomputed_knn=few, neighbours=5, epochs=1, threads=1)
    assert len(last.latent_mean) == N


def test_neighbours_do_not_fit_data_with_items_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    broken = X.copy()
    broken[3] = np.nan
    with pytest.raises(DatasetError, match="1 items of the data were left out"):
        lodespace.train(broken, precomputed_knn=exact(X, K), epochs=1)


def test_a_part_of_a_data_set_has_no_imported_neighbours() -> None:
    whole = Dataset.from_vectors(X).with_neighbours(*exact(X, K))
    assert whole.neighbours is not None
    assert whole.subset(slice(0, 10)).neighbours is None
    with pytest.raises(ValueError, match="the shape"):
        Dataset.from_vectors(X).with_neighbours(*exact(X[:-1], K))
