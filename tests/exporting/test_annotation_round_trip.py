"""Annotations of sounds: imported with the recordings, corrected, and exported as tables."""

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from lodespace.exporting.formats import FILES, export
from lodespace.importing.annotations.item_labels import match_items
from lodespace.importing.source import ImportOptions
from lodespace.items import originals
from lodespace.items import table as item_table
from lodespace.project.label_import import take_labels
from lodespace.project.labels_from import ForeignLabels, read_labels
from lodespace.project.offline import open_offline
from lodespace.project.opening import open_project
from lodespace.project.project import Project
from lodespace.protocol import UNLABELED

RATE = 8000
COLUMNS = (
    "Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)",
    "High Freq (Hz)", "Begin File", "Annotation", "Notes",
)  # fmt: skip
TABLES = {
    "north/a.Table.1.selections.txt": [
        (1, 1, 0.5, 0.8, 1000, 2000, "a.wav", "NOCA", "faint"),
        (2, 1, 2.25, 5.5, 500, 2500, "a.wav", "WOTH", ""),
        (3, 2, 2.3, 2.4, 3000, 3500, "a.wav", "NOCA", ""),
        (7, 1, 6.9, 7.0, 1000, 2000, "a.wav", "BLJA", "at the end"),
    ],
    "south/a.Table.1.selections.txt": [(4, 1, 0, 1.5, 100.5, 900.25, "a.wav", "WOTH", 'a "b"')],
    "south/song.flac.Table.1.selections.txt": [(1, 1, 1, 2, 100, 900, "song.flac", "NOCA", "")],
    "south/song.wav.Table.1.selections.txt": [(1, 1, 3, 4, 100, 900, "song.wav", "WOTH", "")],
}


