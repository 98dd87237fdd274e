"""Arrays in .npz and .npy files: which array has the items, labels, ids and class names."""

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_file import DAMAGED, ArrayFile
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_names import is_split, words
from lodespace.importing.source import ImportOptions
from lodespace.items.unpacking import check_unpacked

_ITEMS = (
    "x", "images", "image", "imgs", "img", "pictures", "pixels", "data", "features", "embeddings",
    "embedding", "vectors", "vector", "inputs", "samples", "arr 0",
)  # fmt: skip
"""Usual names of the array with the items. The first that is there is used."""
_LABELS = ("y", "labels", "label", "targets", "target", "classes", "class", "cls", "arr 1")
_IDS = ("ids", "id", "filenames", "filename", "paths", "files", "names", "keys")
_CLASS_NAMES = ("class names", "classnames", "label names", "target names", "categories", "classes")
_ORDER = ("tr", "va", "de", "te")
"""First letters of the names of splits, in the order in which their items are imported."""
_MOST_LISTED = 20


@dataclass
class Members:
    """The arrays that are read from a file, by their purpose."""

    items: list[str] = field(default_factory=list)
    """Arrays with items, one per split."""
    labels: list[str] = field(default_factory=list)
    """Names of the arrays with labels, in the order of `items`. Empty: there are no labels."""
    splits: list[str] = field(default_factory=list)
    """Name of the split of each array in `items`. Empty: there are no splits."""
    ids: str | None = None
    class_names: str | None = None
    doubts: list[Finding] = field(default_factory=list)

    @property
    def read(self) -> list[str]:
        """All arrays that are read."""
        more = [name for name in (self.ids, self.class_names) if name is not None]
        return [*self.items, *self.labels, *more]


def choose_members(shapes: Mapping[str, tuple[int, ...]], options: ImportOptions) -> Members | None:
    """Choose the arrays with items, labels, ids and class names by name. None: no array has items.

    Args:
        shapes: Shape of each array.
        options: `image` or `vector` names the items, `label` the labels, and `id` the ids.

    Raises:
        DatasetError: There is no array that an option names.
    """
    plain = {" ".join(words(name)): name for name in reversed(list(shapes)) if "/" not in name}
    asked = options.image or options.vector
    found = Members()
    if asked is not None:
        found.items = [_asked(shapes, asked)]
    else:
        found.items = [name for key in _ITEMS if (name := plain.get(key)) is not None][:1]
        parts = [] if "x" in plain else _parts(shapes, _ITEMS)
        if parts and (not found.items or plain.get("x") is None):
            found.splits = [split for split, _ in parts]
            found.items = [name for _, name in parts]
            by_split = dict(_parts(shapes, _LABELS))
            if all(split in by_split for split in found.splits):
                found.labels = [by_split[split] for split in found.splits]
    if not found.items:
        largest = max(
            (name for name, shape in shapes.items() if len(shape) > 1 and "/" not in name),
            key=lambda name: np.prod(shapes[name], dtype=float),
            default=None,
        )
        if largest is None:
            return None
        found.items = [largest]
        others = [name for name in shapes if name != largest]
        option = f"--image {others[0]}" if others else ""
        text = f"the array {largest} has the items"
        found.doubts.append(Finding("items", text, doubtful=bool(others), option=option))
    count = sum(shapes[name][0] for name in found.items)
    if options.label is not None:
        found.labels = [_asked(shapes, options.label)]
    elif not found.splits:
        named = (plain[key] for key in _LABELS if key in plain)
        fitting = [n for n in named if n not in found.items and shapes[n][:1] == (count,)]
        if not fitting and any(plain.get(key) for key in _LABELS[:4]):
            fitting = [plain[key] for key in _LABELS[:4] if key in plain]  # an error names it
        found.labels = fitting[:1]
    if options.id is not None:
        found.ids = _asked(shapes, options.id)
    else:
        named = (plain[key] for key in _IDS if key in plain)
        found.ids = next((n for n in named if shapes[n] == (count,) or n == "ids"), None)
    named = (plain[key] for key in _CLASS_NAMES if key in plain)
    found.class_names = next(
        (n for n in named if n not in found.read and len(shapes[n]) == 1), None
    )
    _suggest_labels(found, shapes, count)
    return found


