"""Arrays on disk and in Python: pictures of any number type, vectors, and invalid headers."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.datasets import load_digits

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_items import from_arrays
from samples.pictures import Import, reasons


@pytest.fixture
def digits() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    return load_digits(return_X_y=True)


def test_npz_is_imported_with_labels_and_ids(
    tmp_path: Path, bring: Import, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    vectors, labels = digits
    ids = np.array([f"d{i:04d}" for i in range(len(vectors))])
    np.savez_compressed(tmp_path / "digits.npz", X=vectors, y=labels, ids=ids)
    items, report = bring(tmp_path / "digits.npz")
    assert (items.kind, items.name, report.bad) == ("vector", "digits", [])
    np.testing.assert_allclose(items.data, vectors)
    assert items.ids == tuple(ids.tolist())
    assert items.class_names == tuple("0123456789")
    np.testing.assert_array_equal(items.truth, labels)


@pytest.mark.parametrize(
    "dtype", ["uint8", "bool", "int64", ">i2", "float16", "float32", "float64", ">f8"]
)
def test_pictures_of_any_number_type_become_bytes(
    tmp_path: Path, bring: Import, dtype: str
) -> None:
    pictures = (
        np.random.default_rng(0)
        .integers(0, 2 if dtype == "bool" else 256, (5, 12, 10))
        .astype(dtype)
    )
    pictures[0, 0, :2] = [0, 1 if dtype == "bool" else 255]
    np.save(tmp_path / "a.npy", pictures)
    items, _ = bring(tmp_path / "a.npy")
    wanted = pictures.astype(float) * (255 if dtype == "bool" else 1)
    np.testing.assert_array_equal(items.data, wanted)


@pytest.mark.parametrize(
    "dtype", ["uint8", "bool", "int64", ">i2", "float16", "float32", "float64", ">f8"]
)
def test_vectors_of_any_number_type_become_floats(
    tmp_path: Path, bring: Import, dtype: str
) -> None:
    vectors = np.random.default_rng(0).integers(0, 2, (5, 12)).astype(dtype)
    np.save(tmp_path / "a.npy", vectors)
    items, _ = bring(tmp_path / "a.npy")
    assert (items.kind, items.data.dtype) == ("vector", np.float32)
    np.testing.assert_array_equal(items.data, vectors.astype(np.float32))


def test_numbers_between_0_and_1_are_brightness_and_others_are_stretched(bring: Import) -> None:
    unit = np.random.default_rng(0).random((4, 6, 6)) * 0.9
    np.testing.assert_array_equal(bring(from_arrays("a", unit))[0].data, (unit * 255).round())
    sixteen = load_digits().images[:50]
    items, _ = bring(from_arrays("b", sixteen))
    np.testing.assert_array_equal(items.data, (sixteen * (255 / 16)).round())
    assert items.details == {"stretched_from": [0.0, 16.0]}


@pytest.mark.parametrize(
    "shape", [(4, 9, 9, 3), (4, 3, 9, 9), (4, 9, 9, 1), (4, 1, 9, 9), (4, 9, 9, 4)]
)
def test_channels_may_be_last_or_first(bring: Import, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    items, _ = bring(from_arrays("a", array))
    assert items.data.shape == ((4, 9, 9, 3) if 3 in shape or shape[3] == 4 else (4, 9, 9))
    wanted = array if shape[3] != 9 else np.moveaxis(array, 1, 3)
    np.testing.assert_array_equal(items.data.reshape(4, 9, 9, -1), wanted[..., :3])


def test_idx_files_are_imported_with_their_labels(tmp_path: Path, bring: Import) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
    head = b"\0\0\x08\x03" + struct.pack(">3I", *pictures.shape)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + pictures.tobytes()))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 6) + bytes([3, 1, 3, 1, 3, 1]))
    )
    items, _ = bring(tmp_path / "train-images-idx3-ubyte.gz")
    np.testing.assert_array_equal(items.data, pictures)
    assert items.class_names == ("1", "3")
    assert items.name == "train"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0\0\x0d\x03" + bytes(20), "unsigned bytes"),
        (b"\0\0\x08\x03\0\0", "header is incomplete"),
        (b"\0\0\x08\x01" + struct.pack(">I", 1_000_000_000) + b"abc", "but 3 bytes follow"),
        (b"\0\0\x08\x01" + struct.pack(">I", 2) + b"abc", "more bytes follow"),
    ],
)
def test_invalid_idx_files_are_refused(
    tmp_path: Path, bring: Import, content: bytes, message: str
) -> None:
    (tmp_path / "x-idx1-ubyte").write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        bring(tmp_path / "x-idx1-ubyte")


def test_vectors_with_nan_or_infinity_are_left_out_and_constant_ones_go_in(bring: Import) -> None:
    vectors = np.ones((6, 3), np.float32)
    vectors[1, 2], vectors[4, 0] = np.nan, -np.inf
    items, report = bring(from_arrays("a", vectors))
    assert items.ids == ("0", "2", "3", "5")
    assert set(reasons(report)) == {"1", "4"}
    assert items.standardisation is not None
    np.testing.assert_array_equal(items.standardisation, [[1, 1, 1], [1, 1, 1]])


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2, 3], [], [[0, 2], [1, 2], [2, 2]]])
def test_labels_of_another_length_are_refused(labels: list[object]) -> None:
    with pytest.raises(DatasetError, match="one label per item"):
        from_arrays("a", np.zeros((3, 2)), labels)


def test_duplicate_ids_are_imported_once(bring: Import) -> None:
    items, report = bring(from_arrays("a", np.zeros((3, 2)), None, ["x", "y", "x"]))
    assert items.ids == ("x", "y")
    assert reasons(report) == {"x": "another item already has this id"}


def test_arrays_with_some_labels_are_imported(bring: Import) -> None:
    vectors = np.random.default_rng(0).random((4, 3))
    items, _ = bring(from_arrays("a", vectors, ["b", "", "10", "b"]))
    assert items.class_names == ("10", "b")
    assert items.truth is not None
    assert items.truth.tolist() == [1, -1, 0, 1]
    items, _ = bring(from_arrays("a", vectors, [5, -1, 10, 5]))
    assert items.class_names == ("5", "10")
    items, _ = bring(from_arrays("a", vectors, [5.0, np.nan, 10.0, 5.0]))
    assert items.class_names == ("5", "10")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(5), "has the shape"),
        (np.zeros((5, 2, 2, 2)), "has the shape"),
        (np.zeros((5, 0)), "no numbers"),
        (np.zeros((1, 3)), "at least 2"),
        (np.zeros((0, 3)), "at least 2"),
        (np.array([object(), object()]), "Python objects"),
        (np.array(["a", "b"]), "array of"),
        (np.full((3, 4, 4), np.nan), "no finite number"),
        (np.float64(3), "single value"),
    ],
)
def test_arrays_without_items_are_refused(bring: Import, array: np.ndarray, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        bring(from_arrays("a", array))


def header(shape: tuple[int, ...], descr: str = "<f4") -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        out, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header((10**12, 100)), "bytes follow"),
        (header((10, 4)) + bytes(100), "100 bytes follow"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"{" * 100, "not a plain numpy array"),
        (b"PK\x03\x04", "not a plain numpy array"),
    ],
)
def test_npy_files_with_false_headers_are_refused(
    tmp_path: Path, bring: Import, content: bytes, message: str
) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        bring(tmp_path / "a.npy")


def test_arrays_of_objects_are_never_opened(tmp_path: Path, bring: Import) -> None:
    np.save(tmp_path / "a.npy", np.array([{"a": 1}, None]), allow_pickle=True)
    with pytest.raises(DatasetError, match="could run code"):
        bring(tmp_path / "a.npy")
    np.savez(tmp_path / "a.npz", X=np.zeros((2, 3)), ids=np.array([1, None], object))
    with pytest.raises(DatasetError, match="could run code"):
        bring(tmp_path / "a.npz")


def test_malicious_archives_are_refused(tmp_path: Path, bring: Import) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../x.npy", header((2, 2)) + bytes(16))
    with pytest.raises(DatasetError, match="an array named X"):
        bring(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", header((10**9, 100)) + bytes(1 << 20))
    with pytest.raises(DatasetError, match="bytes follow"):
        bring(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DatasetError, match="npz"):
        bring(path)
    assert not (tmp_path.parent / "x.npy").exists()


def test_a_compressed_array_is_read_block_by_block(tmp_path: Path, bring: Import) -> None:
    """65 MB of zeros in a small file (1000:1) are read one block at a time."""
    import tracemalloc

    np.savez_compressed(tmp_path / "a.npz", X=np.zeros((4_000, 128, 128), np.uint8))
    tracemalloc.start()
    items, _ = bring(tmp_path / "a.npz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert items.data.shape == (4_000, 128, 128)
    assert peak < 65_000_000
