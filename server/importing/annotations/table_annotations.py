"""Annotations in tables: of Raven, of BirdNET, or with columns for file, start, end and label."""

import itertools
from collections.abc import Iterable, Sequence

from lodespace.importing.annotations.annotation import Annotation, AnnotationFile
from lodespace.importing.annotations.cell_numbers import number_in
from lodespace.importing.annotations.column_names import (
    Column,
    Columns,
    columns_by_content,
    find_columns,
    id_columns,
    with_files_by_content,
)
from lodespace.importing.annotations.label_cells import ExactCells, LabelCells, bar_in, is_export
from lodespace.importing.annotations.label_choice import LabelChoice, choose_labels, label_text
from lodespace.importing.finding import Finding, counted
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.cells import sketched
from lodespace.importing.tables.table_rows import Row, Rows, short
from lodespace.items.errors import BadItem, ItemError

MAX_ANNOTATIONS = 2_000_000
"""Largest number of annotations of a data set."""
_LOOKED_AT = 50
_MOST_LOOKED_AT = 2000
"""Number of rows that are read to find the labels, and to find whether "|" separates labels."""
_KEPT = 1 << 28
"""Largest number of characters that are kept from columns other than labels, names and times."""


def read_table(
    rows: Rows,
    name: str,
    own_names: tuple[str, ...],
    options: ImportOptions,
    *,
    identified: bool = False,
    durations: bool | None = None,
) -> AnnotationFile | None:
    """Return the annotations in a table, or None if the table does not hold annotations.

    Args:
        rows: Rows of the table.
        name: Path of the table, relative to the data. The recordings may be in the same folder.
        own_names: Possible names of the recording if no column names the recording.
        options: The options `label`, `id`, `missing` and `clips`. With `clips`, annotations become
            items: a row needs times but no label, and the further columns are kept. Without
            `clips`, a table without known labels is `unlabelled`.
        identified: Whether columns with ids or pictures may name the labelled items. Otherwise,
            only columns with recordings may name the items.
        durations: Whether the second number is a duration, in a table that does not name its
            columns. None: decided from the numbers (nameless_times.py).
    """
    label, clips, missing = options.label, options.clips, options.missing
    looked_at = [sketched(row) for _, row in itertools.islice(_good(rows), _MOST_LOOKED_AT)]
    first = looked_at[:_LOOKED_AT]
    named = rows.has_names
    columns = find_columns(rows.columns) if named else columns_by_content(first, durations)
    with_files_by_content(columns, first)
    if identified:
        columns.files = [*id_columns(rows.columns, options.id), *columns.files]
    if not columns.timed and not columns.files:
        return None
    found = AnnotationFile(name, _kind(columns), by_program=columns.birdnet)
    found.own, found.own_names = not columns.files, own_names if columns.timed else ()
    if columns.nameless_times is not None:
        found.nameless_times = columns.nameless_times
        found.findings.append(columns.nameless_times.finding())
    if columns.start is not None and not columns.timed:
        columns.unread_times.append(columns.start.name)
    if columns.unread_times and not columns.timed:
        text = f"times in {', '.join(columns.unread_times)} are not used"
        text += "; give seconds in columns start and end"
        found.findings.append(Finding("labels", text, doubtful=True))
    chosen = choose_labels(columns, label, rows.columns, looked_at, LabelCells(missing))
    found.label_column, found.guessed = chosen.column, chosen.guessed
    found.class_columns = chosen.classes
    if not chosen.known:
        if identified:
            return None
        found.proposed = chosen.proposed
        found.unlabelled = not (columns.timed and clips)
    folder = f"{name.rpartition('/')[0]}/" if "/" in name else ""
    if is_export(rows.columns) and found.label_column == "label":
        cells = ExactCells()
    elif found.label_column in columns.several:
        cells = LabelCells(missing, "|,;")
    else:
        cells = LabelCells(missing, bar_in(row.get(found.label_column) for row in looked_at))
    reader = _Reader(columns, chosen, folder, own_names, cells, missing)
    reader.keeps = clips or not columns.timed or _one_per_recording(columns, first)
    spectrograms = _selections_in_spectrograms(rows, columns)
    for read in rows:
        if isinstance(read, BadItem):
            found.bad.append(BadItem(f"{name}: {read.name}", read.reason, unit="rows"))
            continue
        line, row = read
        if spectrograms and _is_waveform(row, columns, spectrograms):
            continue
        try:
            found.annotations.append(reader.annotation(row))
        except (ItemError, ValueError) as error:
            found.bad.append(BadItem(f"{name}: {line}", str(error), unit="rows"))
            found.unread_names.update(reader.names(row))
        if len(found.annotations) > MAX_ANNOTATIONS:
            found.bad.append(BadItem(name, f"only {MAX_ANNOTATIONS:,} annotations are read"))
            break
    found.findings += [*rows.findings, *cells.findings()]
    for column, (count, cell) in reader.unread.items():
        text = f"{name}: {counted(count, 'cell')} of the column {short(column)} without a number, "
        text += f"such as '{cell}'; the rows are used without it"
        found.findings.append(Finding("labels", text, doubtful=True))
    if chosen.column and found.annotations and not any(a.label for a in found.annotations):
        text = f"{name}: the column {short(chosen.column)} has no label"
        found.findings.append(Finding("labels", text, doubtful=True))
    return found


