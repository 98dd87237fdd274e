"""Import of labels from a file or another project (labels_from.py) into a project.

There is a conflict if an item has a label in the project, and the imported label is another class.
Conflicts are listed, and a person decides which labels stay.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.importing.annotations.annotation import joined
from lodespace.importing.annotations.item_labels import ItemLabels, match_items
from lodespace.importing.annotations.path_match import counts_text
from lodespace.importing.finding import counted
from lodespace.importing.tally import NO_LABEL
from lodespace.items import table as item_table
from lodespace.items.import_report import MOST_LINES, shortened, stored_lines
from lodespace.items.item_set import MANIFEST, TABLE, ItemSet, amend
from lodespace.project.label_log import open_log
from lodespace.project.labels_from import ForeignLabels
from lodespace.project.project import DATA_FOLDER, Project
from lodespace.protocol import MAX_CLASS_NAME_LENGTH
from lodespace.session.authors import IMPORT
from lodespace.session.commands.registry import plan
from lodespace.session.event_log import EventLog
from lodespace.session.selections import NO_SELECTIONS, Selections
from lodespace.session.session import AnnotationSession

Decision = Literal["keep", "replace"]
_NAMED = 5
"""Largest number of names that the summary gives as examples."""


@dataclass
class LabelImport:
    """The result of an import of labels."""

    labelled: int = 0
    """Number of items that got a label."""
    same: int = 0
    """Number of items that already had the imported label."""
    unknown: list[str] = field(default_factory=list)
    """Names in the imported labels that belong to no item of the project."""
    matched: ItemLabels = field(default_factory=ItemLabels)
    """How the labels were matched to items."""
    notes: list[str] = field(default_factory=list[str])
    """Remarks for a person to check."""
    conflicts: list[tuple[str, str, str]] = field(default_factory=list)
    """Item id, label in the project and imported label of each conflict."""
    kept: int = 0
    """Number of conflicts in which the project's label was kept."""


def take_labels(project: Project, labels: ForeignLabels, decision: Decision | None) -> LabelImport:
    """Write `labels` into the log of `project`, one gesture per class.

    New classes are created. In a conflict, the decision "keep" keeps the label of the project, and
    "replace" writes the imported label. Without a decision, any conflict prevents the import.
    Raises EventLogError or RequestError.
    """
    session = AnnotationSession(project.items, settings=project.settings)
    event_log = open_log(project, session)
    try:
        result, chosen = _compare(_current(session), project.items, labels, decision)
        if result.conflicts and decision is None:
            return result
        for name, items in chosen.items():
            class_id = _class_of(session, event_log, name)
            command = protocol.Label(
                command_id=_command_id(session, "labels"),
                selection=0,
                class_id=class_id,
                revision=0,
                provenance=protocol.Provenance(tool="api", note="imported labels"),
            )
            chosen_items = Selections.of(len(project.items), items)
            _carry_out(session, event_log, command, chosen_items)
            result.labelled += len(items)
    finally:
        event_log.close()
    return result


def check_labels(
    items: ItemSet,
    current: AnnotationSession | npt.NDArray[np.int16],
    labels: ForeignLabels,
    decision: Decision | None,
) -> LabelImport:
    """Return what `take_labels` would do with `items`, without changing anything.

    `current` is the session with the labels of the items, or their class ids (N,).
    """
    if isinstance(current, AnnotationSession):
        named = _current(current)
    else:
        known = [items.class_names[code] if code >= 0 else None for code in current.tolist()]
        named = known.__getitem__
    result, chosen = _compare(named, items, labels, decision)
    result.labelled = sum(map(len, chosen.values()))
    return result


def _current(session: AnnotationSession) -> Callable[[int], str | None]:
    """Return a function that returns the name of the class of an item in a session."""
    names = {c.class_id: c.name for c in session.classes.classes}
    labels = session.labels
    return lambda item: names.get(int(labels[item]))


def _compare(
    current: Callable[[int], str | None],
    items: ItemSet,
    labels: ForeignLabels,
    decision: Decision | None,
) -> tuple[LabelImport, dict[str, list[int]]]:
    """Return the result of the import, and the items that get a new label, grouped by class name.

    `current` returns the name of the class that an item has now.
    """
    matched = match_items(labels.annotations, items, labels.overlap)
    result = LabelImport(unknown=matched.unknown, matched=matched, notes=labels.notes)
    chosen: dict[str, list[int]] = {}
    for item, names_of_item in matched.labels.items():
        item_id, label = items.ids[item], names_of_item[0]
        label = (
            label
            if len(label) <= MAX_CLASS_NAME_LENGTH
            else f"{label[: MAX_CLASS_NAME_LENGTH - 1]}…"
        )
        existing = current(item)
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


