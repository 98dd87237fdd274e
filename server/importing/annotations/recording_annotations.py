"""The annotations of the recordings in a folder, from the files beside them or from given files."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.annotations.annotation import Annotation, AnnotationFile, counted
from lodespace.importing.annotations.annotation_file import may_hold, read_annotations
from lodespace.importing.annotations.path_match import How, counts_text, match_paths
from lodespace.importing.annotations.table_annotations import MAX_ANNOTATIONS
from lodespace.importing.annotations.window_labels import WindowLabels
from lodespace.importing.finding import Finding
from lodespace.importing.source import ImportOptions
from lodespace.items.errors import BadItem
from lodespace.items.paths import shown

_NAMED = 3
"""Largest number of names that a finding gives as examples."""


class RecordingAnnotations:
    """Annotations per recording, and what was understood of their files."""

    def __init__(
        self, files: Sequence[AnnotationFile], recordings: Sequence[bytes], overlap: float
    ) -> None:
        self.files = [file for file in files if file.annotations]
        self.overlap = overlap
        self.bad: list[BadItem] = [bad for file in files for bad in file.bad]
        self.labels: dict[bytes, WindowLabels] = {}
        """Labels per recording that has annotations."""
        self.matched: Counter[How] = Counter()
        """Number of annotations by the way in which their recordings were found."""
        self.used: set[int] = set()
        """Indices of the files with an annotation of a recording."""
        names = {name for file in self.files for a in file.annotations for name in a.names}
        found = match_paths(names, [shown(path) for path in recordings])
        per_recording: dict[int, list[tuple[bool, Annotation]]] = {}
        unknown: Counter[str] = Counter()
        unclear: Counter[str] = Counter()
        for number, file in enumerate(self.files):
            for annotation in file.annotations:
                matches = [found[name] for name in annotation.names if name in found]
                match = next((m for m in matches if m.index >= 0), None)
                if match is not None:
                    entry = file.by_program, annotation
                    per_recording.setdefault(match.index, []).append(entry)
                    self.matched[match.how] += 1
                    self.used.add(number)
                else:
                    lost = unclear if matches else unknown
                    lost[annotation.names[-1] if annotation.names else file.name] += 1
        for counts, reason in (
            (unknown, "no recording has this name"),
            (unclear, "several recordings have this name; state their folders in the table"),
        ):
            for name, count in counts.items():
                self.bad.append(BadItem(name, f"{reason} ({counted(count, 'annotation')})"))
        self.unknown, self.unclear = unknown, unclear
        for index, entries in per_recording.items():
            self.labels[recordings[index]] = WindowLabels(_of_people(entries), overlap)

    def __bool__(self) -> bool:
        return bool(self.labels)

    @property
    def timed(self) -> bool:
        """Whether any annotation has times."""
        return any(labels.timed for labels in self.labels.values())

    def findings(self) -> list[Finding]:
        """Findings about the files with annotations."""
        kinds: Counter[str] = Counter()
        for number in self.used:
            kinds[self.files[number].kind] += 1
        columns = dict.fromkeys(
            self.files[n].label_column for n in sorted(self.used) if self.files[n].label_column
        )
        text = f"from {', '.join(_counted(kind, count) for kind, count in kinds.items())}"
        if columns:
            text += f", column {', '.join(columns)}"
        text += (
            f", for {counted(len(self.labels), 'recording')}; matched {counts_text(self.matched)}"
        )
        guessed = any(self.files[number].guessed for number in self.used)
        found = [Finding("labels", text, guessed, "--label COLUMN" if guessed else "")]
        sure = [a.confidence for n in self.used for a in self.files[n].annotations]
        unsure = [value for value in sure if value is not None and value < 1]
        if unsure:
            text = (
                f"{counted(len(unsure), 'annotation')} of a program, with confidence "
                f"{min(unsure):.2f} to {max(unsure):.2f}, used as labels"
            )
            found.append(Finding("labels", text, True, "--labels none"))
        for lost, why in (
            (self.unknown, "without a recording of this name"),
            (self.unclear, "with the name of several recordings"),
        ):
            if lost:
                some = f"{counted(lost.total(), 'annotation')} {why}: {_examples(lost)}"
                found.append(Finding("labels", some, doubtful=True))
        return found


def _counted(kind: str, count: int) -> str:
    """Return "1 Raven selection table", "2 Raven selection tables"."""
    if count == 1:
        return f"1 {kind}"
    plural = re.sub("(table|track|result|project)", r"\1s", kind, count=1)
    return f"{count:,} {plural}"


def _of_people(entries: Sequence[tuple[bool, Annotation]]) -> list[Annotation]:
    """The annotations in files of people, or all if programs made all files.

    An entry is an annotation with whether its file is by a program.
    """
    return [a for program, a in entries if not program] or [a for _, a in entries]


def _examples(names: Iterable[str]) -> str:
    some = list(names)
    return ", ".join(some[:_NAMED]) + (", …" if len(some) > _NAMED else "")


def read_beside(
    root: Path, others: Iterable[bytes], options: ImportOptions
) -> tuple[list[AnnotationFile], list[bytes]]:
    """Return the files of annotations among the files `others` in `root`, and their paths.

    Files that are not annotations are passed over.
    """
    files: list[AnnotationFile] = []
    paths: list[bytes] = []
    left = MAX_ANNOTATIONS
    for path in others:
        if left <= 0:
            break
        if not may_hold(shown(path)):
            continue
        try:
            found = read_annotations(root / Path(_decoded(path)), shown(path), options)
        except DatasetError:
            continue  # a table or text of another kind
        if found is not None and found.annotations:
            files.append(found)
            paths.append(path)
            left -= len(found.annotations)
    return files, paths


def _decoded(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
