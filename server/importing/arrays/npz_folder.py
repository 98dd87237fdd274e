"""Folders of .npz files with one array each: kmnist-train-imgs.npz, kmnist-train-labels.npz."""

import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from os.path import commonprefix
from pathlib import Path
from typing import Any

import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_file import DAMAGED, ArrayFile
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.arrays.npz_file import array_items, choose_members
from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_names import some
from lodespace.importing.source import ImportOptions
from lodespace.items.unpacking import check_unpacked


def from_npz_folder(path: Path, files: Sequence[Path], options: ImportOptions) -> ArrayItems | None:
    """Return the items of .npz files that hold one array each, with their labels and splits.

    Return None if a file holds several arrays, or if the names of the files do not show which file
    has the items. Words with which all names begin are ignored.

    Args:
        path: The folder.
        files: The .npz files in one folder, which may be a folder of `path`.
        options: Options that name the arrays, as in `choose_members`.

    Raises:
        DatasetError: A file is damaged, or the arrays do not fit each other.
    """
    opened = {file: _Member(file) for file in files} if len(files) > 1 else {}
    heads = {file: member.head() for file, member in opened.items()}
    arrays = {file: head for file, head in heads.items() if head is not None}
    if len(arrays) < max(2, len(files)):
        return None
    # commonprefix compares characters. commonpath does not fit, because it does not split names at
    # "-".
    begin = commonprefix([file.stem for file in files])  # noqa: RUF071
    begin = begin[: max(begin.rfind("-"), begin.rfind("_")) + 1]
    by_name = {file.stem.removeprefix(begin): file for file in files}
    shapes = {name: arrays[file].shape for name, file in by_name.items()}
    members = choose_members(shapes, options)
    if members is None or any(doubt.topic == "items" for doubt in members.doubts):
        return None
    unread = [by_name[name].name for name in shapes if name not in members.read]
    if unread:
        members.doubts.append(Finding("columns", f"arrays that are not read: {some(unread)}"))
    for name in members.read:
        opened[by_name[name]].check(options.unpacked)
    items = [by_name[name] for name in members.items]
    others = members.read[len(members.items) :]
    read = {name: opened[by_name[name]].whole() for name in others}
    blocks = partial(_blocks, [opened[file] for file in items])
    return array_items(path, members, [arrays[file] for file in items], blocks, read, options)


def _blocks(members: Sequence["_Member"]) -> Iterator[npt.NDArray[Any]]:
    for member in members:
        yield from member.blocks()


class _Member:
    """The only array of a .npz file. Its methods raise DatasetError if the file is damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with zipfile.ZipFile(path) as archive:
                self.infos = [i for i in archive.infolist() if i.filename.endswith(".npy")]
        except DAMAGED as error:
            raise DatasetError(f"{path} is not a plain .npz file: {error}") from error

    def head(self) -> ArrayFile | None:
        """Return the array after reading only its header. Return None if there are several
        arrays."""
        if len(self.infos) != 1:
            return None
        with self._archive() as archive, archive.open(self.infos[0]) as stream:
            return ArrayFile(stream, str(self.path), self.infos[0].file_size)

    def check(self, unpacked: float | None) -> None:
        """Raise DatasetError if the array has more than `unpacked` GB."""
        size = self.path.stat().st_size
        check_unpacked(str(self.path), self.infos[0].file_size, size, unpacked)

    def whole(self) -> npt.NDArray[Any]:
        """Return the array."""
        with self._archive() as archive, archive.open(self.infos[0]) as stream:
            return ArrayFile(stream, str(self.path), self.infos[0].file_size).whole()

    def blocks(self) -> Iterator[npt.NDArray[Any]]:
        """Yield the array in parts."""
        with self._archive() as archive, archive.open(self.infos[0]) as stream:
            yield from ArrayFile(stream, str(self.path), self.infos[0].file_size).blocks()

    def _archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.path)
