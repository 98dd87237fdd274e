"""The annotations of the recordings in a folder, from files beside them or from given files."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from lodespace.importing.annotations.annotation import Annotation, AnnotationFile
from lodespace.importing.annotations.path_match import How, Match, counts_text, match_paths
from lodespace.importing.annotations.unlabelled import unlabelled_findings
from lodespace.importing.annotations.unread_rows import unread_findings, with_unread_rows
from lodespace.importing.annotations.window_labels import WindowLabels
from lodespace.importing.finding import Finding, counted
from lodespace.items.errors import BadItem
from lodespace.items.paths import shown

_ABSENT = re.compile(
    r"(?<![a-z])(fp|false_?pos(itive)?s?|negatives?)(?![a-z])[^/]*$", re.IGNORECASE
)
"""Pattern for names of files that list false positives, which a program reported by mistake."""
_NAMED = 3
"""Largest number of names that a finding gives as examples."""
_LENGTHS_LOOKED_AT = 20
"""Approximate number of annotations whose end is compared with the length of the recording."""
_BEYOND = 0.1
"""Largest time in seconds by which an annotation may end after its recording."""


class RecordingAnnotations:
    """Annotations grouped by recording, and findings about the files with annotations."""

    def __init__(
        self,
        files: Sequence[AnnotationFile],
        recordings: Sequence[bytes],
        overlap: float,
        length_of: Callable[[bytes], float | None] = lambda _: None,
        label: str | None = None,
    ) -> None:
        """Match the annotations in `files` to `recordings`.

        Args:
            files: Files with annotations.
            recordings: Paths of the recordings.
            overlap: Smallest overlap with which an annotation labels a window, as a share of the
                shorter of the two.
            length_of: Function that returns the length of a recording in seconds; None if it is
                unknown.
            label: Value of the option `--label` with which the files were read.
        """
        self.recordings, self.length_of, self.label = recordings, length_of, label
        self.files, self.overlap = list(files), overlap
        self.labels: dict[bytes, WindowLabels] = {}
        """Labels per recording that has annotations."""
        self.named: set[bytes] = set()
        """Recordings that files with labels name, even in rows without a label."""
        self.matched: Counter[How] = Counter()
        """Number of annotations per kind of match between name and recording."""
        self.used: set[int] = set()
        """Indices of the files that belong to at least one recording."""
        self.unlabelled: list[AnnotationFile] = []
        """Tables about the recordings, if no column of the table is known to have labels.

        Tables with times are not used. From tables without times, only the other columns are used.
        """
        self.unknown: Counter[str] = Counter()
        """Number of annotations per name that fits no recording. Unrelated tables do not count."""
        self.unclear: Counter[str] = Counter()
        """Number of annotations per name that fits several recordings."""
        self._maybe_exported = False
        self._unsure: list[float] = []
        """Confidence of each used label that is from a program such as BirdNET."""
        self.elsewhere: dict[str, str] = {}
        """Path of the matched recording, by name, for each name that states another folder."""
        self.names = [shown(path) for path in recordings]
        names = {name for file in self.files for a in file.annotations for name in a.names}
        for file in self.files:
            if not file.annotations:
                names.update(file.own_names, file.unread_names)
        stated = {
            name
            for file in self.files
            if not file.own
            for a in file.annotations
            for name in a.names
        }
        stated.difference_update(name for file in self.files for name in file.own_names)
        found = match_paths(names, self.names, stated)
        entries: dict[int, list[tuple[bool, Annotation]]] = {}
        for number, file in enumerate(self.files):
            self._assign(number, file, found, entries)
        for index, of_recording in entries.items():
            used = _of_people(of_recording)
            self.labels[recordings[index]] = WindowLabels(used, overlap)
            unsure = (a.confidence for a in used if a.confidence is not None and a.confidence < 1)
            self._unsure.extend(unsure)
        self._partly = with_unread_rows(self.files, self.used, found)
        """Files about the recordings, even if some or all rows of a file are unread."""
        self.bad: list[BadItem] = [bad for file in self._partly for bad in file.bad]
        for counts, reason in (
            (self.unknown, "no recording has this name"),
            (
                self.unclear,
                "several recordings fit this name; state the folder of the recording in the table",
            ),
        ):
            for name, count in counts.items():
                self.bad.append(BadItem(name, f"{reason} ({counted(count, 'annotation')})"))

    def _assign(
        self,
        number: int,
        file: AnnotationFile,
        found: dict[str, Match],
        entries: dict[int, list[tuple[bool, Annotation]]],
    ) -> None:
        """Assign the annotations of one file to recordings."""
        if file.bad and not file.annotations:
            return
        if not file.annotations:
            # An empty table named after a recording states that a person found nothing in it.
            own = (found[name].index for name in file.own_names if name in found)
            index = next((index for index in own if index >= 0), None)
            if index is not None:
                entries.setdefault(index, [])
                self.used.add(number)
            return
        unknown: Counter[str] = Counter()
        unclear: Counter[str] = Counter()
        of_file: list[tuple[int, How, Annotation]] = []
        elsewhere: dict[str, str] = {}
        for annotation in file.annotations:
            matches = [found[name] for name in annotation.names if name in found]
            fitting = [m for m in matches if m.index >= 0]
            match = next((m for m in fitting if not m.elsewhere), fitting[0] if fitting else None)
            if match is not None:
                of_file.append((match.index, match.how, annotation))
                if match.elsewhere:
                    elsewhere[annotation.names[-1]] = self.names[match.index]
            elif annotation.names:
                lost = unclear if matches else unknown
                advice = "no column names the recording; name the file like the recording"
                own = f"{file.name} ({advice})"
                lost[own if file.own else annotation.names[-1]] += 1
        only = self._only_recording(file)
        if not of_file and only is not None:
            of_file = [(only, "folder", annotation) for annotation in file.annotations]
            unknown = unclear = Counter()
        if not of_file and (file.unlabelled or not file.timed):
            return  # the table is not about these recordings
        self.unknown += unknown
        self.unclear += unclear
        self.elsewhere |= elsewhere
        self._drop_foreign_times(file, of_file)
        if file.unlabelled:
            self.unlabelled.append(file)
            if file.timed:
                return
        if any(annotation.label for _, _, annotation in of_file):
            self.named.update(self.recordings[index] for index, _, _ in of_file)
        for index, how, annotation in of_file:
            entries.setdefault(index, []).append((file.by_program, annotation))
            self.matched[how] += 1
            self.used.add(number)

    def _drop_foreign_times(
        self, file: AnnotationFile, of_file: Sequence[tuple[int, How, Annotation]]
    ) -> None:
        """Turn annotations with the times of other recordings into labels of whole recordings.

        In some data sets, the recordings were cut from longer recordings, and the annotations state
        times in the longer recordings. Such data sets have one annotation per recording, and most
        annotations end later than the cut recording.
        """
        if not file.timed or len({index for index, _, _ in of_file}) < max(2, len(of_file)):
            return
        known = [
            annotation.end > length + _BEYOND
            for index, _, annotation in of_file[:: max(1, len(of_file) // _LENGTHS_LOOKED_AT)]
            if annotation.end is not None
            and (length := self.length_of(self.recordings[index])) is not None
        ]
        if sum(known) * 2 > len(known):
            for _, _, annotation in of_file:
                annotation.start = annotation.end = None
            text = f"the times in {file.name} are not those of the recordings, so each label is "
            text += "for a whole recording"
            file.findings.append(Finding("labels", text, doubtful=True))

    def _only_recording(self, file: AnnotationFile) -> int | None:
        """Return the index of the recording in the folder of `file`, if there is exactly one.

        Otherwise returns None. Also returns None if `file` names recordings or has no times.
        """
        if not file.own or not file.timed:
            return None
        folder = file.name.rpartition("/")[0]
        here = [i for i, name in enumerate(self.names) if name.rpartition("/")[0] == folder]
        return here[0] if len(here) == 1 else None

    def __bool__(self) -> bool:
        return bool(self.labels)

    @property
    def labelled(self) -> bool:
        """Whether the files give labels to recordings, and not only other columns."""
        return any(labels.timed or labels.whole for labels in self.labels.values())

    @property
    def timed(self) -> bool:
        """Whether any annotation has times."""
        return any(labels.timed for labels in self.labels.values())

    @property
    def reported(self) -> frozenset[str]:
        """Names of the files that get a finding even if their annotations are not used."""
        return frozenset(f.name for f in self.files if f.timed or f in self.unlabelled)

    @property
    def classes(self) -> frozenset[str]:
        """Names of the classes in the files."""
        parts = (labels.classes for labels in self.labels.values())
        return frozenset().union(*parts)

    def use_grid(self, window: float, hop: float) -> None:
        """If the annotations were exported from windows, restrict each one to its own window.

        Annotations were exported from windows (length `window`, every `hop` s) if they have the
        times of windows, and some of them overlap each other. Without an overlap, a program may
        have made them in longer steps, so each annotation labels all windows that it overlaps.
        """
        on_grid = [labels for labels in self.labels.values() if labels.on_grid(window, hop)]
        exported = any(labels.overlapping for labels in on_grid)
        for labels in on_grid:
            labels.grid = exported
        self._maybe_exported = bool(on_grid) and not exported

    def findings(self, *, windows: bool) -> list[Finding]:
        """Findings about the files with annotations. `windows`: whether the items are windows.

        The findings are complete after all windows have been labelled.
        """
        found = [] if not self.used else [*self._sources(), *self._doubts()]
        found += unread_findings(self._partly)
        found += unlabelled_findings(self.unlabelled, self.label)
        for lost, why in (
            (self.unknown, "without a recording of this name"),
            (self.unclear, "with a name that fits several recordings"),
        ):
            if lost:
                some = f"{counted(lost.total(), 'annotation')} {why}: {_examples(lost)}"
                found.append(Finding("labels", some, doubtful=True))
        if self.elsewhere:
            pairs = _examples(f"{name} for {path}" for name, path in self.elsewhere.items())
            text = f"recordings found in a folder with another name than in the table: {pairs}"
            found.append(Finding("labels", text, True, "--labels none"))
        if windows and self.timed:
            text = (
                "a window gets the label of an annotation if their overlap is at least "
                f"{self.overlap:.0%} of the shorter of the two; the largest overlap is the class"
            )
            on_grid = [labels.grid for labels in self.labels.values() if labels.timed]
            if any(on_grid):
                exported = (
                    "the annotations have the times of overlapping windows, as in an export, so "
                    "each annotation labels only the window with the same times"
                )
                found.append(Finding("labels", exported, True, "--clips"))
            if self._maybe_exported:
                text += "; annotations with the times of a window may be for this window only"
                found.append(Finding("labels", text, True, "--overlap 1"))
            elif not all(on_grid):
                found.append(Finding("labels", text, option="--overlap SHARE or --clips"))
            unused = sum(len(of.timed) - len(of.used) for of in self.labels.values() if of.asked)
            if unused:
                text = f"annotations that label no window: {unused:,}"
                found.append(Finding("labels", text, True, "--overlap 0.2 or --clips"))
        return found

    def _sources(self) -> list[Finding]:
        """Return findings that state where the labels come from."""
        used = [self.files[number] for number in sorted(self.used)]
        files = [file for file in used if not file.unlabelled]
        kinds = Counter(file.kind for file in files)
        columns = dict.fromkeys(file.label_column for file in files if file.label_column)
        text = f"from {', '.join(_counted(kind, count) for kind, count in kinds.items())}"
        if len(files) > 1:
            text += f" ({_examples(file.name for file in files)})"
        if columns:
            text += f", column {', '.join(name.removeprefix('column ') for name in columns)}"
        classes = dict.fromkeys(name for file in files for name in file.class_columns)
        if classes:
            text += f", columns with one class each: {_examples(classes)}"
        text += (
            f", for {counted(len(self.labels), 'recording')}; matched {counts_text(self.matched)}"
        )
        guessed = any(file.guessed for file in files)
        of_files = dict.fromkeys(found for file in used for found in file.findings)
        if not self.labelled:
            return list(of_files)
        return [Finding("labels", text, guessed, "--label COLUMN" if guessed else ""), *of_files]

    def _doubts(self) -> list[Finding]:
        """Return findings on labels that a person should check."""
        found: list[Finding] = []
        unsure = self._unsure
        if unsure:
            text = (
                f"{counted(len(unsure), 'annotation')} of a program, with confidence "
                f"{min(unsure):.2f} to {max(unsure):.2f}, used as labels"
            )
            found.append(Finding("labels", text, True, "--labels none"))
        unfit = [
            file.name
            for n, file in enumerate(self.files)
            if n not in self.used and file.timed and not file.unlabelled
        ]
        absent = [
            file.name
            for n, file in enumerate(self.files)
            if n in self.used and not file.unlabelled and _ABSENT.search(file.name)
        ]
        if absent:
            text = f"{_examples(absent)} may list sounds that are not there (false positives); "
            text += "import one table alone to use only its labels"
            found.append(Finding("labels", text, True, "--root FOLDER"))
        if unfit:
            text = f"annotations of other recordings, not used: {_examples(unfit)}"
            found.append(Finding("labels", text, doubtful=True))
        return found


def _counted(kind: str, count: int) -> str:
    """Return the count and the kind: "1 Raven selection table" or "2 Raven selection tables"."""
    if count == 1:
        return f"1 {kind}"
    plural = re.sub("(table|track|result|project)", r"\1s", kind, count=1)
    return f"{count:,} {plural}"


def _of_people(entries: Sequence[tuple[bool, Annotation]]) -> list[Annotation]:
    """Return the annotations that people made. If there are none, return those of programs.

    An entry is (whether a program made the file, an annotation in the file).
    """
    return [a for program, a in entries if not program] or [a for _, a in entries]


def _examples(names: Iterable[str]) -> str:
    some = list(names)
    return ", ".join(some[:_NAMED]) + (", …" if len(some) > _NAMED else "")