def _good(rows: Rows) -> Iterable[tuple[str, Row]]:
    return (row for row in rows if not isinstance(row, BadItem))


def _one_per_recording(columns: Columns, first: Sequence[Row]) -> bool:
    """Whether no two rows name the same recording.

    The values in a row may then be for the whole recording.
    """
    names = [tuple(str(row.get(name)) for name in columns.files) for row in first]
    return bool(columns.files) and len(set(names)) == len(names)


def _kind(columns: Columns) -> str:
    if columns.birdnet:
        return "BirdNET result"
    if columns.raven:
        return "Raven selection table"
    return "table of times and labels" if columns.timed else "table of labels per recording"


def _selections_in_spectrograms(rows: Rows, columns: Columns) -> set[str]:
    """Return the numbers of the selections that have a row for the view "Spectrogram".

    Raven writes one row per view for each selection. Empty if the table is not from Raven, or has
    no views.
    """
    view, selection = columns.view, columns.selection
    if not columns.raven or view is None or selection is None:
        return set()
    return {
        str(row.get(selection))
        for _, row in _good(rows)
        if str(row.get(view)).startswith("Spectrogram")
    }


def _is_waveform(row: Row, columns: Columns, spectrograms: set[str]) -> bool:
    """Whether the row repeats a selection for another view than "Spectrogram".

    `spectrograms` are the selections that have a row for the view "Spectrogram".
    """
    return (
        not str(row.get(columns.view or "")).startswith("Spectrogram")
        and str(row.get(columns.selection or "")) in spectrograms
    )


class _Reader:
    """Converts rows of one table to annotations."""

    def __init__(
        self,
        columns: Columns,
        chosen: LabelChoice,
        folder: str,
        own_names: tuple[str, ...],
        labels_in: LabelCells,
        missing: str | None,
    ) -> None:
        self.columns, self.chosen = columns, chosen
        self.folder, self.own_names = folder, own_names
        self.labels_in = labels_in
        exact = isinstance(labels_in, ExactCells)
        self.others_in = LabelCells("", "|") if exact else LabelCells(missing, "|,;")
        self.keeps = True
        """Whether further columns are kept."""
        self._left = _KEPT
        self.unread: dict[str, tuple[int, str]] = {}
        """Per column, the number of cells without the expected number, and the first such cell."""

    def _minor(self, row: Row, column: Column | None) -> float | None:
        """Return the number in a cell.

        If the text is not a number, return None, and count the cell in `unread`.
        """
        try:
            return _scaled(row, column)
        except ItemError:
            assert column is not None
            count, first = self.unread.get(column.name, (0, str(row.get(column.name))[:40]))
            self.unread[column.name] = count + 1, first
            return None

    def annotation(self, row: Row) -> Annotation:
        """Return the annotation in a row. Raises ItemError or ValueError."""
        columns = self.columns
        chosen = self.chosen
        labels = chosen.marked(row) or self.labels_in(row.get(chosen.column))
        others = self.others_in(row.get(columns.others or ""))
        names = self.names(row)
        start, end = self._times(row)
        return Annotation(
            tuple(dict.fromkeys(names)),
            labels[0] if labels else "",
            start,
            end,
            self._minor(row, columns.low),
            self._minor(row, columns.high),
            self._minor(row, Column(columns.confidence) if columns.confidence else None),
            tuple(dict.fromkeys([*labels[1:], *others])),
            label_text(row.get(columns.split or "")) or None,
            self._further(row) if self.keeps else {},
        )

    def names(self, row: Row) -> list[str]:
        """Return the names under which the recording of a row may be found, most likely first."""
        columns = self.columns
        cells = [str(row.get(name) or "") for name in columns.files]
        given = [text for cell in cells if cell.strip() for text in (cell, cell.strip())]
        names = [path for name in given for path in (f"{self.folder}{name}", name)]
        if columns.raven or not names:
            names += self.own_names
        return names

    def _further(self, row: Row) -> Row:
        """Return the values of the columns that have no other meaning."""
        columns = self.columns
        more = [*columns.unused, *([columns.selection] if columns.selection else [])]
        kept = {n: row[n] for n in more if n in row and n != self.chosen.column}
        self._left -= sum(len(value) for value in kept.values() if isinstance(value, str | bytes))
        return kept if self._left > 0 else {}

    def _times(self, row: Row) -> tuple[float | None, float | None]:
        columns = self.columns
        if not columns.timed:
            return None, None
        start, end = _scaled(row, columns.start), _scaled(row, columns.end)
        duration = _scaled(row, columns.duration)
        if start is None and end is None:
            return None, None
        if start is not None and end is None and duration is not None:
            end = start + duration
        if start is None or end is None:
            raise ItemError("the row has only one of start and end")
        offset = _scaled(row, columns.file_offset)
        if offset is not None:  # the times are counted from the beginning of a series of files
            start, end = offset, offset + (end - start)
        if end < start:
            raise ItemError(f"the end, {end:g} s, is before the start, {start:g} s")
        if start < 0:
            raise ItemError(f"the start, {start:g} s, is negative")
        return start, end


def _scaled(row: Row, column: Column | None) -> float | None:
    """Return the number in a cell, in seconds or Hz; None if there is no column or no number.

    Raises ItemError with the name of the column.
    """
    if column is None:
        return None
    try:
        return number_in(row.get(column.name), column.factor)
    except ValueError as error:
        raise ItemError(f"column {short(column.name)}: {error}") from error
