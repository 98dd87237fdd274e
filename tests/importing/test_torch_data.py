"""Data sets that are torch objects, and torchvision data sets in files."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.arrays.torch_dataset import TorchItems
from lodespace.project.initial_labels import choose_labels
from samples.pictures import Import, draw, reasons


class Pairs:
    """A typical map-style Dataset."""

    classes = ("no", "yes")

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int) -> tuple[Any, int]:
        if self.items[i] is None:
            raise OSError("the disk is wet")
        return self.items[i], i % 2


def test_data_sets_of_tensors_pictures_and_arrays_are_read(bring: Import) -> None:
    import torch

    grey = np.asarray(draw(1))
    forms = [
        draw(1),
        torch.from_numpy(grey.copy())[None].float() / 255,
        torch.from_numpy(grey.copy()),
        grey,
    ]
    for form in forms:
        items, _ = bring(TorchItems("d", Pairs([form] * 4)))
        np.testing.assert_array_equal(items.data, [grey] * 4)
        assert items.class_names == ("no", "yes")


def test_vectors_and_a_tensor_data_set_are_read(bring: Import) -> None:
    import torch
    from torch.utils.data import TensorDataset

    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    items, _ = bring(TorchItems("d", TensorDataset(x, torch.arange(6) % 3)))
    np.testing.assert_array_equal(items.data, x.numpy())
    assert items.class_names == ("0", "1", "2")


def test_an_item_that_cannot_be_read_is_left_out(bring: Import) -> None:
    items, report = bring(TorchItems("d", Pairs([draw(0), None, draw(2)])))
    assert items.ids == ("0", "2")
    assert reasons(report) == {"item 1": "OSError: the disk is wet"}


def test_normalised_and_16_bit_pictures_use_one_range(bring: Import) -> None:
    import torch

    torch.manual_seed(0)
    for pictures in (torch.randn(4, 3, 16, 16), torch.randint(0, 4096, (4, 16, 16))):
        items, _ = bring(TorchItems("d", Pairs(list(pictures))))
        assert items.data.min() == 0
        assert items.data.max() == 255
        assert 110 < items.data.mean() < 145
        assert len(items.details["stretched_from"]) == 2
        items, _ = bring(TorchItems("d", Pairs(list(pictures))), range=(0.0, 8.0))
        assert items.details["stretched_from"] == [0.0, 8.0]


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """A root folder with 20 pictures of MNIST, in torchvision's layout."""
    raw = tmp_path / "root" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for part in ("train", "t10k"):
        pictures = rng.integers(0, 256, (20, 28, 28), dtype=np.uint8)
        labels = np.arange(20, dtype=np.uint8) % 10
        (raw / f"{part}-images-idx3-ubyte").write_bytes(
            b"\0\0\x08\x03" + struct.pack(">3I", 20, 28, 28) + pictures.tobytes()
        )
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(
            b"\0\0\x08\x01" + struct.pack(">I", 20) + labels.tobytes()
        )
        for name in ("images-idx3", "labels-idx1"):
            whole = (raw / f"{part}-{name}-ubyte").read_bytes()
            (raw / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(whole))
    return tmp_path / "root"


@pytest.mark.parametrize("split", [None, "test"])
def test_a_torchvision_data_set_is_read_by_name_from_a_folder(
    mnist: Path, bring: Import, split: str | None
) -> None:
    items, _ = bring("torchvision:MNIST", root=mnist, split=split)
    part = "t10k" if split else "train"
    raw = (mnist / "MNIST" / "raw" / f"{part}-images-idx3-ubyte").read_bytes()[16:]
    np.testing.assert_array_equal(items.data, np.frombuffer(raw, np.uint8).reshape(20, 28, 28))
    assert items.class_names[3] == "3 - three"
    assert not items.labels_given
    assert (choose_labels(items, None, 0) == -1).all(), (
        "labels of a fully labelled data set are the truth to measure with, and not given"
    )
    assert (choose_labels(items, "all", 0) == items.truth).all()


def test_nothing_is_fetched_without_the_option(tmp_path: Path, bring: Import) -> None:
    with pytest.raises(DatasetError, match="--download"):
        bring("torchvision:MNIST", root=tmp_path)
    with pytest.raises(DatasetError, match="no data set 'NoSuch'"):
        bring("torchvision:NoSuch", root=tmp_path)
    with pytest.raises(DatasetError, match="VisionDataset"):
        bring("torchvision:VisionDataset", root=tmp_path)
