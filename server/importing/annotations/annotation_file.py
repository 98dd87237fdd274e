"""Recognition of annotation files by their content, and of the recordings that they name."""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lodespace.errors import DatasetError
from lodespace.importing.annotations import label_studio
from lodespace.importing.annotations.annotation import AnnotationFile
from lodespace.importing.annotations.column_names import columns_by_content, find_columns
from lodespace.importing.annotations.table_annotations import read_table
from lodespace.importing.annotations.text_tables import (
    MAX_BYTES,
    TabRows,
    is_label_track,
    is_text,
    read_label_track,
    text_lines,
)
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.cells import sketched
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.table_rows import table_suffix
from lodespace.items import decoding
from lodespace.items.errors import BadItem
from lodespace.items.paths import shown, walk
from lodespace.json_input import JsonError, json_value

_LOOKED_AT = 50
"""Number of rows that are read to recognise a table of sounds."""
_ENDING = re.compile(
    r"[ ._-]+(labels?|annotations?|annots?|selections?|label[ _]track|events?|birdnet|results?"
    r"|metadata|detections?|table)$",
    re.IGNORECASE,
)


def read_annotations(
    path: Path,
    name: str,
    options: ImportOptions,
    *,
    identified: bool = False,
    durations: bool | None = None,
) -> AnnotationFile | None:
    """Return the annotations in a file, or None if the file does not hold annotations.

    Args:
        path: File for which `may_hold` is true.
        name: Path of the file, relative to the data.
        options: Options for reading tables: `id`, `label` and `encoding`.
        identified: Whether columns of a table may hold ids of items.
        durations: Whether the second number of a row is a duration, as in `read_table`.

    Raises:
        DatasetError: The file cannot be read.
    """
    names = own_names(name)
    suffix = path.suffix.lower()
    if suffix == ".json":
        tasks = _of_json(path, name, options)
        if tasks is not None:
            return tasks
    if suffix == ".txt":
        if not _is_text(path):
            return None
        lines, findings = text_lines(path, options.encoding)
        if is_label_track(lines):
            track = read_label_track(lines, name, names, options.missing)
            track.findings += findings
            return track
        # Raven does not escape quotation marks, so its tables are not read as CSV.
        if "\t" in lines[0] and find_columns(lines[0].split("\t")).raven:
            return read_table(TabRows(lines, findings), name, names, options)
        if not identified and not any(mark in lines[0] for mark in "\t,;|"):
            return None  # the file is a text, not a table
    rows = open_rows(path, options.encoding, options.unpacked, options.sheet)
    if label_studio.is_flat(rows.columns):
        good = (row[1] for row in rows if not isinstance(row, BadItem))
        try:
            return label_studio.read_flat(good, name, options.label)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DatasetError(
                f"{path} is not a valid list of Label Studio's tasks: {error!r}"
            ) from error
    return read_table(rows, name, names, options, identified=identified, durations=durations)


def may_hold(name: str) -> bool:
    """Whether a file with this name may hold annotations."""
    return bool(table_suffix(Path(name)))


def _is_text(path: Path) -> bool:
    """Whether a file begins like a text. Raises DatasetError."""
    try:
        return is_text(path)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error


def _of_json(path: Path, name: str, options: ImportOptions) -> AnnotationFile | None:
    """Return the labels in a file of Label Studio, or None for other JSON. Raises DatasetError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        try:
            value = json_value(path.read_bytes())
        except JsonError:
            return None  # not one JSON value; perhaps one object per line
        if not label_studio.is_tasks(value):
            return None
        return label_studio.read_tasks(value, name, options.label)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DatasetError(
            f"{path} is not a valid list of Label Studio's tasks: {error!r}"
        ) from error


def names_sounds(path: Path, options: ImportOptions, suffixes: frozenset[str]) -> bool:
    """Whether a file holds annotations of sounds: it has times, or names of sound files.

    `suffixes` are the suffixes of sound files. Raises DatasetError if the file cannot be read.
    """
    if options.vector is not None or options.image is not None:
        return False
    if path.suffix.lower() in (".txt", ".json"):
        found = read_annotations(path, path.name, options)
        if found is None:
            return False
        names = [name for a in found.annotations for name in a.names]
        return (found.timed and not _are_pictures(names, suffixes)) or any(
            _has_suffix(name, suffixes) for name in names
        )
    rows = open_rows(path, options.encoding, options.unpacked, options.sheet)
    columns = find_columns(rows.columns)
    if columns.raven:
        return True
    looked_at = [
        sketched(row[1])  # a row may have a picture of many megabytes
        for row in itertools.islice(rows, _LOOKED_AT)
        if not isinstance(row, BadItem)
    ]
    if any(_is_vector(cell) for row in looked_at[:1] for cell in row.values()):
        return False
    if columns.timed and columns.files:
        names = [str(row.get(name)) for row in looked_at for name in columns.files]
        return not _are_pictures(names, suffixes)
    if not rows.has_names:
        columns = columns_by_content(looked_at)
    names = [str(row.get(name)) for row in looked_at for name in columns.files]
    if any(_has_suffix(name, suffixes) for name in names):
        return True
    return options.root is not None and _are_recordings(names, options.root, suffixes)


def _are_recordings(names: Sequence[str], root: Path, suffixes: frozenset[str]) -> bool:
    """Whether at least half of `names` are names of sound files in `root`, without the suffix.

    A name that is also the name of a picture does not count.
    """
    found = [Path(shown(path)) for path in walk(root) if isinstance(path, bytes)]
    sounds = {path.stem for path in found if path.suffix.lower() in suffixes}
    sounds -= {path.stem for path in found if path.suffix.lower() in decoding.SUFFIXES}
    known = sum(Path(name).name in sounds for name in names)
    return known > 0 and 2 * known >= len(names)


def _is_vector(cell: Any) -> bool:
    """Whether a cell is a list of numbers, or a text that contains such a list."""
    if isinstance(cell, list):
        return len(cell) > 1 and all(isinstance(value, int | float) for value in cell)
    return isinstance(cell, str) and re.match(r"\[\s*[-+.0-9]", cell) is not None


def _has_suffix(name: str, suffixes: frozenset[str]) -> bool:
    _, dot, suffix = name.strip().rpartition(".")
    return f"{dot}{suffix}".lower() in suffixes


def _are_pictures(names: Sequence[str], sounds: frozenset[str]) -> bool:
    """Whether `names` contain pictures but no sounds.

    The numbers in a file with such names are boxes, not times.
    """
    pictures = decoding.SUFFIXES - sounds
    return any(_has_suffix(name, pictures) for name in names) and not any(
        _has_suffix(name, sounds) for name in names
    )


def own_names(name: str) -> tuple[str, ...]:
    """Return possible names of the recording that an annotation file describes.

    The most likely name is the first.

    For "north/a.Table.1.selections.txt", the names are "north/a.Table.1.selections",
    "north/a.Table.1", "north/a.Table" and "north/a", each also without the folder. For an exported
    file "north__a.txt", the names are "north__a" and "north/a".
    """
    folder, _, file = name.replace("\\", "/").rpartition("/")
    stem = file.rpartition(".")[0] or file
    found = [stem]
    while True:
        shorter = _ENDING.sub("", stem)
        if shorter == stem:
            shorter = stem.rpartition(".")[0]
        if not shorter:
            break
        stem = shorter
        found.append(stem)
    beside = [f"{folder}/{part}" for part in found] if folder else []
    exported = [part.replace("__", "/") for part in found if "__" in part]
    return tuple(dict.fromkeys([*beside, *found, *exported]))
