"""Data sets of format 1, such as the bundled digits: IDX files of pictures and labels."""

from pathlib import Path
from typing import Any

import numpy as np

from lodespace.errors import DatasetError
from lodespace.items.array_checks import check_arrays
from lodespace.items.idx import read_idx
from lodespace.items.item_set import MANIFEST, ItemSet, member, plain_text


def load_idx(folder: Path, manifest: dict[str, Any]) -> ItemSet:
    """Open a data set of format 1, such as the bundled digits: IDX files of pictures and labels."""
    images = read_idx(member(folder, manifest["images"]))
    classes = tuple(plain_text(c) for c in manifest.get("classes", ()))
    truth = (
        read_idx(member(folder, manifest["truth"])).astype(np.int16)
        if "truth" in manifest
        else None
    )
    if images.ndim not in (3, 4):
        raise DatasetError(
            f"{folder}: pictures must be (N, height, width) or (N, height, width, 3), "
            f"not {images.shape}"
        )
    if truth is not None and not classes:
        classes = tuple(str(number) for number in range(int(truth.max()) + 1))
    made = ItemSet(plain_text(manifest["name"]), "image", images, classes, truth)
    check_arrays(made, folder / MANIFEST)
    return made
