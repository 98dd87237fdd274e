"""Writing of the items of a source into a data set folder, one by one.

The pictures or vectors of only a few items are in memory at a time. The ids, labels and columns of
all items are in memory until the end.
"""

import contextlib
import json
import shutil
import sys
import warnings
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from lodespace.errors import DatasetError, NoNewItemError
from lodespace.files import atomic_write, reason_of
from lodespace.importing.array_writer import ArrayWriter
from lodespace.importing.class_ids import class_ids_of
from lodespace.importing.frame import SIZES_LOOKED_AT, check_size, frame_of
from lodespace.importing.interruption import Interruption
from lodespace.importing.left_out_list import write_left_out
from lodespace.importing.read_item import ReadItem, Refusals, read_item
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, Source
from lodespace.importing.tally import Tally, check_count, report_lines, size_text
from lodespace.items import table as item_table
from lodespace.items import table_builder
from lodespace.items.errors import BadItem
from lodespace.items.file_stamps import stamps_of
from lodespace.items.item_set import (
    FEATURES,
    FORMAT_IN_ORDER,
    LABELS,
    MANIFEST,
    ORIGINALS,
    PIXELS,
    STAMPS,
    STANDARDISATION,
    TABLE,
    VECTORS,
    ItemSet,
)
from lodespace.models.config import Content
from lodespace.models.processors import processors

MAX_ITEMS = 5_000_000
"""Largest number of items in an import. A small file can claim to have a billion rows."""
_VALUES_AT_ONCE = 4_000_000
"""Largest number of values whose standard deviation is computed at a time."""
_WORKERS = 4
_AHEAD = 32
"""Largest number of items that are read ahead of the item being written."""
_HELD_BYTES = 64 << 20
"""Largest total size of the items that are read ahead, in bytes.

This limit is reached with large pictures in a table and with long windows of sound.
"""


