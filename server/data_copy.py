"""Putting a data set into a folder that is to be sent or kept: a bake, and a project made from arrays in a notebook."""

import json
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace.datasets import load
from lodespace.errors import DatasetError

DATA_FOLDER = "data"


def copy_data(source: Path, folder: Path) -> str:
    """Copy the data set at `source`, which `datasets.load` has read, into `folder`. Returns its path relative to `folder`.

    Only what was read is copied: of a data set folder, dataset.json and the files it names. Raises OSError.
    """
    target = folder / DATA_FOLDER
    target.mkdir()
    if not source.is_dir():
        shutil.copyfile(source, target / source.name)
        return f"{DATA_FOLDER}/{source.name}"
    manifest = json.loads((source / "dataset.json").read_bytes())
    for name in ("dataset.json", manifest["images"], manifest.get("truth")):
        if name is not None:
            shutil.copyfile(source / name, target / name)
    return DATA_FOLDER


def write_arrays(
    folder: Path, name: str, items: npt.ArrayLike, labels: npt.ArrayLike | None, ids: npt.ArrayLike | None
) -> str:
    """Write arrays as a data set file into `folder`, and check that it reads back. Returns its path relative to `folder`.

    Raises DatasetError, saying what is wrong with the arrays, and OSError.
    """
    arrays = {"X": items, "y": labels, "ids": None if ids is None else np.asarray(ids, str)}
    given = {key: np.asarray(array) for key, array in arrays.items() if array is not None}
    if any(array.dtype.hasobject for array in given.values()):
        raise DatasetError(f"{name}: an array of Python objects; give numbers, pictures, or texts")
    target = folder / DATA_FOLDER
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"{name}.npz"
    np.savez_compressed(path, allow_pickle=False, **given)  # pyright: ignore[reportArgumentType]
    load(path)
    return f"{DATA_FOLDER}/{path.name}"
