"""A data set as it is kept: a folder of plain arrays, mapped into memory. No torch: the server process needs the pictures too.

`lodespace.importing` makes such folders from what people have; docs/files.md lists their files.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.files import atomic_write
from lodespace.models.config import Content

if TYPE_CHECKING:
    from lodespace.items.table import ItemTable

FORMAT = 2
UNLABELED = -1
MANIFEST = "dataset.json"
PIXELS = "pixels.npy"
VECTORS = "vectors.npy"
STANDARDISATION = "standardisation.npy"
FEATURES = "features.npy"
LABELS = "labels.npy"
TABLE = "items.arrow"
ORIGINALS = "originals.bin"

Kind = Literal["image", "vector", "sound"]


@dataclass(frozen=True)
class ItemSet:
    """N items to label.

    `data` is uint8 (N, H, W) grey or (N, H, W, 3) colour pictures when `kind` is "image" or "sound" (spectrograms), float32 (N, F) when
    "vector". `pictures` shows the items: `data` itself, or thumbnails of vectors; None where there are none.
    `truth` (int16 (N,), -1 where unknown) are labels that came with the data; `labels_given`: whether they are somebody's work to go on
    from, rather than there to measure.
    `table`: what else is known of the items. `root`: where the original files lie, `originals`: or the file that holds them.
    `standardisation` (2, F): mean and deviation of each feature of vectors. `features` (N, K): which items are alike, given by the user.
    """

    name: str
    kind: Kind
    data: npt.NDArray[Any]
    class_names: tuple[str, ...] = ()
    truth: npt.NDArray[np.int16] | None = None
    content: Content = "symbols"
    thumbnails: npt.NDArray[np.uint8] | None = None
    table: "ItemTable | None" = None
    labels_given: bool = False
    standardisation: npt.NDArray[np.float32] | None = None
    features: npt.NDArray[np.float32] | None = None
    root: Path | None = None
    originals: Path | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.data)
        if n < 2:
            raise DatasetError(f"{self.name}: {n} items; a latent space needs at least 2")
        counted = {
            "label": self.truth,
            "row": self.table,
            "thumbnail": self.thumbnails,
            "feature": self.features,
        }
        for what, values in counted.items():
            if values is not None and len(values) != n:
                raise DatasetError(
                    f"{self.name}: {len(values)} {what}s for {n} items; there must be one an item"
                )

    def __len__(self) -> int:
        return len(self.data)

    @property
    def pictures(self) -> npt.NDArray[np.uint8] | None:
        return self.thumbnails if self.kind == "vector" else self.data

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Each item's own id: as the data names it, else its number."""
        return (
            self.table.ids() if self.table is not None else tuple(str(i) for i in range(len(self)))
        )

    def item_id(self, item: int) -> str:
        return self.ids[item]


def load_digits() -> ItemSet:
    """The bundled digits: 5,000 MNIST pictures, 28 x 28, 500 a class (assets/digits/SOURCE.md)."""
    return load(bundled_digits_folder())


def bundled_digits_folder() -> Path:
    """Where the bundled digits lie, in an installed copy and in a checkout alike."""
    return Path(str(files("lodespace.assets"))) / "digits"


def is_dataset(path: Path) -> bool:
    return (path / MANIFEST).is_file()


def load(folder: Path) -> ItemSet:
    """Open the data set folder. Raises DatasetError, saying what is wrong with it."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
        number, name = int(manifest.get("format", 1)), str(manifest["name"])
        if number > FORMAT:
            raise DatasetError(
                f"{path}: written by a newer version of Lodespace; update to open it"
            )
        if "images" in manifest:
            return _load_idx(folder, manifest)
        kind, content = manifest["kind"], manifest["content"]
        classes = tuple(str(c) for c in manifest.get("classes", ()))
        given = bool(manifest.get("labels_given", False))
        root = Path(manifest["root"]) if "root" in manifest else None
        details = dict(manifest.get("details", {}))
        arrays = {
            key: _array(folder, manifest[key])
            for key in ("pixels", "vectors", "labels", "features")
            if key in manifest
        }
        standardisation = manifest.get("normalisation", {}).get("standardisation")
        table, originals = manifest.get("items"), manifest.get("originals")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path}: not a data set description: {error!r}") from error
    data = arrays.get("vectors" if kind == "vector" else "pixels")
    if data is None or kind not in ("image", "vector", "sound"):
        raise DatasetError(f"{path}: names no array of {kind} items")
    return ItemSet(
        name,
        kind,
        data,
        classes,
        arrays.get("labels"),
        content,
        thumbnails=arrays.get("pixels") if kind == "vector" else None,
        table=None if table is None else _table(folder, table),
        labels_given=given,
        standardisation=None if standardisation is None else _array(folder, standardisation),
        features=arrays.get("features"),
        root=root,
        originals=None if originals is None else member(folder, originals),
        details=details,
    )


def member(folder: Path, name: object) -> Path:
    """The file `name` of `folder`. A name that leads out of the folder is refused: a description is outside text."""
    if not isinstance(name, str) or Path(name).name != name:
        raise DatasetError(
            f"{folder}/{MANIFEST}: {name!r} must be the plain name of a file beside it"
        )
    return folder / name


def _array(folder: Path, name: object) -> npt.NDArray[Any]:
    """Mapped into memory, so that opening costs nothing; what is written to it stays here (torch wants arrays it may write to)."""
    path = member(folder, name)
    try:
        return np.load(path, mmap_mode="c", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DatasetError(f"{path}: damaged: {error}") from error


def _table(folder: Path, name: object) -> "ItemTable":
    from lodespace.items.table import (
        ItemTable,  # pyarrow takes 0.1 s to import, and the bundled digits have no table
    )

    return ItemTable.read(member(folder, name))


def _load_idx(folder: Path, manifest: dict[str, Any]) -> ItemSet:
    """Format 1: pictures and truth as IDX files, as the bundled digits are."""
    from lodespace.items.idx import read_idx

    images = read_idx(member(folder, manifest["images"]))
    classes = tuple(str(c) for c in manifest.get("classes", ()))
    truth = (
        read_idx(member(folder, manifest["truth"])).astype(np.int16)
        if "truth" in manifest
        else None
    )
    if images.ndim not in (3, 4):
        raise DatasetError(
            f"{folder}: pictures must be (N, height, width) or (N, height, width, 3), not {images.shape}"
        )
    if truth is not None and classes and int(truth.max()) >= len(classes):
        raise DatasetError(
            f"{folder}: label {int(truth.max())} has no name among the {len(classes)} classes"
        )
    return ItemSet(str(manifest["name"]), "image", images, classes, truth)


def files_of(folder: Path) -> list[Path]:
    """The files that the data set `folder` consists of, its description last."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    named: list[object] = [manifest.get(key) for key in _FILES]
    named.append(manifest.get("normalisation", {}).get("standardisation"))
    return [member(folder, name) for name in named if name is not None] + [folder / MANIFEST]


_FILES = ("images", "truth", "pixels", "vectors", "labels", "features", "items", "originals")


def amend(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the description of the data set `folder`."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    change(manifest)
    atomic_write(folder / MANIFEST, f"{json.dumps(manifest, indent=2)}\n".encode())
