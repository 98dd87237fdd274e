"""Label Studio's exports: JSON, JSON_MIN, CSV and TSV, with choices or regions of sounds.

A control is an input of Label Studio's labelling form, such as a list of choices.
"""

import re
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lodespace.importing.annotations.annotation import Annotation, AnnotationFile
from lodespace.importing.annotations.label_choice import label_text
from lodespace.importing.annotations.table_annotations import MAX_ANNOTATIONS
from lodespace.importing.finding import Finding, counted
from lodespace.json_input import JsonError, json_value

KIND = "Label Studio project"
_META = frozenset(
    {"annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement", "history"}
)
"""Fields of JSON_MIN and columns of CSV that are neither data nor labels."""
_LABELS = (
    "label", "choice", "choices", "labels", "class", "category", "species", "sentiment", "tag",
    "taxonomy", "annotation",
)  # fmt: skip
"""Usual names of the control with the labels."""
_LONGEST_NAME = 2000
_LONGEST = 1e12
"""Limit for the end of a region, in seconds. A region with a larger end is not read."""
_FILE = re.compile(r"[\\/]|\.[A-Za-z0-9]{1,5}$")
_IMAGE_REGIONS = ("rectanglelabels", "polygonlabels", "brushlabels", "keypointlabels")


@dataclass
class _Vote:
    """The labels that one annotator gave to a task."""

    choices: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Labels of the whole task, by the name of the control."""
    regions: list[tuple[str, float, float, tuple[str, ...]]] = field(
        default_factory=list[tuple[str, float, float, tuple[str, ...]]]
    )
    """Control, start, end and labels of each region of a sound."""
    truth: bool = False
    """Whether the annotation is marked as ground truth."""
    at: str = ""
    """Time of the last change, in a form that sorts by time."""
    annotator: str = ""
    """Name of the annotator: an e-mail address or another name, else the number."""

    def regions_of(self, control: str) -> tuple[tuple[float, float, tuple[str, ...]], ...]:
        """Return start, end and labels of the regions with a label of a control."""
        return tuple(
            (start, end, labels)
            for name, start, end, labels in self.regions
            if name == control and labels
        )


@dataclass
class _Task:
    """A task with the names of its item and the votes of the annotators."""

    names: tuple[str, ...]
    votes: list[_Vote] = field(default_factory=list[_Vote])


def is_tasks(value: Any) -> bool:
    """Whether a JSON value is a list of Label Studio's tasks, in the format JSON or JSON_MIN."""
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return False
    first = value[0]
    whole = isinstance(first.get("data"), dict)
    return whole or is_flat(first)


def is_flat(names: Iterable[str]) -> bool:
    """Whether the fields `names` of a record are those of Label Studio's JSON_MIN or CSV export."""
    return {"annotation_id", "lead_time"} <= set(names)


def read_tasks(value: Sequence[Any], name: str, control: str | None = None) -> AnnotationFile:
    """Return the labels of tasks in JSON or JSON_MIN.

    Args:
        value: The tasks, for which `is_tasks` is true.
        name: Name of the file for messages.
        control: Name of the control with the labels (from_name). None: the control that most tasks
            use.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: A task does not have the expected form.
    """
    found = AnnotationFile(name, KIND)
    if isinstance(value[0].get("data"), dict):
        tasks: list[_Task] = [_task(task, found) for task in value]
    else:
        tasks = _flat_tasks(value)
    return _decided(found, tasks, control)


def read_flat(records: Iterable[dict[str, Any]], name: str, control: str | None) -> AnnotationFile:
    """Return the labels in the rows of a CSV or TSV file of Label Studio."""
    return _decided(AnnotationFile(name, KIND), _flat_tasks(records), control)


def _task(task: dict[str, Any], found: AnnotationFile) -> _Task:
    data = task["data"]
    given = [data["id"]] if isinstance(data.get("id"), str | int) else []
    values = [value for key, value in data.items() if key != "id"]
    read = _Task(_names([str(value) for value in given], [*values, task.get("file_upload")]))
    for annotation in task.get("annotations") or task.get("completions") or ():
        if annotation.get("was_cancelled") or annotation.get("skipped"):
            continue
        vote = _Vote(
            truth=bool(annotation.get("ground_truth")),
            at=str(annotation.get("updated_at") or annotation.get("created_at") or ""),
            annotator=_annotator(annotation),
        )
        for result in annotation.get("result") or ():
            value = result.get("value") or {}
            if any(key in value for key in _IMAGE_REGIONS):
                found.passed += 1
                continue
            _add(vote, str(result.get("from_name") or ""), value)
        read.votes.append(vote)
    return read


