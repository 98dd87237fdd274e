"""One annotation of a recording, and the annotations of one file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lodespace.importing.annotations.nameless_times import NamelessTimes
from lodespace.importing.finding import Finding
from lodespace.items.errors import BadItem


@dataclass(slots=True)
class Annotation:
    """A label of a recording, of a part of a recording, or of an item."""

    names: tuple[str, ...]
    """Names of the recording or item: ids and paths as the file states them.

    The first name identifies the recording or item best.
    """
    label: str
    """Class name. Empty for a part without a label."""
    start: float | None = None
    """Start in the recording, in seconds. None: the label is for the whole recording or item."""
    end: float | None = None
    """End in the recording, in seconds. None if `start` is None."""
    low: float | None = None
    """Lowest frequency in Hz. None if the file does not state it."""
    high: float | None = None
    """Highest frequency in Hz. None if the file does not state it."""
    confidence: float | None = None
    """Confidence of the program that found the label, 0 to 1. None for a label that a person gave.
    """
    others: tuple[str, ...] = ()
    """Further labels of the same recording, part or item."""
    split: str | None = None
    """Split of the recording: train, test, a fold, ..."""
    columns: dict[str, Any] = field(default_factory=dict[str, Any])
    """Values of the file's other columns."""

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, without an empty label."""
        return tuple(dict.fromkeys(name for name in (self.label, *self.others) if name))


@dataclass
class AnnotationFile:
    """The annotations in one file."""

    name: str
    """Path of the file, for messages."""
    kind: str
    """Kind of the file, such as "Raven selection table"."""
    annotations: list[Annotation] = field(default_factory=list[Annotation])
    bad: list[BadItem] = field(default_factory=list[BadItem])
    """Lines that cannot be read, with reasons."""
    unread_names: set[str] = field(default_factory=set[str])
    """Names of recordings in lines that cannot be read."""
    label_column: str = ""
    """Column with the labels. Empty if the format has no columns with names."""
    class_columns: tuple[str, ...] = ()
    """Columns that each stand for one class. Empty if there is a `label_column`."""
    by_program: bool = False
    """Whether a program such as BirdNET found the annotations."""
    own: bool = False
    """Whether no row names a recording. The name of the annotation file then identifies the
    recording.
    """
    own_names: tuple[str, ...] = ()
    """Possible names of the recording, made from the name of the annotation file.

    The most likely name is the first.

    Empty if the file is not a table with columns for times."""
    findings: list[Finding] = field(default_factory=list[Finding])
    """How the file was read."""
    passed: int = 0
    """Number of entries that are not used, because they label a region of a picture."""
    nameless_times: NamelessTimes | None = None
    """The times of a table that does not name its columns."""
    unlabelled: bool = False
    """Whether the file is a table in which no column is known to have labels."""
    proposed: tuple[str, ...] = ()
    """Columns that may hold the labels, if no column of the table is known to have labels.

    A message proposes these columns as values of `--label`.
    """
    guessed: bool = False
    """Whether the label column was found by its content, because it has no usual name."""

    @property
    def timed(self) -> bool:
        """Whether any annotation has times."""
        return any(annotation.start is not None for annotation in self.annotations)


def joined(labels: Sequence[str]) -> str | None:
    """Return labels as one text such as "a|b", or None if there are no labels.

    The column other_labels has texts of this form.
    """
    return "|".join(labels) or None


def separated(text: str) -> tuple[str, ...]:
    """Return the labels in a text that `joined` returned."""
    return tuple(part for part in (part.strip() for part in text.split("|")) if part)
