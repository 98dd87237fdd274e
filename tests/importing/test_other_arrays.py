"""Arrays of public data sets in other files: pairs of .npz, pairs of texts, formats not read."""

from pathlib import Path

import numpy as np
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.check import check_data
from lodespace.importing.source import ImportOptions
from samples.pictures import Import


def texts(path: Path) -> list[str]:
    return [line.text for line in check_data(str(path), ImportOptions()).lines]


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        check_data(str(path), ImportOptions())
    return str(caught.value)


def test_npz_files_with_one_array_each_are_pairs(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "kmnist"
    root.mkdir()
    for split, count in (("train", 6), ("test", 3)):
        pictures = np.random.default_rng(0).integers(0, 255, (count, 28, 28), np.uint8)
        np.savez_compressed(root / f"kmnist-{split}-imgs.npz", pictures)
        np.savez(root / f"kmnist-{split}-labels.npz", np.arange(count) % 3)
    (root / "kmnist_classmap.csv").write_text("index,char\n0,a\n1,b\n2,c\n")
    items, report = bring(root)
    assert len(items) == 9
    assert items.truth is not None
    assert items.truth.tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2]
    assert "train (6), test (3)" in report.summary()
    (root / "kmnist-test-labels.npz").write_bytes(b"PK")
    assert "not a plain .npz file" in refusal(root)


def test_text_arrays_are_pairs_with_names_of_activities(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "har"
    for split, count in (("train", 4), ("test", 2)):
        (root / split).mkdir(parents=True)
        rows = "".join(f"  {n}.5e-01 -1.0e+00  {n}\n" for n in range(count))
        (root / split / f"X_{split}.txt").write_text(rows)
        (root / split / f"y_{split}.txt").write_text("1\n2\n" * (count // 2))
        (root / split / f"subject_{split}.txt").write_text("7\n" * count)
    (root / "activity_labels.txt").write_text("1 WALKING\n2 SITTING\n")
    items, report = bring(root)
    assert items.class_names == ("WALKING", "SITTING")
    assert items.truth is not None
    assert items.truth.tolist() == [0, 1, 0, 1, 0, 1]
    assert "train (4), test (2)" in report.summary()
    assert any("files that are not read" in line for line in texts(root))
    (root / "a").mkdir()
    (root / "a/y_val.txt").write_text("1\n")
    assert any("y_val.txt" in line for line in texts(root))
    (root / "train/y_train.txt").write_text("1\n")
    assert "1 lines for 4 lines of X_train.txt" in refusal(root)


def test_lists_of_numbers_of_numpy_2_are_vectors(tmp_path: Path) -> None:
    rows = "".join(
        f'{c},"[np.float64({n}.5), np.float64(-1e-05), numpy.int64({n})]"\n'
        for n, c in enumerate("abab")
    )
    (tmp_path / "t.csv").write_text(f"label,embedding\n{rows}")
    found = texts(tmp_path / "t.csv")
    assert "4 vectors" in found
    assert "3 numbers each" in found


def test_data_files_are_text_tables(tmp_path: Path) -> None:
    (tmp_path / "iris.data").write_text(
        "5.1,3.5,Iris-setosa\n4.9,3.0,Iris-setosa\n7,3,Iris-v\n" * 9
    )
    assert "27 vectors" in texts(tmp_path / "iris.data")


def test_formats_that_are_not_read_name_the_next_step(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / f"{split}_x.h5").write_bytes(b"\x89HDF")
        (tmp_path / f"{split}_meta.csv").write_text(f"x{split},y\n1,2\n3,4\n")
    assert "2 files are .h5: .h5 is not read; convert the arrays to .npz" in refusal(tmp_path)
    assert "convert the arrays to .npz" in refusal(tmp_path / "train_x.h5")
    batches = tmp_path / "d/cifar-10-batches-py"
    batches.mkdir(parents=True)
    (batches / "data_batch_1").write_bytes(b"\x80")
    for path in (batches, batches.parent):
        assert "give torchvision:CIFAR10 as DATA, with --root FOLDER" in refusal(path)


def test_several_idx_sets_name_the_pictures_of_each(tmp_path: Path) -> None:
    for name in ("balanced", "letters"):
        for split in ("train", "test"):
            for kind in ("images-idx3", "labels-idx1"):
                (tmp_path / f"emnist-{name}-{split}-{kind}-ubyte").write_bytes(b"\0")
    text = refusal(tmp_path)
    assert "emnist-letters-train-images-idx3-ubyte" in text
    assert "labels" not in text
