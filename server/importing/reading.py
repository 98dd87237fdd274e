"""How the items of a project were read, so that new items can be read in the same way.

The project determines the scale, size and padding of pictures, the windows and frequencies of
sounds, and the range of values of arrays.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from lodespace.errors import DatasetError
from lodespace.features.registry import NONE
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.arrays.torch_dataset import TorchItems
from lodespace.importing.detect import open_source
from lodespace.importing.shapes.shape_folder import ShapeFolder
from lodespace.importing.source import ImportOptions, Source
from lodespace.importing.tables.table import Table
from lodespace.items.item_set import ItemSet, Kind
from lodespace.items.picture_reading import PictureReading
from lodespace.shapes.features import NAME as SHAPE_FEATURES


@dataclass(frozen=True)
class Reading:
    """How the items of a project were read."""

    kind: Kind
    """Kind of item."""
    frame: tuple[int, int] | None
    """(height, width) of the stored pictures; None for vectors."""
    details: dict[str, Any]
    """Settings of the import, as in the data set (`Source.details`)."""

    @property
    def text(self) -> str | None:
        """Column with the texts that a pretrained network turns into vectors.

        None if the items are not texts.
        """
        column = self.details.get("text")
        return column if isinstance(column, str) else None

    @property
    def shapes(self) -> bool:
        """Whether the items are meshes or point clouds."""
        return self.details.get("shapes") is True

    @property
    def own_shape_features(self) -> bool:
        """Whether the features were computed from points on the surface of shapes, without a
        pretrained network."""
        return self.shapes and self.network == SHAPE_FEATURES

    @property
    def network(self) -> str:
        """Name of the pretrained network that computed the features, or the name of the features of
        shapes (../shapes/features.py). "" if the items have no such features."""
        return self.stated_network("features")[0]

    def stated_network(self, key: str) -> tuple[str, str]:
        """Return the name of a pretrained network, and the SHA-256 of its weights.

        `key` is "features", or "text_network" for the network that computed the vectors of texts.
        """
        stated = self.details.get(key)
        values = stated if isinstance(stated, dict) else {}
        return str(values.get("name", "")), str(values.get("weights", ""))

    @classmethod
    def of(cls, stated: dict[str, Any]) -> "Reading":
        """Decode `stated`, a result of `reading_of`. Raises ValueError or KeyError."""
        kind, frame = stated["kind"], stated["frame"]
        kinds: dict[str, Kind] = {"image": "image", "vector": "vector", "sound": "sound"}
        return cls(
            kinds[kind],
            None if frame is None else (int(frame[0]), int(frame[1])),
            dict(stated["details"]),
        )

    @classmethod
    def of_items(cls, items: ItemSet) -> "Reading":
        """Return how `items` were read."""
        frame = None
        if items.kind != "vector":
            frame = (int(items.data.shape[1]), int(items.data.shape[2]))
        return cls(items.kind, frame, items.details)

    def options(self, given: ImportOptions) -> ImportOptions:
        """Return `given`, with the settings from the import of the project.

        For sounds, these are the length of the windows and the frequencies of the spectrograms. For
        other items, these are the ranges, channels and planes of pictures, the interval of video
        frames, and the columns of vectors.
        """
        if self.kind != "sound":
            stated = PictureReading.of(self.details)
            every = self.details.get("every")
            pictures = {
                "range": tuple(number for pair in stated.ranges for number in pair) or None,
                "channels": stated.channels,
                "planes": stated.planes,
                "every": every if isinstance(every, int | float) else None,
                "vector_columns": _names(self.details.get("vector_columns")),
                "text": self.text if given.text is None else given.text,
                "features": NONE if self.shapes and not self.own_shape_features else None,
                "size": self.frame[0] if self.shapes and self.frame else None,
            }
            known = {name: value for name, value in pictures.items() if value is not None}
            return dataclasses.replace(given, **known)
        spectrogram = self.details.get("spectrogram", {})
        fixed = {
            "window": self.details.get("window"),
            "hop": self.details.get("hop"),
            "clips": self.details.get("clips") is True,
            "fmin": spectrogram.get("fmin"),
            "fmax": spectrogram.get("fmax"),
            "size": None if self.frame is None else self.frame[0],
        }
        known = {name: value for name, value in fixed.items() if value is not None}
        return dataclasses.replace(given, **known)


def reading_of(items: ItemSet) -> dict[str, Any]:
    """Return how the items of a project were read, as JSON values (`Reading.of`)."""
    reading = Reading.of_items(items)
    frame = None if reading.frame is None else list(reading.frame)
    return {"name": items.name, "kind": items.kind, "frame": frame, "details": items.details}


def _names(stated: Any) -> tuple[str, ...] | None:
    """Return `stated`, a value from the details of a data set, as a tuple of names.

    Return None if the value is not a list of names. The check is needed because another program may
    have written the details.
    """
    if not isinstance(stated, list) or not all(isinstance(name, str) for name in stated):
        return None
    return tuple(stated)


def open_new(data: "str | Source", reading: Reading, given: ImportOptions) -> Source:
    """Return the source of the new items in `data`, with the settings `reading` of the project.

    `given` are the user's options for the new items. Raises DatasetError if the data cannot be
    read, or are of another kind than the project's.
    """
    source = open_source(data, reading.options(given)) if isinstance(data, str) else data
    if reading.kind == "vector" and isinstance(source, Table):
        source.as_vectors()
    if source.kind != reading.kind:
        words = {"image": "pictures", "vector": "vectors", "sound": "sounds"}
        raise DatasetError(
            f"{source.name}: contains {words[source.kind]}; give {words[reading.kind]}, which the "
            "model was trained on"
        )
    if reading.shapes != isinstance(source, ShapeFolder):
        wanted = "meshes or point clouds" if reading.shapes else "pictures"
        raise DatasetError(
            f"{source.name}: the model was trained on {wanted}; give a folder of them"
        )
    ranges = PictureReading.of(reading.details).ranges
    if isinstance(source, ArrayItems | TorchItems) and ranges:
        source.set_range(ranges[0])
    return source
