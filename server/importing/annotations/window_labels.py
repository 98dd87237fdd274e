"""The labels of the windows of a recording, by the overlap with its annotations."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from lodespace.importing.annotations.annotation import Annotation

DEFAULT_OVERLAP = 0.5
"""Default for the smallest overlap with which an annotation labels a window.

The overlap is a share of the annotation or of the window, whichever is shorter.
"""
SAME = 0.002
"""Two times are equal if they differ by at most this many seconds. Times in ids have 3 decimals."""
_TINY = 1e-6
"""Tolerance for times, in seconds. Files state times with 3 to 6 decimals."""


class WindowLabels:
    """The annotations of one recording. `of` returns the labels of a window.

    An annotation labels a window if the two overlap long enough: for at least the share `overlap`
    of the annotation or of the window, whichever is shorter. Therefore a short call labels the
    window that contains most of the call. A long song labels each window that it mostly fills. The
    docstring of `of` states which label becomes the class of the window.
    """

    def __init__(self, annotations: Sequence[Annotation], overlap: float = DEFAULT_OVERLAP) -> None:
        self.overlap = overlap
        whole = [a for a in annotations if a.start is None]
        self.whole = tuple(dict.fromkeys(label for a in whole for label in a.labels))
        """Labels of the whole recording."""
        self.columns: dict[str, Any] = whole[0].columns if whole else {}
        """Further values that a file states for the whole recording."""
        self.split = whole[0].split if whole else None
        """Split of the recording, if a file states it for the whole recording."""
        timed = [
            (a.start, a.end, a) for a in annotations if a.start is not None and a.end is not None
        ]
        timed.sort(key=lambda entry: entry[0])
        self.timed = timed
        """Tuples (start, end, annotation), sorted by start. Times are in seconds."""
        self._starts = [start for start, _, _ in timed]
        self._latest = max((end for _, end, _ in timed), default=0.0)
        self._by_length: dict[int, tuple[list[float], list[int]]] = {}
        """Starts and indices of the annotations, grouped by length.

        Annotations under the key k are at most 2 ** k seconds long.
        """
        for index, (start, end, _) in enumerate(timed):
            key = math.frexp(end - start)[1]
            starts, indices = self._by_length.setdefault(key, ([], []))
            starts.append(start)
            indices.append(index)
        self.grid = False
        """Whether each annotation labels only the window that has the same start and end."""
        self.asked = False
        """Whether `of` was called for a window."""
        self.used: set[int] = set()
        """Indices of the annotations that label at least one window.

        An index is a position in `timed`.
        """

    @property
    def classes(self) -> frozenset[str]:
        """Names of the classes of the annotations."""
        return frozenset(self.whole).union(*(a.labels for _, _, a in self.timed))

    def of(self, start: float, end: float) -> tuple[str, ...]:
        """Return the labels of the window from `start` to `end` seconds, the class first.

        The class is the label with the longest overlap. If several labels have this overlap, the
        class is the label of the most annotations, then the label with the highest confidence, then
        the label of the first annotation.

        Labels of the whole recording are used only if no annotation of the recording has times.
        """
        self.asked = True
        if not self.timed:
            return self.whole
        if self.grid:
            return self.same(start, end)
        parts: dict[str, list[tuple[float, float]]] = {}
        confidences: dict[str, float] = {}
        for index in self._near(start, end):
            begin, stop, annotation = self.timed[index]
            if not self._counts(begin, stop, start, end):
                continue
            self.used.add(index)
            confidence = 1.0 if annotation.confidence is None else annotation.confidence
            for label in annotation.labels:
                parts.setdefault(label, []).append((max(begin, start), min(stop, end)))
                confidences[label] = max(confidences.get(label, 0), confidence)
        # With equal overlaps, the label of most annotations is the class.
        ranks = {
            name: (-round(_length(found), 6), -len(found), -confidences[name])
            for name, found in parts.items()
        }
        return tuple(sorted(parts, key=ranks.__getitem__))

    def _near(self, start: float, end: float) -> list[int]:
        """Indices of the annotations that may overlap the window, in order."""
        found: list[int] = []
        for key, (starts, indices) in self._by_length.items():
            first = bisect_left(starts, start - 2.0**key)
            found += indices[first : bisect_right(starts, end)]
        return sorted(found)

    @property
    def overlapping(self) -> bool:
        """Whether annotations with different starts overlap."""
        latest = previous = float("-inf")
        for start, end, _ in self.timed:
            if start > previous + SAME and start < latest - SAME:
                return True
            latest, previous = max(latest, end), start
        return False

    def exact(self, spans: Iterable[tuple[float, float]]) -> bool:
        """Whether each annotation with times has the times of one of `spans`, (start, end) in s.

        Annotations that were exported from windows have such times. In this case, a window gets
        only the labels of its own annotation, although successive windows may overlap.
        """
        known = {(round(start / SAME), round(end / SAME)) for start, end in spans}
        return bool(self.timed) and all(
            any((begin + i, stop + k) in known for i in (-1, 0, 1) for k in (-1, 0, 1))
            for begin, stop in ((round(s / SAME), round(e / SAME)) for s, e, _ in self.timed)
        )

    def same(self, start: float, end: float) -> tuple[str, ...]:
        """Return the labels of the annotations whose times are `start` and `end`, in seconds."""
        first = bisect_left(self._starts, start - SAME)
        last = bisect_right(self._starts, start + SAME)
        found = [i for i in range(first, last) if abs(self.timed[i][1] - end) <= SAME]
        self.used.update(found)
        labels = (label for index in found for label in self.timed[index][2].labels)
        return tuple(dict.fromkeys(labels))

    def on_grid(self, window: float, hop: float) -> bool:
        """Whether the annotations have the times of overlapping windows of equal length.

        A window lasts `window` seconds and begins at a multiple of `hop` seconds. Such annotations
        were probably exported from windows, so each labels only its own window (`grid`). If an
        annotation labelled all windows that it overlaps, a window would also get the labels of its
        neighbours.
        """
        steps = {round(start / hop) for start, _, _ in self.timed}
        latest = self._latest
        spans = {(step * hop, step * hop + window) for step in steps}
        spans |= {(step * hop, latest) for step in steps if step * hop < latest}
        return hop < window and self.exact(spans)

    def clips(self, path: str) -> Iterator[tuple[str, Annotation]]:
        """Yield an id and the annotation for each distinct part of the recording at `path`.

        Annotations with the same times and frequencies become one annotation with all their labels.
        """
        parts: dict[tuple[float | None, ...], Annotation] = {}
        for start, end, annotation in self.timed:
            key = round(start, 4), round(end, 4), annotation.low, annotation.high
            known = parts.get(key)
            if known is None:
                parts[key] = annotation
            else:
                labels = tuple(dict.fromkeys([*known.labels, *annotation.labels]))
                parts[key] = replace(known, label=labels[0] if labels else "", others=labels[1:])
        ids: Counter[str] = Counter()
        for annotation in parts.values():
            item_id = f"{path}@{annotation.start:.3f}-{annotation.end:.3f}"
            ids[item_id] += 1
            if ids[item_id] > 1:  # another annotation has the same times, at another frequency
                item_id += f"#{ids[item_id]}"
            yield item_id, annotation

    def _counts(self, begin: float, stop: float, start: float, end: float) -> bool:
        """Whether the annotation from `begin` to `stop` labels the window from `start` to `end`."""
        if stop <= begin:  # the annotation is a point in time, not an interval
            return start <= begin < end
        common = min(stop, end) - max(begin, start)
        shorter = min(stop - begin, end - start)
        return common > _TINY and common >= self.overlap * shorter - _TINY


def _length(parts: Sequence[tuple[float, float]]) -> float:
    """Return the length of the union of intervals, which are sorted by start."""
    total, latest = 0.0, float("-inf")
    for begin, stop in parts:
        total += max(0.0, stop - max(begin, latest))
        latest = max(latest, stop)
    return total
