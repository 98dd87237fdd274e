"""Reading of labels from tables, annotations of sounds, Label Studio, and earlier projects."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lodespace.errors import DatasetError
from lodespace.importing.annotations.annotation import Annotation, AnnotationFile, separated
from lodespace.importing.annotations.annotation_file import may_hold, read_annotations
from lodespace.importing.annotations.files_beside import read_alike
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.table_rows import short
from lodespace.importing.tally import report_line
from lodespace.items import table as item_table
from lodespace.items.errors import BadItem
from lodespace.items.import_report import with_option
from lodespace.items.paths import shown, walk
from lodespace.models.item_predictions import UNLABELED
from lodespace.project.project import MANIFEST

_NAMED = 20
"""Largest number of columns that a message names."""


@dataclass
class ForeignLabels:
    """Labels that `--labels-from` reads. They are not yet matched to the items of the project."""

    annotations: list[Annotation] = field(default_factory=list[Annotation])
    overlap: float = 0.5
    """Smallest overlap with which an annotation labels a window, as a share of the shorter of the
    two."""
    notes: list[str] = field(default_factory=list[str])
    """How the files were read, as lines for a terminal. Doubtful lines begin with "? "."""

    @property
    def by_name(self) -> dict[str, str]:
        """Labels by the name of the item: the first name in the annotation.

        Annotations without a name or label are left out.
        """
        return {a.names[0]: a.label for a in self.annotations if a.names and a.label}

    @classmethod
    def of(cls, labels: dict[str, str]) -> "ForeignLabels":
        """Return ForeignLabels with `labels`, which map the id of an item to its label."""
        return cls([Annotation((item_id,), label) for item_id, label in labels.items()])


def read_labels(path: Path, options: ImportOptions) -> ForeignLabels:
    """Return the labels in the file or folder at `path`.

    A folder is an earlier project, or holds files with annotations of sounds.

    Raises:
        DatasetError: `path` does not exist, has another format, or cannot be read.
    """
    if path.is_dir():
        if (path / MANIFEST).is_file():
            return ForeignLabels(_of_project(path), options.overlap)
        files = _of_folder(path, options)
    elif not path.is_file():
        raise DatasetError(f"--labels-from {path}: no such file or project")
    else:
        files = [_of_file(path, path.name, options)]
    found = ForeignLabels([], options.overlap)
    for file in files:
        if file.bad:
            raise DatasetError(f"--labels-from {file.bad[0].name}: {file.bad[0].reason}")
        found.annotations += file.annotations
        if file.label_column and file.annotations:
            found.notes.append(f"labels from the column {short(file.label_column)} of {file.name}")
        found.notes += [
            f"{'? ' if f.doubtful else ''}{with_option(report_line(f))}" for f in file.findings
        ]
    _refuse_two_labels(path, found.annotations)
    return found


def _of_file(path: Path, name: str, options: ImportOptions) -> AnnotationFile:
    """Return the labels in one file. Raises DatasetError."""
    suffix = path.suffix.lower()
    if not may_hold(path.name):
        raise DatasetError(f"--labels-from {path}: {_WANTED}")
    try:
        found = read_annotations(path, name, options, identified=True)
    except DatasetError as error:
        if suffix != ".json":
            raise
        raise DatasetError(
            f"--labels-from {path}: not tasks of Label Studio, and not a table: {error}"
        ) from error
    if found is not None:
        return found
    if suffix == ".json":
        raise DatasetError(f"--labels-from {path}: not tasks of Label Studio; {_WANTED}")
    if suffix == ".txt":
        raise DatasetError(f"--labels-from {path}: {_WANTED}")
    names = open_rows(path, options.encoding, options.unpacked, options.sheet).columns
    more = ", ..." if len(names) > _NAMED else ""
    raise DatasetError(
        f"--labels-from {path}: name the columns of ids and labels with --id and --label; the "
        f"columns are {', '.join(map(short, names[:_NAMED]))}{more}"
    )


_WANTED = (
    "give a table with ids or paths and labels, Raven selection tables, Audacity label tracks, an "
    "export of Label Studio, or a project folder"
)


def _of_folder(path: Path, options: ImportOptions) -> list[AnnotationFile]:
    """Return the labels in all files with annotations in a folder. Raises DatasetError."""
    files: list[AnnotationFile] = []
    names: list[bytes] = []

    def read(name: bytes, durations: bool | None = None) -> AnnotationFile | None:
        file = path / os.fsdecode(name)
        return read_annotations(file, shown(name), options, identified=True, durations=durations)

    for found in walk(path):
        if not isinstance(found, BadItem) and may_hold(shown(found)):
            file = read(found)
            if file is not None:
                files.append(file)
                names.append(found)
    read_alike(files, lambda index, durations: read(names[index], durations))
    if not files:
        raise DatasetError(
            f"--labels-from {path}: not a project ({MANIFEST} is missing), and no file in it has "
            "annotations of sounds"
        )
    return files


def _refuse_two_labels(path: Path, annotations: Sequence[Annotation]) -> None:
    """Raise DatasetError if a file states two labels for one item in different rows."""
    first: dict[str, str] = {}
    for annotation in annotations:
        if annotation.start is not None or not annotation.label or not annotation.names:
            continue
        name, label = annotation.names[0], annotation.label
        if first.setdefault(name, label) != label:
            raise DatasetError(
                f"--labels-from {path}: '{name}' is labelled '{first[name]}' and '{label}'; keep "
                "one label"
            )


def _of_project(path: Path) -> list[Annotation]:
    """Return the labels of a project, with times for sounds. Raises ProjectError."""
    from lodespace.project.offline import open_offline

    project, session = open_offline(path)
    project.close()
    names = {c.class_id: c.name for c in session.classes.classes}
    labels, kept = session.labels, project.items.table
    found: list[Annotation] = []
    for item in np.flatnonzero(labels != UNLABELED).tolist():
        annotation = Annotation((session.items.item_id(item),), names[int(labels[item])])
        if kept is not None:
            original = kept.value(item_table.PATH, item)
            if original is not None:
                annotation.names += (shown(original),)
            annotation.start = kept.value(item_table.START, item)
            annotation.end = kept.value(item_table.END, item)
            annotation.others = separated(kept.value(item_table.OTHER_LABELS, item) or "")
        found.append(annotation)
    return found
