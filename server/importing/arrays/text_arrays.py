"""Arrays in text files of a folder: X_train.txt with its labels in y_train.txt."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_names import is_split, some
from lodespace.importing.source import ImportOptions

_NAME = re.compile(r"(?P<kind>[xy])(?:[_-](?P<split>[a-z]+))?", re.IGNORECASE)
"""Name of a file without suffix: X, y_train."""
_MOST_BYTES = 1 << 30
"""Largest size of a file in bytes. The user has to convert a larger file to .npy."""


def from_text_folder(
    path: Path, texts: Sequence[Path], options: ImportOptions
) -> ArrayItems | None:
    """Return the items of X_train.txt and X_test.txt, with the labels of y_train.txt, ...

    Return None if no split has both a file of items and a file of labels.

    Args:
        path: The folder.
        texts: The text files in the folder and its subfolders.
        options: Options for reading the data, of which `missing` is used.

    Raises:
        DatasetError: A file is too large or is not a table of numbers, or the files do not fit each
            other.
    """
    items, labels = _by_split(texts, "x"), _by_split(texts, "y")
    if not items or not items.keys() & labels.keys():
        return None
    splits = sorted(items, key=lambda split: (not split.startswith("tr"), split))
    arrays = [_numbers(items[split], np.float32) for split in splits]
    if len({array.shape[1] for array in arrays}) > 1:
        raise DatasetError(
            f"{path}: {some([f.name for f in items.values()])} differ in the number of columns"
        )
    found: list[npt.NDArray[Any]] = []
    for split, array in zip(splits, arrays, strict=True):
        of = np.full(len(array), -1, np.int64)
        if split in labels:
            of = _numbers(labels[split], np.int64)
            if of.shape != (len(array), 1):
                raise DatasetError(
                    f"{labels[split]} has {len(of):,} lines for {len(array):,} lines of "
                    f"{items[split].name}; there must be one label per item"
                )
        found.append(of.reshape(-1))
    names = [items[split].name for split in splits]
    with_labels = [labels[split] for split in splits if split in labels]
    text = f"from the files {', '.join(file.name for file in with_labels)}"
    findings = [Finding("labels", text)]
    counts = [(split, len(array)) for split, array in zip(splits, arrays, strict=True) if split]
    if counts:
        findings.append(Finding("splits", f"from the files {', '.join(names)}"))
    used = {*items.values(), *with_labels}
    unread = [file.relative_to(path).as_posix() for file in texts if file not in used]
    if unread:
        findings.append(Finding("columns", f"files that are not read: {some(unread)}"))
    return ArrayItems(
        path.resolve().name,
        (sum(map(len, arrays)), *arrays[0].shape[1:]),
        arrays[0].dtype,
        partial(iter, arrays),
        np.concatenate(found),
        splits=counts,
        findings=findings,
        missing=options.missing,
    )


def _by_split(texts: Sequence[Path], kind: str) -> Mapping[str, Path]:
    """Return the files X_train.txt, ... by split; {} if two files belong to the same split."""
    found: dict[str, Path] = {}
    for file in texts:
        match = _NAME.fullmatch(file.stem)
        if match is None or match["kind"].lower() != kind:
            continue
        split = (match["split"] or "").lower()
        if split and not is_split(split):
            continue
        if split in found:
            return {}
        found[split] = file
    return found


def _numbers(path: Path, kind: type[np.float32 | np.int64]) -> npt.NDArray[Any]:
    """Return the numbers of a text file, (lines, columns). Raises DatasetError."""
    if path.stat().st_size > _MOST_BYTES:
        raise DatasetError(f"{path} has more than 1 GB of text; convert it to .npy")
    try:
        with path.open(encoding="utf-8") as file:
            delimiter = "," if "," in file.readline() else None
        return np.loadtxt(path, kind, delimiter=delimiter, ndmin=2, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} is not a table of numbers: {error}") from error
