"""Reading of new items, with the settings that were used to read the items of a project.

The project determines the scale, size and padding of pictures, the windows and frequencies of
sounds, and the range of values of arrays. Nothing is written to disk.
"""

import dataclasses
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.features.preparation import detail_of, prepared
from lodespace.importing.arrays.array_items import ArrayItems
from lodespace.importing.arrays.torch_dataset import TorchItems
from lodespace.importing.detect import open_source
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, RawItem, Source
from lodespace.importing.tables.table import Table
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError
from lodespace.items.import_report import shortened
from lodespace.items.item_set import Kind
from lodespace.items.picture_reading import PictureReading
from lodespace.models.processors import processors
from lodespace.protocol import ReportLine

_WORKERS = 4
_AHEAD = 64
"""Largest number of items whose pictures or vectors are read ahead of their use."""


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
        """Column with the texts that a pretrained network turns into vectors; None for others."""
        column = self.details.get("text")
        return column if isinstance(column, str) else None

    @property
    def network(self) -> str:
        """Name of the pretrained network that computed the features; "" if there is none."""
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


def _names(stated: Any) -> tuple[str, ...] | None:
    """Return `stated`, a value from the details of a data set, as a tuple of names.

    Return None if the value is not a list of names. The check is needed because another program may
    have written the details.
    """
    if not isinstance(stated, list) or not all(isinstance(name, str) for name in stated):
        return None
    return tuple(stated)


@dataclass
class NewItems:
    """One batch of items that `read_batches` has read."""

    ids: list[str] = field(default_factory=list)
    """Id of each item."""
    columns: list[dict[str, Any]] = field(default_factory=list)
    """Start and end of each sound item, in seconds; empty for other items."""
    values: list[npt.NDArray[Any]] = field(default_factory=list)
    """Picture uint8 (H, W[, 3]) or vector float32 (F,) of each item."""
    prepared: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    """Pictures for a pretrained network, (side, side, 3); empty if no network is used."""
    texts: list[str] = field(default_factory=list)
    """Texts whose vectors a pretrained network computes; `values` then has no numbers yet."""

    def __len__(self) -> int:
        return len(self.ids)

    def array(self) -> npt.NDArray[Any]:
        """Return the items as one array. If one picture has colour, all get three channels."""
        if any(value.ndim == 3 for value in self.values):
            values = [v if v.ndim == 3 else np.repeat(v[..., None], 3, 2) for v in self.values]
            return np.stack(values)
        return np.stack(self.values)


def open_new(data: "str | Source", reading: Reading, given: ImportOptions) -> Source:
    """Return the source of new items, with the options by which the project's items were read.

    Raises DatasetError if the data cannot be read, or are of another kind than the project's.
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
    ranges = PictureReading.of(reading.details).ranges
    if isinstance(source, ArrayItems | TorchItems) and ranges:
        source.set_range(ranges[0])
    return source


def doubts(source: Source) -> tuple[ReportLine, ...]:
    """Return warnings if the pixel values of new items probably do not fit the project's range.

    The warnings propose no option, because the project determines the range.
    """
    return tuple(
        ReportLine(topic=finding.topic, text=shortened(finding.text), doubtful=True)
        for finding in source.findings()
        if finding.topic == "values" and finding.doubtful
    )


def read_batches(
    source: Source, reading: Reading, report: ImportReport, size: int, side: int = 0
) -> Generator[NewItems]:
    """Yield the items of `source` in batches of at most `size`, and count them in `report`.

    `side` is the side of the pictures that a pretrained network reads; 0 without a network.
    """
    batch = NewItems()
    for item, (value, picture) in _read_all(source, reading, report, side):
        if batch.values and value.shape[-1] != batch.values[0].shape[-1] and value.ndim == 1:
            report.leave_out(BadItem(item.item_id, f"a vector of {value.size} numbers"))
            continue
        place = {"start": item.start, "end": item.end}
        batch.ids.append(item.item_id)
        batch.columns.append({} if item.start is None else place)
        batch.values.append(value)
        if item.text is not None:
            batch.texts.append(item.text)
        if picture is not None:
            batch.prepared.append(picture)
        report.imported += 1
        if len(batch) >= size:
            yield batch
            batch = NewItems()
    if batch.ids:
        yield batch


_Value = tuple[npt.NDArray[Any], npt.NDArray[np.uint8] | None]
"""An item as the model reads it, and its picture for a pretrained network, if there is one."""


def _read_all(
    source: Source, reading: Reading, report: ImportReport, side: int
) -> Generator[tuple[RawItem, _Value]]:
    waiting: deque[tuple[RawItem, Future[_Value | str]]] = deque()
    pool = ThreadPoolExecutor(min(_WORKERS, processors()), thread_name_prefix="predict")

    def done() -> Generator[tuple[RawItem, _Value]]:
        item, future = waiting.popleft()
        value = future.result()
        if isinstance(value, str):
            report.leave_out(BadItem(item.item_id, value))
        else:
            yield item, value

    try:
        for item in source:
            if isinstance(item, BadItem):
                report.leave_out(item)
                continue
            waiting.append((item, pool.submit(_value_of, item, reading, side)))
            while len(waiting) >= _AHEAD:
                yield from done()
        while waiting:
            yield from done()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _value_of(item: RawItem, reading: Reading, side: int) -> "_Value | str":
    """Return the picture or vector of an item. If it cannot be read, return the reason as text."""
    try:
        if reading.frame is None:
            if item.text is not None:
                return np.zeros(0, np.float32), None
            if item.vector is None:
                return "has no vector"
            vector = item.vector()
            if not np.isfinite(vector).all():
                return "the vector contains NaN or infinity"
            return vector, None
        if item.picture is None:
            return "has no picture"
        if not side:
            return decoding.fitted(item.picture(reading.frame), reading.frame), None
        picture = item.picture(detail_of(side))
        small = decoding.fitted(picture, reading.frame)
        # An import computes the features of a picture without a file from the stored picture.
        original = item.path is not None or item.original is not None
        return small, prepared(picture if original else small, side)
    except ItemError as error:
        return str(error)
    # Decoders raise many types of errors. An error of one item must not end the reading.
    except Exception as error:
        return f"cannot be read: {str(error) or type(error).__name__}"
