"""The labels of sounds for Raven and Audacity: one table per sound file, with times in seconds."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lodespace.errors import ProjectError
from lodespace.exporting.class_folders import safe_name
from lodespace.exporting.table import Table
from lodespace.items import table as item_table
from lodespace.items.details import as_text
from lodespace.items.paths import shown

_RAVEN = (
    "Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)",
    "High Freq (Hz)", "Begin File", "Begin Path", "Annotation", "Confidence",
)  # fmt: skip
_SELECTION, _CHANNEL = "Selection", "Channel"


@dataclass(frozen=True)
class _Row:
    """One label of an item. An item with several labels has several rows."""

    start: float
    """Start of the item in seconds."""
    end: float
    """End of the item in seconds."""
    low: float | None
    """Lowest frequency of the annotated sound in Hz. None if the item is a whole window."""
    high: float | None
    """Highest frequency of the annotated sound in Hz. None if the item is a whole window."""
    label: str
    confidence: float
    """Probability of the label; 1 for a label that a person gave."""
    columns: dict[str, Any]
    """Further columns of the item in the imported data, by name."""


def write_raven(table: Table, folder: Path, *, predictions: bool) -> int:
    """Write selection tables of Raven (tab-separated) into `folder`.

    The columns of Raven come first, then the columns of the imported data. Selections of an
    imported selection table keep their numbers. With `predictions`, items without a label are
    written with the predicted class. Returns the number of selections. Raises ProjectError or
    OSError.
    """
    low, high = _frequency(table, "fmin"), _frequency(table, "fmax")
    written = 0
    recordings = _by_recording(table, predictions=predictions)
    stems = Counter(map(_stem, recordings))
    used = dict.fromkeys(
        name
        for rows in recordings.values()
        for row in rows
        for name, value in row.columns.items()
        if value not in (None, "")
    )
    more = [name for name in used if name not in _RAVEN]
    for recording, rows in recordings.items():
        lines = ["\t".join([*_RAVEN, *map(_plain, more)])]
        for number, row in _numbered(rows):
            cells = (
                number,
                "Spectrogram 1",
                as_text(row.columns.get(_CHANNEL)) or 1,
                f"{row.start:.6f}",
                f"{row.end:.6f}",
                f"{low if row.low is None else row.low:.1f}",
                f"{high if row.high is None else row.high:.1f}",
                Path(recording).name,
                recording,
                row.label,
                f"{row.confidence:.4f}",
                *(as_text(row.columns.get(name)) for name in more),
            )
            lines.append("\t".join(_plain(str(cell)) for cell in cells))
        _write(folder, recording, stems, ".Table.1.selections.txt", lines)
        written += len(rows)
    return written


def _numbered(rows: list[_Row]) -> list[tuple[int, _Row]]:
    """Return the rows with their selection numbers, in the order of the numbers.

    If the imported rows have distinct whole numbers, these numbers are used. Otherwise the numbers
    are 1, 2, 3, ...
    """
    given = [as_text(row.columns.get(_SELECTION)) for row in rows]
    if all(text.isascii() and text.isdecimal() and len(text) < 10 for text in given):
        numbers = [int(text) for text in given]
        if len(set(numbers)) == len(numbers):
            return sorted(zip(numbers, rows, strict=True), key=lambda pair: pair[0])
    return list(enumerate(rows, 1))


def _frequency(table: Table, name: str) -> float:
    """Return the frequency `name` of the spectrograms in Hz; 0 if it is not stated."""
    spectrogram = table.items.details.get("spectrogram")
    value = spectrogram.get(name) if isinstance(spectrogram, dict) else None
    return float(value) if isinstance(value, int | float) else 0.0


def write_audacity(table: Table, folder: Path, *, predictions: bool) -> int:
    """Write label tracks of Audacity into `folder`.

    With `predictions`, items without a label are written with the predicted class. Returns the
    number of labels. Raises ProjectError or OSError.
    """
    written = 0
    recordings = _by_recording(table, predictions=predictions)
    stems = Counter(map(_stem, recordings))
    for recording, rows in recordings.items():
        lines: list[str] = []
        for row in rows:
            lines.append(f"{row.start:.6f}\t{row.end:.6f}\t{_plain(row.label)}")
            if row.low is not None and row.high is not None:
                lines.append(f"\\\t{row.low:.6f}\t{row.high:.6f}")
        _write(folder, recording, stems, ".txt", lines)
        written += len(rows)
    return written


def _by_recording(table: Table, *, predictions: bool) -> dict[str, list[_Row]]:
    kept = table.items.table
    if table.items.kind != "sound" or kept is None:
        raise ProjectError(
            "Raven and Audacity tables are for sounds; export these items as csv, jsonl or parquet"
        )
    names = (
        item_table.PATH,
        item_table.START,
        item_table.END,
        item_table.LOW,
        item_table.HIGH,
    )
    predicted = table.names(table.predictions)
    columns = [kept.column(name) for name in names]
    found: dict[str, list[_Row]] = defaultdict(list)
    for item, (path, start, end, low, high) in enumerate(zip(*columns, strict=True)):
        labels, confidence = table.labels_of(item), 1.0
        if not labels and predictions and predicted[item]:
            labels, confidence = [predicted[item]], float(table.confidence[item])
        source = kept.row(item) if labels else {}
        found_here = [_Row(start, end, low, high, label, confidence, source) for label in labels]
        if found_here:
            found[shown(path)] += found_here
    return found


def _stem(recording: str) -> str:
    """Return the path of a recording without the suffix."""
    return recording.rsplit(".", 1)[0]


def _write(
    folder: Path, recording: str, stems: Counter[str], suffix: str, lines: list[str]
) -> None:
    """Write the table of a recording.

    The name of the table has the suffix of the recording if two recordings differ only in their
    suffixes, such as song.wav and song.flac. `stems` has the number of recordings
    per name without suffix.
    """
    stem = _stem(recording)
    name = safe_name((recording if stems[stem] > 1 else stem).replace("/", "__"))
    path = folder / f"{name}{suffix}"
    number = 2
    while path.exists():
        path = folder / f"{name}-{number}{suffix}"
        number += 1
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _plain(text: str) -> str:
    return "".join(" " if c in "\t\r\n" else c for c in text)
