"""The files with annotations in a folder of recordings."""

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path

from lodespace.importing.annotations.annotation import AnnotationFile
from lodespace.importing.annotations.annotation_file import may_hold, read_annotations
from lodespace.importing.annotations.nameless_times import are_durations
from lodespace.importing.annotations.table_annotations import MAX_ANNOTATIONS
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.table_rows import may_have_labels
from lodespace.items.paths import shown


def read_beside(
    root: Path, others: Iterable[bytes], options: ImportOptions
) -> tuple[list[AnnotationFile], list[bytes]]:
    """Return the annotation files among the files `others` in `root`, and the path of each.

    Files that are not annotations are ignored, and so are tables such as sample_submission.csv,
    which show how to hand in predictions. In all tables without column names, the second number of
    a row has the same meaning (`read_alike`).
    """
    files: list[AnnotationFile] = []
    paths: list[bytes] = []
    left = MAX_ANNOTATIONS
    for path in others:
        if left <= 0:
            break
        if not may_hold(shown(path)) or not may_have_labels(shown(path)):
            continue
        found = _read(root, path, options)
        if found is not None and (found.annotations or found.own_names or found.bad):
            files.append(found)
            paths.append(path)
            left -= len(found.annotations)
    read_alike(files, lambda index, durations: _read(root, paths[index], options, durations))
    return files, paths


def read_alike(
    files: list[AnnotationFile], again: Callable[[int, bool], AnnotationFile | None]
) -> None:
    """Give the second number of a row the same meaning, end or duration, in all nameless tables.

    A nameless table has no column names. nameless_times.py decides between end and duration.

    Args:
        files: The files of a data set. Each table that was read in the other way is read again,
            and replaced in this list.
        again: Function that reads a file again. Its arguments are the index of the file, and
            whether the second number is a duration.
    """
    durations = are_durations(file.nameless_times for file in files if file.nameless_times)
    for index, file in enumerate(files):
        if file.nameless_times and file.nameless_times.durations != durations:
            files[index] = again(index, durations) or file


def _read(
    root: Path, path: bytes, options: ImportOptions, durations: bool | None = None
) -> AnnotationFile | None:
    # A table or text of another kind may hold anything. An error in one file must not end the
    # import.
    with contextlib.suppress(Exception):
        file = root / Path(_decoded(path))
        return read_annotations(file, shown(path), options, durations=durations)
    return None


def _decoded(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
