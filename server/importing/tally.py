"""Counts of the items of an import, and the lines of the report."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from lodespace.errors import DatasetError
from lodespace.importing.class_ids import natural
from lodespace.importing.class_lists import ClassNames, class_names_beside
from lodespace.importing.finding import Finding, Topic, counted
from lodespace.importing.label_text import alike
from lodespace.importing.report import ImportReport
from lodespace.importing.source import RawItem, Source
from lodespace.items.import_report import MOST_LINES, shortened
from lodespace.items.item_set import ItemSet
from lodespace.protocol import ReportLine

NO_LABEL = "no item has a label"
"""Line of the report of data without labels."""
MOST_CLASSES = 12
"""Largest number of classes that the report names with their numbers of items."""
_NAMED_OF_MANY = 6
"""Number of classes that the report names if there are more than MOST_CLASSES."""
_LONGEST_NAME = 40
_KINDS = {"image": "pictures", "vector": "vectors"}


class Tally:
    """Counts of the items of an import: classes, splits, files and sizes."""

    def __init__(self) -> None:
        self.items = 0
        """Number of items."""
        self.files = 0
        """Number of files that the items come from."""
        self.labels: Counter[str] = Counter()
        """Number of items per class."""
        self.splits: Counter[str] = Counter()
        """Number of items per split."""
        self.several = False
        """Whether an item has several labels."""
        self._path: bytes | None = None

    def add(self, item: RawItem) -> None:
        """Count an imported item."""
        self.items += 1
        if item.path is not None and item.path != self._path:
            self._path = item.path
            self.files += 1
        if item.label is not None:
            self.labels[item.label] += 1
        self.several |= item.other_labels is not None
        if item.split is not None:
            self.splits[item.split] += 1

    def name_classes(self, data: Path | None, known: Sequence[str]) -> ClassNames:
        """If the counted classes are numbers, name them by a list in or beside `data`.

        The list is not used if the source itself has names of classes (`known`). The names are in
        the order of the numbers.
        """
        if known:
            return ClassNames({}, [])
        found = class_names_beside(data, self.labels, several=self.several)
        ordered = {label: found.names[label] for label in sorted(found.names, key=natural)}
        if ordered:
            self.labels = Counter({ordered[label]: n for label, n in self.labels.items()})
        return ClassNames(ordered, found.findings)

    def findings(self, source: Source, sizes: str, *, doubtful: bool = False) -> list[Finding]:
        """Return what was counted.

        Args:
            source: The imported data set.
            sizes: Sizes of the items in words.
            doubtful: Whether a person should check the labels if no item has one.
        """
        found = [Finding("items", self._kind(source)), self._classes(source, doubtful)]
        found += alike(self.labels)
        if self.splits:
            with_split = self.splits.total()
            some = "" if with_split == self.items else f"{with_split:,} of {self.items:,} items: "
            found.append(Finding("splits", some + named_counts(self.splits)))
        if sizes:
            found.append(Finding("sizes", sizes))
        return found

    def _kind(self, source: Source) -> str:
        if source.kind == "sound":
            parts = "annotated clips" if source.details.get("clips") else "windows"
            return f"{self.items:,} {parts} of {counted(self.files, 'recording')}"
        kind = "texts" if "text" in source.details else _KINDS[source.kind]
        kind = "shapes" if source.details.get("shapes") else kind
        return f"{self.items:,} {kind}"

    def _classes(self, source: Source, doubtful: bool) -> Finding:
        labelled = self.labels.total()
        if not labelled:
            return Finding("labels", NO_LABEL, doubtful)
        n_classes = len(self.labels)
        classes = "1 class" if n_classes == 1 else f"{n_classes:,} classes"
        text = f"{labelled:,} of {self.items:,} items in {classes}: {named_counts(self.labels)}"
        if not source.labels_given:
            return Finding("labels", f"{text}; used only with --labels")
        return Finding("labels", text, doubtful=n_classes == 1)


def named_counts(counts: Counter[str]) -> str:
    """Return the names with counts, in a few words: "cat (3), dog (3)". The largest come first."""
    common = sorted(counts.items(), key=lambda entry: (-entry[1], natural(entry[0])))
    if len(common) > MOST_CLASSES:
        shown = ", ".join(_named(*entry) for entry in common[:_NAMED_OF_MANY])
        name, least = common[-1]
        others = len(common) - _NAMED_OF_MANY
        return f"{shown}, and {others:,} more down to {_named(name, least)}"
    return ", ".join(_named(*entry) for entry in common)


def _named(name: str, count: int) -> str:
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return f"{short} ({count:,})"


def report_lines(
    report: ImportReport, tally: Tally, source: Source, sizes: str, *more: Finding
) -> tuple[ReportLine, ...]:
    """Return the lines of the report.

    The lines on left-out items come first if one of them is doubtful, or else last.

    Args:
        report: The report, with the left-out items.
        tally: Counts of the imported items.
        source: The imported data set.
        sizes: Sizes of the items in words (`size_text`).
        more: Further findings.
    """
    stated = source.findings()
    doubtful = any(finding.topic == "labels" and finding.doubtful for finding in stated)
    found = [*tally.findings(source, sizes, doubtful=doubtful), *more, *stated]
    if all(finding.topic != "ids" for finding in found):
        found.append(Finding("ids", _usual_ids(source)))
    lines = [
        report_line(finding)
        for topic in get_args(Topic)
        for finding in found
        if finding.topic == topic
    ]
    unit = getattr(source, "unit", "items")
    left_out = report.kinds.lines(tally.files if unit == "files" else tally.items, unit)
    if any(line.doubtful for line in left_out):
        lines = [*left_out, *lines]
    else:
        lines += left_out
    return tuple(lines[:MOST_LINES])


def lines_of(items: ItemSet) -> tuple[ReportLine, ...]:
    """Return the report that is stored with `items`, or else counts of the items."""
    if items.report:
        return items.report
    kind = _KINDS.get(items.kind, "windows of sound")
    lines = [ReportLine(topic="items", text=f"{len(items):,} {kind}")]
    codes = [] if items.truth is None else items.truth[items.truth >= 0].tolist()
    text = NO_LABEL
    if codes:
        counts = Counter(items.class_names[code] for code in codes)
        text = f"{len(codes):,} of {len(items):,} items: {named_counts(counts)}"
    return (*lines, ReportLine(topic="labels", text=shortened(text)))


def check_count(report: ImportReport, tally: Tally, source: Source) -> None:
    """Raise DatasetError if fewer than two items can be imported. The message has the reasons."""
    if tally.items >= 2:
        return
    unit = getattr(source, "unit", "items")
    reasons = "; ".join(line.text for line in report.kinds.lines(tally.items, unit)[:3])
    finder = getattr(source, "finder", None)
    if finder is not None and finder.missing:
        reasons += "; --root FOLDER names the folder of the files"
    raise DatasetError(
        f"{source.name}: only {tally.items} items could be read; a latent space needs at least 2"
        + (f" ({reasons})" if reasons else "")
    )


def _usual_ids(source: Source) -> str:
    if getattr(source, "unit", "items") != "files":
        return "the numbers of the items"
    if source.kind == "sound":
        part = (
            "start and end of each clip" if source.details.get("clips") else "start of each window"
        )
        return f"the paths of the recordings, and the {part} in seconds"
    return "the paths of the files"


def report_line(finding: Finding) -> ReportLine:
    """Return a finding as a line of the report, with texts of at most LONGEST characters."""
    return ReportLine(
        topic=finding.topic,
        text=shortened(finding.text),
        doubtful=finding.doubtful,
        option=shortened(finding.option),
    )


def size_text(
    kind: str, sizes: Sequence[tuple[int, int]], pixels: Sequence[int], vectors: Sequence[int]
) -> str:
    """Return the sizes of the items in words.

    Args:
        kind: Kind of the items.
        sizes: (height, width) of each picture in a sample.
        pixels: Shape of a stored picture, (H, W) or (H, W, 3).
        vectors: Shape of a vector, (F,); empty for texts.
    """
    if kind == "vector":
        return f"{vectors[0]:,} numbers each" if vectors else ""
    stored = f"{pixels[1]} x {pixels[0]} pixels, {'colour' if len(pixels) == 3 else 'grey'}"
    if kind == "sound" or not sizes or set(sizes) == {tuple(pixels[:2])}:
        return stored
    smallest, largest = min(sizes, key=_area), max(sizes, key=_area)
    original = f"{smallest[1]:,} x {smallest[0]:,}"
    if smallest != largest:
        original += f" to {largest[1]:,} x {largest[0]:,}"
    return f"{original} pixels; stored with {stored}"


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]