def _suggest_labels(found: Members, shapes: Mapping[str, tuple[int, ...]], count: int) -> None:
    """If no array has a usual name for labels, suggest another array that may hold the labels."""
    candidates = [
        name
        for name, shape in shapes.items()
        if name not in found.read and shape in ((count,), (count, 1))
    ]
    if not found.labels and candidates:
        option = f"--label {candidates[0]}"
        text = "no array is named as labels are"
        found.doubts.append(Finding("labels", text, doubtful=True, option=option))


def _asked(shapes: Mapping[str, tuple[int, ...]], name: str) -> str:
    if name not in shapes:
        there = ", ".join(sorted(shapes)[:_MOST_LISTED])
        raise DatasetError(f"there is no array '{name}'; the arrays are {there}")
    return name


def _parts(shapes: Mapping[str, Any], usual: Sequence[str]) -> list[tuple[str, str]]:
    """(split, array) for arrays such as x_train and test_images, in the usual order of splits."""
    found: list[tuple[str, str]] = []
    for name in shapes:
        split = [word for word in words(name) if is_split(word)]
        rest = " ".join(word for word in words(name) if not is_split(word))
        if len(split) == 1 and rest in usual:
            found.append((split[0], name))
    place = {letters: i for i, letters in enumerate(_ORDER)}
    return sorted(found, key=lambda part: place.get(part[0][:2], len(_ORDER)))


def from_npz(
    path: Path, unpacked: float | None = None, options: ImportOptions | None = None
) -> ArrayItems:
    """Return the items of a .npz file, with labels, ids and class names if the file has them.

    Args:
        path: The file.
        unpacked: Largest size to which the file may unpack, in GB (unpacking.py).
        options: Names of the arrays; see `choose_members`.

    Raises:
        DatasetError: The file is damaged, has no items, or has too many bytes.
    """
    options = options or ImportOptions()
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy"): name for name in archive.namelist()}
            shapes = _shapes(archive, path, names, unpacked)
            members = choose_members(shapes, options)
            if members is None:
                listed = ", ".join(sorted(names)[:_MOST_LISTED]) or "nothing"
                raise DatasetError(
                    f"{path} has the arrays {listed}; the items must be in an array named X, or "
                    "named with --image or --vector"
                )
            check_unpacked(
                str(path),
                sum(archive.getinfo(names[name]).file_size for name in members.read),
                path.stat().st_size,
                unpacked,
            )
            read = {
                name: _member(archive, path, names[name])
                for name in members.read[len(members.items) :]
            }
            heads = [_head(archive, path, names[name]) for name in members.items]
    except DAMAGED as error:
        raise DatasetError(f"{path} is not a plain .npz file: {error}") from error
    return _items(path, members, heads, [names[name] for name in members.items], read, options)


def _shapes(
    archive: zipfile.ZipFile, path: Path, names: Mapping[str, str], unpacked: float | None
) -> dict[str, tuple[int, ...]]:
    """Shape of each array. Other files in the archive are ignored."""
    found: dict[str, tuple[int, ...]] = {}
    for name, member in names.items():
        if member.endswith(".npy"):
            try:
                found[name] = _head(archive, path, member).shape
            except DatasetError:
                plain = " ".join(word for word in words(name) if not is_split(word))
                if plain in (*_ITEMS, *_LABELS, *_IDS):
                    size = archive.getinfo(member).file_size
                    check_unpacked(str(path), size, path.stat().st_size, unpacked)
                    raise
    return found


def _head(archive: zipfile.ZipFile, path: Path, member: str) -> ArrayFile:
    with archive.open(member) as stream:
        return ArrayFile(stream, f"{path}: {member}", archive.getinfo(member).file_size)


def _member(archive: zipfile.ZipFile, path: Path, member: str) -> npt.NDArray[Any]:
    with archive.open(member) as stream:
        return ArrayFile(stream, f"{path}: {member}", archive.getinfo(member).file_size).whole()


