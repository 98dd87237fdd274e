"""Reading of new items, with the settings that were used to read the items of a project.

The project determines the scale, size and padding of pictures, the windows and frequencies of
sounds, and the range of values of arrays. Nothing is written to disk.
"""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.features.family import Family
from lodespace.features.preparation import SOUND_BATCH, detail_of, prepared
from lodespace.importing.reading import Reading
from lodespace.importing.report import ImportReport
from lodespace.importing.source import RawItem, Source
from lodespace.items import decoding
from lodespace.items.errors import BadItem, ItemError
from lodespace.items.import_report import shortened
from lodespace.models.processors import processors
from lodespace.protocol import ReportLine

_WORKERS = 4
_AHEAD = 64
"""Largest number of items whose pictures or vectors are read ahead of their use."""


@dataclass
class NewItems:
    """One batch of items that `read_batches` has read."""

    ids: list[str] = field(default_factory=list)
    """Id of each item."""
    columns: list[dict[str, Any]] = field(default_factory=list)
    """Start and end of each sound item, in seconds; empty for other items."""
    values: list[npt.NDArray[Any]] = field(default_factory=list)
    """Picture uint8 (H, W[, 3]) or vector float32 (F,) of each item."""
    prepared: list[npt.NDArray[Any]] = field(default_factory=list)
    """Pictures (side, side, 3) or samples of sounds (T,) for a pretrained network, or features (F,)
    of meshes and point clouds; empty if no features are computed."""
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
    source: Source,
    reading: Reading,
    report: ImportReport,
    size: int,
    network: Family[Any] | None = None,
) -> Generator[NewItems]:
    """Yield the items of `source` in batches of at most `size`, and count them in `report`.

    `network` is the pretrained network whose features will be computed, if there is one.
    """
    batch = NewItems()
    for item, (value, picture) in _read_all(source, reading, report, network):
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


_Value = tuple[npt.NDArray[Any], npt.NDArray[Any] | None]
"""An item as the model reads it, and its entry in `NewItems.prepared`, if there is one."""


def _read_all(
    source: Source, reading: Reading, report: ImportReport, network: Family[Any] | None
) -> Generator[tuple[RawItem, _Value]]:
    # The samples of sounds for a network can take 0.1 GB each.
    ahead = SOUND_BATCH if network is not None and network.rate else _AHEAD
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
            waiting.append((item, pool.submit(_value_of, item, reading, network)))
            while len(waiting) >= ahead:
                yield from done()
        while waiting:
            yield from done()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _value_of(item: RawItem, reading: Reading, network: Family[Any] | None) -> "_Value | str":
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
        if item.features is not None:
            # `features` must be called after `picture`, which reads the file of the mesh.
            return decoding.fitted(item.picture(reading.frame), reading.frame), item.features()
        if network is None:
            return decoding.fitted(item.picture(reading.frame), reading.frame), None
        if network.rate:
            if item.sound is None:
                return "has no sound"
            picture = decoding.fitted(item.picture(reading.frame), reading.frame)
            return picture, item.sound(network.rate)
        side = network.side
        if reading.shapes:
            # An import computes the features of a shape from its stored picture.
            small = decoding.fitted(item.picture(reading.frame), reading.frame)
            return small, prepared(small, side)
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
