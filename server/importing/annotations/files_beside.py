"""The files with annotations in a folder of recordings."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from lodespace.importing.annotations.annotation import AnnotationFile
from lodespace.importing.annotations.annotation_file import may_hold, read_annotations
from lodespace.importing.annotations.table_annotations import MAX_ANNOTATIONS
from lodespace.importing.source import ImportOptions
from lodespace.items.paths import shown


def read_beside(
    root: Path, others: Iterable[bytes], options: ImportOptions
) -> tuple[list[AnnotationFile], list[bytes]]:
    """Return the files of annotations among the files `others` in `root`, and their paths.

    Files that are not annotations are ignored, and so are tables such as sample_submission.csv,
    which show how to hand in predictions.
    """
    files: list[AnnotationFile] = []
    paths: list[bytes] = []
    left = MAX_ANNOTATIONS
    for path in others:
        if left <= 0:
            break
        if not may_hold(shown(path)) or "submission" in shown(path).rpartition("/")[2].lower():
            continue
        found = None
        # One file cannot end the import. A table or text of another kind may hold anything.
        with contextlib.suppress(Exception):
            found = read_annotations(root / Path(_decoded(path)), shown(path), options)
        if found is not None and (found.annotations or (found.own_names and not found.bad)):
            files.append(found)
            paths.append(path)
            left -= len(found.annotations)
    return files, paths


def _decoded(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
