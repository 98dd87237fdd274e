"""Labels out: one row an item, as CSV or as JSON lines, with what is predicted and where the label came from."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.datasets import ItemSet
from lodespace.history import GestureRecord
from lodespace.protocol import UNLABELED
from lodespace.session import AnnotationSession

_AXES = ("latent_x", "latent_y", "latent_z")


@dataclass(frozen=True)
class Table:
    """A session's labels at one moment: copies, so that another thread can write them out. Arrays have one row an item.

    `gestures`: those that gave a label that still stands, by number.
    """

    items: ItemSet
    class_names: dict[int, str]
    labels: npt.NDArray[np.int16]
    owner: npt.NDArray[np.int64]
    predictions: npt.NDArray[np.int16]
    confidence: npt.NDArray[np.float64]
    latent_mean: npt.NDArray[np.float64]
    gestures: dict[int, GestureRecord]

    @classmethod
    def of(cls, session: AnnotationSession) -> "Table":
        history = session.history
        return cls(
            items=session.items,
            class_names={c.class_id: c.name for c in session.classes.classes} | {UNLABELED: ""},
            labels=history.labels.copy(),
            owner=history.owner.copy(),
            predictions=session.predictions.copy(),
            confidence=session.confidence / 255,
            latent_mean=session.grid.latent_mean(),
            gestures={k: history.gestures[k] for k in np.unique(history.owner).tolist() if k},
        )


def rows(table: Table) -> Iterator[dict[str, Any]]:
    """item, id, label (a class name, "" for none), class_id, prediction, confidence, gesture, labelled_by, labelled_at, tool, revision,
    latent_x, ... for every item."""
    columns = zip(
        table.labels.tolist(),
        table.owner.tolist(),
        table.predictions.tolist(),
        table.confidence.round(4).tolist(),
        table.latent_mean.round(6).tolist(),
        strict=True,
    )
    for item, (class_id, gesture, prediction, confidence, latent_mean) in enumerate(columns):
        record = table.gestures.get(gesture)
        yield {
            "item": item,
            "id": table.items.item_id(item),
            "label": table.class_names[class_id],
            "class_id": class_id,
            "prediction": table.class_names[prediction],
            "confidence": confidence,
            "gesture": gesture,
            "labelled_by": record.client if record else "",
            "labelled_at": record.at if record else 0.0,
            "tool": record.tool if record else "",
            "revision": record.revision if record else 0,
            **dict(zip(_AXES, latent_mean, strict=False)),
        }


def as_csv(table: Table) -> str:
    """RFC 4180, every text quoted; names are written as they are, also those a spreadsheet would take for a formula."""
    out = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows(table):
        if writer is None:
            writer = csv.DictWriter(out, list(row), quoting=csv.QUOTE_NONNUMERIC)
            writer.writeheader()
        writer.writerow(row)
    return out.getvalue()


def as_jsonl(table: Table) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(table))
