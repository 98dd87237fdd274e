"""IDX files, the format of MNIST: one file of pictures, or the files of a folder."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.finding import Finding
from lodespace.items.idx import read_idx

IDX_NAME = re.compile(r".*idx(\d)-ubyte(\.gz)?$|.*\.idx(\.gz)?$")
"""Pattern of the names of IDX files: train-images-idx3-ubyte.gz, digits.idx, ..."""
_SPLITS = frozenset({"train", "test", "t10k", "val", "valid"})


def from_idx(path: Path, unpacked: float | None = None) -> ArrayItems:
    """Return the pictures of an IDX file, with labels from a file in the same folder, if any.

    The labels of train-images-idx3-ubyte are in train-labels-idx1-ubyte. `unpacked` is the largest
    size to which each file may unpack, in GB (unpacking.py). Raises DatasetError.
    """
    items = read_idx(path, unpacked)
    labels, findings = _labels_of(path, len(items), unpacked)
    others = [file for file in sorted(path.parent.iterdir()) if IDX_NAME.match(file.name)]
    unread = [file.name for file in others if file != path and _has_pictures(file)]
    if unread and _has_pictures(path):
        text = f"not read: {', '.join(unread[:4])}; give the folder to read all splits"
        findings.append(Finding("splits", text))
    name = _stem(path).removesuffix("-idx3").removesuffix("-images")
    return ArrayItems(
        name, items.shape, items.dtype, lambda: iter([items]), labels, findings=findings
    )


def _labels_of(
    path: Path, count: int, unpacked: float | None
) -> tuple[npt.NDArray[np.int64] | None, list[Finding]]:
    """Return the labels of the `count` pictures in the file `path`, and where they come from."""
    beside = _label_file(path)
    if not _has_pictures(path) or not beside.is_file():
        return None, []
    labels = read_idx(beside, unpacked).astype(np.int64)
    if len(labels) != count:
        text = f"{beside.name} has {len(labels):,} labels for {count:,} items, and is not used"
        return None, [Finding("labels", text, doubtful=True)]
    return labels, [Finding("labels", f"from the file {beside.name} beside it")]


def from_idx_folder(path: Path, files: Sequence[Path], unpacked: float | None) -> ArrayItems | None:
    """Return the items of all IDX files in a folder, such as the files of train and t10k.

    Returns None if the files are not pictures of splits of one data set. Raises DatasetError.
    """
    pictures = [file for file in files if _has_pictures(file)]
    splits = [_split(file) for file in pictures]
    if len(set(splits)) < len(splits) or len({file.parent for file in pictures}) != 1:
        return None
    order = sorted(range(len(pictures)), key=lambda i: splits[i] != "train")
    arrays = [read_idx(pictures[i], unpacked) for i in order]
    if len({array.shape[1:] for array in arrays}) > 1:
        return None
    labels: list[npt.NDArray[np.int64]] = []
    without: list[str] = []
    misfits: list[Finding] = []
    for i, array in zip(order, arrays, strict=True):
        found, noted = _labels_of(pictures[i], len(array), unpacked)
        if found is None:
            without.append(pictures[i].name)
            misfits += noted
        labels.append(np.full(len(array), -1, np.int64) if found is None else found)
    some = len(without) < len(arrays)
    text = "from the files of labels beside the pictures" if some else "no file has labels"
    text += f"; {', '.join(without)} without labels" if some and without else ""
    findings = [Finding("labels", text, doubtful=bool(some and without)), *misfits]
    counts = [(splits[i], len(array)) for i, array in zip(order, arrays, strict=True)]
    if len(counts) > 1:
        names = ", ".join(pictures[i].name for i in order)
        findings.append(Finding("splits", f"from the names of {names}"))
    shape = (sum(map(len, arrays)), *arrays[0].shape[1:])
    return ArrayItems(
        path.resolve().name,
        shape,
        arrays[0].dtype,
        lambda: iter(arrays),
        np.concatenate(labels) if some else None,
        splits=counts if len(counts) > 1 else (),
        findings=findings,
    )


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix("-ubyte")


def _label_file(path: Path) -> Path:
    """Return the path of the file with the labels of the pictures in the IDX file `path`."""
    return path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))


def _has_pictures(path: Path) -> bool:
    """Whether the name of an IDX file states that it has pictures."""
    return _label_file(path) != path


def _split(path: Path) -> str:
    """Return the split in the name of an IDX file: train, or test for t10k-images-idx3-ubyte."""
    found = re.split(r"[-_.]", _stem(path))
    word = next((part for part in found if part in _SPLITS), _stem(path))
    return "test" if word == "t10k" else word
