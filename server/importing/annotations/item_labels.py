"""Matching of annotations to the items of a project, by id, by path and by overlap."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from lodespace.importing.annotations.annotation import Annotation
from lodespace.importing.annotations.path_match import How, Match, match_paths
from lodespace.importing.annotations.window_labels import SAME, WindowLabels
from lodespace.items import table as item_table
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import shown

_WINDOW_ID = re.compile(
    r"(.+)@([0-9]{1,9}\.[0-9]{3})(?:-([0-9]{1,9}\.[0-9]{3})(?:#[0-9]+)?)?", re.S
)
"""Id of a window (path@start) or a clip (path@start-end). The ids of further clips with the same
times end with #2, #3, ...
"""


@dataclass
class ItemLabels:
    """Labels of items, and how the annotations were matched."""

    labels: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    """Labels per item number, the class first."""
    how: Counter[How] = field(default_factory=Counter[How])
    """Number of annotations per kind of match between name and item."""
    unknown: list[str] = field(default_factory=list[str])
    """Names that match no item, without repetitions."""
    unclear: list[tuple[str, list[str]]] = field(default_factory=list[tuple[str, list[str]]])
    """Ids of the first items that match, per name that matches several items."""
    elsewhere: dict[str, str] = field(default_factory=dict[str, str])
    """Path or id of the matched item, by the name in the annotation.

    Only for names that state another folder than the path of the item.
    """
    unused: int = 0
    """Number of annotations of known recordings that do not overlap any item enough."""
    notes: list[str] = field(default_factory=list[str])
    """Remarks for a person to check."""
    exact: int = 0
    """Number of annotations that label only one window: the window with the same start and end.

    Neighbouring windows overlap this window, but do not get the label. An annotation counts only if
    all annotations of the recording have the start and end of a window.
    """
    by_overlap: int = 0
    """Number of items that got their label by the overlap with annotations."""


def match_items(annotations: Sequence[Annotation], items: ItemSet, overlap: float) -> ItemLabels:
    """Return the labels that `annotations` give to `items`.

    An annotation that names the id or the path of an item labels this item (path_match.py). An
    annotation that names a recording and has times labels the items of the recording that overlap
    the annotation (window_labels.py). An annotation without times labels all items of the
    recording.
    """
    return _Matching(items).run(annotations, overlap)


class _Matching:
    def __init__(self, items: ItemSet) -> None:
        self.items = items
        kept = items.table
        self.paths: list[str | None] = [None] * len(items)
        self.parts: list[tuple[float, float] | None] = [None] * len(items)
        if kept is not None:
            paths = kept.column(item_table.PATH)
            self.paths = [None if path is None else shown(path) for path in paths]
            starts, ends = kept.column(item_table.START), kept.column(item_table.END)
            self.parts = [
                None if start is None or end is None else (start, end)
                for start, end in zip(starts, ends, strict=True)
            ]
        self.files = list(dict.fromkeys(path for path in self.paths if path is not None))
        """Paths of the original files. A recording is the file of several items."""
        self.of_file: dict[int, list[int]] = {}
        numbers = {path: number for number, path in enumerate(self.files)}
        for item, path in enumerate(self.paths):
            if path is not None:
                self.of_file.setdefault(numbers[path], []).append(item)

    def run(self, annotations: Sequence[Annotation], overlap: float) -> ItemLabels:
        found = ItemLabels()
        sounds = self.items.kind == "sound"
        if sounds:
            annotations = self._with_times(annotations, found)
        names = dict.fromkeys(name for a in annotations for name in a.names)
        ids = self.items.ids
        numbers = {item_id: item for item, item_id in enumerate(ids)}
        by_file = match_paths(names, self.files)
        # In a sound data set, an id names a window. The whole id must match, not only its end.
        by_id = {} if sounds else match_paths(names, ids)
        by_id = {name: match for name, match in by_id.items() if name not in by_file}
        per_file: dict[int, list[Annotation]] = {}
        for annotation in annotations:
            if not annotation.labels:
                continue
            item = next((numbers[name] for name in annotation.names if name in numbers), None)
            if item is not None and self._same_part(item, annotation):
                found.how["full"] += 1
                self._add(found, item, annotation.labels)
                continue
            matches = [
                (match, files)
                for name in annotation.names
                for match, files in ((by_file.get(name), True), (by_id.get(name), False))
                if match is not None
            ]
            # Matches by a name without suffix come last: in a row that names both 1 and cat.png, 1
            # may be the number of the row.
            fitting = sorted(
                ((m, f) for m, f in matches if m.index >= 0),
                key=lambda pair: (pair[0].elsewhere, pair[0].how == "stem"),
            )
            match, files = fitting[0] if fitting else (None, False)
            if match is None:
                self._lost(found, annotation, matches)
                continue
            found.how[match.how] += 1
            if match.elsewhere:
                path = self.files[match.index] if files else ids[match.index]
                found.elsewhere[annotation.names[0]] = path
            if files and (sounds or len(self.of_file[match.index]) > 1):
                per_file.setdefault(match.index, []).append(annotation)
            else:
                self._add(
                    found, self.of_file[match.index][0] if files else match.index, annotation.labels
                )
        for number, parts in per_file.items():
            self._overlapping(found, self.of_file[number], parts, overlap)
        found.unknown = list(dict.fromkeys(found.unknown))
        found.unclear = list(dict(found.unclear).items())
        return found

    def _with_times(
        self, annotations: Sequence[Annotation], found: ItemLabels
    ) -> Sequence[Annotation]:
        """Add times to annotations whose ids name windows, if some of these windows are not items.

        Another project with other windows may have exported such annotations, so they are matched
        by time. The times come from the ids. An id states the start of a window. The smallest time
        between two starts in a recording is taken as the length of the windows, unless the id
        states the end.
        """
        parsed = {
            number: match
            for number, a in enumerate(annotations)
            if a.start is None and a.names and (match := _WINDOW_ID.fullmatch(a.names[0]))
        }
        ids = set(self.items.ids)
        if all(match[0] in ids for match in parsed.values()):
            return annotations
        starts: dict[str, set[float]] = {}
        for match in parsed.values():
            starts.setdefault(match[1], set()).add(float(match[2]))
        gaps = [
            later - start
            for of_file in starts.values()
            for start, later in itertools.pairwise(sorted(of_file))
        ]
        length = min(gaps, default=None)
        timed = list(annotations)
        for number, match in parsed.items():
            start = float(match[2])
            end = float(match[3]) if match[3] else start + length if length else None
            if end is not None and start <= end:
                annotation = annotations[number]
                names = (*annotation.names, match[1])
                timed[number] = replace(annotation, names=names, start=start, end=end)
        if length:
            found.notes.append(
                f"the ids name windows that are not items here; read as windows of {length:g} s"
            )
        return timed

    def _same_part(self, item: int, annotation: Annotation) -> bool:
        """Whether an annotation that names the id of `item` also has the times of `item`.

        The id of a window states only its start, so a longer or shorter window of another project
        can have the same id.
        """
        part = self.parts[item]
        if part is None or annotation.start is None or annotation.end is None:
            return True
        return abs(part[0] - annotation.start) < SAME and abs(part[1] - annotation.end) < SAME

    def _add(self, found: ItemLabels, item: int, labels: Iterable[str]) -> None:
        found.labels[item] = tuple(dict.fromkeys([*found.labels.get(item, ()), *labels]))

    def _lost(
        self, found: ItemLabels, annotation: Annotation, matches: Sequence[tuple[Match, bool]]
    ) -> None:
        name = annotation.names[0] if annotation.names else ""
        if not matches:
            found.unknown.append(name)
            return
        match, files = matches[0]
        several = [self.files[n] if files else self.items.ids[n] for n in match.several]
        found.unclear.append((name, several))

    def _overlapping(
        self, found: ItemLabels, items: Sequence[int], parts: list[Annotation], overlap: float
    ) -> None:
        """Give labels to the items of one recording, by their overlap with its annotations."""
        windows = WindowLabels(parts, overlap)
        spans = {item: span for item in items if (span := self.parts[item]) is not None}
        exact = windows.exact(spans.values())
        if exact and _overlap(spans.values()):
            found.exact += len(windows.timed)
        for item in items:
            span = spans.get(item)
            if item in found.labels:
                continue  # an annotation has named this item by its id
            if span is None:
                labels = windows.whole
            else:
                labels = windows.same(*span) if exact else windows.of(*span)
            if labels:
                found.labels[item] = labels
                found.by_overlap += 1
        if not exact:
            found.unused += len(windows.timed) - len(windows.used)


def _overlap(spans: Iterable[tuple[float, float]]) -> bool:
    """Whether spans with different times overlap. A span is (start, end) in seconds."""
    ordered = sorted(set(spans))
    return any(later[0] < earlier[1] - SAME for earlier, later in itertools.pairwise(ordered))