def _flat_tasks(records: Iterable[dict[str, Any]]) -> list[_Task]:
    """Group the records of JSON_MIN by task. A record is one annotation."""
    tasks: dict[Any, _Task] = {}
    for number, record in enumerate(records):
        cells = {key: _opened(value) for key, value in record.items() if key not in _META}
        key = cells.pop("id", None)
        names = _names([], cells.values())
        task = tasks.setdefault((key, number if key in (None, "") else names), _Task(names))
        vote = _Vote(
            at=str(record.get("updated_at") or ""), annotator=str(record.get("annotator") or "")
        )
        for name, value in cells.items():
            if isinstance(value, dict):
                _add(vote, name, value)
            elif isinstance(value, list):
                for region in value:
                    if isinstance(region, dict):
                        _add(vote, name, region)
            elif isinstance(value, str | int) and not _is_file(str(value)) and label_text(value):
                _add(vote, name, {"choices": [value]})
        task.votes.append(vote)
    return list(tasks.values())


def _annotator(annotation: dict[str, Any]) -> str:
    """Return the name of an annotation's author; "" if it is not stated."""
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        by = by.get("email") or by.get("id")
    meta = annotation.get("meta")
    if not by and isinstance(meta, dict):
        by = meta.get("annotator")
    return str(by or "")


def votes_in(
    value: Sequence[Any], control: str | None = None
) -> list[tuple[tuple[str, ...], dict[str, tuple[str, ...]]]]:
    """Return per task the possible names of its item, and the choices of each annotator.

    Of several annotations of one annotator, the newest is used. Regions are not votes.

    Args:
        value: The tasks, for which `is_tasks` is true.
        control: Name of the control with the labels. None: as in `read_tasks`.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: A task does not have the expected form.
    """
    found = AnnotationFile("", KIND)
    whole = isinstance(value[0].get("data"), dict)
    tasks = [_task(task, found) for task in value] if whole else _flat_tasks(value)
    chosen = control or _control(Counter(name for vote in _votes(tasks) for name in vote.choices))
    return [
        (
            task.names,
            {
                vote.annotator or "annotator": vote.choices[chosen]
                for vote in sorted(task.votes, key=lambda vote: vote.at)
                if vote.choices.get(chosen)
            },
        )
        for task in tasks
    ]


def _opened(cell: Any) -> Any:
    """Parse a cell that holds JSON. Other cells are returned unchanged."""
    if isinstance(cell, str) and cell[:1] in ("{", "["):
        try:
            return json_value(cell)
        except JsonError:
            return cell
    return cell


def _add(vote: _Vote, control: str, value: dict[str, Any]) -> None:
    """Add one result of an annotation to `vote`: choices, a taxonomy, or a region of a sound."""
    given = value.get("choices") or value.get("labels") or value.get("hypertextlabels") or ()
    if not given and value.get("taxonomy"):
        given = ["/".join(map(str, path)) for path in value["taxonomy"]]
    if isinstance(given, str | int):
        given = [given]
    # Each choice is the name of a class exactly as it is written, even if it is "NA" or "1.0".
    labels = tuple(dict.fromkeys(text for text in map(str, given) if text.strip()))
    start, end = value.get("start"), value.get("end")
    if isinstance(start, int | float) and isinstance(end, int | float):
        if 0 <= start <= end < _LONGEST:
            vote.regions.append((control, float(start), float(end), labels))
    elif labels:
        vote.choices[control] = tuple(dict.fromkeys((*vote.choices.get(control, ()), *labels)))


def _names(given: Sequence[str], values: Iterable[Any]) -> tuple[str, ...]:
    """Possible names of a task's item: its id, and all paths and URLs in its data."""
    texts = [value for value in values if isinstance(value, str) and len(value) <= _LONGEST_NAME]
    paths = [name for text in texts if _is_file(text) for name in paths_in(text)]
    rest = [text for text in texts if "\n" not in text and not _is_file(text)]
    return tuple(dict.fromkeys(name for name in (*given, *paths, *rest) if name))