def _items(
    path: Path,
    members: Members,
    heads: Sequence[ArrayFile],
    files: Sequence[str],
    read: Mapping[str, npt.NDArray[Any]],
    options: ImportOptions,
) -> ArrayItems:
    first = heads[0]
    for name, head in zip(members.items, heads, strict=True):
        if head.shape[1:] != first.shape[1:] or head.dtype != first.dtype:
            raise DatasetError(
                f"{path}: the arrays {members.items[0]} and {name} have items of different shape "
                "or type; name one with --image or --vector"
            )
    labels = [read[name] for name in members.labels]
    for name, head, found in zip(members.items, heads, labels, strict=False):
        if len(found) != head.shape[0]:
            raise DatasetError(
                f"{path} has {len(found)} labels for {head.shape[0]} items of {name}; there must "
                "be one label per item"
            )
    findings = list(members.doubts)
    if members.labels:
        findings.append(Finding("labels", f"from the array {', '.join(members.labels)}"))
    if members.splits:
        findings.append(Finding("splits", f"from the arrays {', '.join(members.items)}"))
    if members.ids is not None:
        findings.append(Finding("ids", f"from the array {members.ids}"))
    parts = zip(members.splits, heads, strict=False)
    return ArrayItems(
        path.stem,
        (sum(head.shape[0] for head in heads), *first.shape[1:]),
        first.dtype,
        partial(_npz_blocks, path, files),
        np.concatenate(labels) if labels else None,
        _texts(read, members.ids),
        _texts(read, members.class_names),
        splits=[(split, head.shape[0]) for split, head in parts],
        findings=findings,
        missing=options.missing,
    )


def _texts(read: Mapping[str, npt.NDArray[Any]], name: str | None) -> list[str]:
    if name is None:
        return []
    return [
        value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
        for value in read[name].tolist()
    ]


def _npz_blocks(path: Path, members: Sequence[str]) -> Iterator[npt.NDArray[Any]]:
    for member in members:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            size = archive.getinfo(member).file_size
            yield from ArrayFile(stream, f"{path}: {member}", size).blocks()


def _npy_blocks(path: Path) -> Iterator[npt.NDArray[Any]]:
    with path.open("rb") as file:
        yield from ArrayFile(file, str(path), path.stat().st_size).blocks()


def from_npy(path: Path, options: ImportOptions | None = None) -> ArrayItems:
    """Return the array in a .npy file, with the labels in a file beside it, as y.npy beside X.npy.

    Raises DatasetError.
    """
    array = _opened(path, lambda file: file)
    labels, findings = _labels_beside(path, array.shape[0])
    return ArrayItems(
        path.stem,
        array.shape,
        array.dtype,
        partial(_npy_blocks, path),
        labels,
        findings=findings,
        missing=None if options is None else options.missing,
    )


def _opened(path: Path, use: Callable[[ArrayFile], Any]) -> Any:
    try:
        with path.open("rb") as file:
            return use(ArrayFile(file, str(path), path.stat().st_size))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error


def _labels_beside(path: Path, count: int) -> tuple[npt.NDArray[Any] | None, list[Finding]]:
    """Return the labels for X_train.npy in y_train.npy, for images.npy in labels.npy, and so on."""
    stem = path.stem
    for item in _ITEMS[:-1]:
        for label in _LABELS[:-1]:
            for name in _renamed(stem, item, label):
                beside = path.with_name(f"{name}.npy")
                if not beside.is_file() or beside.is_symlink():
                    continue
                try:
                    found = _opened(beside, lambda file: file.whole())
                except DatasetError:
                    continue
                if found.shape[0] == count and found.ndim <= 2:
                    return found, [Finding("labels", f"from the file {beside.name} beside it")]
    return None, []


def _renamed(stem: str, item: str, label: str) -> Iterator[str]:
    """Yield the stem with the word `item` replaced by `label`."""
    begin, _, end = stem.partition("_")
    if begin.lower() == item:
        yield f"{label}_{end}" if end else label
    begin, _, end = stem.rpartition("_")
    if begin and end.lower() == item:
        yield f"{begin}_{label}"