def text_of(rows: list[tuple[Any, ...]]) -> str:
    lines = ["\t".join(COLUMNS)]
    for number, channel, start, end, low, high, *rest in rows:
        times = (f"{start:.6f}", f"{end:.6f}", f"{low:.1f}", f"{high:.1f}")
        lines.append("\t".join(map(str, (number, "Spectrogram 1", channel, *times, *rest))))
    return "\n".join(lines) + "\n"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Two recordings named a.wav, and song.wav beside song.flac, with selection tables."""
    root = tmp_path / "field"
    rng = np.random.default_rng(0)
    for name in ("north/a.wav", "south/a.wav", "south/song.wav", "south/song.flac"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / name, rng.normal(0, 0.1, (7 * RATE, 2)).astype(np.float32), RATE)
    for name, rows in TABLES.items():
        (root / name).write_text(text_of(rows))
    return root


def read_tables(folder: Path) -> dict[str, list[list[str]]]:
    """Return the cells of all tables in `folder`, by file name.

    Each line of a table has the cells of the columns COLUMNS.
    """
    found: dict[str, list[list[str]]] = {}
    for path in sorted(folder.iterdir()):
        reader = csv.DictReader(
            io.StringIO(path.read_text("utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        found[path.name] = [[row[name] or "" for name in COLUMNS] for row in reader]
    return found


def labels_of(project: Project) -> dict[str, tuple[str, str | None]]:
    found, session = open_offline(project.folder)
    found.close()
    assert session.items.table is not None
    names = {c.class_id: c.name for c in session.classes.classes} | {UNLABELED: ""}
    others = session.items.table.column(item_table.OTHER_LABELS)
    return {
        item_id: (names[label], other)
        for item_id, label, other in zip(
            session.items.ids, session.labels.tolist(), others, strict=True
        )
    }


def make(data: Path, folder: Path, **options: Any) -> Project:
    project = open_project(data, project_folder=folder, options=ImportOptions(**options))
    project.close()
    return project


def test_raven_tables_are_equal_after_a_round_trip(recordings: Path, tmp_path: Path) -> None:
    project = make(recordings, tmp_path / "work", clips=True)
    corrected = "north/a.wav@2.300-2.400"
    take_labels(project, ForeignLabels.of({corrected: "BLJA"}), "replace")
    export(project.folder, tmp_path / "out", "raven")
    expected = {
        name.replace("/", "__"): list(csv.reader(io.StringIO(text_of(rows)), delimiter="\t"))[1:]
        for name, rows in TABLES.items()
    }
    lines = expected["north__a.Table.1.selections.txt"]
    lines[2][COLUMNS.index("Annotation")] = "BLJA"
    expected["south__a.Table.1.selections.txt"][0][-1] = 'a "b"'
    assert read_tables(tmp_path / "out") == expected
    # The tables label a project that has no labels.
    for name in TABLES:
        (recordings / name).unlink()
    shutil.copytree(tmp_path / "out", recordings / "tables")
    again = make(recordings, tmp_path / "again", clips=True)
    assert labels_of(again) == labels_of(project)


def test_a_clip_plays_with_the_sound_around_it(recordings: Path, tmp_path: Path) -> None:
    project = open_project(
        recordings, project_folder=tmp_path / "work", options=ImportOptions(clips=True, window=2.0)
    )
    item = project.items.ids.index("south/song.flac@1.000-2.000")
    samples, _ = soundfile.read(io.BytesIO(originals.sound(project.items, item)), dtype="float32")
    whole, _ = soundfile.read(recordings / "south/song.flac", dtype="float32", always_2d=True)
    project.close()
    np.testing.assert_allclose(samples, whole[RATE // 2 : 5 * RATE // 2].mean(axis=1), atol=1e-4)


def matched(project: Project, labels: ForeignLabels) -> dict[str, str]:
    """Match foreign labels with the items of a project.

    Return the label of each matched item, by id.
    """
    found = match_items(labels.annotations, project.items, labels.overlap)
    assert found.unknown == [] and found.unclear == []
    return {project.items.ids[item]: names[0] for item, names in found.labels.items()}


@pytest.mark.parametrize("clips", [False, True])
def test_every_export_of_sounds_is_imported_completely(
    recordings: Path, tmp_path: Path, clips: bool
) -> None:
    options = {"clips": clips, "window": 2.0, "hop": None if clips else 1.0}
    project = make(recordings, tmp_path / "work", **options)
    wanted = labels_of(project)
    assert any(other for _, other in wanted.values()) or clips
    for kind in ("raven", "audacity", "csv", "jsonl", "parquet", "label-studio"):
        out = tmp_path / f"out-{kind}{FILES[kind][0] if kind in FILES else ''}"
        export(project.folder, out, kind)
        labels = matched(project, read_labels(out, ImportOptions()))
        assert labels == {i: label for i, (label, _) in wanted.items() if label}, kind


def test_labels_of_windows_serve_other_windows(recordings: Path, tmp_path: Path) -> None:
    project = make(recordings, tmp_path / "work", window=1.0)
    other = make(recordings, tmp_path / "other", window=2.0)
    rows = [f"{item_id},{label}" for item_id, (label, _) in labels_of(project).items() if label]
    (tmp_path / "ids.csv").write_text("\n".join(["id,label", *rows]))
    export(project.folder, tmp_path / "out.csv")
    export(project.folder, tmp_path / "tracks", "audacity")
    for name in ("out.csv", "tracks", "ids.csv"):
        found = matched(other, read_labels(tmp_path / name, ImportOptions()))
        assert {i: label for i, label in found.items() if i.startswith("north")} == {
            "north/a.wav@0.000": "NOCA",
            "north/a.wav@2.000": "WOTH",
            "north/a.wav@4.000": "WOTH",
            "north/a.wav@6.000": "BLJA",
        }, name


def test_class_folders_keep_the_time_in_the_names(recordings: Path, tmp_path: Path) -> None:
    project = make(recordings, tmp_path / "work", window=1.0, hop=0.5)
    export(project.folder, tmp_path / "out", "classes")
    names = {path.name for path in (tmp_path / "out" / "NOCA").iterdir()}
    assert {"a@0.000.wav", "a@0.500.wav"} <= names
