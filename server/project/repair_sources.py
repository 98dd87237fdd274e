"""Collection of all labels in the files of a project, for a repair of the label log."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lodespace.errors import ProjectError
from lodespace.models.checkpoints.checkpoint import Checkpoint, latest, numbered
from lodespace.models.checkpoints.checkpoint import read as read_checkpoint
from lodespace.project.label_log import newest_known
from lodespace.project.log_rebuild import Snapshot, Sources
from lodespace.project.project import Project
from lodespace.recording.salvage import RecordedEvent, read_labels
from lodespace.scene.glb import Scene
from lodespace.session.log_connection import LogConnection
from lodespace.session.log_copy import salvage_events
from lodespace.session.sqlite_pages import SqliteFiles, image, read_files

_MAX_LOST = 1_000_000
"""Largest plausible number of lost events.

If a file mentions an event whose number exceeds the number of events in the log by more than this,
the file counts as damaged.
"""


def sources_of(project: Project) -> Sources:
    """Return all events and label snapshots in the files of `project`.

    Raises OSError when a file cannot be read, and ProjectError when a file mentions an event with
    an impossibly high number.
    """
    known, file = newest_known(project)
    files = SqliteFiles(b"", b"")
    if project.labels_path.is_file() or not project.labels_path.exists():
        files = read_files(project.labels_path)
    stored, written = salvage_events(files), _written(files)
    limit = len(stored) + _MAX_LOST
    if known > limit:
        raise ProjectError(
            f"{project.folder / file} mentions event {known:,}, but the label log has only "
            f"{len(stored):,} events; move this file out of the project, then repair again"
        )
    if written is not None and written <= limit:
        # Outdated pages of the file can still contain events that were refused and removed. These
        # events have numbers above `written`.
        known = limit = max(known, written)
    stored = {number: events for number, events in stored.items() if number <= limit}
    recorded: dict[int, RecordedEvent] = {}
    snapshots: list[Snapshot] = []
    if project.recording_path.is_file():
        for found in read_labels(project.recording_path):
            if found.sequence > len(stored) + _MAX_LOST:
                continue
            if isinstance(found, Scene):
                snapshots.append(
                    Snapshot(
                        found.sequence,
                        found.labels,
                        None,
                        found.classes,
                        project.recording_path.name,
                    )
                )
            else:
                recorded[found.sequence] = found
    last = max([known, *stored, *recorded, *(snapshot.sequence for snapshot in snapshots)])
    snapshots += [*_moments(project.moments), *_checkpoint(project, last)]
    return Sources(stored, recorded, snapshots, known)


def _written(files: SqliteFiles) -> int | None:
    """Return how many events were ever written to the log, including events that are now lost.

    Returns None if the log cannot be read.
    """
    content = image(files)
    if not content:
        return None
    with contextlib.closing(sqlite3.connect(":memory:", factory=LogConnection)) as connection:
        try:
            connection.deserialize(content)
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name='events'")
            (number,) = row.fetchone() or (0,)
        except sqlite3.Error:
            return None
    return number if state == "ok" and isinstance(number, int) else None


def _moments(folder: Path) -> Iterator[Snapshot]:
    """Yield the labels of each undo snapshot.

    Snapshot n has the labels before event n.
    """
    for number, path in numbered(folder):
        with contextlib.suppress(ValueError):
            yield from _snapshot(read_checkpoint(path), number - 1, f"{folder.name}/{path.name}")


def _checkpoint(project: Project, last: int) -> Iterator[Snapshot]:
    """Yield the labels of the newest checkpoint, unless an undo snapshot is newer.

    `last` is the number of the newest event that the labels can contain.
    """
    found = latest(project.checkpoints)
    moments = [path for _, path in numbered(project.moments)]
    if found is None:
        return
    made = found.path.stat().st_mtime_ns
    if all(path.stat().st_mtime_ns <= made for path in moments):
        yield from _snapshot(found, last, f"{project.checkpoints.name}/{found.path.name}")


def _snapshot(found: Checkpoint, sequence: int, name: str) -> Iterator[Snapshot]:
    labels, verified = found.tensors.get("labels"), found.tensors.get("verified")
    if labels is None or labels.ndim != 1:
        return
    if verified is not None and verified.shape != labels.shape:
        verified = None
    yield Snapshot(
        sequence,
        labels.astype(np.int16),
        None if verified is None else verified.astype(np.bool_),
        (),
        name,
    )
