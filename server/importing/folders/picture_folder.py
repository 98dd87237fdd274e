"""Source for a folder of pictures. The subfolders are classes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_files import FolderFiles
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError, Picture
from lodespace.items.paths import open_inside, shown


class PictureFolder:
    """Source for a folder of pictures. Labels and splits are names of subfolders (layout.py).

    Files outside of subfolders and files in _unlabelled/ have no label.
    """

    kind: Literal["image"] = "image"
    unit = "files"
    labels_given = True

    def __init__(self, root: Path, options: ImportOptions | None = None) -> None:
        options = options or ImportOptions()
        self.root = root
        self.name = root.resolve().name or "pictures"
        self.files = FolderFiles(
            root, decoding.SUFFIXES, options.labels_at, masks_apart=options.masks == "apart"
        )

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
        return self.files.findings()

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
