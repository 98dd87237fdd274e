"""Export as tasks in Label Studio's JSON format.

The task of a picture or vector has one choice. The task of a sound file has regions.
"""

import base64
import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

from lodespace.exporting.table import Table
from lodespace.items import table as item_table
from lodespace.items import thumbnails
from lodespace.items.details import as_text
from lodespace.items.paths import shown


def as_json(table: Table) -> bytes:
    """Return the tasks as JSON (see `json_parts`)."""
    return "".join(json_parts(table)).encode()


def json_parts(table: Table) -> Iterator[str]:
    """Yield the tasks as parts of a JSON file.

    A label becomes an annotation of a task. A prediction becomes a prediction with a score.
    """
    before = "["
    for task in _sounds(table) if table.items.kind == "sound" else _items(table):
        text = json.dumps(task, ensure_ascii=False, indent=1).replace("\n", "\n ")
        yield f"{before}\n {text}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _items(table: Table) -> Iterator[dict[str, Any]]:
    """Yield one task of Label Studio per item.

    A task shows the item's picture or, for a vector, the item's id.
    """
    labels, predicted = table.names(table.labels), table.names(table.predictions)
    kind = "image" if table.items.kind == "image" else "text"
    for item, item_id in enumerate(table.items.ids):
        columns = table.items.table.row(item) if table.items.table is not None else {}
        data = {name: as_text(value) for name, value in columns.items()}
        data |= {"id": item_id, kind: _picture(table, item) if kind == "image" else item_id}
        task: dict[str, Any] = {"id": item + 1, "data": data, "annotations": []}
        if labels[item]:
            task["annotations"] = [
                {"result": [_choice(kind, table.labels_of(item))], **_provenance(table, item)}
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


def _sounds(table: Table) -> list[dict[str, Any]]:
    """Return one task per sound file. Each label or prediction of a window becomes a region."""
    kept = table.items.table
    if kept is None:
        return []
    predicted = table.names(table.predictions)
    paths = kept.column(item_table.PATH)
    starts, ends = kept.column(item_table.START), kept.column(item_table.END)
    tasks: dict[bytes, dict[str, Any]] = {}
    for item, path in enumerate(paths):
        url = "/data/local-files/?d=" + urllib.parse.quote(path)
        task = tasks.setdefault(
            path,
            {
                "id": len(tasks) + 1,
                "data": {"audio": url, "id": shown(path)},
                "annotations": [{"result": []}],
                "predictions": [{"model_version": _model(table), "result": []}],
            },
        )
        score = round(float(table.confidence[item]), 4)
        for names, key, more in (
            (table.labels_of(item), "annotations", {}),
            ([predicted[item]] if predicted[item] else [], "predictions", {"score": score}),
        ):
            if names:
                value = {"start": starts[item], "end": ends[item], "channel": 0, "labels": names}
                region = {
                    "id": f"i{item}",
                    "from_name": "label",
                    "to_name": "audio",
                    "type": "labels",
                    "value": value,
                }
                task[key][0]["result"].append(region | more)
    return list(tasks.values())
