"""Addition of items to a data set, with the settings by which its items were read.

The new items are first imported into a separate data set, whose rows are then appended. On any
failure, the data set is unchanged.
"""

import contextlib
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.features.process import write_text_vectors
from lodespace.importing.added_source import AddedItems
from lodespace.importing.build import MAX_ITEMS, build
from lodespace.importing.channels import with_channels
from lodespace.importing.features import add_features
from lodespace.importing.finding import counted
from lodespace.importing.interruption import check_stop
from lodespace.importing.left_out_list import names_left_out, write_left_out
from lodespace.importing.pages.page_items import PageItems
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.sounds.sound_folder import SoundFolder
from lodespace.importing.source import ImportOptions, Source
from lodespace.items import decoding, item_set
from lodespace.items.appending import append_items
from lodespace.items.file_stamps import ABSENT
from lodespace.items.import_report import as_text, shortened
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import printable
from lodespace.protocol import UNLABELED, ReportLine
from lodespace.shapes.features import NAME, VERSION

MOST_BATCHES = 1000
"""Largest number of additions that dataset.json lists. The two oldest are joined into one."""


@dataclass(frozen=True)
class Addition:
    """Result of an addition."""

    items: ItemSet
    """All items of the data set, with the added ones."""
    first: int
    """Number of the first added item: the number of earlier items."""
    report: ImportReport
    """How the new items were read, and which were left out."""
    labels: npt.NDArray[np.int16]
    """Class of each added item in the new data, (M,), UNLABELED for an item without a class."""
    known: int
    """Number of items in the new data that the data set had already."""
    notes: tuple[str, ...] = ()
    """Labels of the new data that the added items did not get, with the reasons."""

    @property
    def count(self) -> int:
        """Number of added items."""
        return self.report.imported

    @property
    def has_labels(self) -> bool:
        """Whether labels came with the added items, and are a person's work."""
        return self.items.labels_given and bool((self.labels != UNLABELED).any())

    @property
    def note_lines(self) -> list[ReportLine]:
        """The notes as lines of a report."""
        return [
            ReportLine(topic="labels", text=shortened(note), doubtful=True) for note in self.notes
        ]

    def summary(self, name: str) -> str:
        """Return the result as text for a terminal. `name` is the name of the data set."""
        total = self.first + self.count
        text = f"added {counted(self.count, 'item')} to {name}, which now has {total:,}\n"
        if self.known:
            text += f"already in the project: {counted(self.known, 'item')}\n"
        listed = "The file data/left-out.tsv in the project lists everything that was left out.\n"
        lines = [line for line in self.report.lines if line.topic == "left_out" or line.doubtful]
        text = printable(text) + as_text([*lines, *self.note_lines])
        return text + (listed if self.report.bad else "")


def add_data(
    folder: Path,
    data: "str | Source",
    options: ImportOptions,
    *,
    root: Path | None = None,
    only: frozenset[str] | None = None,
    progress: bool = False,
) -> Addition:
    """Add the items of `data` that the data set in `folder` does not have yet.

    Args:
        folder: The data set.
        data: A path, torchvision:NAME, or a source.
        options: Options for reading the data. The settings of the first import are kept.
        root: Folder from which the data set may read its original files.
        only: Ids of items in `data` that may be added, or paths of their files. None: all.
        progress: Whether to show a progress bar.

    Raises:
        NoNewItemError: The data have no new item that can be read.
        StoppedError: The event `options.stop` was set.
        DatasetError: The data cannot be read, or do not fit the data set. After any error, the data
            set is unchanged.
    """
    items = item_set.load(folder, root=root)
    reading = Reading.of_items(items)
    if items.knn is not None:
        raise DatasetError(
            "the neighbours of the items were imported, so no items can be added; import all data "
            "again with all neighbours"
        )
    if isinstance(data, str) and reading.kind == "image" and is_one_picture(Path(data)):
        data, only = str(Path(data).parent), frozenset([Path(data).name])
    opened = open_new(data, reading, options)
    if only is not None and isinstance(opened, SoundFolder):
        opened.keep_only(only)
    left_out = names_left_out(folder, items.root)
    source = AddedItems(opened, items, only=only, left_out=left_out)
    making = Path(tempfile.mkdtemp(prefix=".adding-", dir=folder.parent))
    try:
        asked = replace(reading.options(options), content=items.content)
        report = build(source, making, asked, progress=progress, like=items)
        if len(items) + report.imported > MAX_ITEMS:
            raise DatasetError(f"a data set has at most {MAX_ITEMS:,} items")
        report.root = source.root
        _add_computed(making, reading, items, options, report, progress=progress)
        added = _fitted(item_set.load(making, root=source.root), items)
        labels, line = _labels(added, items, report)
        due = items.labels_given and bool((labels != UNLABELED).any())
        batch = _batch(added, data, report, due=due)
        check_stop(options.stop)
        append_items(folder, replace(added, truth=labels), lambda m: _state(m, batch, line))
        with contextlib.suppress(OSError):  # the items are added, even if the list is not written
            write_left_out(folder, report, report.root)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Addition(
        item_set.load(folder, root=root), len(items), report, labels, source.known.count
    )


