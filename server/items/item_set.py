"""A stored data set: a folder of plain arrays that are mapped into memory.

`lodespace.importing` writes such folders, and docs/files.md lists their files. This module does not
import torch, because the server process also needs the pictures.
"""

import contextlib
import json
import os
import threading
import tokenize
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.files import atomic_write
from lodespace.items.array_checks import check_arrays
from lodespace.items.import_report import stored_lines
from lodespace.items.item_ids import ItemIds
from lodespace.items.precomputed_knn import PrecomputedKnn
from lodespace.items.root_approval import approved_root
from lodespace.json_input import json_value
from lodespace.models.config import Content
from lodespace.protocol import ReportLine

if TYPE_CHECKING:
    from lodespace.items.table import ItemTable

# Two threads that evaluate headers fail in some Python 3.11 (CPython issue 106905).
_READING_HEADER = threading.Lock()
FORMAT = 3
"""Newest format of a data set that this version can open. Format 3 has an order of the items."""
FORMAT_IN_ORDER = 2
"""Format of a data set whose items are in the order of the original data."""
MANIFEST = "dataset.json"
PIXELS = "pixels.npy"
VECTORS = "vectors.npy"
STANDARDISATION = "standardisation.npy"
FEATURES = "features.npy"
LABELS = "labels.npy"
TABLE = "items.arrow"
ORIGINALS = "originals.bin"
ORDER = "order.npy"
STAMPS = "stamps.npy"
LABELS_DUE = "labels_due"
"""Key of an addition in dataset.json: true while its labels are not in the label log."""
KNN_INDICES, KNN_DISTANCES = "knn-indices.npy", "knn-distances.npy"

BAD_HEADER = (SyntaxError, tokenize.TokenError, MemoryError, RecursionError, OverflowError)
"""Errors that numpy raises for a damaged .npy header, in addition to ValueError. numpy parses the
header as Python."""

Kind = Literal["image", "vector", "sound"]


@dataclass(frozen=True)
class ItemSet:
    """N items to label."""

    name: str
    """Name of the data set."""
    kind: Kind
    """Kind of item. A sound is stored as a picture of the spectrogram."""
    data: npt.NDArray[Any]
    """Pictures, uint8 (N, H, W) or (N, H, W, 3); for vectors, float32 (N, F)."""
    class_names: tuple[str, ...] = ()
    """Names of the classes in `truth`, by class id."""
    truth: npt.NDArray[np.int16] | None = None
    """Class ids of the labels in the source, (N,), -1 for an item without a label."""
    content: Content = "symbols"
    """Kind of the pictures. The augmentation for training depends on this kind."""
    thumbnails: npt.NDArray[np.uint8] | None = None
    """Pictures that are shown for vectors, (N, H, W) or (N, H, W, 3)."""
    table: "ItemTable | None" = None
    """Ids, paths and all other columns of the source."""
    labels_given: bool = False
    """Whether a new project starts with the labels in `truth` by default, because a person gave
    them. If False, `truth` is only compared with predictions."""
    standardisation: npt.NDArray[np.float32] | None = None
    """Mean and standard deviation of each feature of vectors, (2, F)."""
    features: npt.NDArray[np.float32] | None = None
    """Features given by the user, (N, K), for the neighbour graph. None: features are learned."""
    root: Path | None = None
    """The folder from which original files are read.

    None: the items have no original files, or this data set may not read them on this computer.
    """
    stated_root: Path | None = None
    """Folder of the original files, as the data set states it.

    The server reads this folder only after the user has approved it (root_approval.py).
    """
    originals: Path | None = None
    """File of the original pictures, if the imported table held them as bytes; None otherwise."""
    details: dict[str, Any] = field(default_factory=dict)
    """Settings of the import that later steps need, such as the frequencies of spectrograms."""
    report: tuple[ReportLine, ...] = ()
    """The lines of the import's report. Empty for a data set of an older version."""
    order: npt.NDArray[np.int32] | None = None
    """Row of each item in the original data, (N,). None: the number of an item is its row."""
    runs: tuple[int, ...] = ()
    """Number of items per run (original_order.py). Empty without `order`."""
    stamps: npt.NDArray[np.int64] | None = None
    """Size in bytes and time of the last change (ns since 1970) of each item's file, (N, 2).

    -1 for an item without a file. None: not stored, as in data sets of older versions."""
    knn: PrecomputedKnn | None = None
    """Nearest neighbours given by the user. None: the neighbours are searched."""

    def __post_init__(self) -> None:
        n = len(self.data)
        if n < 1:
            raise DatasetError(f"{self.name} has no items")
        counted = {
            "label": self.truth,
            "row": self.table,
            "thumbnail": self.thumbnails,
            "feature": self.features,
            "stamp": self.stamps,
        }
        for what, values in counted.items():
            if values is not None and len(values) != n:
                raise DatasetError(
                    f"{self.name} has {len(values)} {what}s for {n} items; there must be one "
                    "per item"
                )

    def __len__(self) -> int:
        return len(self.data)

    @property
    def pictures(self) -> npt.NDArray[np.uint8] | None:
        """Stored pictures, (N, H, W) or (N, H, W, 3). None for vectors without thumbnails."""
        return self.thumbnails if self.kind == "vector" else self.data

    @property
    def ids(self) -> ItemIds:
        """The id per item: from the source, or else the item's number."""
        return ItemIds(len(self), None) if self.table is None else self.table.ids()

    def item_id(self, item: int) -> str:
        return self.ids[item]

    def matching(self, text: str) -> list[int]:
        """Return the items with `text` in their id, path or any column, in ascending order.

        Case is ignored.

        `column:text` searches one column. Class names are not searched.
        """
        if self.table is not None:
            return self.table.matching(text)
        wanted = text.removeprefix("id:").casefold()
        return [i for i, item_id in enumerate(self.ids) if wanted in item_id.casefold()]

    def with_id(self, text: str) -> list[int]:
        """Return the items whose id is `text`, in ascending order. Case is ignored."""
        wanted, ids = text.removeprefix("id:").casefold(), self.ids
        return [item for item in self.matching(text) if ids[item].casefold() == wanted]


