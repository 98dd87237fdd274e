"""Pictures that were added to the folder of a project, read as the project's pictures were."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from lodespace.importing.finding import Finding
from lodespace.importing.folders.picture_folder import FileReader
from lodespace.importing.source import RawItem
from lodespace.items.errors import BadItem
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import shown
from lodespace.items.picture_reading import PictureReading


class AddedFiles:
    """Some pictures of a folder. Implements Source.

    The class of a file is named by the nearest folder above it that has the name of a class of the
    project. No other file of the folder is looked at, so that a watched folder can be large.
    """

    kind: Literal["image"] = "image"
    unit = "files"
    labels_given = True

    def __init__(self, root: Path, paths: Sequence[bytes], items: ItemSet) -> None:
        """Read the files `paths`, which are relative to `root`, in the same way as those of `items`
        were read."""
        self.name = root.resolve().name or "pictures"
        self.root = root
        self.count = len(paths)
        self.details: dict[str, Any] = {}
        self._paths = paths
        self._reading = PictureReading.of(items.details)
        self._classes = frozenset(items.class_names)

    def class_names(self) -> Sequence[str]:
        return ()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return ()

    def findings(self) -> Sequence[Finding]:
        return ()

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        for path in self._paths:
            folders = reversed(Path(os.fsdecode(path)).parent.parts)
            yield RawItem(
                shown(path),
                picture=FileReader(self.root, path, self._reading),
                label=next((name for name in folders if name in self._classes), None),
                path=path,
            )