def build(
    source: Source,
    folder: Path,
    options: ImportOptions,
    *,
    progress: bool = False,
    beside: Path | None = None,
    like: ItemSet | None = None,
) -> ImportReport:
    """Write the items of `source` into `folder`, which must be empty.

    `beside` is the path of the data. The import looks for lists of class names there
    (class_lists.py). dataset.json is written last. Without this file, the folder is not a data set.

    `like` are the earlier items, if the items of `source` are to be added to a data set. Pictures
    get the size of the earlier pictures, and vectors of another length are left out.

    Raises:
        DatasetError: Fewer than two items can be read, or no item if `like` is given. Or the disk
            is full. The caller removes the folder.
    """
    report = ImportReport(source.name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            _Building(source, folder, options, report, beside, like).run(progress)
    except OSError as error:
        raise DatasetError(
            f"{folder}: the imported data cannot be written: {reason_of(error, folder)}"
        ) from error
    return report


class _Building:
    def __init__(
        self,
        source: Source,
        folder: Path,
        options: ImportOptions,
        report: ImportReport,
        beside: Path | None,
        like: ItemSet | None,
    ) -> None:
        check_size(options)
        self.like = like
        self.beside = beside
        self.source, self.folder, self.options, self.report = source, folder, options, report
        self.sizes: list[tuple[int, int]] = []
        if like is not None and like.pictures is not None:
            self.frame = int(like.pictures.shape[1]), int(like.pictures.shape[2])
        else:
            self.sizes = list(source.picture_sizes(SIZES_LOOKED_AT))
            self.frame = frame_of(source, options, self.sizes)
        if (source.count or 0) > MAX_ITEMS:
            raise DatasetError(
                f"{source.name} has {source.count:,} items; at most {MAX_ITEMS:,} can be imported"
            )
        if source.count is not None and source.kind != "vector":
            _check_room(folder, source.count * self.frame[0] * self.frame[1])
        self.pixels = ArrayWriter(folder / PIXELS)
        self.vectors = ArrayWriter(folder / VECTORS)
        self.features = ArrayWriter(folder / FEATURES)
        self.originals = (folder / ORIGINALS).open("wb")
        self.table = table_builder.ItemTableBuilder(getattr(source, "schema", None))
        self.labels: list[str | None] = []
        self.tally = Tally()
        vectors = like is not None and like.kind == "vector" and "text" not in like.details
        self.refusals = Refusals(like.data.shape[1:] if like is not None and vectors else ())
        self.interruption = Interruption(options.stop)

    def run(self, progress: bool) -> None:
        count = self.source.count
        hidden = not (progress and sys.stderr.isatty())
        bar = tqdm(
            total=count,
            desc=f"importing {self.source.name}",
            unit=" items",
            disable=hidden,
            leave=False,
        )
        try:
            with bar, self.interruption, contextlib.closing(self._read_all()) as everything:
                for read in everything:
                    self._write(read)
                    if len(self.labels) > MAX_ITEMS:
                        raise DatasetError(
                            f"{self.source.name} has more than the {MAX_ITEMS:,} items that can be "
                            "imported"
                        )
                    bar.update()
        finally:
            self.pixels.close()
            self.vectors.close()
            self.features.close()
            self.originals.close()
        if self.like is None:
            check_count(self.report, self.tally, self.source)
        elif self.tally.items == 0:
            raise NoNewItemError(_nothing_new(self.source, self.report))
        self.report.imported = self.tally.items
        self._finish()

    def _read_all(self) -> Generator[ReadItem]:
        """Read the items with several threads, and yield them in the order of the source.

        Pillow and soundfile release the interpreter lock while they decode.
        """
        waiting: deque[Future[ReadItem]] = deque()
        pool = ThreadPoolExecutor(min(_WORKERS, processors()), thread_name_prefix="import")
        try:
            held = 0
            for item in self.source:
                self.interruption.check()
                if isinstance(item, BadItem):
                    self.report.leave_out(item)
                    continue
                waiting.append(pool.submit(read_item, item, self.frame))
                held += item.held_bytes
                while len(waiting) >= _AHEAD or (waiting and held > _HELD_BYTES):
                    read = waiting.popleft().result()
                    held -= read.item.held_bytes
                    yield read
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _write(self, read: ReadItem) -> None:
        item = read.item
        item.picture = item.vector = item.features = item.sound = None
        error = self.refusals.of(read)
        if error:
            self.report.leave_out(BadItem(item.item_id, error))
            return
        if read.pixels is not None:
            self.pixels.append(read.pixels)
        if read.vector is not None:
            self.vectors.append(read.vector)
        if read.features is not None:
            self.features.append(read.features)
        self.labels.append(item.label)
        self.tally.add(item)
        self.table.add(self._own_columns(read), item.columns)

    def _own_columns(self, read: ReadItem) -> dict[str, Any]:
        item = read.item
        values: dict[str, Any] = {
            item_table.ID: item.item_id,
            item_table.PATH: item.path,
            item_table.SPLIT: item.split,
            item_table.START: item.start,
            item_table.END: item.end,
            item_table.LOW: item.low,
            item_table.HIGH: item.high,
            item_table.OTHER_LABELS: item.other_labels,
        }
        # A shape is more than its picture, whatever the size of the picture.
        shapes = self.source.details.get("shapes") is True
        if item.original is not None and (read.larger or shapes):
            values |= {
                item_table.OFFSET: self.originals.tell(),
                item_table.LENGTH: len(item.original),
            }
            self.originals.write(item.original)
        return {name: value for name, value in values.items() if value is not None}

    def _finish(self) -> None:
        folder, source = self.folder, self.source
        manifest: dict[str, Any] = {
            "format": FORMAT_IN_ORDER,
            "name": source.name,
            "kind": source.kind,
        }
        self.table.finish().write(folder / TABLE)
        manifest["items"] = TABLE
        arrays = {"pixels": self.pixels, "vectors": self.vectors, "features": self.features}
        for key, writer in arrays.items():
            if writer.count:
                manifest[key] = writer.path.name
            else:
                writer.path.unlink()
        if (folder / ORIGINALS).stat().st_size:
            manifest["originals"] = ORIGINALS
        else:
            (folder / ORIGINALS).unlink()
        manifest["content"] = self.options.content or content_of(source, self.pixels.shape)
        if source.kind == "vector" and self.vectors.count and self.like is None:
            np.save(folder / STANDARDISATION, standardisation(folder / VECTORS))
            manifest["normalisation"] = {"standardisation": STANDARDISATION}
        else:
            manifest["normalisation"] = {"divisor": 255}
        named = self.tally.name_classes(self.beside, source.class_names())
        labels = [None if label is None else named.names.get(label, label) for label in self.labels]
        classes, codes = class_ids_of(labels, list(named.names.values()) or source.class_names())
        manifest["classes"] = classes
        if classes:
            np.save(folder / LABELS, codes)
            manifest["labels"] = LABELS
            manifest["labels_given"] = source.labels_given
        if source.root is not None:
            manifest["root"] = str(source.root.resolve())
            table = item_table.ItemTable.read(folder / TABLE)
            np.save(folder / STAMPS, stamps_of(source.root, table.column(item_table.PATH)))
            manifest["stamps"] = STAMPS
        manifest["details"] = source.details
        sizes = size_text(source.kind, self.sizes, self.pixels.shape, self.vectors.shape)
        self.report.lines = report_lines(self.report, self.tally, source, sizes, *named.findings)
        manifest["report"] = msgspec.to_builtins(self.report.lines)
        write_left_out(folder, self.report, source.root)
        text = json.dumps(manifest, indent=2, ensure_ascii=True) + "\n"
        atomic_write(folder / MANIFEST, text.encode())


def _nothing_new(source: Source, report: ImportReport) -> str:
    """Return why no item of `source` can be added."""
    if not report.bad:
        return f"{source.name} has no item that the project does not have already"
    reasons = "; ".join(f"{bad.name}: {bad.reason}" for bad in report.bad[:3])
    return (
        f"{source.name}: no new item can be read ({reasons}). The project stays as it was; correct "
        "the files, and add them again"
    )


def _check_room(folder: Path, needed: int) -> None:
    """Raise DatasetError if the disk of `folder` has fewer than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DatasetError(
            f"the imported data take {needed / 1e9:,.1f} GB, but only {free / 1e9:,.1f} GB are "
            f"free at {folder}"
        )


def content_of(source: Source, shape: Sequence[int]) -> Content:
    """Return the kind of picture of the items. `shape` is that of a stored picture."""
    if source.kind == "sound":
        return "spectrograms"
    if source.kind == "vector":
        return "vectors"
    # Grey pictures may show signs such as letters, and a mirrored sign may mean something else.
    # Colour pictures rarely show signs.
    return "photos" if len(shape) == 3 else "symbols"


def standardisation(path: Path, first: int | None = None) -> npt.NDArray[np.float32]:
    """Mean and standard deviation of each feature, (2, F). A constant feature has deviation 1.

    `first` is the number of rows that count, from the beginning. None: all.
    """
    vectors = np.load(path, mmap_mode="r", allow_pickle=False)[:first]
    n, at_once = len(vectors), max(1, _VALUES_AT_ONCE // vectors.shape[1])
    blocks = range(0, n, at_once)
    mean = sum(vectors[i : i + at_once].sum(axis=0, dtype=np.float64) for i in blocks) / n
    square = (
        sum(((vectors[i : i + at_once] - mean) ** 2).sum(axis=0, dtype=np.float64) for i in blocks)
        / n
    )
    deviation = np.sqrt(square)
    return np.stack([mean, np.where(deviation > 1e-8, deviation, 1.0)]).astype(np.float32)