def is_one_picture(path: Path) -> bool:
    """Return whether `path` is a picture, perhaps a damaged one, without further pages."""
    if path.suffix.lower() not in decoding.SUFFIXES or not path.is_file():
        return False
    return PageItems(path, ImportOptions()).count <= 1


def _add_computed(
    making: Path,
    reading: Reading,
    items: ItemSet,
    options: ImportOptions,
    report: ImportReport,
    *,
    progress: bool,
) -> None:
    """Add features, and vectors of texts, to the data set of the new items. Raises DatasetError."""
    if reading.text is not None:
        name, weights = reading.stated_network("text_network")
        stop = options.stop
        found = write_text_vectors(making, reading.text, name, progress=progress, stop=stop)
        if found != weights:
            raise _other_weights(name)
        item_set.amend(making, lambda manifest: manifest.update(vectors=item_set.VECTORS))
    if items.features is None:
        return
    name, weights = reading.stated_network("features")
    if reading.shapes and name == NAME:
        # The source has computed the features.
        if weights != VERSION:
            raise _other_weights(name)
        return
    if options.features is not None or options.backbone is not None:
        add_features(making, options, report, progress=progress)
    elif name:
        asked = replace(options, features=name)
        add_features(making, asked, report, progress=progress)
        computed = Reading.of_items(item_set.load(making)).stated_network("features")
        if computed[1] != weights:
            raise _other_weights(name)
    else:
        raise DatasetError(
            f"the project was imported with {items.features.shape[1]} features per item; give the "
            "features of the new items with --features FILE"
        )


def _other_weights(name: str) -> DatasetError:
    return DatasetError(
        f"the installed {name} has other weights than the one of the project, so its features do "
        "not fit; install the earlier version"
    )


def _fitted(added: ItemSet, items: ItemSet) -> ItemSet:
    """Return the new items `added` with the same arrays and number of channels as `items`."""
    pictures = None
    if items.pictures is not None:
        shape = (len(added), *items.pictures.shape[1:])
        pictures = np.zeros(shape, np.uint8)
        if added.pictures is not None:
            pictures = with_channels(added.pictures, items.pictures.ndim)
    stamps = added.stamps
    if stamps is None:
        stamps = np.full((len(added), 2), ABSENT, np.int64)
    if items.kind == "vector":
        return replace(added, thumbnails=pictures, stamps=stamps)
    assert pictures is not None
    return replace(added, data=pictures, stamps=stamps)


def _labels(
    added: ItemSet, items: ItemSet, report: ImportReport
) -> tuple[npt.NDArray[np.int16], ReportLine | None]:
    """Return the class of each new item in the classes of `items`, and a line of the report.

    The line names the classes of new items that the data set does not have. Their labels are not
    used, because a class that is added here could be another one in the project.
    """
    labels = np.full(len(added), UNLABELED, np.int16)
    if added.truth is None:
        return labels, None
    known = {name: number for number, name in enumerate(items.class_names)}
    unknown: Counter[str] = Counter()
    for number, name in enumerate(added.class_names):
        own = added.truth == number
        if name in known:
            labels[own] = known[name]
        elif own.any():
            unknown[name] = int(own.sum())
    if not unknown:
        return labels, None
    names = ", ".join(name for name, _ in unknown.most_common(5))
    text = shortened(
        f"{unknown.total():,} added items have labels of classes that the data did not have "
        f"({names}); these labels are not used"
    )
    line = ReportLine(topic="labels", text=text, doubtful=True)
    report.lines = (*report.lines, line)
    return labels, line


def _batch(
    added: ItemSet, data: "str | Source", report: ImportReport, *, due: bool
) -> dict[str, Any]:
    """Return the entry of this addition in dataset.json.

    `due` states whether labels came with the items and must still be written to the label log.
    """
    batch: dict[str, Any] = {
        "items": len(added),
        "at": round(time.time()),
        # Bakes contain this text, so it must not be a path of this computer.
        "source": Path(data).name if isinstance(data, str) else data.name,
        "left_out": report.left_out,
    }
    return batch | {item_set.LABELS_DUE: True} if due else batch


def _state(manifest: dict[str, Any], batch: dict[str, Any], line: ReportLine | None) -> None:
    """Add `batch` to the list `added` of dataset.json (`manifest`), and `line` to its report."""
    batches = [*manifest.get("added", []), batch]
    if len(batches) > MOST_BATCHES:
        first, second, *later = batches
        sums = {key: first[key] + second[key] for key in ("items", "left_out")}
        batches = [first | second | sums, *later]
    manifest["added"] = batches
    total = sum(entry["items"] for entry in manifest["added"])
    text = f"{total:,} added after the import"
    lines = [
        entry
        for entry in manifest.get("report", [])
        if not str(entry.get("text", "")).endswith("added after the import")
    ]
    first = [entry for entry in lines if entry.get("topic") == "items"][:1]
    place = lines.index(first[0]) + 1 if first else 0
    lines.insert(place, msgspec.to_builtins(ReportLine(topic="items", text=text)))
    if line is not None:
        lines.append(msgspec.to_builtins(line))
    manifest["report"] = lines
