"""Annotations in .txt files: selection tables of Raven and label tracks of Audacity."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.annotations.annotation import Annotation, AnnotationFile
from lodespace.importing.annotations.cell_numbers import number_in
from lodespace.importing.annotations.label_cells import LabelCells, bar_in
from lodespace.importing.finding import Finding, counted
from lodespace.importing.tables.table_rows import Row, Rows
from lodespace.importing.tables.text_file import TextFile
from lodespace.items.errors import BadItem

MAX_BYTES = 256 << 20
"""Largest size of a text file with annotations, in bytes."""
_SNIFFED = 4096
_REPLACED = "\ufffd"
"""Character in place of bytes that are not valid in the encoding."""


class TabRows(Rows):
    """Rows of a tab-separated text file, as Raven writes it: the first line names the columns."""

    def __init__(self, lines: Sequence[str], findings: Sequence[Finding] = ()) -> None:
        self.lines = lines
        super().__init__(_cells(lines[0]))
        self.findings += findings

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        for number, line in enumerate(self.lines[1:], 2):
            if not line.strip():
                continue
            cells = _cells(line)
            # Raven leaves out empty cells at the end of a line.
            cells += [""] * (len(self.columns) - len(cells))
            if len(cells) > len(self.columns) and any(cells[len(self.columns) :]):
                yield BadItem(
                    f"line {number}",
                    f"has {len(cells)} fields, but the header has {len(self.columns)} columns",
                )
                continue
            yield f"line {number}", dict(zip(self.columns, cells, strict=False))


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in line.split("\t")]
    return [
        cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
        for cell in cells
    ]


def text_lines(path: Path, encoding: str | None = None) -> tuple[list[str], list[Finding]]:
    """Return the lines of a text file, and findings on a doubtful encoding.

    Args:
        path: The file.
        encoding: Name of the encoding. None: found as for other tables (text_file.py).

    Raises:
        DatasetError: The file cannot be read.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DatasetError(f"{path}: at most {MAX_BYTES >> 20} MB are read; split the file")
        file = TextFile(path, encoding)
        text = path.read_bytes().decode(file.encoding, "replace")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    findings = list(file.findings)
    if _REPLACED in text:
        wrong = counted(sum(_REPLACED in line for line in text.splitlines()), "line")
        damaged = f"{wrong} with letters that are not {file.encoding} text"
        findings.append(Finding("columns", damaged, True, "--encoding NAME"))
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), findings


def is_text(path: Path) -> bool:
    """Whether a file begins like a text. Raises OSError."""
    with path.open("rb") as file:
        begin = file.read(_SNIFFED)
    return b"\0" not in begin or begin[:2] in (b"\xff\xfe", b"\xfe\xff")


def is_label_track(lines: Sequence[str]) -> bool:
    """Whether the lines are a label track of Audacity: start, end, and label, without a header."""
    first = [line for line in lines[:20] if line.strip()]
    return (
        bool(first)
        and not first[0].startswith("\\")
        and all(line.startswith("\\") or _times(line) is not None for line in first)
    )


def _times(line: str) -> tuple[float, float] | None:
    cells = line.split("\t")
    if len(cells) < 2:
        return None
    try:
        start, end = number_in(cells[0]), number_in(cells[1])
    except ValueError:
        return None
    return None if start is None or end is None else (start, end)


def read_label_track(
    lines: Sequence[str], name: str, own_names: tuple[str, ...], missing: str | None = None
) -> AnnotationFile:
    r"""Return the annotations of a label track of Audacity.

    A line is `start, end, label`, separated by tabs. BirdNET adds the confidence. A line that
    begins with a backslash states the lowest and highest frequency of the label before it.

    Args:
        lines: The lines of the file.
        name: Path of the file, relative to the data.
        own_names: Possible names of the recording.
        missing: Texts that mean a missing value, separated by commas (`LabelCells`).
    """
    found = AnnotationFile(name, "Audacity label track", own=True)
    rows = (line.split("\t") for line in lines)
    labels_in = LabelCells(missing, bar_in(cells[2] for cells in rows if len(cells) > 2))
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = line.split("\t")
        if cells[0].strip() == "\\":
            _add_frequencies(found, cells)
            continue
        times = _times(line)
        if times is None or not 0 <= times[0] <= times[1]:
            found.bad.append(BadItem(f"{name}: line {number}", "has no start and end in seconds"))
            continue
        labels = labels_in(cells[2] if len(cells) > 2 else "")
        annotation = Annotation(own_names, labels[0] if labels else "", *times)
        annotation.others = labels[1:]
        annotation.confidence = _confidence(cells)
        if annotation.confidence is not None:
            found.kind, found.by_program = "BirdNET result", True
        found.annotations.append(annotation)
    found.findings += labels_in.findings()
    return found


def _add_frequencies(found: AnnotationFile, cells: Sequence[str]) -> None:
    if len(cells) < 3 or not found.annotations:
        return
    try:
        low, high = number_in(cells[1]), number_in(cells[2])
    except ValueError:
        return
    # Audacity writes -1 for a frequency that is not set.
    found.annotations[-1].low = low if low is not None and low >= 0 else None
    found.annotations[-1].high = high if high is not None and high >= 0 else None


def _confidence(cells: Sequence[str]) -> float | None:
    if len(cells) != 4:
        return None
    try:
        value = number_in(cells[3])
    except ValueError:
        return None
    return value if value is not None and 0 <= value <= 1 else None
