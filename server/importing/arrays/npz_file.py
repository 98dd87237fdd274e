"""Arrays in .npz files: which array has the items, labels, ids and class names."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_file import DAMAGED, ArrayFile
from lodespace.importing.arrays.array_items import ArrayItems, Blocks
from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_names import is_split, words
from lodespace.importing.source import ImportOptions
from lodespace.items.unpacking import check_unpacked

ITEMS = (
    "x", "images", "image", "imgs", "img", "pictures", "pixels", "data", "features", "embeddings",
    "embedding", "vectors", "vector", "inputs", "samples", "arr 0",
)  # fmt: skip
"""Usual names of the array with the items. The first name that occurs in the file is used."""
LABELS = ("y", "labels", "label", "targets", "target", "classes", "class", "cls", "arr 1")
IDS = ("ids", "id", "filenames", "filename", "paths", "files", "names", "keys")
_CLASS_NAMES = ("class names", "classnames", "label names", "target names", "categories", "classes")
_ORDER = ("tr", "va", "de", "te")
"""First letters of the names of splits. The splits are imported in this order."""
_MOST_LISTED = 20


@dataclass
class Members:
    """The arrays that are read from a file, by their purpose."""

    items: list[str] = field(default_factory=list)
    """Arrays with items, one per split."""
    labels: list[str] = field(default_factory=list)
    """Names of the arrays with labels, in the order of `items`; "" for items without labels.

    An empty list: there are no labels.
    """
    splits: list[str] = field(default_factory=list)
    """Name of the split of each array in `items`. An empty list: there are no splits."""
    ids: str | None = None
    class_names: str | None = None
    doubts: list[Finding] = field(default_factory=list)

    @property
    def read(self) -> list[str]:
        """All arrays that are read."""
        more = [name for name in (self.ids, self.class_names) if name is not None]
        return [*self.items, *filter(None, self.labels), *more]


def choose_members(shapes: Mapping[str, tuple[int, ...]], options: ImportOptions) -> Members | None:
    """Choose the arrays with items, labels, ids and class names by name. None: no array has items.

    Args:
        shapes: Shape of each array.
        options: `image` or `vector` names the items, `label` the labels, and `id` the ids.

    Raises:
        DatasetError: An option names an array that does not exist.
    """
    plain = {" ".join(words(name)): name for name in reversed(list(shapes)) if "/" not in name}
    asked = options.image or options.vector
    found = Members()
    if asked is not None:
        found.items = [_asked(shapes, asked)]
    else:
        found.items = [name for key in ITEMS if (name := plain.get(key)) is not None][:1]
        parts = [] if "x" in plain else _parts(shapes, ITEMS)
        if parts and (not found.items or plain.get("x") is None):
            found.splits = [split for split, _ in parts]
            found.items = [name for _, name in parts]
            by_split = dict(_parts(shapes, LABELS))
            if by_split.keys() & set(found.splits):
                found.labels = [by_split.get(split, "") for split in found.splits]
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
        named = (plain[key] for key in LABELS if key in plain)
        fitting = [n for n in named if n not in found.items and shapes[n][:1] == (count,)]
        if not fitting and any(plain.get(key) for key in LABELS[:4]):
            # No array with a usual name has one label per item. One is chosen anyway, so that the
            # error message names it.
            fitting = [plain[key] for key in LABELS[:4] if key in plain]
        found.labels = fitting[:1]
    if options.id is not None:
        found.ids = _asked(shapes, options.id)
    else:
        named = (plain[key] for key in IDS if key in plain)
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
        text = "no array has a usual name for labels"
        found.doubts.append(Finding("labels", text, doubtful=True, option=option))


def _asked(shapes: Mapping[str, tuple[int, ...]], name: str) -> str:
    if name not in shapes:
        there = ", ".join(sorted(shapes)[:_MOST_LISTED])
        raise DatasetError(f"there is no array '{name}'; the arrays are {there}")
    return name


def _parts(shapes: Mapping[str, Any], usual: Sequence[str]) -> list[tuple[str, str]]:
    """Return (split, array) for arrays such as x_train or test_images, in the usual order of
    splits.
    """
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
        options: Options that name the arrays, as in `choose_members`.

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
    unread = [name for name in shapes if name not in members.read]
    if unread:
        text = f"arrays that are not read: {', '.join(unread[:_MOST_LISTED])}"
        members.doubts.append(Finding("columns", text))
    files = [names[name] for name in members.items]
    return array_items(path, members, heads, partial(_npz_blocks, path, files), read, options)


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
                if plain in (*ITEMS, *LABELS, *IDS):
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


def array_items(
    path: Path,
    members: Members,
    heads: Sequence[ArrayFile],
    blocks: Blocks,
    read: Mapping[str, npt.NDArray[Any]],
    options: ImportOptions,
) -> ArrayItems:
    """Return the items of several arrays, one array after the other.

    Args:
        path: The file or folder of the arrays.
        members: The purpose of each array.
        heads: The arrays with items, of which only the headers have been read.
        blocks: Yields the items of all arrays in blocks (`Blocks`).
        read: The other arrays of `members`, by name.
        options: Options for reading the data, of which `missing` is used.

    Raises:
        DatasetError: The arrays do not fit each other.
    """
    first = heads[0]
    for name, head in zip(members.items, heads, strict=True):
        if head.shape[1:] != first.shape[1:] or head.dtype != first.dtype:
            raise DatasetError(
                f"{path}: the arrays {members.items[0]} and {name} have items of different shape "
                "or type; name one with --image or --vector"
            )
    labels = [read.get(name) for name in members.labels]
    for name, head, found in zip(members.items, heads, labels, strict=False):
        if found is not None and len(found) != head.shape[0]:
            raise DatasetError(
                f"{path} has {len(found)} labels for {head.shape[0]} items of {name}; there must "
                "be one label per item"
            )
    findings = list(members.doubts)
    if members.labels:
        text = f"from the array {', '.join(filter(None, members.labels))}"
        without = [n for n, of in zip(members.items, members.labels, strict=False) if not of]
        text += f"; {', '.join(without)} without labels" if without else ""
        findings.append(Finding("labels", text))
    if members.splits:
        findings.append(Finding("splits", f"from the arrays {', '.join(members.items)}"))
    if members.ids is not None:
        findings.append(Finding("ids", f"from the array {members.ids}"))
    parts = zip(members.splits, heads, strict=False)
    return ArrayItems(
        path.stem if path.is_file() else path.resolve().name,
        (sum(head.shape[0] for head in heads), *first.shape[1:]),
        first.dtype,
        blocks,
        _joined(labels, [head.shape[0] for head in heads]),
        _texts(read, members.ids),
        _texts(read, members.class_names),
        splits=[(split, head.shape[0]) for split, head in parts],
        findings=findings,
        missing=options.missing,
    )


def _joined(
    labels: Sequence[npt.NDArray[Any] | None], counts: Sequence[int]
) -> npt.NDArray[Any] | None:
    """Return the labels of all arrays, or None if there are no labels.

    Items of an array without labels get the label -1 or "". If the labels are 0 and 1 per class,
    these items get only zeros.

    Args:
        labels: The labels of each array, (N,), (N, 1) or (N, K). None: without labels.
        counts: Number of items of each array.
    """
    given = next((found for found in labels if found is not None), None)
    if given is None:
        return None
    shape = given.shape[1:]
    hot = given.ndim == 2 and shape[0] > 1
    empty: Any = "" if given.dtype.kind == "U" else b"" if given.dtype.kind == "S" else -1
    kind = np.int64 if empty == -1 and given.dtype.kind in "ub" and not hot else given.dtype
    return np.concatenate(
        [
            np.full((count, *shape), 0 if hot else empty, kind) if found is None else found
            for found, count in zip(labels, counts, strict=True)
        ]
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