def load_digits() -> ItemSet:
    """Return the bundled digits: 5,000 pictures of MNIST, 28 x 28 pixels, 500 per class.

    assets/digits/SOURCE.md states the source and licence of the pictures.
    """
    return load(bundled_digits_folder())


def bundled_digits_folder() -> Path:
    """Return the folder of the bundled digits, in an installed package or in a checkout."""
    return Path(str(files("lodespace.assets"))) / "digits"


def is_dataset(path: Path) -> bool:
    """Whether `path` is the folder of a stored data set."""
    return (path / MANIFEST).is_file()


def load(folder: Path, *, root: Path | None = None) -> ItemSet:
    """Open the data set in `folder`.

    Args:
        folder: Folder with dataset.json. Other people may have made it.
        root: Folder from which original files may be read. None: the folder that was approved for
            this data set on this computer (root_approval.py), if there is one.

    Raises:
        DatasetError: The data set cannot be read. The message has the reason.
    """
    path = folder / MANIFEST
    try:
        manifest = json_value(path.read_bytes())
        number, name = int(manifest.get("format", 1)), plain_text(manifest["name"])
        if number > FORMAT:
            raise DatasetError(
                f"{path} was written by a newer version of Lodespace; update Lodespace"
            )
        if "images" in manifest:
            from lodespace.items.idx_items import load_idx

            of_idx: Any = load_idx(folder, manifest)
            return of_idx
        kind, content = manifest["kind"], manifest["content"]
        classes = tuple(plain_text(c) for c in manifest.get("classes", ()))
        given = bool(manifest.get("labels_given", False))
        stated_root = Path(manifest["root"]) if "root" in manifest else None
        if stated_root is not None:
            os.fsencode(stated_root)  # raises UnicodeError if no path can have this name
        details = dict(manifest.get("details", {}))
        report = stored_lines(manifest.get("report", ()))
        arrays = {key: _array(folder, manifest[key]) for key in _ARRAYS if key in manifest}
        runs, count = tuple(manifest.get("runs", ())), manifest.get("count")
        if count is not None:
            # After an interrupted addition of items, the files have rows of more items.
            arrays = {key: rows[: int(count)] for key, rows in arrays.items()}
        standardisation = manifest.get("normalisation", {}).get("standardisation")
        table, originals = manifest.get("items"), manifest.get("originals")
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise DatasetError(f"{path} is not a data set description: {error!r}") from error
    data = arrays.get("vectors" if kind == "vector" else "pixels")
    if data is None or kind not in ("image", "vector", "sound"):
        raise DatasetError(
            f"{path} is damaged: it names no array of items (kind: {kind}). Import the data again"
        )
    items = None if table is None else _table(folder, table)
    made = ItemSet(
        name,
        kind,
        data,
        classes,
        arrays.get("labels"),
        content,
        thumbnails=arrays.get("pixels") if kind == "vector" else None,
        table=items,
        labels_given=given,
        standardisation=None if standardisation is None else _array(folder, standardisation),
        features=arrays.get("features"),
        root=root or approved_root(folder, items),
        stated_root=stated_root,
        originals=None if originals is None else member(folder, originals),
        details=details,
        report=report,
        order=arrays.get("order"),
        runs=runs,
        stamps=arrays.get("stamps"),
        knn=_knn(arrays),
    )
    check_arrays(made, path)
    return made


