"""Arrays in .npy files: X.npy with its labels in y.npy, and folders of such files."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_file import ArrayFile
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.arrays.npz_file import IDS, ITEMS, LABELS, array_items, choose_members
from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_names import some, words
from lodespace.importing.source import ImportOptions

_SUFFIXES = frozenset({".npy", ".npz"})
_MOST_LISTED = 6
"""Largest number of arrays that a finding names."""


def from_npy(path: Path, options: ImportOptions | None = None) -> ArrayItems:
    """Return the array in a .npy file, with the labels in a file beside it.

    The labels of X_train.npy are in y_train.npy. `--label` selects another file in the same folder.
    Raises DatasetError.
    """
    options = options or ImportOptions()
    array = _opened(path, lambda file: file)
    labels, findings = _Beside(path, array.shape[0]).labels(options.label)
    return ArrayItems(
        path.stem,
        array.shape,
        array.dtype,
        partial(_blocks, [path]),
        labels,
        findings=findings,
        missing=options.missing,
    )


def from_npy_folder(path: Path, files: Sequence[Path], options: ImportOptions) -> ArrayItems | None:
    """Return the items of the .npy files of a folder, with labels, ids and class names.

    Return None if the names of the files do not state which file has the items.

    Args:
        path: The folder.
        files: The .npy files in one folder, which may be a folder of `path`.
        options: Options that name the arrays, as in `choose_members`.

    Raises:
        DatasetError: The arrays do not fit each other.
    """
    by_name = {file.stem: file for file in files}
    shapes: dict[str, tuple[int, ...]] = {
        name: _opened(file, lambda found: found.shape) for name, file in by_name.items()
    }
    members = choose_members(shapes, options)
    if members is None or any(doubt.topic == "items" for doubt in members.doubts):
        return None
    rest = shapes.keys() - set(members.read)
    if options.image is None and options.vector is None and any(len(shapes[n]) > 1 for n in rest):
        return None  # several arrays may contain the items
    heads: list[ArrayFile] = [_opened(by_name[name], lambda file: file) for name in members.items]
    others = members.read[len(members.items) :]
    read = {name: _opened(by_name[name], lambda file: file.whole()) for name in others}
    unread = [by_name[name].name for name in shapes if name not in members.read]
    if unread:
        members.doubts.append(Finding("columns", f"arrays that are not read: {some(unread)}"))
    blocks = partial(_blocks, [by_name[name] for name in members.items])
    return array_items(path, members, heads, blocks, read, options)


def _blocks(paths: Sequence[Path]) -> Iterator[npt.NDArray[Any]]:
    for path in paths:
        with path.open("rb") as file:
            yield from ArrayFile(file, str(path), path.stat().st_size).blocks()


def _opened(path: Path, use: Callable[[ArrayFile], Any]) -> Any:
    try:
        with path.open("rb") as file:
            return use(ArrayFile(file, str(path), path.stat().st_size))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error


class _Beside:
    """The other arrays in the folder of an array."""

    def __init__(self, path: Path, count: int) -> None:
        """Look for arrays beside `path`, an array with `count` items."""
        self.path, self.count = path, count
        files = sorted(file for file in path.parent.iterdir() if file.suffix in _SUFFIXES)
        self.files = [file for file in files if file != path and not file.is_symlink()]

    def labels(self, asked: str | None) -> tuple[npt.NDArray[Any] | None, list[Finding]]:
        """Return the labels, and findings on the files. Raises DatasetError.

        `asked` is the name of the file with the labels, with or without suffix.
        """
        by_stem = {file.stem: file for file in self.files if file.suffix == ".npy"}
        if asked is not None:
            file = by_stem.get(asked.removesuffix(".npy"))
            if file is None:
                names = some([found.name for found in by_stem.values()]) or "there is none"
                raise DatasetError(
                    f"--label {asked}: no such array beside {self.path}; arrays: {names}"
                )
            return _opened(file, lambda found: found.whole()), self._findings(file, sure=True)
        partners = [by_stem[name] for name in _partners(self.path.stem) if name in by_stem]
        named = [
            file
            for stem, file in by_stem.items()
            if file not in partners and set(words(stem)) & set(LABELS)
        ]
        fitting = [file for file in [*partners, *named] if self._fits(file)]
        sure = bool(fitting) and fitting[0] in partners
        if not sure and len(fitting) > 1:
            fitting = []
        if fitting:
            return _opened(fitting[0], lambda found: found.whole()), self._findings(
                fitting[0], sure=sure
            )
        doubts = [self._misfit(file) for file in partners]
        return None, [*doubts, *self._findings(None, sure=True)]

    def _fits(self, file: Path) -> bool:
        """Whether the array in `file` has one label per item."""
        try:
            shape = _opened(file, lambda found: found.shape)
        except DatasetError:
            return False
        return shape[0] == self.count and len(shape) <= 2

    def _misfit(self, file: Path) -> Finding:
        try:
            shape = _opened(file, lambda found: found.shape)
            text = f"{file.name} beside it has the shape {shape} for {self.count:,} items"
        except DatasetError as error:
            text = str(error).removeprefix(f"{file.parent}/")
        return Finding("labels", f"{text}, and is not used", doubtful=True)

    def _findings(self, used: Path | None, *, sure: bool) -> list[Finding]:
        """Return findings on the file `used`, which has the labels, and on the unused files."""
        found: list[Finding] = []
        unused = [file for file in self.files if file != used]
        labelling = [
            file
            for file in unused
            if file.suffix == ".npy" and self._fits(file) and not set(words(file.stem)) & {*IDS}
        ]
        option = f"--label {labelling[0].stem}" if labelling else ""
        if used is not None:
            text = f"from the file {used.name} beside it"
            found.append(Finding("labels", text, not sure, "--labels none" if not sure else option))
        elif labelling:
            text = f"{some([file.name for file in labelling])} beside it may have the labels"
            found.append(Finding("labels", text, doubtful=True, option=option))
        if unused:
            names = ", ".join(file.name for file in unused[:_MOST_LISTED])
            more = ", ..." if len(unused) > _MOST_LISTED else ""
            text = f"not read: {names}{more}"
            plain = [" ".join(words(file.stem)) for file in unused]
            if any(set(name.split()) & {*ITEMS, "test", "val", "valid", "train"} for name in plain):
                text += "; give the folder to read all splits"
            found.append(Finding("splits", text))
        return found


def _partners(stem: str) -> Iterator[str]:
    """Yield the names that a file with labels can have.

    For X_train, these are y_train, labels_train, ...
    """
    for item in ITEMS[:-1]:
        for label in LABELS[:-1]:
            begin, _, end = stem.partition("_")
            if begin.lower() == item:
                yield f"{label}_{end}" if end else label
            begin, _, end = stem.rpartition("_")
            if begin and end.lower() == item:
                yield f"{begin}_{label}"
