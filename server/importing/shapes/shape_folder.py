"""Source for a folder of meshes and point clouds. The subfolders are classes."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_files import FolderFiles
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items.errors import BadItem, Picture
from lodespace.items.paths import shown, suffix_of
from lodespace.shapes.features import NAME, VERSION, features_of
from lodespace.shapes.files import open_shape
from lodespace.shapes.rasteriser import picture_of
from lodespace.shapes.shape import SUFFIXES, Y_UP, Shape

_SIDE = 64
"""Width and height of the stored pictures, in pixels."""


class ShapeFolder:
    """Source for a folder of meshes and point clouds.

    The picture of an item is drawn from the shape. The features are computed from points on the
    surface, unless other features are asked for. Labels and splits are names of subfolders, as for
    pictures.
    """

    kind: Literal["image"] = "image"
    unit = "files"
    labels_given = True

    def __init__(self, root: Path, options: ImportOptions | None = None) -> None:
        options = options or ImportOptions()
        self.root = root
        self.name = root.resolve().name or "shapes"
        self.files = FolderFiles(root, SUFFIXES, options.labels_at)
        self.side = options.size or _SIDE
        self.own_features = options.features is None and options.backbone is None

    @property
    def count(self) -> int:
        return len(self.files.paths)

    @property
    def details(self) -> dict[str, Any]:
        features = {"features": {"name": NAME, "weights": VERSION}} if self.own_features else {}
        return {"shapes": True, **features}

    def class_names(self) -> Sequence[str]:
        return ()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return [(self.side, self.side)]

    def findings(self) -> Sequence[Finding]:
        """State the kinds of files, and which axis of each kind points up."""
        kinds = Counter(suffix_of(path) for path in self.files.paths)
        named = ", ".join(
            f"{counted(number, 'file')} {kind}" for kind, number in sorted(kinds.items())
        )
        axes = {"y" if kind in Y_UP else "z" for kind in kinds}
        up = f"{axes.pop()} is up" if len(axes) == 1 else "y is up in .obj and .glb, z in others"
        found = [Finding("values", f"{named}; {up}")]
        if self.own_features:
            text = "by points on the surface of each shape"
            found.append(Finding("features", text, option="--features none"))
        return [*self.files.findings(), *found]

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        yield from self.files.bad
        for path in self.files.paths:
            label, split = self.files.label_and_split(path)
            reader = ShapeReader(self.root, path, keeps=self.own_features)
            yield RawItem(
                shown(path),
                picture=reader.picture,
                features=reader.features if self.own_features else None,
                label=label,
                split=split,
                path=path,
                held_bytes=self._size_of(path),
            )

    def _size_of(self, path: bytes) -> int:
        """Return the size of a file in bytes, about as much as its shape takes in memory."""
        try:
            return (self.root / os.fsdecode(path)).stat().st_size
        except OSError:
            return 0  # the reading of the item reports it


class ShapeReader:
    """Reads one file, for the picture and then for the features of its shape."""

    def __init__(self, root: Path, path: bytes, *, keeps: bool) -> None:
        """Prepare to read `path` below `root`.

        `keeps` states whether `picture` keeps the shape in memory for a later call of `features`.
        """
        self.root, self.path, self.keeps = root, path, keeps
        self._shape: Shape | None = None

    def picture(self, frame: tuple[int, int] | None = None) -> Picture:
        """Return the picture of the shape, (side, side). Raises ItemError."""
        shape = open_shape(self.root, self.path)
        self._shape = shape if self.keeps else None
        return picture_of(shape, max(frame or (_SIDE, _SIDE)))

    def features(self) -> npt.NDArray[np.float32]:
        """Return the features of the shape, (F,). Raises ItemError."""
        shape = self._shape or open_shape(self.root, self.path)
        self._shape = None
        return features_of(shape)
