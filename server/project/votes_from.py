"""Reading of votes: a table with one column per source. The label model combines the votes."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from lodespace.errors import DatasetError
from lodespace.importing.annotations.annotation import Annotation
from lodespace.importing.annotations.label_cells import LabelCells
from lodespace.importing.annotations.label_studio import is_tasks, votes_in
from lodespace.importing.finding import counted
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.open_rows import open_rows
from lodespace.importing.tables.table_rows import short
from lodespace.items.errors import BadItem
from lodespace.json_input import JsonError, json_value
from lodespace.project.labels_from import ForeignLabels
from lodespace.rules.label_model import fit
from lodespace.rules.results import LabelModel, SourceEstimate
from lodespace.rules.votes import Source, Votes

ABOVE = 0.5
"""Smallest probability of a class that becomes a label, unless the user states another."""
_ABSTAIN = frozenset({"-1", "ABSTAIN", "abstain"})
"""Texts by which tools for weak supervision mark a source without a vote."""
_NAMES = ("id", "item", "path", "file", "filename", "name")
"""Names of a column with ids or paths, most certain first."""
_COMPARED = 20
"""Smallest number of compared items for which the accuracy of a source is shown."""
_MOST_SOURCES = 1000
"""Largest number of sources."""


class VoteTable(NamedTuple):
    """Votes in a table or in tasks of Label Studio, by name."""

    names: list[tuple[str, ...]]
    """Id or path of each row, or the possible names of each task (M,)."""
    sources: list[str]
    """Name of each source (S,)."""
    classes: list[str]
    """Name of each class (K,), in the order of the table."""
    votes: Votes
    """Votes on the rows."""


def read_votes(path: Path, options: ImportOptions, above: float = ABOVE) -> ForeignLabels:
    """Return the labels that the label model makes from the votes in the table at `path`.

    One column has ids or paths. Each other column is a source. A cell is the class for which the
    source votes; a source without a vote has an empty cell, -1 or ABSTAIN. In tasks of Label
    Studio, each annotator is a source.

    Args:
        path: A table in any format that an import reads, or tasks of Label Studio (JSON, JSON_MIN).
        options: Column of ids (`id`), control of the labels in Label Studio (`label`), encoding,
            sheet, texts of missing values.
        above: Smallest probability of a class that becomes the label of an item.

    Raises:
        DatasetError: The table cannot be read, has no votes, or has two rows for one item.
    """
    table = read_table(path, options)
    model = fit(
        table.votes,
        [Source(name) for name in table.sources],
        len(table.names),
        len(table.classes),
    )
    labels, confidence = model.labels()
    chosen = np.flatnonzero((labels >= 0) & (confidence >= above)).tolist()
    found = ForeignLabels(overlap=options.overlap)
    found.annotations = [
        Annotation(
            table.names[row],
            table.classes[labels[row]],
            confidence=float(confidence[row]),
        )
        for row in chosen
    ]
    found.notes = _notes(table, model, int((labels >= 0).sum()) - len(chosen), above)
    return found


def read_table(path: Path, options: ImportOptions) -> VoteTable:
    """Return the votes in the table at `path`. Raises DatasetError as `read_votes` does."""
    told = f"--votes-from {path}"
    if not path.is_file():
        raise DatasetError(f"{told}: no such file")
    tasks = _tasks(path, told, options)
    if tasks is not None:
        return tasks
    try:
        rows = open_rows(path, options.encoding, options.unpacked, options.sheet)
    except DatasetError as error:
        raise DatasetError(f"{told}: {error}") from error
    key = _key(told, rows.columns, options.id)
    sources = [column for column in rows.columns if column != key]
    if not 0 < len(sources) <= _MOST_SOURCES:
        raise DatasetError(
            f"{told}: {counted(len(sources), 'column')} beside {short(key)}; a table of votes has "
            f"one column per source, and 1 to {_MOST_SOURCES:,} sources"
        )
    read = LabelCells(options.missing)
    names: dict[str, int] = {}
    classes: dict[str, int] = {}
    votes: list[tuple[list[int], list[int]]] = [([], []) for _ in sources]
    for found in rows:
        if isinstance(found, BadItem):
            raise DatasetError(f"{told}: {found.name}: {found.reason}")
        where, row = found
        name = str(row.get(key) or "").strip()
        if not name:
            raise DatasetError(f"{told}: {where} has no {short(key)}; give each row an id or path")
        if name in names:
            raise DatasetError(f"{told}: two rows have {short(key)} {name!r}; keep one of them")
        names[name] = len(names)
        for source, (items, given) in zip(sources, votes, strict=True):
            label = _vote(read(row.get(source)), told, where, source)
            if label:
                items.append(names[name])
                given.append(classes.setdefault(label, len(classes)))
    if not classes:
        raise DatasetError(f"{told}: all cells are empty, so there are no votes")
    arrays = [(np.array(items, np.int64), np.array(given, np.int64)) for items, given in votes]
    return VoteTable([(name,) for name in names], sources, list(classes), Votes.of(arrays))


def _tasks(path: Path, told: str, options: ImportOptions) -> VoteTable | None:
    """Return the votes of each annotator in tasks of Label Studio; None for another file."""
    if path.suffix.lower() != ".json":
        return None
    try:
        value = json_value(path.read_bytes())
    except (OSError, JsonError):
        return None  # the reader of tables reports the reason
    if not is_tasks(value):
        return None
    try:
        found = votes_in(value, options.label)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{told}: a task has no valid form: {error}") from error
    sources: dict[str, tuple[list[int], list[int]]] = {}
    classes: dict[str, int] = {}
    for row, (names, given) in enumerate(found):
        for annotator, labels in given.items():
            label = _vote(labels, told, f"the task of {names[0] if names else row}", annotator)
            if label:
                items, numbers = sources.setdefault(annotator, ([], []))
                items.append(row)
                numbers.append(classes.setdefault(label, len(classes)))
    if not 0 < len(sources) <= _MOST_SOURCES:
        raise DatasetError(
            f"{told}: {counted(len(sources), 'annotator')} with choices; votes need 1 to "
            f"{_MOST_SOURCES:,}"
        )
    arrays = [(np.array(i, np.int64), np.array(c, np.int64)) for i, c in sources.values()]
    return VoteTable([names for names, _ in found], list(sources), list(classes), Votes.of(arrays))


def _key(told: str, columns: list[str], wanted: str | None) -> str:
    """Return the name of the column with ids or paths. Raises DatasetError."""
    if wanted is not None:
        if wanted not in columns:
            named = ", ".join(map(short, columns[:20]))
            raise DatasetError(
                f"{told}: there is no column {short(wanted)}; the columns are {named}"
            )
        return wanted
    by_name = {column.strip().lower(): column for column in reversed(columns)}
    for name in _NAMES:
        if name in by_name:
            return by_name[name]
    raise DatasetError(
        f"{told}: name the column of ids or paths with --id; no column is named "
        f"{', '.join(_NAMES[:-1])} or {_NAMES[-1]}"
    )


def _vote(labels: tuple[str, ...], told: str, where: str, source: str) -> str:
    """Return the class of a vote, or "" for no vote. Raises DatasetError for several classes."""
    labels = tuple(label for label in labels if label not in _ABSTAIN)
    if len(labels) > 1:
        raise DatasetError(
            f"{told}: {where} has several classes in the column {short(source)} "
            f"({', '.join(map(short, labels[:3]))}); a source votes for one class"
        )
    return labels[0] if labels else ""


def _notes(table: VoteTable, model: LabelModel, unsure: int, above: float) -> list[str]:
    """Return lines on the sources and on items whose class is not certain enough."""
    voted = int((model.candidates.patterns.of_item >= 0).sum())
    lines = [
        f"votes of {counted(len(table.sources), 'source')} on {counted(voted, 'item')}, weighed by "
        "the label model:"
    ]
    lines += [
        f"  {short(name)}: {_told(estimate)}"
        for name, estimate in zip(table.sources, model.sources, strict=True)
    ]
    if unsure:
        lines.append(
            f"? items without a class of a probability of {above:.0%} or more, which get no label: "
            f"{unsure:,}; --above sets the smallest probability"
        )
    return lines


def _told(estimate: SourceEstimate) -> str:
    votes = f"{counted(estimate.votes, 'vote')}, {estimate.conflicts:,} contradicted"
    if estimate.compared < _COMPARED:
        return (
            f"{votes}; right: unknown, because at least two other sources vote on only "
            f"{estimate.compared} of these items"
        )
    return (
        f"{votes}; right: about {estimate.accuracy:.0%} ({estimate.low:.0%} to {estimate.high:.0%})"
    )
