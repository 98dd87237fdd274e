"""Arrays in several files: labels and splits beside an array, and folders of arrays."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.check import check_data
from lodespace.importing.detect import open_source
from lodespace.importing.source import ImportOptions, RawItem

RNG = np.random.default_rng(0)


def save(root: Path, **arrays: npt.ArrayLike) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(root / f"{name}.npy", np.asarray(array))
    return root


def vectors(count: int) -> npt.NDArray[np.float64]:
    return RNG.random((count, 3))


def read(path: Path, **options: Any) -> list[tuple[str | None, str | None]]:
    """Return (label, split) per item."""
    items = open_source(str(path), ImportOptions(**options))
    return [(item.label, item.split) for item in items if isinstance(item, RawItem)]


def told(path: Path, **options: Any) -> list[str]:
    """Return the lines of the report; doubtful lines begin with "? " and end with the option."""
    lines = check_data(str(path), ImportOptions(**options)).lines
    return [
        f"? {line.text} {line.option}".strip() if line.doubtful else line.text for line in lines
    ]


def test_labels_and_other_splits_beside_an_array_are_stated(tmp_path: Path) -> None:
    root = save(
        tmp_path, X_train=vectors(4), y_train=[0, 1, 0, 1], X_test=vectors(3), y_test=[0, 1, 1]
    )
    assert read(root / "X_train.npy") == [("0", None), ("1", None)] * 2
    lines = told(root / "X_train.npy")
    assert "from the file y_train.npy beside it" in lines
    assert "not read: X_test.npy, y_test.npy; give the folder to read all splits" in lines


def test_a_file_of_labels_with_another_name_is_doubtful(tmp_path: Path) -> None:
    root = save(tmp_path, embeddings_v2=vectors(4), labels=[3, 4, 3, 4])
    assert [label for label, _ in read(root / "embeddings_v2.npy")] == ["3", "4", "3", "4"]
    lines = told(root / "embeddings_v2.npy")
    assert "? from the file labels.npy beside it --labels none" in lines
    save(root, targets=[5, 5, 6, 6])
    assert {label for label, _ in read(root / "embeddings_v2.npy")} == {None}
    lines = told(root / "embeddings_v2.npy")
    assert "? labels.npy, targets.npy beside it may have the labels --label labels" in lines
    found = read(root / "embeddings_v2.npy", label="targets")
    assert [label for label, _ in found] == ["5", "5", "6", "6"]
    with pytest.raises(DatasetError, match="no such array beside"):
        read(root / "embeddings_v2.npy", label="z")


def test_labels_of_another_length_are_stated(tmp_path: Path) -> None:
    root = save(tmp_path, X=vectors(4), y=[0, 1, 1])
    assert {label for label, _ in read(root / "X.npy")} == {None}
    text = "? y.npy beside it has the shape (3,) for 4 items, and is not used"
    assert text in told(root / "X.npy")


@pytest.mark.parametrize("labels", [[1, 0], ["b", "a"], [[0.0, 1.0], [1.0, 0.0]], [[1], [0]]])
def test_arrays_of_a_folder_are_splits_also_without_labels(labels: Any, tmp_path: Path) -> None:
    root = save(tmp_path / "d", X_train=vectors(2), y_train=labels, X_test=vectors(3))
    found = read(root)
    assert [split for _, split in found] == ["train"] * 2 + ["test"] * 3
    assert [label for label, _ in found][:2] in (["1", "0"], ["b", "a"])
    assert {label for label, _ in found[2:]} == {None}
    assert "from the array y_train; X_test without labels" in told(root)


def test_arrays_of_an_archive_that_are_not_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x_train=vectors(2), y_train=[1, 0], x_test=vectors(3), fine_y=[1, 2])
    assert Counter(label for label, _ in read(path)) == {None: 3, "1": 1, "0": 1}
    lines = told(path)
    assert "from the array y_train; x_test without labels" in lines
    assert "arrays that are not read: fine_y" in lines


def write_idx(path: Path, array: npt.NDArray[np.uint8]) -> None:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


def test_a_folder_of_idx_files_is_read_as_splits(tmp_path: Path) -> None:
    root = tmp_path / "mnist"
    for split, count in (("t10k", 2), ("train", 4)):
        write_idx(
            root / f"{split}-images-idx3-ubyte", RNG.integers(0, 255, (count, 8, 8), np.uint8)
        )
        write_idx(root / f"{split}-labels-idx1-ubyte", np.arange(count, dtype=np.uint8))
    assert read(root) == [(str(n), "train") for n in range(4)] + [("0", "test"), ("1", "test")]
    lines = told(root / "train-images-idx3-ubyte")
    assert "not read: t10k-images-idx3-ubyte; give the folder to read all splits" in lines
    write_idx(root / "t10k-labels-idx1-ubyte", np.arange(5, dtype=np.uint8))
    assert read(root)[4:] == [(None, "test")] * 2
    assert any(line.startswith("? ") and "t10k-images" in line for line in told(root))


def test_idx_labels_of_another_number_are_reported(tmp_path: Path) -> None:
    for split in ("t10k", "train"):
        pictures = RNG.integers(0, 255, (4, 8, 8), np.uint8)
        write_idx(tmp_path / "m" / f"{split}-images-idx3-ubyte", pictures)
        write_idx(tmp_path / "m" / f"{split}-labels-idx1-ubyte", np.arange(5, dtype=np.uint8))
    for split in ("train", "t10k"):
        text = f"? {split}-labels-idx1-ubyte has 5 labels for 4 items, and is not used"
        assert text in told(tmp_path / "m")


@pytest.mark.parametrize("suffix", ["idx", "npy"])
def test_arrays_of_the_current_folder_have_its_name(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "digits"
    for split in ("train", "test"):
        if suffix == "npy":
            save(root, **{f"X_{split}": vectors(4), f"y_{split}": [0, 1, 0, 1]})
        else:
            write_idx(root / f"{split}-images-idx3-ubyte", np.zeros((4, 8, 8), np.uint8))
    monkeypatch.chdir(root)
    assert open_source(".", ImportOptions()).name == "digits"
