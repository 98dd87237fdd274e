"""Opening of a project's label log, with checks that no part is damaged and no event is missing.

A session that starts from a log without some of its events would have fewer labels. Therefore the
number of the log's newest event is compared with the numbers of events in the recording, the
snapshots for undo and the checkpoints.
"""

import contextlib
from collections.abc import Generator
from pathlib import Path

from lodespace.models.checkpoints.checkpoint import latest, numbered
from lodespace.project.project import LABEL_LOG, Project
from lodespace.recording.salvage import newest_event
from lodespace.session import log_check
from lodespace.session.classes import ClassList
from lodespace.session.event_log import EventLog, EventLogError
from lodespace.session.events import Event
from lodespace.session.log_reading import (
    LogDamagedError,
    check_file,
    open_read_only,
    read_events,
    repair_advice,
)
from lodespace.session.session import AnnotationSession


def read_labels(project: Project, session: AnnotationSession) -> None:
    """Apply all events of the label log of `project` to `session`, without writing anything.

    A server may serve the project at the same time. Raises EventLogError when the log is damaged or
    lacks events.
    """
    known = newest_known(project)
    _begin(project, session)
    if project.labels_path.exists():
        with contextlib.closing(open_read_only(project.labels_path)) as connection:
            check_file(connection, project.labels_path)
            events = read_events(connection, project.labels_path)
            log_check.replay(session, events, project.labels_path)
    _check_complete(project, session.sequence, known)


def open_log(project: Project, session: AnnotationSession) -> EventLog:
    """Open the label log of `project` for writing, and carry out its events in `session`.

    Raises EventLogError when the log is damaged, lacks events, or cannot be written.
    """
    path = project.labels_path
    newest = 0
    if path.exists():
        # The file is checked before anything is written, because a trigger in the file would run
        # with the first write.
        with contextlib.closing(open_read_only(path)) as connection:
            newest = check_file(connection, path)
    _check_complete(project, newest, newest_known(project))
    _begin(project, session)
    event_log = EventLog(path)
    try:
        with contextlib.closing(_with_advice(event_log, path.parent)) as events:
            log_check.replay(session, events, path)
    except BaseException:
        event_log.close()
        raise
    return event_log


def _begin(project: Project, session: AnnotationSession) -> None:
    """Set the state before the first event: no labels, and the classes of the data.

    The scene of a bake may have set other labels and classes.
    """
    session.begin_with(None)
    session.classes.restore(ClassList(project.items.class_names).classes)


def _with_advice(event_log: EventLog, folder: Path) -> Generator[Event]:
    """Yield the events of the log. An error message ends with the advice to repair the project."""
    try:
        yield from event_log.events()
    except EventLogError as error:
        raise LogDamagedError(f"{error}; {repair_advice(folder)}") from error


def newest_known(project: Project) -> tuple[int, str]:
    """Return the highest event number in any file except the log, and the name of that file.

    Returns (0, "") if no file mentions an event. A complete log contains the event with this
    number, because other files mention an event only after it is in the log.
    """
    found = [
        (newest_event(project.recording_path), project.recording_path.name),
        *((number, f"moments/{path.name}") for number, path in numbered(project.moments)),
    ]
    newest = max(found)
    if newest[0] == 0:
        stored = latest(project.checkpoints)
        number = 0 if stored is None else stored.meta.get("tag", 0)
        newest = (number, "checkpoints") if isinstance(number, int) else newest
    return newest


def _check_complete(project: Project, newest: int, known: tuple[int, str]) -> None:
    """Raise EventLogError when the log ends before an event that another file mentions."""
    number, file = known
    if number <= newest:
        return
    if not project.labels_path.exists():
        what = (
            f"{project.folder}: {LABEL_LOG} is missing, and {file} mentions {number} of its events"
        )
    else:
        what = (
            f"{project.labels_path}: the label log ends at event {newest}, but {file} mentions "
            f"event {number}, so labels are missing"
        )
    raise LogDamagedError(f"{what}; {repair_advice(project.folder)}")
