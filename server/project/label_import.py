"""Labels to go on from: a table by id, Label Studio's JSON, or an earlier project. Conflicts are listed, and decided by a person."""

import json
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lodespace import protocol
from lodespace.errors import DatasetError
from lodespace.importing.source import ImportOptions
from lodespace.importing.table import LABEL_NAMES, SUFFIXES, open_rows
from lodespace.items.errors import BadItem
from lodespace.items.item_set import UNLABELED, ItemSet
from lodespace.project.project import MANIFEST, Project
from lodespace.protocol import MAX_NAME_LENGTH
from lodespace.session.event_log import EventLog
from lodespace.session.planning import plan
from lodespace.session.session import AnnotationSession

Decision = Literal["keep", "replace"]
CLIENT = "import"
_ID_NAMES = (
    "id",
    "item_id",
    "uid",
    "uuid",
    "key",
    "path",
    "file",
    "file_name",
    "filename",
    "image",
)


@dataclass
class Resumed:
    """What became of labels that were taken in. `unknown`: ids that no item has; `conflicts`: (id, label there, label that came)."""

    labelled: int = 0
    same: int = 0
    unknown: list[str] = field(default_factory=list)
    conflicts: list[tuple[str, str, str]] = field(default_factory=list)
    kept: int = 0


def read_labels(path: Path, options: ImportOptions) -> dict[str, str]:
    """Labels by id: from a table (.csv, .tsv, .jsonl, .parquet), Label Studio's JSON, or a project folder. Raises DatasetError."""
    if path.is_dir():
        return _of_project(path)
    if not path.is_file():
        raise DatasetError(f"--labels-from {path}: no such file or project")
    if path.suffix.lower() == ".json":
        return _of_label_studio(path)
    if path.suffix.lower() in SUFFIXES:
        return _of_table(path, options)
    raise DatasetError(
        f"--labels-from {path}: give a table with ids and labels, Label Studio's .json, or a project folder"
    )


def _of_table(path: Path, options: ImportOptions) -> dict[str, str]:
    rows = open_rows(path, options.encoding)
    by_lower = {name.lower(): name for name in reversed(rows.columns)}
    id_column = options.id or next((by_lower[name] for name in _ID_NAMES if name in by_lower), None)
    label_column = options.label or next(
        (by_lower[name] for name in LABEL_NAMES if name in by_lower), None
    )
    if id_column not in rows.columns or label_column not in rows.columns:
        raise DatasetError(
            f"--labels-from {path}: its columns are {', '.join(rows.columns[:20])}; say with --id and --label which are meant"
        )
    found: dict[str, str] = {}
    for row in rows:
        if isinstance(row, BadItem):
            raise DatasetError(f"--labels-from {path}: {row.name}: {row.reason}")
        name, cells = row
        item_id, label = cells.get(id_column), cells.get(label_column)
        if item_id in (None, "") or label in (None, ""):
            continue
        _add(found, str(item_id), str(label), f"{path}: {name}")
    return found


def _add(found: dict[str, str], item_id: str, label: str, where: str) -> None:
    if found.setdefault(item_id, label) != label:
        raise DatasetError(
            f"{where}: '{item_id}' is labelled '{found[item_id]}' and '{label}'; decide for one"
        )


def _of_label_studio(path: Path) -> dict[str, str]:
    """The first choice of each task's annotation, by the id, or the picture's path, in its data."""
    try:
        tasks = json.loads(path.read_bytes())
        if not isinstance(tasks, list):
            raise DatasetError(f"{path}: not a list of Label Studio tasks")
        found: dict[str, str] = {}
        for task in tasks:
            item_id, label = _task_id(task["data"]), _choice(task)
            if label is not None:
                _add(found, item_id, label, str(path))
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
    ) as error:
        raise DatasetError(f"{path}: not tasks of Label Studio: {error!r}") from error
    return found


def _choice(task: dict[str, Any]) -> str | None:
    for annotation in task.get("annotations") or task.get("completions") or ():
        if annotation.get("was_cancelled"):
            continue
        for result in annotation.get("result", ()):
            choices = result.get("value", {}).get("choices")
            if choices:
                return str(choices[0])
    return None


def _task_id(data: dict[str, Any]) -> str:
    if "id" in data:
        return str(data["id"])
    value = str(next(v for k, v in data.items() if k in ("image", "audio", "text")))
    return urllib.parse.unquote(value.split("?d=", 1)[-1])


