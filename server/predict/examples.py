"""Reading of examples: a file or words, for which similar items of a project are searched.

An example is read as the items of the project were read. It is not stored.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.features.family import Features, WordReader
from lodespace.features.registry import installed_family
from lodespace.features.search_space import NO_WORDS
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.sounds import sound_folder
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.table_rows import SUFFIXES as TABLES
from lodespace.items import decoding
from lodespace.items.item_set import ItemSet
from lodespace.predict.networks import Networks
from lodespace.predict.reading import NewItems, read_batches
from lodespace.shapes.shape import SUFFIXES as SHAPES

MOST_EXAMPLES = 64
"""Largest number of items that are read from one file, such as the windows of a recording."""
PLAIN_TEXT = frozenset({".txt", ".md", ".text"})
ARRAYS = frozenset({".npy", ".npz"})
_SUFFIXES = re.compile(r"(\.[a-z0-9]{1,8}){1,2}$")


class ExampleReader:
    """Reads examples as the items of a project were read."""

    def __init__(self, items: ItemSet, reading: Reading) -> None:
        self.reading = reading
        self._networks = Networks(reading)
        self._given_features = items.features is not None
        rows = items.data if items.kind == "vector" else items.features
        self._width = 0 if rows is None else int(rows.shape[1])

    def words(self, words: str) -> Features:
        """Return the features of words, (1, F).

        Raises DatasetError if the project cannot be searched by words.
        """
        if self.reading.text is not None:
            return self._networks.of_texts.features([words])
        if (
            self.reading.own_shape_features
            or not self.reading.network
            or not installed_family(self.reading.network).reads_words
        ):
            raise DatasetError(NO_WORDS)
        network = self._networks.of_items
        assert isinstance(network, WordReader)
        return network.embed_words([words])

    def file(self, name: str, content: bytes) -> npt.NDArray[Any]:
        """Return the items of a file.

        Returns:
            Features or vectors float32 (K, F); pictures uint8 (K, H, W) or (K, H, W, 3) if the
            project has no features that can be computed from a file.

        Raises:
            DatasetError: The file cannot be read, or does not fit the items of the project.
        """
        found = _SUFFIXES.search(name.lower())
        # Only the end of the name is used, because the name comes from outside.
        file = Path(f"example{found.group() if found else ''}")
        if self.reading.text is not None and file.suffix in PLAIN_TEXT:
            return self._networks.of_texts.features([content.decode("utf-8", "replace")])
        if self._given_features and not self.reading.network:
            raise DatasetError(
                "the features of this project came from a file, so those of an example are not "
                "known; search with items of the project"
            )
        self._check_kind(file.suffix)
        with tempfile.TemporaryDirectory(prefix="lodespace-example-") as name:
            folder = Path(name)
            path = folder / file
            path.write_bytes(content)
            whole = self.reading.kind in ("image", "sound")
            try:
                items = self._items(str(folder if whole else path))
            except DatasetError as error:
                # The person knows the file by its name, and not by its temporary path.
                told = str(error).replace(str(path), "the file").replace(str(folder), "the file")
                raise DatasetError(told) from error
        return self._checked(self._rows_of(items))

    def _checked(self, found: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return `found`. Raises DatasetError for vectors of another length than the project's."""
        if self._width and found.shape[1] != self._width:
            raise DatasetError(
                f"a vector of the file has {found.shape[1]} numbers, and an item of the project "
                f"{self._width}; give vectors of the same length"
            )
        return found

    def _check_kind(self, suffix: str) -> None:
        """Raise DatasetError unless files with this suffix have items of the project's kind."""
        kinds = {
            "image": ("pictures", decoding.SUFFIXES),
            "sound": ("sounds", sound_folder.SUFFIXES),
            "vector": ("vectors", ARRAYS | TABLES),
        }
        name, suffixes = kinds[self.reading.kind]
        if self.reading.shapes:
            name, suffixes = "meshes or point clouds", SHAPES
        if suffix not in suffixes:
            name = "texts" if self.reading.text is not None else name
            kind = f"a {suffix} file" if suffix else "a file without a suffix"
            raise DatasetError(f"{kind} cannot be an example: the items of this project are {name}")

    def _items(self, path: str) -> NewItems:
        report = ImportReport("example")
        network = self._networks.family if self.reading.network else None
        source = open_new(path, self.reading, ImportOptions())
        batches = read_batches(source, self.reading, report, MOST_EXAMPLES, network)
        try:
            first = next(batches, None)
        finally:
            batches.close()
        if first is None:
            reason = report.bad[0].reason if report.bad else "it has no items"
            raise DatasetError(f"the file cannot be used as an example: {reason}")
        return first

    def _rows_of(self, items: NewItems) -> npt.NDArray[Any]:
        if items.texts:
            return self._networks.of_texts.features(items.texts)
        if not items.prepared:
            return items.array()
        return self._networks.features_of(items.prepared)
