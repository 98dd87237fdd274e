"""Labels out: one row an item, as CSV or as JSON lines, with what is predicted and where the label came from."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from lodespace.protocol import UNLABELED
from lodespace.session import AnnotationSession

_AXES = ("latent_x", "latent_y", "latent_z")


def rows(session: AnnotationSession) -> Iterator[dict[str, Any]]:
    """item, id, label (a class name, "" for none), class_id, prediction, confidence, gesture, labelled_by, labelled_at, tool, revision,
    latent_x, ... for every item."""
    names = {c.class_id: c.name for c in session.classes.classes} | {UNLABELED: ""}
    latent_mean = session.grid.latent_mean()
    for item in range(len(session.items)):
        info = session.item_info(item)
        record = session.history.gestures.get(info.gesture)
        yield {
            "item": item,
            "id": info.id,
            "label": names[info.class_id],
            "class_id": info.class_id,
            "prediction": names[info.prediction],
            "confidence": round(info.confidence, 4),
            "gesture": info.gesture,
            "labelled_by": info.labelled_by,
            "labelled_at": info.labelled_at,
            "tool": record.tool if record else "",
            "revision": record.revision if record else 0,
            **{axis: round(float(value), 6) for axis, value in zip(_AXES, latent_mean[item], strict=False)},
        }


def as_csv(session: AnnotationSession) -> str:
    """RFC 4180, every text quoted; names are written as they are, also those a spreadsheet would take for a formula."""
    out = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows(session):
        if writer is None:
            writer = csv.DictWriter(out, list(row), quoting=csv.QUOTE_NONNUMERIC)
            writer.writeheader()
        writer.writerow(row)
    return out.getvalue()


def as_jsonl(session: AnnotationSession) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(session))
