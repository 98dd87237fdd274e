"""Import of labels from a table, Label Studio's JSON, or an earlier project.

An imported label conflicts with a different label of the same item in the project. Conflicts are
listed, and a person decides which labels stay.
"""

import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lodespace import protocol
from lodespace.errors import DatasetError
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.column_names import LABEL_NAMES
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.table_rows import SUFFIXES
from lodespace.items.errors import BadItem
from lodespace.items.item_set import ItemSet
from lodespace.json_input import json_value
from lodespace.models.item_predictions import UNLABELED
from lodespace.project.label_log import open_log
from lodespace.project.project import MANIFEST, Project
from lodespace.protocol import MAX_NAME_LENGTH
from lodespace.session.commands.registry import plan
from lodespace.session.event_log import EventLog
from lodespace.session.session import AnnotationSession

Decision = Literal["keep", "replace"]
CLIENT = "import"
"""Id of the client in the events of imported labels."""
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
class LabelImport:
    """The result of an import of labels."""

    labelled: int = 0
    """Number of items that got a label."""
    same: int = 0
    """Number of items that already had the imported label."""
    unknown: list[str] = field(default_factory=list)
    """Ids that have an imported label, but no item in the project."""
    conflicts: list[tuple[str, str, str]] = field(default_factory=list)
    """Id, label in the project and imported label of each conflict."""
    kept: int = 0
    """Number of conflicts in which the project's label was kept."""


def read_labels(path: Path, options: ImportOptions) -> dict[str, str]:
    """Return labels (class names by id) from the file or project folder at `path`.

    Raises DatasetError when `path` does not exist, has another format, or cannot be read.
    """
    if path.is_dir():
        return _of_project(path)
    if not path.is_file():
        raise DatasetError(f"--labels-from {path}: no such file or project")
    if path.suffix.lower() == ".json":
        return _of_label_studio(path)
    if path.suffix.lower() in SUFFIXES:
        return _of_table(path, options)
    raise DatasetError(
        f"--labels-from {path}: give a table with ids and labels, Label Studio's .json, or a "
        "project folder"
    )


def _of_table(path: Path, options: ImportOptions) -> dict[str, str]:
    rows = open_rows(path, options.encoding, options.unpacked)
    by_lower = {name.lower(): name for name in reversed(rows.columns)}
    id_column = options.id or next((by_lower[name] for name in _ID_NAMES if name in by_lower), None)
    label_column = options.label or next(
        (by_lower[name] for name in LABEL_NAMES if name in by_lower), None
    )
    if id_column not in rows.columns or label_column not in rows.columns:
        raise DatasetError(
            f"--labels-from {path}: name the columns of ids and labels with --id and --label. The "
            f"columns are {', '.join(rows.columns[:20])}"
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
            f"{where}: '{item_id}' is labelled '{found[item_id]}' and '{label}'; keep one label"
        )


def _of_label_studio(path: Path) -> dict[str, str]:
    """Return the labels in a file of Label Studio: the first choice of each annotated task.

    The keys are the tasks' ids, or file paths for tasks without an id.
    """
    try:
        tasks = json_value(path.read_bytes())
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
        raise DatasetError(f"--labels-from {path}: not a project; {MANIFEST} is missing")
    from lodespace.project.offline import open_offline

    project, session = open_offline(path)
    project.close()
    names = {c.class_id: c.name for c in session.classes.classes}
    labels = session.labels
    return {
        session.items.item_id(i): names[int(labels[i])]
        for i in np.flatnonzero(labels != UNLABELED).tolist()
    }


def take_labels(project: Project, labels: dict[str, str], decision: Decision | None) -> LabelImport:
    """Write `labels` (class names by id) into the log of `project`, one gesture per class.

    New classes are created. In a conflict, the decision "keep" keeps the label of the project, and
    "replace" writes the imported label. Without a decision, any conflict prevents the import.
    Raises EventLogError or RequestError.
    """
    session = AnnotationSession(project.items, settings=project.settings)
    event_log = open_log(project, session)
    try:
        result, chosen = _compare(session, project.items, labels, decision)
        if result.conflicts and decision is None:
            return result
        for name, items in chosen.items():
            class_id = _class_of(session, event_log, name)
            command = protocol.Label(
                command_id=_command_id(session, "labels"),
                items=items,
                class_id=class_id,
                revision=0,
                provenance=protocol.Provenance(tool="api", note="imported labels"),
            )
            _carry_out(session, event_log, command)
            result.labelled += len(items)
    finally:
        event_log.close()
    return result


def _compare(
    session: AnnotationSession, items: ItemSet, labels: dict[str, str], decision: Decision | None
) -> tuple[LabelImport, dict[str, list[int]]]:
    """Return the result of the import, and the items that get a new label, by class name."""
    result, chosen = LabelImport(), dict[str, list[int]]()
    numbers = {item_id: i for i, item_id in enumerate(items.ids)}
    names = {c.class_id: c.name for c in session.classes.classes}
    current = session.labels
    for item_id, label in labels.items():
        item = numbers.get(item_id)
        label = label if len(label) <= MAX_NAME_LENGTH else f"{label[: MAX_NAME_LENGTH - 1]}…"
        if item is None:
            result.unknown.append(item_id)
            continue
        existing = names.get(int(current[item]))
        if existing == label:
            result.same += 1
            continue
        if existing is not None:
            result.conflicts.append((item_id, existing, label))
            if decision != "replace":
                result.kept += 1
                continue
        chosen.setdefault(label, []).append(item)
    return result, chosen


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


def summary(result: LabelImport, decision: Decision | None) -> str:
    """Return the result as text for a terminal."""
    shown = 20
    lines: list[str] = []
    if result.conflicts:
        pairs = Counter((old, new) for _, old, new in result.conflicts)
        lines.append(f"{len(result.conflicts):,} items already have another label:")
        lines += [
            f"  {item_id}: '{old}' here, '{new}' imported"
            for item_id, old, new in result.conflicts[:shown]
        ]
        if len(result.conflicts) > shown:
            lines.append(f"  and {len(result.conflicts) - shown:,} more; by classes:")
            lines += [
                f"  {count:,} times '{old}' here, '{new}' imported"
                for (old, new), count in pairs.most_common(10)
            ]
        if decision is None:
            lines.append(
                "No label was changed. Repeat the command with `--conflicts keep` to keep these "
                "labels, or with `--conflicts replace` to replace them"
            )
            return "\n".join(lines) + "\n"
        lines.append(f"the existing labels were {'kept' if decision == 'keep' else 'replaced'}")
    lines.append(f"labelled {result.labelled:,} items; {result.same:,} had the same label")
    if result.unknown:
        first = ", ".join(result.unknown[:5])
        lines.append(
            f"{len(result.unknown):,} ids belong to no item of this project: {first}"
            + (", …" if len(result.unknown) > 5 else "")
        )
    return "\n".join(lines) + "\n"