def _is_file(text: str) -> bool:
    return not text.startswith("data:") and _FILE.search(text) is not None


def paths_in(reference: str) -> tuple[str, ...]:
    """Return the possible paths of a file in Label Studio, the most likely path first.

    For "/data/local-files/?d=a%20b.png", the path is "a b.png". A URL is returned without its
    query.
    """
    _, local, path = reference.partition("?d=")
    if local:
        return tuple(dict.fromkeys((urllib.parse.unquote(path), path)))
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", reference):
        path = re.split(r"[?#]", reference, maxsplit=1)[0]
        return tuple(dict.fromkeys((urllib.parse.unquote(path), path)))
    return tuple(dict.fromkeys((reference, urllib.parse.unquote(reference))))


def _decided(found: AnnotationFile, tasks: Sequence[_Task], control: str | None) -> AnnotationFile:
    """Add the labels of the tasks to `found`. If a task has several votes, one is chosen.

    If votes are marked as ground truth, the newest of these votes is chosen. Otherwise, the newest
    vote with the most frequent label is chosen. An annotator who gave no label has no vote.
    """
    controls = Counter(name for vote in _votes(tasks) for name in vote.choices)
    regions = Counter(region[0] for vote in _votes(tasks) for region in vote.regions)
    chosen = control or _control(controls)
    chosen_region = control if control and control in regions else _control(regions)
    found.label_column = chosen or chosen_region
    different = 0
    for task in tasks:
        if len(found.annotations) > MAX_ANNOTATIONS:
            break
        whole = [vote for vote in task.votes if vote.choices.get(chosen)]
        parts = [vote for vote in task.votes if vote.regions_of(chosen_region)]
        different += _differ(whole, chosen) or len({v.regions_of(chosen_region) for v in parts}) > 1
        if whole:
            vote = _winner(whole, chosen)
            labels = vote.choices[chosen]
            found.annotations.append(Annotation(task.names, labels[0], others=labels[1:]))
            parts = [vote] if vote in parts else parts
        for start, end, region in _newest(parts).regions_of(chosen_region) if parts else ():
            found.annotations.append(
                Annotation(task.names, region[0], start, end, others=region[1:])
            )
    if different:
        text = (
            f"{counted(different, 'task')} with different labels of several annotators: the ground "
            "truth is used, or else the label of most annotators, or else the newest"
        )
        found.findings.append(Finding("labels", text, doubtful=True))
    unused = [name for name in {*controls, *regions} if name not in (chosen, chosen_region)]
    if unused:
        names = ", ".join(sorted(unused))
        text = f"labels of the control {found.label_column} are used, not those of {names}"
        found.findings.append(Finding("labels", text, True, f"--label {min(unused)}"))
    if found.passed:
        text = (
            f"{counted(found.passed, 'region')} of pictures not used: only whole items get labels"
        )
        found.findings.append(Finding("labels", text, doubtful=True))
    return found


def _votes(tasks: Sequence[_Task]) -> Iterator[_Vote]:
    return (vote for task in tasks for vote in task.votes)


def _control(controls: Counter[str]) -> str:
    """Return the control of the labelling form that has the labels.

    This is the first control with a usual name or, without such a control, the control that is used
    most often.
    """
    usual = next((name for name in _LABELS if name in controls), None)
    return usual or (controls.most_common(1)[0][0] if controls else "")


def _winner(votes: Sequence[_Vote], control: str) -> _Vote:
    """Return the vote whose labels are used. Each of the votes has labels of the control."""
    counts = Counter(vote.choices[control][0] for vote in votes)
    most = max(counts.values())
    truths = [vote for vote in votes if vote.truth]
    return _newest(truths or [vote for vote in votes if counts[vote.choices[control][0]] == most])


def _newest(votes: Sequence[_Vote]) -> _Vote:
    """Return the newest of some votes, or of those that are marked as ground truth."""
    return max(votes, key=lambda vote: (vote.truth, vote.at))


def _differ(votes: Sequence[_Vote], control: str) -> bool:
    """Return whether annotators gave a task different labels."""
    return len({frozenset(vote.choices[control]) for vote in votes}) > 1
