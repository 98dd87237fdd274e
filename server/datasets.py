"""Reading a data set from disk into plain numpy arrays. No torch: the server process needs the pictures too."""

import gzip
import json
import math
import struct
import zipfile
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError

UNLABELED = -1
MAX_IDX_BYTES = 4 << 30
"""An IDX header that promises more than this is refused before anything is allocated."""


@dataclass(frozen=True)
class ItemSet:
    """N items to label.

    `data` is uint8 (N, H, W) grey or (N, H, W, 3) colour pictures when `kind` is "image", float32 (N, F) when "vector".
    `truth` (int16 (N,), -1 where unknown) are labels that came with the data; they are used to measure, and as labels
    only when asked.
    """

    name: str
    kind: Literal["image", "vector"]
    data: npt.NDArray[Any]
    class_names: tuple[str, ...] = ()
    truth: npt.NDArray[np.int16] | None = None
    ids: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        n = len(self.data)
        if n < 2:
            raise DatasetError(f"{self.name}: {n} items; a latent space needs at least 2")
        if self.truth is not None and len(self.truth) != n:
            raise DatasetError(f"{self.name}: {len(self.truth)} labels for {n} items; there must be one label an item")
        if self.ids and len(self.ids) != n:
            raise DatasetError(f"{self.name}: {len(self.ids)} ids for {n} items; there must be one id an item")

    def __len__(self) -> int:
        return len(self.data)

    def item_id(self, item: int) -> str:
        """The item's own id: as the data names it, else its number."""
        return self.ids[item] if self.ids else str(item)


def load_digits() -> ItemSet:
    """The bundled digits: 5,000 MNIST pictures, 28 x 28, 500 a class (assets/digits/SOURCE.md)."""
    return load(bundled_digits_folder())


def bundled_digits_folder() -> Path:
    """Where the bundled digits lie, in an installed copy and in a checkout alike."""
    return Path(str(files("lodespace.assets"))) / "digits"


def load(path: Path) -> ItemSet:
    """Read the data set at `path`: a folder with dataset.json (IDX files), or one .npy / .npz file.

    Raises DatasetError, saying what is wrong and what would be read.
    """
    if not path.exists():
        raise DatasetError(f"{path}: no such file or folder; give a data set folder, an .npz or an .npy file")
    if path.is_dir():
        return _load_folder(path)
    if path.suffix == ".npz":
        return _load_npz(path)
    if path.suffix == ".npy":
        return _from_array(path.stem, _read_npy(path))
    raise DatasetError(
        f"{path}: cannot read '{path.suffix}' files; give a folder with dataset.json, an .npz or an .npy file"
    )


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """An IDX file of unsigned bytes (the format of MNIST), gzip-compressed or not, as a uint8 array of its shape."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
    if len(raw) < 4 or raw[:3] != b"\0\0\x08":
        raise DatasetError(f"{path}: not an IDX file of unsigned bytes (it should begin with 00 00 08)")
    rank = raw[3]
    header = 4 + 4 * rank
    if rank == 0 or len(raw) < header:
        raise DatasetError(f"{path}: the IDX header is cut short")
    shape = struct.unpack(f">{rank}I", raw[4:header])
    if math.prod(shape) > MAX_IDX_BYTES or len(raw) - header != math.prod(shape):
        raise DatasetError(f"{path}: the header says {shape}, but {len(raw) - header} bytes follow")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)


def _load_folder(path: Path) -> ItemSet:
    manifest_path = path / "dataset.json"
    if not manifest_path.is_file():
        raise DatasetError(f"{path}: holds no dataset.json; see docs/files.md for what a data set folder looks like")
    try:
        manifest = json.loads(manifest_path.read_text())
        name, images = str(manifest["name"]), read_idx(_member(path, manifest["images"]))
        classes = tuple(str(c) for c in manifest.get("classes", ()))
        truth = read_idx(_member(path, manifest["truth"])).astype(np.int16) if "truth" in manifest else None
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{manifest_path}: not a data set description: {error}") from error
    if images.ndim not in (3, 4):
        raise DatasetError(f"{path}: pictures must be (N, height, width) or (N, height, width, 3), not {images.shape}")
    if truth is not None and classes and int(truth.max()) >= len(classes):
        raise DatasetError(f"{path}: label {int(truth.max())} has no name among the {len(classes)} classes")
    return ItemSet(name, "image", images, classes, truth)


def _member(folder: Path, name: object) -> Path:
    """The file `name` of `folder`. A name that leads out of the folder is refused: a manifest is outside text."""
    if not isinstance(name, str) or Path(name).name != name:
        raise DatasetError(f"{folder}/dataset.json: {name!r} must be the plain name of a file beside it")
    return folder / name


def _read_npy(path: Path) -> npt.NDArray[Any]:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, OSError, MemoryError, EOFError) as error:
        raise DatasetError(f"{path}: not a plain numpy array: {error}") from error


def _load_npz(path: Path) -> ItemSet:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = set(arrays.files)
            if "X" not in names:
                raise DatasetError(f"{path}: holds {sorted(names)}, but no array named X with the items")
            items = arrays["X"]
            labels = arrays["y"] if "y" in names else None
            ids = tuple(str(i) for i in arrays["ids"]) if "ids" in names else ()
    except (ValueError, OSError, MemoryError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path}: not a plain .npz file: {error}") from error
    class_names, truth = _classes_from(path, labels)
    return _from_array(path.stem, items, class_names, truth, ids)


def _classes_from(path: Path, labels: npt.NDArray[Any] | None) -> tuple[tuple[str, ...], npt.NDArray[np.int16] | None]:
    if labels is None:
        return (), None
    if labels.ndim != 1:
        raise DatasetError(f"{path}: y must be one label an item, not an array of shape {labels.shape}")
    if np.issubdtype(labels.dtype, np.integer):
        unlabelled = labels < 0
    else:
        labels = labels.astype(str)
        unlabelled = labels == ""
    names, codes = np.unique(labels[~unlabelled], return_inverse=True)
    if len(names) > np.iinfo(np.int16).max:
        raise DatasetError(f"{path}: {len(names)} classes; at most {np.iinfo(np.int16).max} can be told apart")
    truth = np.full(len(labels), UNLABELED, np.int16)
    truth[~unlabelled] = codes
    return tuple(str(n) for n in names), truth


def _from_array(
    name: str,
    items: npt.NDArray[Any],
    class_names: tuple[str, ...] = (),
    truth: npt.NDArray[np.int16] | None = None,
    ids: tuple[str, ...] = (),
) -> ItemSet:
    if items.dtype == np.uint8 and (items.ndim == 3 or (items.ndim == 4 and items.shape[3] in (1, 3))):
        pictures = items[..., 0] if items.ndim == 4 and items.shape[3] == 1 else items
        return ItemSet(name, "image", np.ascontiguousarray(pictures), class_names, truth, ids)
    if items.ndim == 2 and (np.issubdtype(items.dtype, np.floating) or np.issubdtype(items.dtype, np.integer)):
        vectors = np.ascontiguousarray(items, np.float32)
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(bad):
            raise DatasetError(
                f"{name}: {len(bad)} items hold NaN or infinity, the first is item {bad[0]}; remove or fill them"
            )
        return ItemSet(name, "vector", vectors, class_names, truth, ids)
    raise DatasetError(
        f"{name}: an array of {items.dtype} {items.shape}; give uint8 (N, H, W[, 3]) pictures or numbers (N, F)"
    )