def member(folder: Path, name: object) -> Path:
    """Return the file `name` in `folder`.

    Other people may have written dataset.json, so `name` could lead out of the folder. Raises
    DatasetError if `name` is not a plain file name, or if the file is a link to a place outside of
    the folder.
    """
    if not isinstance(name, str) or Path(name).name != name or "\0" in name:
        raise DatasetError(
            f"{folder}/{MANIFEST}: {name!r} must be the plain name of a file in this folder"
        )
    path = folder / name
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise DatasetError(
            f"{path} is a symbolic link that leads out of the folder; copy the file into the folder"
            " instead"
        )
    if path.exists() and not path.is_file():
        raise DatasetError(f"{path} is not a regular file, but a folder, pipe, socket or device")
    return path


def _array(folder: Path, name: object) -> npt.NDArray[Any]:
    """Return the array in the file `name`, mapped into memory, so that opening takes no time.

    The mapping is copy-on-write, because torch needs writable arrays and the file must not change.
    """
    path = member(folder, name)
    try:
        with _READING_HEADER:
            return np.load(path, mmap_mode="c", allow_pickle=False)
    except (ValueError, OSError, EOFError, *BAD_HEADER) as error:
        raise DatasetError(f"{path} is damaged: {error}") from error


def _knn(arrays: dict[str, npt.NDArray[Any]]) -> PrecomputedKnn | None:
    indices, distances = arrays.get("knn_indices"), arrays.get("knn_distances")
    return None if indices is None or distances is None else PrecomputedKnn(indices, distances)


def _table(folder: Path, name: object) -> "ItemTable":
    # pyarrow takes 0.1 s to import, and the bundled digits have no table.
    from lodespace.items.table import ItemTable

    return ItemTable.read(member(folder, name))


def plain_text(value: object) -> str:
    """`value` as text without lone surrogates, which JSON can contain but messages cannot.

    Bytes of a file name that are not text are shown as `\\xff`.
    """
    text = str(value)
    with contextlib.suppress(UnicodeEncodeError):
        return os.fsencode(text).decode("utf-8", "backslashreplace")
    return text.encode("utf-8", "backslashreplace").decode()


def files_of(folder: Path) -> list[Path]:
    """Return the files of the data set in `folder`. dataset.json is the last file of the list."""
    manifest = json_value((folder / MANIFEST).read_bytes())
    named: list[object] = [manifest.get(key) for key in _FILES]
    named.append(manifest.get("normalisation", {}).get("standardisation"))
    return [member(folder, name) for name in named if name is not None] + [folder / MANIFEST]


_ARRAYS = (
    "pixels",
    "vectors",
    "labels",
    "features",
    "order",
    "stamps",
    "knn_indices",
    "knn_distances",
)
_FILES = ("images", "truth", *_ARRAYS, "items", "originals")


def amend(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change dataset.json of the data set in `folder`. `change` edits the parsed file."""
    manifest = json_value((folder / MANIFEST).read_bytes())
    change(manifest)
    atomic_write(folder / MANIFEST, f"{json.dumps(manifest, indent=2)}\n".encode())
