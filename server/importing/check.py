"""`lodespace import DATA --check`: the report of an import, without the import.

Nothing is written. All items are listed, and a sample of the pictures and vectors is read, within a
limited time.
"""

import dataclasses
import time
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from lodespace.importing.build import content_of
from lodespace.importing.class_ids import class_ids_of
from lodespace.importing.detect import source_for
from lodespace.importing.features import check_name, expected_features
from lodespace.importing.finding import Finding
from lodespace.importing.frame import SIZES_LOOKED_AT, check_size, frame_of
from lodespace.importing.importer import data_path
from lodespace.importing.read_item import ReadItem, Refusals, read_item
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, RawItem, Source
from lodespace.importing.tally import Tally, check_count, lines_of, report_lines, size_text
from lodespace.items import item_set
from lodespace.items import table as item_table
from lodespace.items.errors import BadItem
from lodespace.items.item_set import ItemSet
from lodespace.items.table_builder import ItemTableBuilder

SECONDS = 20.0
"""Longest time for which items are listed and read, in seconds."""
SAMPLE = 200
"""Number of items whose picture or vector is read."""


def check_data(
    data: "str | Source", options: ImportOptions, *, seconds: float = SECONDS
) -> ImportReport:
    """Return the report of an import of `data`. Nothing is written.

    The report states whether only a part of the data was read.

    Args:
        data: A path, torchvision:NAME, or a source.
        options: Options for reading the data.
        seconds: Longest time for which items are listed and read.

    Raises:
        DatasetError: The import would fail for the same reason.
    """
    return check_items(data, options, seconds=seconds)[0]


def check_items(
    data: "str | Source", options: ImportOptions, *, seconds: float = SECONDS
) -> tuple[ImportReport, ItemSet]:
    """Return the report of `check_data`, and the items that were listed.

    The items have ids, paths, times and labels. Their pictures and vectors are zeros.
    """
    if isinstance(data, str) and item_set.is_dataset(Path(data)):
        items = item_set.load(Path(data))
        return ImportReport(items.name, imported=len(items), lines=lines_of(items)), items
    check_size(options)
    options = dataclasses.replace(options, download=False)
    source = source_for(data, options)
    check_name(options, source.kind, source.details)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        beside = data_path(data) if isinstance(data, str) else None
        check = _Check(source, options, beside)
        return check.run(time.monotonic() + seconds), check.items()


class _Check:
    """One pass over the items of a source."""

    def __init__(self, source: Source, options: ImportOptions, beside: Path | None) -> None:
        self.source, self.options, self.beside = source, options, beside
        self.report = ImportReport(source.name)
        self.tally = Tally()
        self.table = ItemTableBuilder()
        """Ids, paths and times of the listed items."""
        self.labels: list[str | None] = []
        """Label per listed item."""
        self.names: list[str] = []
        """Names of the classes, in the order of their ids. Set at the end of the pass."""
        self.sizes = list(source.picture_sizes(SIZES_LOOKED_AT))
        self.frame = frame_of(source, options, self.sizes)
        self.refusals = Refusals()
        self.pixels: tuple[int, ...] = ()
        """Shape of a stored picture; () before a picture was read."""
        self.vector: tuple[int, ...] = ()
        """Shape of a vector; () before a vector was read."""
        self.read = 0
        """Number of items whose picture or vector was read."""

    def run(self, deadline: float) -> ImportReport:
        """Read the items until `deadline`, and return the report.

        `deadline` is a time of `time.monotonic`.
        """
        step = max(1, (self.source.count or 0) // SAMPLE)
        listed, whole = 0, True
        for item in self.source:
            if time.monotonic() > deadline and listed > 1:
                whole = False
                break
            listed += 1
            if isinstance(item, BadItem):
                self.report.leave_out(item)
                continue
            sampled = (listed - 1) % step == 0 and (self.source.count or self.read < SAMPLE)
            read = self._read(item) if sampled else ReadItem(item)
            error = self.refusals.of(read)
            if error:
                self.report.leave_out(BadItem(item.item_id, error))
                continue
            self._keep(item)
        self.report.imported = self.tally.items
        self._refuse()
        sizes = size_text(self.source.kind, self.sizes, self.pixels or self.frame, self.vector)
        part = self._part(whole)
        named = self.tally.name_classes(self.beside, self.source.class_names())
        self.labels = [
            None if name is None else named.names.get(name, name) for name in self.labels
        ]
        self.names = list(named.names.values())
        shape = self.pixels or self.frame or ()
        content = self.options.content or content_of(self.source, shape)
        count = self.tally.items if whole else self.source.count or self.tally.items
        features = expected_features(self.options, self.source, content, shape, count)
        more = [
            *([Finding("items", part)] if part else []),
            *([features] if features else []),
            *named.findings,
        ]
        self.report.lines = report_lines(self.report, self.tally, self.source, sizes, *more)
        return self.report

    def _keep(self, item: RawItem) -> None:
        """Count an item, and store its id, path and times."""
        self.tally.add(item)
        self.labels.append(item.label)
        values = {
            item_table.ID: item.item_id,
            item_table.PATH: item.path,
            item_table.START: item.start,
            item_table.END: item.end,
        }
        self.table.add({name: value for name, value in values.items() if value is not None}, {})

    def items(self) -> ItemSet:
        """Return the listed items, after the pass."""
        classes, codes = class_ids_of(self.labels, self.names or self.source.class_names())
        shape = (len(self.labels), 1) if self.source.kind == "vector" else (len(self.labels), 1, 1)
        return ItemSet(
            self.source.name,
            self.source.kind,
            np.zeros(shape, np.float32 if self.source.kind == "vector" else np.uint8),
            class_names=tuple(classes),
            truth=np.asarray(codes, np.int16) if classes else None,
            table=self.table.finish(),
            labels_given=self.source.labels_given and bool(classes),
        )

    def _read(self, item: RawItem) -> ReadItem:
        """Read an item, and note the shapes for the report."""
        read = read_item(item, self.frame)
        item.picture = item.vector = item.sound = None
        self.read += 1
        if not read.error and read.pixels is not None and read.pixels.ndim >= len(self.pixels):
            self.pixels = read.pixels.shape
        if not read.error and read.vector is not None:
            self.vector = self.vector or read.vector.shape
        return read

    def _refuse(self) -> None:
        """Raise DatasetError if the import would fail."""
        check_count(self.report, self.tally, self.source)
        class_ids_of(list(self.tally.labels), self.source.class_names())

    def _part(self, whole: bool) -> str:
        """Describe in words which part of the data was read. Returns "" if all data were read."""
        listed = self.tally.items + self.report.left_out
        if not whole:
            count = self.source.count
            # The number of windows of sounds is an estimate, which may be too small.
            about = f" of about {count:,}" if count and count > listed else ""
            return f"only the first {listed:,}{about} were looked at; an import reads all"
        if self.read < self.tally.items:
            return f"{self.read:,} of them were read in this check; an import reads all"
        return ""