def keep_other_labels(project: Project, result: LabelImport) -> None:
    """Store the second and later labels of each item in the table of the project's items.

    The first label of an item is its class. The later labels go into the column other_labels. Call
    this function before a server opens the project. Raises OSError.
    """
    kept = project.items.table
    others = {item: joined(labels[1:]) for item, labels in result.matched.labels.items()}
    if kept is None or not any(others.values()):
        return
    column = kept.column(item_table.OTHER_LABELS)
    for item, text in others.items():
        column[item] = text or column[item]
    kept.with_column(item_table.OTHER_LABELS, column).replace(project.folder / DATA_FOLDER / TABLE)


def add_to_report(project: Project, result: LabelImport, source: str) -> None:
    """State in the report of a new project how many items got labels from the file `source`.

    Raises OSError.
    """
    text = f"{counted(result.labelled, 'item')} labelled from {source}, after the import"
    line = protocol.ReportLine(topic="labels", text=shortened(text))

    def with_line(manifest: dict[str, Any]) -> None:
        lines = list(stored_lines(manifest.get("report")))
        if result.labelled:
            lines = answered(lines, source)
        last = max((i for i, known in enumerate(lines) if known.topic == "labels"), default=-1)
        lines.insert(last + 1, line)
        manifest["report"] = msgspec.to_builtins(lines[:MOST_LINES])

    if (project.folder / DATA_FOLDER / MANIFEST).is_file():
        amend(project.folder / DATA_FOLDER, with_line)


def answered(lines: Sequence[protocol.ReportLine], source: str) -> list[protocol.ReportLine]:
    """Return those `lines` of an import report that still apply.

    Labels have been read from the file `source` since the import. Lines that propose to read labels
    from this file, or from a file that a person has to write, are left out. The line which states
    that no item of the data has a label is kept, but is no longer marked as doubtful.
    """
    kept: list[protocol.ReportLine] = []
    for line in lines:
        proposed = re.fullmatch(r"--labels-from (.*)", line.option)
        if proposed and proposed[1].rpartition("/")[2] in (source, "FILE"):
            continue
        if line.topic == "labels" and line.text == NO_LABEL:
            line = msgspec.structs.replace(line, doubtful=False)
        kept.append(line)
    return kept


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
    return f"{IMPORT}-{what}-{session.sequence + 1:08d}"


def _carry_out(
    session: AnnotationSession,
    event_log: EventLog,
    command: protocol.Label | protocol.AddClass,
    selections: Selections = NO_SELECTIONS,
) -> None:
    event = plan(session, command, IMPORT, selections)
    if event is not None:
        session.apply(event_log.append_now(event))


def summary(
    result: LabelImport,
    decision: Decision | None,
    *,
    is_new: bool = False,
    checked: bool = False,
) -> str:
    """Return the result as text for a terminal.

    Args:
        result: The result of the import.
        decision: What is done with conflicts.
        is_new: Whether the project is new. Only a new project keeps the second and later labels
            of an item.
        checked: Whether the labels were only checked, not imported (`check_labels`).
    """
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
        were = "would be" if checked else "were"
        done = "kept" if decision == "keep" else "replaced"
        lines.append(f"the existing labels {were} {done}")
    would, had = ("would label", "have") if checked else ("labelled", "had")
    lines.append(
        f"{would} {counted(result.labelled, 'item')}; {result.same:,} {had} the same label"
    )
    return "\n".join([*lines, *_matching(result, is_new)]) + "\n"


def _matching(result: LabelImport, is_new: bool) -> list[str]:
    """Return lines on how the labels were matched, and on labels that were not used."""
    matched = result.matched
    lines: list[str] = []
    if matched.how:
        overlap = f"; {matched.by_overlap:,} items by overlap" if matched.by_overlap else ""
        lines.append(f"matched {counts_text(matched.how)}{overlap}")
    several = sum(len(labels) > 1 for labels in matched.labels.values())
    if several:
        others = "the others are in the column other_labels"
        if not is_new:
            others = "an existing project does not keep the others, but a new project does"
        mark = "" if is_new else "? "
        lines.append(
            f"{mark}items with several labels: {several:,}; the first is the class, {others}"
        )
    if result.unknown:
        lines.append(
            f"? names that belong to no item of this project: {len(result.unknown):,} "
            f"({_examples(result.unknown)})"
        )
    if matched.elsewhere:
        lines.append(
            "? names that fit an item in a folder with another name: "
            f"{len(matched.elsewhere):,}; if such a name means another file, remove the name "
            "from the table:"
        )
        pairs = list(matched.elsewhere.items())[:_NAMED]
        lines += [f"  {name}: {item}" for name, item in pairs]
    if matched.unclear:
        lines.append(f"? names that fit several items, and are not used: {len(matched.unclear):,}")
        lines += [f"  {name}: {', '.join(several)}" for name, several in matched.unclear[:_NAMED]]
    if matched.exact:
        lines.append(
            "? annotations with exactly the times of a window, which label only this window: "
            f"{matched.exact:,}"
        )
    if matched.unused:
        lines.append(
            f"? annotations whose overlap with each item is too small: {matched.unused:,}; "
            "--overlap sets the smallest overlap"
        )
    return [*lines, *matched.notes, *result.notes]


def _examples(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
