"""Labels of sounds for Raven and Audacity: one table per sound file, with times in seconds."""

from collections import defaultdict
from pathlib import Path

from lodespace.errors import ProjectError
from lodespace.exporting.class_folders import safe_name
from lodespace.exporting.table import Table
from lodespace.items import table as item_table
from lodespace.items.paths import shown

_RAVEN = (
    "Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)",
    "High Freq (Hz)", "Begin File", "Annotation", "Confidence",
)  # fmt: skip

Row = tuple[float, float, str, float]
"""Start and end of an item in seconds, label, confidence (1 for a person's label)."""


def write_raven(table: Table, folder: Path, *, predictions: bool) -> int:
    """Write selection tables of Raven (tab-separated) into `folder`.

    With `predictions`, items without a label are written with the predicted class. Returns the
    number of selections. Raises ProjectError or OSError.
    """
    low, high = _frequency(table, "fmin"), _frequency(table, "fmax")
    written = 0
    for recording, rows in _by_recording(table, predictions=predictions).items():
        lines = ["\t".join(_RAVEN)]
        for number, (start, end, label, confidence) in enumerate(rows, 1):
            cells = (
                number,
                "Spectrogram 1",
                1,
                f"{start:.6f}",
                f"{end:.6f}",
                f"{low:.1f}",
                f"{high:.1f}",
            )
            lines.append(
                "\t".join(
                    map(
                        str,
                        (*cells, _plain(Path(recording).name), _plain(label), f"{confidence:.4f}"),
                    )
                )
            )
        _write(folder, recording, ".Table.1.selections.txt", lines)
        written += len(rows)
    return written


def _frequency(table: Table, name: str) -> float:
    """A frequency of the spectrograms in Hz. 0 if the data set does not state it."""
    spectrogram = table.items.details.get("spectrogram")
    value = spectrogram.get(name) if isinstance(spectrogram, dict) else None
    return float(value) if isinstance(value, int | float) else 0.0


def write_audacity(table: Table, folder: Path, *, predictions: bool) -> int:
    """Write label tracks of Audacity into `folder`.

    With `predictions`, items without a label are written with the predicted class. Returns the
    number of labels. Raises ProjectError or OSError.
    """
    written = 0
    for recording, rows in _by_recording(table, predictions=predictions).items():
        lines = [f"{start:.6f}\t{end:.6f}\t{_plain(label)}" for start, end, label, _ in rows]
        _write(folder, recording, ".txt", lines)
        written += len(rows)
    return written


def _by_recording(table: Table, *, predictions: bool) -> dict[str, list[Row]]:
    kept = table.items.table
    if table.items.kind != "sound" or kept is None:
        raise ProjectError(
            "Raven and Audacity tables are for sounds; export these items as csv, jsonl or parquet"
        )
    labels = table.names(table.labels)
    named = table.label_or_prediction() if predictions else labels
    columns = [kept.column(name) for name in (item_table.PATH, item_table.START, item_table.END)]
    found: dict[str, list[Row]] = defaultdict(list)
    for item, (path, start, end) in enumerate(zip(*columns, strict=True)):
        if named[item]:
            confidence = 1.0 if labels[item] else float(table.confidence[item])
            found[shown(path)].append((start, end, named[item], confidence))
    return found


def _write(folder: Path, recording: str, suffix: str, lines: list[str]) -> None:
    name = safe_name(recording.rsplit(".", 1)[0].replace("/", "__"))
    path = folder / f"{name}{suffix}"
    number = 2
    while path.exists():  # for example, song.wav and song.flac have the same stem
        path = folder / f"{name}-{number}{suffix}"
        number += 1
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _plain(text: str) -> str:
    return "".join(" " if c in "\t\r\n" else c for c in text)
