"""Export as tasks in Label Studio's JSON format.

The task of a picture or vector has one choice. The task of a sound file has regions. If several
people have labelled a project, a task has one annotation per person.
"""

import base64
import json
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.exporting.table import Table
from lodespace.items import table as item_table
from lodespace.items import thumbnails
from lodespace.items.details import as_text
from lodespace.items.original_order import OriginalOrder
from lodespace.items.paths import shown
from lodespace.protocol import UNLABELED
from lodespace.session.authors import is_person
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingState, person_votes


class Annotator(NamedTuple):
    """A person who labelled items."""

    person: str
    """Id of the person: `owner`, or the id of a device."""
    name: str
    """Name of the person; "" if it is not known."""
    classes: npt.NDArray[np.int16]
    """Class per item by the person (N,), in the order of the original data; UNLABELED without a
    label."""

    def head(self) -> dict[str, Any]:
        """Return the fields of an annotation that name the person.

        Label Studio refuses a file if `completed_by` is not one of its users, so only a name that
        is an e-mail address becomes `completed_by`.
        """
        named = {"completed_by": {"email": self.name}} if "@" in self.name else {}
        return {**named, "meta": {"annotator": self.name or self.person}}


def annotators_of(session: AnnotationSession, names: Mapping[str, str]) -> list[Annotator]:
    """Return the people who labelled items, if there are several, else an empty list.

    Args:
        session: The session.
        names: Names of people, by their ids.
    """
    order = OriginalOrder(session.items).numbers
    rows = slice(None) if order is None else order
    found = [
        Annotator(person, names.get(person, ""), votes.classes[rows])
        for person, votes in person_votes(VotingState.of(session)).items()
        if is_person(person)
    ]
    return found if len(found) > 1 else []


def as_json(table: Table) -> bytes:
    """Return the tasks as JSON (see `json_parts`)."""
    return "".join(json_parts(table)).encode()


def json_parts(table: Table, annotators: Sequence[Annotator] = ()) -> Iterator[str]:
    """Yield the tasks as parts of a JSON file.

    A label becomes an annotation of a task, and so do the labels of each of several people. A
    prediction becomes a prediction with a score.
    """
    before = "["
    sounds = table.items.kind == "sound"
    for task in _sounds(table, annotators) if sounds else _items(table, annotators):
        text = json.dumps(task, ensure_ascii=False, indent=1).replace("\n", "\n ")
        yield f"{before}\n {text}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _annotations(
    table: Table, annotators: Sequence[Annotator], item: int
) -> list[tuple[dict[str, Any], list[str]]]:
    """Return the annotations of an item: the fields that name its author, and the labels.

    If people differ, the annotation with the label of the project is marked as ground truth.
    """
    label, labels = int(table.labels[item]), table.labels_of(item)
    given = [(one, int(one.classes[item])) for one in annotators]
    given = [(one, class_id) for one, class_id in given if class_id != UNLABELED]
    differ = len({class_id for _, class_id in given}) > 1
    found: list[tuple[dict[str, Any], list[str]]] = []
    for one, class_id in given:
        truth = {"ground_truth": True} if differ and class_id == label else {}
        names = labels if class_id == label else table.names(np.array([class_id], np.int16))
        found.append(({**one.head(), **truth}, names))
    if labels and label not in {class_id for _, class_id in given}:
        truth = {"ground_truth": True} if given else {}
        found.append(({**_provenance(table, item), **truth}, labels))
    return found


def _items(table: Table, annotators: Sequence[Annotator]) -> Iterator[dict[str, Any]]:
    """Yield one task of Label Studio per item.

    A task shows the item's picture or, for a vector, the item's id.
    """
    predicted = table.names(table.predictions)
    kind = "image" if table.items.kind == "image" else "text"
    for item, item_id in enumerate(table.items.ids):
        columns = table.items.table.row(item) if table.items.table is not None else {}
        data = {name: as_text(value) for name, value in columns.items()}
        data |= {"id": item_id, kind: _picture(table, item) if kind == "image" else item_id}
        task: dict[str, Any] = {"id": item + 1, "data": data, "annotations": []}
        task["annotations"] = [
            {"result": [_choice(kind, labels)], **head}
            for head, labels in _annotations(table, annotators, item)
        ]
        if predicted[item]:
            score = round(float(table.confidence[item]), 4)
            result = [_choice(kind, [predicted[item]])]
            task["predictions"] = [
                {"model_version": _model(table), "score": score, "result": result}
            ]
        yield task


def _choice(kind: str, names: list[str]) -> dict[str, Any]:
    return {"from_name": "label", "to_name": kind, "type": "choices", "value": {"choices": names}}


def _picture(table: Table, item: int) -> str:
    """Return a URL of the item's picture: Label Studio's URL of the file, or else a data URL."""
    kept = table.items.table
    path = kept.value(item_table.PATH, item) if kept is not None else None
    of_video = kept is not None and kept.value(item_table.START, item) is not None
    if path is not None and table.items.root is not None and not of_video:
        return "/data/local-files/?d=" + urllib.parse.quote(path)
    png = thumbnails.picture_png(table.items, item)
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _provenance(table: Table, item: int) -> dict[str, Any]:
    record = table.gestures.get(int(table.owner[item]))
    return (
        {}
        if record is None
        else {"meta": {"annotator": record.client, "at": record.at, "tool": record.tool}}
    )


def _model(table: Table) -> str:
    return f"lodespace step {table.step}"


def _sounds(table: Table, annotators: Sequence[Annotator]) -> list[dict[str, Any]]:
    """Return one task per sound file. Each label or prediction of a window becomes a region.

    The first annotation has the labels of the project. If several people have labelled it, the
    first annotation is the ground truth, and one annotation per person follows.
    """
    kept = table.items.table
    if kept is None:
        return []
    predicted = table.names(table.predictions)
    paths = kept.column(item_table.PATH)
    starts, ends = kept.column(item_table.START), kept.column(item_table.END)
    tasks: dict[bytes, dict[str, Any]] = {}
    of_person: dict[tuple[bytes, str], list[Any]] = {}
    for item, path in enumerate(paths):
        url = "/data/local-files/?d=" + urllib.parse.quote(path)
        task = tasks.setdefault(
            path,
            {
                "id": len(tasks) + 1,
                "data": {"audio": url, "id": shown(path)},
                "annotations": [{"result": []} | ({"ground_truth": True} if annotators else {})],
                "predictions": [{"model_version": _model(table), "result": []}],
            },
        )
        region = {
            "id": f"i{item}",
            "from_name": "label",
            "to_name": "audio",
            "type": "labels",
        }
        place = {"start": starts[item], "end": ends[item], "channel": 0}
        if names := table.labels_of(item):
            result = region | {"value": place | {"labels": names}}
            task["annotations"][0]["result"].append(result)
        for one in annotators:
            if one.classes[item] != UNLABELED:
                names = table.names(one.classes[item : item + 1])
                result = region | {"value": place | {"labels": names}}
                of_person.setdefault((path, one.person), [one.head(), []])[1].append(result)
        if predicted[item]:
            score = round(float(table.confidence[item]), 4)
            value = {"value": place | {"labels": [predicted[item]]}, "score": score}
            task["predictions"][0]["result"].append(region | value)
    for (path, _), (head, results) in of_person.items():
        tasks[path]["annotations"].append({"result": results, **head})
    return list(tasks.values())
