"""Source for a folder of pictures. The subfolders are classes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_files import FolderFiles
from lodespace.importing.source import RawItem
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError, Picture
from lodespace.items.paths import open_inside, shown


class PictureFolder:
    """Source for a folder of pictures. The label of a picture is the name of the subfolder.

    Files outside of subfolders and files in _unlabelled/ have no label. Files in a folder inside a
    class folder belong to this class.
    """

    kind: Literal["image"] = "image"
    unit = "files"
    labels_given = True

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = root.resolve().name or "pictures"
        self.files = FolderFiles(root, decoding.SUFFIXES)

    @property
    def count(self) -> int:
        return len(self.files.paths)

    @property
    def details(self) -> dict[str, Any]:
        return {}

    def class_names(self) -> Sequence[str]:
        return ()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        paths = self.files.paths
        step = max(1, len(paths) // limit)
        sizes: list[tuple[int, int]] = []
        for path in paths[::step]:
            try:
                with open_inside(self.root, path) as file:
                    size = decoding.size_of(file)
            except ItemError:
                continue
            if size is not None:
                sizes.append(size)
        return sizes

    def findings(self) -> Sequence[Finding]:
        return ()

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        yield from self.files.bad
        for path in self.files.paths:
            label, split = self.files.label_and_split(path)
            yield RawItem(
                shown(path), picture=self._reader(path), label=label, split=split, path=path
            )

    def _reader(self, path: bytes) -> "FileReader":
        return FileReader(self.root, path)


class FileReader:
    """Reads one picture file when called."""

    def __init__(self, root: Path, path: bytes) -> None:
        self.root, self.path = root, path

    def __call__(self, frame: tuple[int, int] | None = None) -> Picture:
        with open_inside(self.root, self.path) as file:
            return decoding.decode(file, frame)
