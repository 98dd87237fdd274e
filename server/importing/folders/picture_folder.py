"""Source for a folder of pictures. The subfolders are classes."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lodespace.importing.finding import Finding
from lodespace.importing.folders.folder_files import FolderFiles
from lodespace.importing.folders.picture_survey import PictureSurvey
from lodespace.importing.frame import SIZES_LOOKED_AT
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError, Picture
from lodespace.items.paths import open_inside, shown, suffix_of
from lodespace.items.picture_reading import PictureReading

_EACH_SUFFIX = 10
"""The sample has at least this number of files per suffix, or all if there are fewer."""


class PictureFolder:
    """Source for a folder of pictures. Labels and splits are names of subfolders (layout.py).

    Files outside of subfolders and files in _unlabelled/ have no label.
    """

    kind: Literal["image"] = "image"
    unit = "files"
    labels_given = True

    def __init__(
        self,
        root: Path,
        options: ImportOptions | None = None,
        used: frozenset[bytes] = frozenset(),
    ) -> None:
        """List the pictures. Files in `used` are read in another way, and are not reported."""
        options = options or ImportOptions()
        self.options = options
        self.root = root
        self.name = root.resolve().name or "pictures"
        self.files = FolderFiles(
            root, decoding.SUFFIXES, options.labels_at, masks=options.masks, used=used
        )

    @property
    def count(self) -> int:
        return len(self.files.paths)

    @cached_property
    def survey(self) -> PictureSurvey:
        """The survey of a sample of the files."""
        paths = self.files.paths
        survey = PictureSurvey(self.options, min(len(paths), SIZES_LOOKED_AT))
        for path in _sample(paths):
            with (
                contextlib.suppress(ItemError),
                open_inside(self.root, path, decoding.most_bytes(path)) as file,
            ):
                survey.add(file)
        return survey

    @property
    def details(self) -> dict[str, Any]:
        return self.survey.reading.details()

    def class_names(self) -> Sequence[str]:
        return ()

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return self.survey.sizes

    def findings(self) -> Sequence[Finding]:
        return [*self.files.findings(), *self.survey.findings()]

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        yield from self.files.bad
        for path in self.files.paths:
            label, split = self.files.label_and_split(path)
            yield RawItem(
                shown(path), picture=self._reader(path), label=label, split=split, path=path
            )

    def _reader(self, path: bytes) -> "FileReader":
        return FileReader(self.root, path, self.survey.reading)


def _sample(paths: list[bytes]) -> list[bytes]:
    """Return random paths, and the first paths of each suffix that is rare among the random paths.

    The paths are random, because every n-th file of a folder may show the same channel or class.
    The rare suffixes are added so that a few 16-bit pictures among many photographs are looked at.
    """
    count = min(len(paths), SIZES_LOOKED_AT)
    chance = np.random.default_rng(0)
    sample = [paths[i] for i in sorted(chance.choice(len(paths), count, replace=False).tolist())]
    seen = Counter(suffix_of(path) for path in sample)
    chosen = set(sample)
    for path in paths:
        suffix = suffix_of(path)
        if path not in chosen and seen[suffix] < _EACH_SUFFIX:
            seen[suffix] += 1
            sample.append(path)
    return sample


class FileReader:
    """Reads one picture file when called."""

    def __init__(self, root: Path, path: bytes, reading: PictureReading) -> None:
        self.root, self.path, self.reading = root, path, reading

    def __call__(self, frame: tuple[int, int] | None = None) -> Picture:
        with open_inside(self.root, self.path, decoding.most_bytes(self.path)) as file:
            return decoding.decode(file, frame, self.reading)