def _of_project(path: Path) -> dict[str, str]:
    if not (path / MANIFEST).is_file():
        raise DatasetError(f"--labels-from {path}: no project; it holds no {MANIFEST}")
    from lodespace.project.offline import open_offline

    project, session = open_offline(path)
    project.close()
    names = {c.class_id: c.name for c in session.classes.classes}
    labels = session.labels
    return {
        session.items.item_id(i): names[int(labels[i])]
        for i in np.flatnonzero(labels != UNLABELED).tolist()
    }


def take_labels(project: Project, labels: dict[str, str], decision: Decision | None) -> Resumed:
    """Write `labels` (class names by id) into the log of `project`, one gesture a class; classes that are new are made.

    An item that has another label is a conflict: with "keep" its label stays, with "replace" it gets the one that came; without a decision
    nothing is written at all where there are conflicts. Raises EventLogError, RequestError.
    """
    session = AnnotationSession(project.items, settings=project.settings)
    event_log = EventLog(project.labels_path)
    try:
        session.replay(event_log.events())
        resumed, chosen = _compare(session, project.items, labels, decision)
        if resumed.conflicts and decision is None:
            return resumed
        for name, items in chosen.items():
            class_id = _class_of(session, event_log, name)
            command = protocol.Label(
                command_id=_command_id(session, "labels"),
                items=items,
                class_id=class_id,
                revision=0,
                provenance=protocol.Provenance(tool="api", note="labels taken in"),
            )
            _carry_out(session, event_log, command)
            resumed.labelled += len(items)
    finally:
        event_log.close()
    return resumed


def _compare(
    session: AnnotationSession, items: ItemSet, labels: dict[str, str], decision: Decision | None
) -> tuple[Resumed, dict[str, list[int]]]:
    """What `labels` would do, and the items to label by class name."""
    resumed, chosen = Resumed(), dict[str, list[int]]()
    numbers = {item_id: i for i, item_id in enumerate(items.ids)}
    names = {c.class_id: c.name for c in session.classes.classes}
    now = session.labels
    for item_id, label in labels.items():
        item = numbers.get(item_id)
        label = label if len(label) <= MAX_NAME_LENGTH else f"{label[: MAX_NAME_LENGTH - 1]}…"
        if item is None:
            resumed.unknown.append(item_id)
            continue
        there = names.get(int(now[item]))
        if there == label:
            resumed.same += 1
            continue
        if there is not None:
            resumed.conflicts.append((item_id, there, label))
            if decision != "replace":
                resumed.kept += 1
                continue
        chosen.setdefault(label, []).append(item)
    return resumed, chosen


def _class_of(session: AnnotationSession, event_log: EventLog, name: str) -> int:
    known = next(
        (c.class_id for c in session.classes.classes if c.name == name and not c.removed), None
    )
    if known is not None:
        return known
    command = protocol.AddClass(command_id=_command_id(session, "class"), name=name)
    _carry_out(session, event_log, command)
    return session.classes.classes[-1].class_id


def _command_id(session: AnnotationSession, what: str) -> str:
    return f"{CLIENT}-{what}-{session.sequence + 1:08d}"


def _carry_out(
    session: AnnotationSession, event_log: EventLog, command: protocol.Label | protocol.AddClass
) -> None:
    event = plan(session, command, CLIENT)
    if event is not None:
        session.apply(event_log.append_now(event))


def summary(resumed: Resumed, decision: Decision | None) -> str:
    """A few lines for a person at a terminal."""
    shown = 20
    lines: list[str] = []
    if resumed.conflicts:
        pairs = Counter((there, came) for _, there, came in resumed.conflicts)
        lines.append(f"{len(resumed.conflicts):,} items have another label already:")
        lines += [
            f"  {item_id}: '{there}' here, '{came}' there"
            for item_id, there, came in resumed.conflicts[:shown]
        ]
        if len(resumed.conflicts) > shown:
            lines.append(f"  and {len(resumed.conflicts) - shown:,} more; by classes:")
            lines += [
                f"  {count:,} times '{there}' here, '{came}' there"
                for (there, came), count in pairs.most_common(10)
            ]
        if decision is None:
            lines.append(
                "nothing was changed; say --conflicts keep (what is here) or --conflicts replace (by what came)"
            )
            return "\n".join(lines) + "\n"
        lines.append(f"{'kept' if decision == 'keep' else 'replaced'}, as you said")
    lines.append(f"labelled {resumed.labelled:,} items; {resumed.same:,} had the same label")
    if resumed.unknown:
        first = ", ".join(resumed.unknown[:5])
        lines.append(
            f"{len(resumed.unknown):,} ids are of no item here: {first}{', …' if len(resumed.unknown) > 5 else ''}"
        )
    return "\n".join(lines) + "\n"
